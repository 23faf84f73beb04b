/* Socket units of systemd with their service units. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/unit_move.h"

void unit_remark(struct unit_move *move, const struct unit_said *said, const char *what)
{
	draft_remark(move->draft, move->service, &said->value->where, "%s=%s is left out: %s.",
	             said->name, said->value->text, what);
}

/* ---- specifiers ---- */

static size_t stem_length(const char *name)
{
	const char *at = strchr(name, '@'), *dot = strrchr(name, '.');

	return at ? (size_t)(at - name) : dot ? (size_t)(dot - name) : strlen(name);
}

static const char *specifier(const struct unit_move *move, char c, size_t *len)
{
	const char *name = move->socket->name;
	const char *dot = strrchr(name, '.'), *at = strchr(name, '@');

	switch (c) {
	case '%':
		*len = 1;
		return "%";
	case 't':
		*len = 4;
		return "/run";
	case 'S':
		*len = 8;
		return "/var/lib";
	case 'C':
		*len = 10;
		return "/var/cache";
	case 'p':
		*len = stem_length(name);
		return name;
	case 'i':
	case 'I':
		/* Of a socket that is an instance; of a connection systemd makes one up. */
		*len = at && dot > at ? (size_t)(dot - at - 1) : 0;
		return *len ? at + 1 : NULL;
	default:
		return NULL;
	}
}

const char *unit_expand(struct unit_move *move, const struct unit_said *said, const char *text)
{
	struct buf out = BUF_INIT(DRAFT_FILE_MAX);
	const char *result;

	for (; *text; text++) {
		size_t len = 0;
		const char *value = *text == '%' ? specifier(move, text[1], &len) : NULL;

		if (value) {
			buf_add(&out, value, len);
			text++;
		} else {
			if (*text == '%' && text[1])
				draft_remark(move->draft, move->service, &said->value->where,
				             "%s: %%%c is not known here, and stands as it is.",
				             said->name, text[1]);
			buf_addc(&out, *text);
		}
	}
	result = arena_text(move->draft->arena, out.len ? out.data : "");
	buf_free(&out);
	return result;
}

/* ---- tables ---- */

static bool has_name(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (;;) {
		size_t this = strcspn(names, ",");

		if (this == len && strncmp(names, name, len) == 0)
			return true;
		if (!names[this])
			return false;
		names += this + 1;
		names += strspn(names, " ");
	}
}

static void carry_option(struct unit_move *move, const struct unit *unit, const char *section,
                         const struct unit_option *option)
{
	const char *names = option->row.name;

	while (*names) {
		size_t len = strcspn(names, ",");
		const char *name = arena_bytes(move->draft->arena, names, len);
		struct unit_said said;

		if (name && unit_get(unit, move->draft, section, name, option->list, &said)) {
			if (option->carry)
				option->carry(move, &said);
			else if (unit_bool(said.value[said.count - 1].text) != 0)
				unit_remark(move, &said, option->row.becomes);
		}
		names += len + (names[len] == ',');
		names += strspn(names, " ");
	}
}

static void carry_unit(struct unit_move *move, const struct unit *unit, const char *section,
                       const struct unit_option *option, size_t count)
{
	for (size_t i = 0; i < unit->count; i++) {
		const struct unit_line *line = &unit->line[i];
		bool known =
		    strcmp(line->section, "Install") == 0 || strncmp(line->name, "X-", 2) == 0;
		struct unit_value value = {line->value, line->where};
		struct unit_said said = {line->name, &value, 1, 1};

		if (strcmp(line->section, "Unit") == 0)
			known = strncmp(line->name, "Condition", 9) != 0 &&
			        strncmp(line->name, "Assert", 6) != 0;
		for (size_t j = 0; j < count && strcmp(line->section, section) == 0 && !known; j++)
			known = has_name(option[j].row.name, line->name);
		if (!known)
			unit_remark(move, &said,
			            strcmp(line->section, "Unit") == 0
			                ? "usherd asks no conditions (set enabled)"
			                : "it is not known here");
	}
	for (size_t i = 0; i < count; i++)
		carry_option(move, unit, section, &option[i]);
}

/* ---- units ---- */

static bool is_type(const struct unit *socket, enum unit_type type)
{
	for (size_t i = 0; i < socket->count; i++)
		if (strcmp(socket->line[i].section, "Socket") == 0 &&
		    unit_listen_type(socket->line[i].name) == type && *socket->line[i].value)
			return true;
	return false;
}

static void carry_service(struct unit_move *move)
{
	const char *user = unit_value(move->unit, "Service", "User");
	const char *dynamic = unit_value(move->unit, "Service", "DynamicUser");
	const struct unit_option *option;
	size_t count;

	if (!user && !unit_value(move->unit, "Service", "SupplementaryGroups"))
		draft_add(move->draft, move->service, "groups", "no");
	if (!user)
		user = dynamic && unit_bool(dynamic) == 1 ? "nobody" : "root";
	move->root = strcmp(user, "root") == 0 || strcmp(user, "0") == 0;
	draft_text(move->draft, move->service, "user", user);
	option = unit_service_options(&count);
	carry_unit(move, move->unit, "Service", option, count);
	unit_streams(move);
	unit_sandbox(move);
	if (!draft_value(move->service, "exec"))
		draft_gone(move->draft, move->service, &move->service->where, "%s has no ExecStart",
		           move->unit->path);
}

