/* Socket units of systemd with their service units. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/unit_move.h"

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
	unit_walk(move, move->unit, "Service", option, count);
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

	name = arena_bytes(move->draft->arena, name, strcspn(name, "@.") ? unit_stem(name) : 1);
	move->service = name ? draft_service(move->draft, &where, name, second[type]) : NULL;
	move->type = type;
	if (!move->service)
		return;
	if (move->accept && type == UNIT_DATAGRAM)
		draft_gone(
		    move->draft, move->service, &where,
		    "Accept=yes is not for datagrams, and systemd would not start it either");
	option = unit_socket_options(&count);
	unit_walk(move, move->socket, "Socket", option, count);
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

/* The files of the command line, and which of them a socket had use for. */
struct named {
	char **path;
	bool *used;
};

/* The service unit beside the socket's, among the files that were named, or where systemd looks. */
static const char *find_service(struct draft *draft, const struct unit *socket, const char *name,
                                struct named *named)
{
	const char *beside = arena_format(draft->arena, "%.*s%s",
	                                  (int)(socket->name - socket->path), socket->path, name);

	for (size_t i = 0; named && named->path[i]; i++) {
		const char *slash = strrchr(named->path[i], '/');

		if (strcmp(slash ? slash + 1 : named->path[i], name) != 0)
			continue;
		named->used[i] = true;
		return named->path[i];
	}
	return beside && access(beside, F_OK) == 0 ? beside : find_unit(draft, name);
}

static void carry_socket(struct draft *draft, const struct unit *socket, const struct unit *given,
                         struct named *named)
{
	const char *accept = unit_value(socket, "Socket", "Accept");
	const char *name = unit_value(socket, "Socket", "Service"), *found;
	struct unit_move move = {.draft = draft, .socket = socket, .unit = given};
	struct unit service;
	bool any = false;

	move.accept = accept && unit_bool(accept) == 1;
	if (!name || move.accept)
		name =
		    arena_format(draft->arena, "%.*s%s.service", (int)unit_stem(socket->name),
		                 socket->name, move.accept || strchr(socket->name, '@') ? "@" : "");
	found = given || !name ? NULL : find_service(draft, socket, name, named);
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

static void read_socket(struct draft *draft, const char *path, struct named *named)
{
	struct unit *socket = arena_alloc(draft->arena, sizeof *socket);

	/* "ssh.socket" is the unit of that name, too. */
	if (!strchr(path, '/') && access(path, F_OK) < 0) {
		const char *found = find_unit(draft, path);

		path = found ? found : path;
	}
	if (socket && unit_read(socket, draft, path, NULL))
		carry_socket(draft, socket, NULL, named);
}

static void read_folder(struct draft *draft, const char *path, struct named *named)
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
			read_socket(draft, name, named);
		free(list[i]);
	}
	free(list);
}

/* A service unit alone: its socket unit may be beside it. */
static void read_service(struct draft *draft, const char *path, struct named *named)
{
	size_t len = strlen(path) - strlen(".service");
	const char *socket;

	len -= len && path[len - 1] == '@';
	socket = arena_format(draft->arena, "%.*s.socket", (int)len, path);
	if (socket && access(socket, F_OK) == 0)
		read_socket(draft, socket, named);
	else
		draft_bad(draft, &(struct draft_where){path, 0},
		          "no socket unit that is named or beside it belongs to it");
}

void from_systemd(struct draft *draft, char **path)
{
	struct named named = {.path = path};
	size_t count = 0;
	struct stat st;

	while (path[count])
		count++;
	named.used = arena_array(draft->arena, count, sizeof *named.used);
	for (size_t i = 0; named.used && i < count; i++) {
		if (stat(path[i], &st) == 0 && S_ISDIR(st.st_mode))
			read_folder(draft, path[i], &named);
		else if (ends_with(path[i], ".socket"))
			read_socket(draft, path[i], &named);
		else if (!ends_with(path[i], ".service"))
			draft_bad(draft, &(struct draft_where){path[i], 0},
			          "is neither a .socket nor a .service");
	}
	for (size_t i = 0; named.used && i < count; i++)
		if (ends_with(path[i], ".service") && !named.used[i])
			read_service(draft, path[i], &named);
}

void from_systemd_text(struct draft *draft, const char *path, const char *text, size_t len)
{
	struct unit unit = {.path = NULL};

	/* One text is both units: each takes its own section. */
	unit_text(&unit, draft, path, text, len);
	if (unit.path)
		carry_socket(draft, &unit, &unit, NULL);
}
