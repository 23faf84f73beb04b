/* How far a service unit is shut in: what several options say together. */
#include <string.h>

#include "tools/unit_move.h"

static const char *service_value(const struct unit_move *move, const char *name)
{
	return unit_value(move->unit, "Service", name);
}

static bool is_on(const struct unit_move *move, const char *name)
{
	const char *value = service_value(move, name);

	return value && unit_bool(value) == 1;
}

/* Options that a filter of system calls stands for. */
static bool wants_filter(const struct unit_move *move)
{
	static const char *const on[] = {
	    "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs",
	    "ProtectClock",          "ProtectHostname",      "RestrictRealtime",
	    "RestrictSUIDSGID",      "LockPersonality",      "MemoryDenyWriteExecute",
	    "PrivateDevices",        "ProtectControlGroups", "RestrictNamespaces"};
	static const char *const any[] = {"SystemCallFilter", "RestrictAddressFamilies",
	                                  "SystemCallArchitectures", "RestrictNamespaces"};

	for (size_t i = 0; i < sizeof on / sizeof *on; i++)
		if (is_on(move, on[i]))
			return true;
	for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
		const char *value = service_value(move, any[i]);

		if (value && unit_bool(value) != 0)
			return true;
	}
	return is_on(move, "NoNewPrivileges");
}

static void carry_filter(struct unit_move *move)
{
	/* It takes the capabilities and setuid programs away, which root may need. */
	bool bears = !move->root || (is_on(move, "NoNewPrivileges") &&
	                             draft_option(move->service, "capabilities"));

	if (!wants_filter(move)) {
		draft_text(move->draft, move->service, "sandbox", "none");
		return;
	}
	draft_text(move->draft, move->service, "sandbox", bears ? "standard" : "none");
	if (bears) {
		draft_beside(move->draft, move->service, "sandbox",
		             "for what the unit kept away from the kernel; see strict, too");
		return;
	}
	draft_remark(move->draft, move->service, &move->service->where,
	             "What the unit kept from a program of root is left out: try sandbox = "
	             "\"standard\" with the capabilities that it needs, or another user.");
}

/* "-/path", "+/path"; NULL: nothing that could be named. */
static const char *take_path(const char *word)
{
	while (*word == '-' || *word == '+')
		word++;
	return *word == '/' ? word : NULL;
}

static void add_paths(struct unit_move *move, const char *name, const char *option)
{
	struct unit_said said;

	if (!unit_get(move->unit, move->draft, "Service", name, true, &said))
		return;
	for (size_t i = 0; i < said.count; i++) {
		struct unit_said one = {name, &said.value[i], 1, 1};
		struct unit_words words;

		if (!unit_split(move->draft->arena, said.value[i].text, &words))
			words.count = 0;
		for (size_t j = 0; j < words.count; j++) {
			const char *path = unit_expand(move, &one, words.word[j]);

			path = path ? take_path(path) : NULL;
			if (path)
				draft_add(move->draft, move->service, option, path);
		}
	}
}

static void leave_out(struct unit_move *move, const char *name)
{
	struct unit_said said;

	if (unit_get(move->unit, move->draft, "Service", name, true, &said) &&
	    (said.count > 1 || unit_bool(said.value->text) != 0))
		unit_remark(move, &said,
		            "usherd names what a handler may use, and not what it may not "
		            "(read_paths, write_paths)");
}

static void carry_files(struct unit_move *move)
{
	static const char *const others[] = {"ProtectHome", "InaccessiblePaths",
	                                     "InaccessibleDirectories"};
	const char *system = service_value(move, "ProtectSystem");
	bool strict = system && strcmp(system, "strict") == 0;

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		leave_out(move, others[i]);
	if (!strict) {
		leave_out(move, "ProtectSystem");
		leave_out(move, "ReadOnlyPaths");
		leave_out(move, "ReadOnlyDirectories");
		return;
	}
	draft_add(move->draft, move->service, "read_paths", "/");
	draft_add(move->draft, move->service, "exec_paths", "/");
	draft_add(move->draft, move->service, "write_paths", NULL);
	add_paths(move, "ReadWritePaths", "write_paths");
	add_paths(move, "ReadWriteDirectories", "write_paths");
}

void unit_sandbox(struct unit_move *move)
{
	carry_filter(move);
	carry_files(move);
	if (is_on(move, "PrivateTmp"))
		draft_set(move->draft, move->service, "private_tmp", "yes");
	if (is_on(move, "PrivatePIDs"))
		draft_set(move->draft, move->service, "private_pids", "yes");
	if (is_on(move, "PrivateNetwork"))
		draft_set(move->draft, move->service, "network", "no");
}
