#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "config/account.h"
#include "config/address.h"
#include "config/kernel.h"
#include "config/sockets.h"

enum { CONGESTION_MAX = 15 };

/* The device of those addresses that name none themselves, or NULL. */
static const char *find_device(struct builder *b)
{
	const struct setting_value *value = section_value(b->section, "bind_device");
	char why[VALUE_WHY_MAX];

	if (!value)
		return NULL;
	if (address_device(value->text, why) == 0)
		return value->text;
	builder_error(b, "bind_device", value, "%s", why);
	return NULL;
}

static void build_listen(struct builder *b)
{
	const struct setting *setting = section_find(b->section, "listen");
	const char *device = find_device(b);
	struct conf_listen *list;
	char why[VALUE_WHY_MAX];
	size_t count = 0;

	if (!setting || (!setting->count && !setting->bad)) {
		builder_missing(b, "listen", "is missing (which address shall the service have?)");
		return;
	}
	list = arena_array(b->reader->arena, setting->count, sizeof(*list));
	for (size_t i = 0; list && i < setting->count; i++) {
		const struct setting_value *value = &setting->value[i];
		struct conf_listen *listen = &list[count];

		*listen = (struct conf_listen){.text = value->text, .where = value->where};
		if (address_parse(value->text, b->service->v6only, listen, why) < 0) {
			builder_error(b, "listen", value, "%s", why);
			continue;
		}
		if (!listen->device && addr_is_ip(&listen->addr))
			listen->device = device;
		count++;
	}
	b->service->listen = list;
	b->service->listen_count = list ? count : 0;
}

static void build_owner(struct builder *b)
{
	const struct setting_value *user = section_value(b->section, "socket_user");
	const struct setting_value *group = section_value(b->section, "socket_group");
	const struct account *account;
	char why[VALUE_WHY_MAX];

	b->service->socket_uid = (uid_t)-1;
	b->service->socket_gid = (gid_t)-1;
	if (user) {
		account = account_find(b->reader, user->text, why);
		if (!account)
			builder_error(b, "socket_user", user, "%s", why);
		else
			b->service->socket_uid = account->uid;
	}
	if (group && account_group(group->text, &b->service->socket_gid, why) < 0)
		builder_error(b, "socket_group", group, "%s", why);
}

static void build_congestion(struct builder *b)
{
	const struct setting_value *value = section_value(b->section, "congestion");
	char quoted[QUOTED_MAX];

	if (!value)
		return;
	if (!value->text[0] || strlen(value->text) > CONGESTION_MAX ||
	    strcspn(value->text, " \t\n/") != strlen(value->text))
		builder_error(b, "congestion", value,
		              "\"%s\" is no name of a congestion control (like cubic)",
		              problem_quote(value->text, strlen(value->text), quoted));
	else
		b->service->congestion = value->text;
}

/* ---- what does not go together ---- */

static void check_types(struct builder *b)
{
	const struct conf_service *service = b->service;
	const struct conf_listen *first = service->listen;

	for (size_t i = 1; i < service->listen_count; i++) {
		const struct conf_listen *other = &service->listen[i];

		if (other->type == first->type)
			continue;
		section_error(b->reader, b->section, "listen", &other->where,
		              "\"%s\" is another type of socket than \"%s\" (a service has one "
		              "type: make two services)",
		              other->text, first->text);
		return;
	}
}

static void check_wait(struct builder *b)
{
	const struct setting *wait = section_find(b->section, "wait");
	const struct setting_value *fds = section_value(b->section, "listen_fds");
	const struct conf_service *service = b->service;

	if (service->wait || (wait && wait->bad))
		return;
	for (size_t i = 0; i < service->listen_count; i++) {
		if (service->listen[i].type != SOCK_DGRAM)
			continue;
		section_error(b->reader, b->section, "wait",
		              wait ? &wait->where : &service->listen[i].where,
		              "datagrams have no connections, so the handler of \"%s\" gets the "
		              "socket itself (set wait = yes)",
		              service->listen[i].text);
		return;
	}
	if (service->listen_fds)
		builder_error(b, "listen_fds", fds,
		              "only a service that gets the listening socket can have it (set "
		              "wait = yes)");
}

/* The sender of a datagram may be anybody's invention, and so would be who is
 * banned; and who accepts by himself bans nobody. */
static void check_sensor(struct builder *b)
{
	const struct conf_service *service = b->service;
	const struct setting_value *value = section_value(b->section, "sensor");

	if (!service->sensor || !value || service->listen_count == 0)
		return;
	if (service->listen[0].type == SOCK_DGRAM)
		builder_error(b, "sensor", value,
		              "datagrams can be sent in the name of others, who would be banned "
		              "(only services with connections can be sensors)");
	else if (service->wait)
		builder_error(b, "sensor", value,
		              "is not possible with wait = yes: usherd does not see who connects");
}

/* A filter sees the packets of the proxy, and not whom it speaks for. */
static void check_drop_early(struct builder *b)
{
	const struct setting_value *value = section_value(b->section, "drop_early");

	if (b->service->drop_early && b->service->proxy_protocol && value &&
	    value->section->kind == SCHEMA_SERVICE)
		builder_warn(b, "drop_early", value,
		             "has no effect with proxy_protocol: all packets are the proxy's");
}

/* Who gets the socket itself speaks for himself, and nobody sees his clients. */
static void check_lent(struct builder *b)
{
	static const char *const options[] = {"banner", "banner_fail", "max_load", "max_pressure"};

	for (size_t i = 0; b->service->wait && i < sizeof(options) / sizeof(options[0]); i++) {
		const struct setting_value *value = section_value(b->section, options[i]);

		if (value && value->section->kind == SCHEMA_SERVICE)
			builder_warn(b, options[i], value, "has no effect with wait = yes");
	}
}

static bool is_for_any(const struct schema_option *option, const struct conf_service *service)
{
	for (size_t i = 0; i < service->listen_count; i++) {
		if (option->kinds & CONF_KIND(service->listen[i].kind))
			return true;
	}
	return false;
}

static void check_kinds(struct builder *b)
{
	for (size_t i = 0; b->service->listen_count && i < b->section->count; i++) {
		const struct setting *setting = &b->section->setting[i];
		const struct schema_option *option = setting->option;
		const struct setting_value *value = setting->value;

		if (!option->kinds || !setting->count || setting->bad ||
		    value->section->kind != SCHEMA_SERVICE ||
		    (option->value && strcmp(value->text, option->value) == 0) ||
		    is_for_any(option, b->service))
			continue;
		builder_warn(b, option->name, value, "has no effect on \"%s\" (remove it)",
		             b->service->listen[0].text);
	}
}

void sockets_build(struct builder *b)
{
	build_listen(b);
	build_owner(b);
	build_congestion(b);
	check_types(b);
	check_wait(b);
	check_sensor(b);
	check_drop_early(b);
	check_lent(b);
	check_kinds(b);
	/* Text from memory is judged by nothing but itself. */
	if (!b->reader->no_files)
		kernel_try(b);
}
