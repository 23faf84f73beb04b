#include "config/admission.h"

#include <string.h>

#include "config/account.h"
#include "config/futile.h"
#include "config/times.h"

/* ---- addresses ---- */

static size_t read_nets(struct builder *b, const struct setting *setting, struct net *net)
{
	const char *option = setting->option->name, *why;
	char quoted[QUOTED_MAX];
	size_t count = 0;

	for (size_t i = 0; i < setting->count; i++) {
		const struct setting_value *value = &setting->value[i];

		net[count].note = value;
		if (prefix_parse(value->text, &net[count].prefix, &why) == 0)
			futile_address(b, option, &net[count++]);
		else
			builder_error(b, option, value, "\"%s\" %s",
			              problem_quote(value->text, strlen(value->text), quoted), why);
	}
	return count;
}

/* Each once, and sorted; the notes are the values still. */
static size_t sort_nets(struct builder *b, const char *option, struct net *net, size_t count)
{
	size_t kept = 0;

	nets_sort(net, count);
	for (size_t i = 0; i < count; i++) {
		if (kept && prefix_equal(&net[kept - 1].prefix, &net[i].prefix))
			futile_twice(b, option, net[kept - 1].note, net[i].note);
		else
			net[kept++] = net[i];
	}
	nets_sort(net, kept);
	return kept;
}

static struct net *build_nets(struct builder *b, const char *option, struct conf_nets *nets)
{
	const struct setting *setting = section_find(b->section, option);
	struct net *net = NULL;

	if (setting)
		net = arena_array(b->reader->arena, setting->count, sizeof(*net));
	if (!net)
		return NULL;
	nets->count = sort_nets(b, option, net, read_nets(b, setting, net));
	nets->net = net;
	return net;
}

/* From the values, which are gone after the reading, to where they stood. */
static void keep_places(struct builder *b, struct net *net, size_t count)
{
	struct conf_where *where = arena_array(b->reader->arena, count, sizeof(*where));

	for (size_t i = 0; net && i < count; i++) {
		if (where)
			where[i] = ((const struct setting_value *)net[i].note)->where;
		net[i].note = where ? &where[i] : NULL;
	}
}

/* A list with a mistake in it is still one: its absence would let others in. */
static bool is_set(const struct builder *b, const char *option)
{
	return section_find(b->section, option) != NULL;
}

static void build_access(struct builder *b)
{
	struct conf_service *service = b->service;
	struct net *only_from = build_nets(b, "only_from", &service->only_from);
	struct net *no_access = build_nets(b, "no_access", &service->no_access);
	struct net *exempt = build_nets(b, "exempt", &service->exempt);

	service->only_from_set = is_set(b, "only_from");
	futile_access(b);
	keep_places(b, only_from, service->only_from.count);
	keep_places(b, no_access, service->no_access.count);
	keep_places(b, exempt, service->exempt.count);
}

/* ---- times ---- */

static void build_times(struct builder *b)
{
	const struct setting *setting = section_find(b->section, "access_times");
	struct conf_times *list;
	char why[VALUE_WHY_MAX];
	size_t count = 0;

	if (!setting)
		return;
	list = arena_array(b->reader->arena, setting->count, sizeof(*list));
	for (size_t i = 0; list && i < setting->count; i++) {
		const struct setting_value *value = &setting->value[i];

		if (times_parse(value->text, &list[count], why) < 0) {
			builder_error(b, "access_times", value, "%s", why);
			continue;
		}
		list[count].text = value->text;
		list[count].where = value->where;
		futile_times(b, value, &list[count++]);
	}
	b->service->access_times = list;
	b->service->access_times_count = count;
}

/* ---- users of unix sockets ---- */

static int find_user(struct builder *b, const char *text, struct conf_user *user,
                     char why[VALUE_WHY_MAX])
{
	user->is_group = text[0] == '@';
	if (!user->is_group)
		return account_user(text, &user->uid, why);
	if (account_group(text + 1, &user->gid, why) < 0)
		return -1;
	user->member = account_members(b->reader, user->gid, &user->member_count);
	return 0;
}

static void build_users(struct builder *b)
{
	const struct setting *setting = section_find(b->section, "allow_users");
	struct conf_user *list;
	char why[VALUE_WHY_MAX];
	size_t count = 0;

	if (!setting)
		return;
	b->service->allow_users_set = true;
	list = arena_array(b->reader->arena, setting->count, sizeof(*list));
	for (size_t i = 0; list && i < setting->count; i++) {
		const struct setting_value *value = &setting->value[i];

		if (find_user(b, value->text, &list[count], why) < 0) {
			builder_error(b, "allow_users", value, "%s", why);
			continue;
		}
		list[count].text = value->text;
		list[count++].where = value->where;
	}
	b->service->allow_users = list;
	b->service->allow_users_count = count;
}

/* ---- where it is not possible ---- */

/* All who could come are in the list. */
static bool is_everybody(const struct conf_nets *nets)
{
	static const struct prefix all[] = {{.family = AF_INET}, {.family = AF_INET6}};

	return nets_around(nets->net, nets->count, &all[0]) &&
	       nets_around(nets->net, nets->count, &all[1]);
}

static bool has_kind(const struct conf_service *service, unsigned kinds)
{
	for (size_t i = 0; i < service->listen_count; i++)
		if (CONF_KIND(service->listen[i].kind) & kinds)
			return true;
	return false;
}

/* The handler of a wait service meets the clients itself, so a promise that is
 * made for all services in `defaults` would be broken in silence. */
static void check_wait(struct builder *b)
{
	static const struct {
		const char *option;
		unsigned kinds;
		const char *hint;
	} row[] = {
	    {"only_from", CONF_ANY_IP, "only {\"0.0.0.0/0\", \"::/0\"} is possible"},
	    {"no_access", CONF_ANY_IP, "only {} is possible"},
	    {"access_times", ~0U, "only {} is possible"},
	    {"allow_users", CONF_ANY_UNIX, "use socket_mode"},
	};
	const struct conf_service *service = b->service;

	for (size_t i = 0; service->wait && i < sizeof(row) / sizeof(row[0]); i++) {
		const struct setting *setting = section_find(b->section, row[i].option);
		bool inert = i == 0   ? is_everybody(&service->only_from)
		             : i == 3 ? false
		                      : setting && !setting->count;

		if (setting && !setting->bad && !inert && has_kind(service, row[i].kinds))
			section_error(b->reader, b->section, row[i].option, &setting->where,
			              "cannot be kept where wait = yes: the handler itself meets "
			              "the clients (%s)",
			              row[i].hint);
	}
}

/* As many at once as in a time, if nothing else is said. */
static void build_burst(struct conf_rate *rate)
{
	if (rate->burst == 0)
		rate->burst = rate->count;
}

void admission_build(struct builder *b)
{
	build_access(b);
	build_times(b);
	build_users(b);
	build_burst(&b->service->rate);
	build_burst(&b->service->rate_per_source);
	futile_rates(b);
	check_wait(b);
}
