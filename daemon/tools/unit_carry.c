/* Options of a service unit, one by one: account, limits, times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "tools/legacy.h"
#include "tools/unit_move.h"

static const char *text_of(const struct unit_said *said)
{
	return said->value[said->count - 1].text;
}

static void nonsense(struct unit_move *move, const struct unit_said *said)
{
	unit_remark(move, said, "that makes no sense here");
	move->draft->dropped++;
}

/* All the words of all the values. */
static struct unit_words words_of(struct unit_move *move, const struct unit_said *said)
{
	struct unit_words all = {.count = 0};
	struct buf text = BUF_INIT(DRAFT_FILE_MAX);

	for (size_t i = 0; i < said->count; i++)
		buf_addf(&text, "%s ", said->value[i].text);
	if (text.len && !unit_split(move->draft->arena, text.data, &all))
		nonsense(move, said);
	buf_free(&text);
	return all;
}

/* ---- account ---- */

void unit_carry_user(struct unit_move *move, const struct unit_said *said)
{
	const char *user = unit_expand(move, said, text_of(said));

	if (user)
		draft_text(move->draft, move->service, "user", legacy_account(user));
}

void unit_carry_group(struct unit_move *move, const struct unit_said *said)
{
	const char *group = unit_expand(move, said, text_of(said));

	if (group)
		draft_text(move->draft, move->service, "group", legacy_account(group));
}

void unit_carry_groups(struct unit_move *move, const struct unit_said *said)
{
	struct unit_words words = words_of(move, said);

	for (size_t i = 0; i < words.count; i++)
		draft_add(move->draft, move->service, "groups", words.word[i]);
	if (words.count)
		draft_comment(move->draft, move->service,
		              "groups: those of the account are not added, so name them here too.");
}

/* ---- the process ---- */

void unit_carry_directory(struct unit_move *move, const struct unit_said *said)
{
	const char *path = text_of(said);

	path = unit_expand(move, said, *path == '-' ? path + 1 : path);
	if (path && *path == '/')
		draft_text(move->draft, move->service, "directory", path);
	else if (path)
		unit_remark(move, said, "write the full path as directory");
}

void unit_carry_root(struct unit_move *move, const struct unit_said *said)
{
	const char *path = unit_expand(move, said, text_of(said));

	if (path && *path == '/')
		draft_text(move->draft, move->service, "root", path);
}

void unit_carry_umask(struct unit_move *move, const struct unit_said *said)
{
	const char *mask = text_of(said);

	if (!*mask || mask[strspn(mask, "01234567")] || strlen(mask) > 5)
		nonsense(move, said);
	else
		draft_set(move->draft, move->service, "umask", "%03lo",
		          strtol(mask, NULL, 8) & 0777);
}

static void carry_number(struct unit_move *move, const struct unit_said *said, const char *option,
                         long most)
{
	const char *text = text_of(said);
	long number = legacy_number(text + (*text == '-' || *text == '+'), most);

	if (number < 0)
		nonsense(move, said);
	else
		draft_set(move->draft, move->service, option, "%ld",
		          *text == '-' ? -number : number);
}

void unit_carry_nice(struct unit_move *move, const struct unit_said *said)
{
	carry_number(move, said, "nice", 19);
}

void unit_carry_oom_score(struct unit_move *move, const struct unit_said *said)
{
	carry_number(move, said, "oom_score_adj", 1000);
}

void unit_carry_cpu_affinity(struct unit_move *move, const struct unit_said *said)
{
	struct unit_words words = words_of(move, said);

	for (size_t i = 0; i < words.count; i++)
		if (words.word[i][strspn(words.word[i], "0123456789-,")] == '\0')
			draft_add(move->draft, move->service, "cpu_affinity", words.word[i]);
		else
			nonsense(move, said);
}

void unit_carry_pass_env(struct unit_move *move, const struct unit_said *said)
{
	struct unit_words words = words_of(move, said);

	for (size_t i = 0; i < words.count; i++)
		if (draft_is_variable(words.word[i]) && !strchr(words.word[i], '='))
			draft_add(move->draft, move->service, "pass_env", words.word[i]);
		else
			unit_remark(move, said, "usherd sets such a variable itself");
}

/* ---- limits ---- */

static const char *limit_value(struct unit_move *move, const char *text, bool seconds)
{
	int64_t time = seconds ? unit_time(text) : -1;

	if (!seconds || time == UNIT_FOREVER)
		return unit_size(move->draft->arena, text);
	return time < 0 ? NULL : arena_format(move->draft->arena, "%lld", (long long)(time / 1000));
}

