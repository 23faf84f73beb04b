/* The command of a service unit, its environment, and its standard streams. */
#include <stdlib.h>
#include <string.h>

#include "tools/unit_move.h"

static size_t name_length(const char *text)
{
	return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
}

void unit_environment(struct unit_move *move, const struct unit_said *said)
{
	for (size_t i = 0; i < said->count; i++) {
		struct unit_said one = {said->name, &said->value[i], 1, 1};
		struct unit_words words;

		if (!unit_split(move->draft->arena, said->value[i].text, &words)) {
			unit_remark(move, &one, "a quote is not closed");
			continue;
		}
		for (size_t j = 0; j < words.count; j++) {
			const char *text = unit_expand(move, &one, words.word[j]);

			if (text && draft_is_variable(text) && strchr(text, '='))
				draft_add(move->draft, move->service, "env", text);
			else
				unit_remark(
				    move, &one,
				    "it is no name of a variable, or usherd sets it itself");
		}
	}
}

static const char *find_variable(const struct unit_move *move, const char *name, size_t len)
{
	const struct draft_option *env = draft_option(move->service, "env");
	const char *value = NULL;

	for (size_t i = 0; env && i < env->count; i++)
		if (strncmp(env->value[i], name, len) == 0 && env->value[i][len] == '=')
			value = env->value[i] + len + 1;
	return value;
}

static const char *variable(struct unit_move *move, const struct unit_said *said, const char *name,
                            size_t len)
{
	const char *value = find_variable(move, name, len);

	if (value)
		return value;
	draft_remark(move->draft, move->service, &said->value->where,
	             "%s: the variable %.*s is not set in the unit, so it is empty here.",
	             said->name, (int)len, name);
	return "";
}

/* ${NAME} and $$ within a word; everything else stays. */
static const char *substitute(struct unit_move *move, const struct unit_said *said,
                              const char *text)
{
	struct buf out = BUF_INIT(DRAFT_FILE_MAX);
	const char *result;

	while (*text) {
		size_t len = text[0] == '$' && text[1] == '{' ? name_length(text + 2) : 0;

		if (text[0] == '$' && text[1] == '$') {
			buf_addc(&out, '$');
			text += 2;
		} else if (len && text[2 + len] == '}') {
			buf_adds(&out, variable(move, said, text + 2, len));
			text += len + 3;
		} else {
			buf_addc(&out, *text++);
		}
	}
	result = arena_text(move->draft->arena, out.len ? out.data : "");
	buf_free(&out);
	return result;
}

/* "$NAME" as a word of its own is as many words as it has. */
static bool add_variable(struct unit_move *move, const struct unit_said *said, const char *word)
{
	size_t len = *word == '$' ? name_length(word + 1) : 0;
	struct unit_words words;

	if (!len || word[1 + len])
		return false;
	if (unit_split(move->draft->arena, variable(move, said, word + 1, len), &words))
		for (size_t i = 0; i < words.count; i++)
			draft_add(move->draft, move->service, "exec", words.word[i]);
	return true;
}

static void add_argument(struct unit_move *move, const struct unit_said *said, const char *word)
{
	const char *text = unit_expand(move, said, word);

	if (!text)
		return;
	if (move->clean_argv)
		draft_add(move->draft, move->service, "exec", text);
	else if (!add_variable(move, said, text))
		draft_add(move->draft, move->service, "exec", substitute(move, said, text));
}

/* "-@+!:" in front of the program. */
static const char *take_prefix(struct unit_move *move, const struct unit_said *said,
                               const char *word, bool *named)
{
	for (; *word && strchr("-@+!:", *word); word++) {
		if (*word == '@')
			*named = true;
		else if (*word == ':')
			move->clean_argv = true;
		else if (*word == '-')
			continue; /* a status is a fact of the record, and never an error */
		else
			unit_remark(
			    move, said,
			    "it ran with privileges beyond its User=, which usherd has not");
	}
	return word;
}

static void start_command(struct unit_move *move, const struct unit_said *said,
                          const struct unit_words *words)
{
	bool named = false;
	const char *program = take_prefix(move, said, words->word[0], &named);
	size_t at = 1;

	program = unit_expand(move, said, program);
	if (!program)
		return;
	if (*program != '/')
		draft_gone(move->draft, move->service, &said->value->where,
		           "%s is no full path of a program", program);
	draft_add(move->draft, move->service, "exec", program);
	if (named && words->count > 1)
		draft_text(move->draft, move->service, "argv0", words->word[at++]);
	for (; at < words->count; at++) {
		if (strcmp(words->word[at], ";") == 0 && !words->quoted[at]) {
			draft_gone(move->draft, move->service, &said->value->where,
			           "it has several commands (write a script)");
			return;
		}
		/* The escaped one is an argument. */
		if (strcmp(words->word[at], "\\;") == 0 && !words->quoted[at])
			draft_add(move->draft, move->service, "exec", ";");
		else
			add_argument(move, said, words->word[at]);
	}
}

void unit_exec_start(struct unit_move *move, const struct unit_said *said)
{
	struct unit_words words;

	if (said->count > 1)
		draft_gone(move->draft, move->service, &said->value[1].where,
		           "it has several commands (write a script)");
	else if (unit_split(move->draft->arena, said->value->text, &words) && words.count)
		start_command(move, said, &words);
	else {
		draft_gone(move->draft, move->service, &said->value->where,
		           "ExecStart: a quote is not closed");
		move->draft->dropped++;
	}
}

/* ---- descriptors 0, 1 and 2 ---- */

static bool starts_with(const char *text, const char *start)
{
	return text && strncmp(text, start, strlen(start)) == 0;
}

/* What an output goes to, as a value of stderr; NULL: as the one before. */
static const char *sink(const char *output)
{
	if (!output || strcmp(output, "inherit") == 0)
		return NULL;
	if (strcmp(output, "null") == 0)
		return "null";
	return strcmp(output, "socket") == 0 ? "client" : "log";
}

void unit_streams(struct unit_move *move)
{
	const char *input = unit_value(move->unit, "Service", "StandardInput");
	const char *output = sink(unit_value(move->unit, "Service", "StandardOutput"));
	const char *error = sink(unit_value(move->unit, "Service", "StandardError"));
	bool socket = starts_with(input, "socket");

	if (!move->accept) {
		draft_set(move->draft, move->service, "wait", "yes");
		if (!socket)
			draft_set(move->draft, move->service, "listen_fds", "yes");
	} else if (!socket) {
		draft_off(move->draft, move->service, &move->service->where,
		          "It is off: the program takes the client from descriptor 3 (Accept=yes "
		          "without StandardInput=socket), and here it is 0 and 1.");
	}
	if (!output && socket)
		output = "client";
	else if (socket && strcmp(output, "client") != 0)
		draft_remark(move->draft, move->service, &move->service->where,
		             "StandardOutput: descriptor 1 is the client's, as 0 is.");
	if (!error)
		error = output;
	if (error && strcmp(error, "log") != 0)
		draft_text(move->draft, move->service, "stderr", error);
}