static void carry_type(struct unit_move *move, enum unit_type type)
{
	static const char *const second[] = {"stream", "seqpacket", "udp"};
	struct draft_where where = {move->socket->path, 0};
	const char *name = move->socket->name;
	const struct unit_option *option;
	struct draft_option *listen;
	size_t count;

	name = arena_bytes(move->draft->arena, name, strcspn(name, "@.") ? stem_length(name) : 1);
	move->service = name ? draft_service(move->draft, &where, name, second[type]) : NULL;
	move->type = type;
	if (!move->service)
		return;
	option = unit_socket_options(&count);
	carry_unit(move, move->socket, "Socket", option, count);
	listen = draft_option(move->service, "listen");
	if (!listen)
		draft_gone(move->draft, move->service, &where, "it has no address that usherd has");
	else if (!move->accept && listen->count > 1)
		draft_remark(move->draft, move->service, &where,
		             "systemd gives all sockets to one process, usherd each to one of its "
		             "own.");
	if (move->unit)
		carry_service(move);
}

static const char *const folders[] = {"/etc/systemd/system", "/run/systemd/system",
                                      "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
                                      "/lib/systemd/system"};

/* Where systemd looks; NULL: it is not there. */
static const char *find_unit(struct draft *draft, const char *name)
{
	for (size_t i = 0; i < sizeof folders / sizeof *folders && !draft->elsewhere; i++) {
		const char *path = arena_format(draft->arena, "%s/%s", folders[i], name);

		if (path && access(path, F_OK) == 0)
			return path;
	}
	return NULL;
}

/* The service unit beside the socket's, among the files that were named, or where systemd looks. */
static const char *find_service(struct draft *draft, const struct unit *socket, const char *name,
                                char **path)
{
	const char *beside = arena_format(draft->arena, "%.*s%s",
	                                  (int)(socket->name - socket->path), socket->path, name);

	for (; *path; path++) {
		const char *slash = strrchr(*path, '/');

		if (strcmp(slash ? slash + 1 : *path, name) == 0)
			return *path;
	}
	return beside && access(beside, F_OK) == 0 ? beside : find_unit(draft, name);
}

static void carry_socket(struct draft *draft, const struct unit *socket, const struct unit *given,
                         char **path)
{
	const char *accept = unit_value(socket, "Socket", "Accept");
	const char *name = unit_value(socket, "Socket", "Service"), *found;
	struct unit_move move = {.draft = draft, .socket = socket, .unit = given};
	struct unit service;
	bool any = false;

	move.accept = accept && unit_bool(accept) == 1;
	if (!name || move.accept)
		name =
		    arena_format(draft->arena, "%.*s%s.service", (int)stem_length(socket->name),
		                 socket->name, move.accept || strchr(socket->name, '@') ? "@" : "");
	found = given || !name ? NULL : find_service(draft, socket, name, path);
	if (found && unit_read(&service, draft, found, NULL))
		move.unit = &service;
	for (int type = 0; type < UNIT_TYPES; type++) {
		if (!is_type(socket, (enum unit_type)type))
			continue;
		any = true;
		carry_type(&move, (enum unit_type)type);
		if (!move.unit && move.service) {
			draft_gone(draft, move.service, &move.service->where,
			           "its service unit %s is not there (name it, too)", name);
			draft->dropped++;
		}
	}
	if (!any)
		carry_type(&move, UNIT_STREAM);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), more = strlen(end);

	return len > more && strcmp(text + len - more, end) == 0;
}

static int is_socket(const struct dirent *entry)
{
	return ends_with(entry->d_name, ".socket");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_socket(struct draft *draft, const char *path, char **all)
{
	struct unit *socket = arena_alloc(draft->arena, sizeof *socket);

	/* "ssh.socket" is the unit of that name, too. */
	if (!strchr(path, '/') && access(path, F_OK) < 0) {
		const char *found = find_unit(draft, path);

		path = found ? found : path;
	}
	if (socket && unit_read(socket, draft, path, NULL))
		carry_socket(draft, socket, NULL, all);
}

static void read_folder(struct draft *draft, const char *path, char **all)
{
	struct dirent **list;
	int count = scandir(path, &list, is_socket, by_name);

	if (count < 0) {
		draft_bad(draft, &(struct draft_where){path, 0}, "cannot be read");
		return;
	}
	for (int i = 0; i < count; i++) {
		const char *name = arena_format(draft->arena, "%s/%s", path, list[i]->d_name);

		if (name)
			read_socket(draft, name, all);
		free(list[i]);
	}
	free(list);
}

void from_systemd(struct draft *draft, char **path)
{
	char **all = path;
	struct stat st;

	for (; *path; path++) {
		if (stat(*path, &st) == 0 && S_ISDIR(st.st_mode))
			read_folder(draft, *path, all);
		else if (ends_with(*path, ".service"))
			continue; /* looked for by its socket */
		else if (ends_with(*path, ".socket"))
			read_socket(draft, *path, all);
		else
			draft_bad(draft, &(struct draft_where){*path, 0},
			          "is neither a .socket nor a .service");
	}
}

void from_systemd_text(struct draft *draft, const char *path, const char *text, size_t len)
{
	char *none[] = {NULL};
	struct unit unit = {.path = NULL};

	/* One text is both units: each takes its own section. */
	unit_text(&unit, draft, path, text, len);
	if (unit.path)
		carry_socket(draft, &unit, &unit, none);
}