/* LimitNOFILE=1024:4096 */
void unit_carry_limit(struct unit_move *move, const struct unit_said *said)
{
	static const struct {
		const char *name, *option;
	} known[] = {
	    {"LimitAS", "rlimit_as"},        {"LimitCORE", "rlimit_core"},
	    {"LimitCPU", "rlimit_cpu"},      {"LimitDATA", "rlimit_data"},
	    {"LimitFSIZE", "rlimit_fsize"},  {"LimitMEMLOCK", "rlimit_memlock"},
	    {"LimitNOFILE", "rlimit_files"}, {"LimitNPROC", "rlimit_nproc"},
	    {"LimitRSS", "rlimit_rss"},      {"LimitSTACK", "rlimit_stack"},
	};
	const char *text = text_of(said), *colon = strchr(text, ':'), *soft, *hard = NULL;
	bool seconds = strcmp(said->name, "LimitCPU") == 0;
	size_t i = 0;

	while (strcmp(known[i].name, said->name) != 0)
		i++;
	soft = colon ? arena_bytes(move->draft->arena, text, (size_t)(colon - text)) : text;
	soft = soft ? limit_value(move, soft, seconds) : NULL;
	if (colon)
		hard = limit_value(move, colon + 1, seconds);
	if (!soft || (colon && !hard))
		nonsense(move, said);
	else
		draft_set(move->draft, move->service, known[i].option, "%s%s%s", soft,
		          hard ? ":" : "", hard ? hard : "");
}

void unit_carry_memory_max(struct unit_move *move, const struct unit_said *said)
{
	const char *size = unit_size(move->draft->arena, text_of(said));

	if (!size)
		unit_remark(move, said, "write it as a number of bytes");
	else if (strcmp(size, "unlimited") != 0)
		draft_set(move->draft, move->service, "memory_max", "%s", size);
}

void unit_carry_tasks_max(struct unit_move *move, const struct unit_said *said)
{
	long number = legacy_number(text_of(said), 4194304);

	if (number > 0)
		draft_set(move->draft, move->service, "pids_max", "%ld", number);
	else if (strcmp(text_of(said), "infinity") != 0)
		unit_remark(move, said, "write it as a number");
}

void unit_carry_cpu_quota(struct unit_move *move, const struct unit_said *said)
{
	const char *text = text_of(said);
	size_t len = strspn(text, "0123456789");

	if (len && len < 6 && strcmp(text + len, "%") == 0)
		draft_text(move->draft, move->service, "cpu_max", text);
	else
		nonsense(move, said);
}

static void carry_time(struct unit_move *move, const struct unit_said *said, const char *option)
{
	int64_t time = unit_time(text_of(said));

	if (time < 0 || (time != UNIT_FOREVER && time > INT64_C(365) * 86400 * 1000))
		nonsense(move, said);
	else if (time == UNIT_FOREVER || time == 0)
		draft_set(move->draft, move->service, option, "0");
	else if (time % 1000)
		draft_set(move->draft, move->service, option, "%lldms", (long long)time);
	else
		draft_set(move->draft, move->service, option, "%llds", (long long)(time / 1000));
}

void unit_carry_runtime_max(struct unit_move *move, const struct unit_said *said)
{
	carry_time(move, said, "max_runtime");
}

void unit_carry_stop_timeout(struct unit_move *move, const struct unit_said *said)
{
	int64_t time = unit_time(text_of(said));

	if (time == UNIT_FOREVER || time > INT64_C(86400) * 1000)
		draft_set(move->draft, move->service, "stop_timeout", "1d");
	else
		carry_time(move, said, "stop_timeout");
}

/* ---- privileges ---- */

void unit_carry_no_new_privs(struct unit_move *move, const struct unit_said *said)
{
	if (unit_bool(text_of(said)) == 1)
		draft_set(move->draft, move->service, "no_new_privs", "yes");
}

/* Of root the bounding set is what it has, of others the ambient set. */
void unit_carry_capabilities(struct unit_move *move, const struct unit_said *said)
{
	bool ambient = strcmp(said->name, "AmbientCapabilities") == 0;
	struct unit_words words;

	if (ambient == move->root)
		return;
	words = words_of(move, said);
	if (words.count && *words.word[0] == '~') {
		unit_remark(move, said, "name in capabilities those that it may have");
		return;
	}
	draft_add(move->draft, move->service, "capabilities", NULL);
	for (size_t i = 0; i < words.count; i++)
		if (caps_find(words.word[i]) >= 0)
			draft_add(move->draft, move->service, "capabilities", words.word[i]);
		else
			unit_remark(move, said, "there is no such capability");
}
