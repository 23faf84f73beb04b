#include "tools/upgrade.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "control/protocol.h"
#include "tools/ask.h"

enum {
	FIELD_MAX = 400,
	JSON_MAX = 1 << 20,
	LOOK_MSEC = 20,
	LOOKS = 30 * 1000 / LOOK_MSEC,
};

struct versions {
	char from[FIELD_MAX], to[FIELD_MAX];
};

static int request(const char *socket, const char *command, struct reply *reply)
{
	struct buf line = BUF_INIT(CONTROL_REQUEST_MAX + 1);
	int status;

	buf_addf(&line, "%s\n", command);
	status = ask(socket, &line, reply);
	buf_free(&line);
	return status;
}

/* A line "name TAB value" of the body. */
static bool find_field(const struct reply *reply, const char *name, char value[FIELD_MAX])
{
	const char *line = reply->body, *end = reply->body + reply->len;
	size_t len = strlen(name);

	while (line < end) {
		size_t line_len = strcspn(line, "\n");

		if (line_len > len && strncmp(line, name, len) == 0 && line[len] == '\t') {
			snprintf(value, FIELD_MAX, "%.*s", (int)(line_len - len - 1),
			         line + len + 1);
			return true;
		}
		line += line_len + 1;
	}
	return false;
}

static void add_text(struct json *json, const char *key, const char *text)
{
	json_key(json, key);
	if (text && *text)
		json_string(json, text);
	else
		json_null(json);
}

static void print_json(const struct versions *versions, const char *problem)
{
	struct buf out = BUF_INIT(JSON_MAX);
	struct json json = JSON_INIT(&out);

	json_object(&json);
	json_key(&json, "done");
	json_bool(&json, !problem);
	add_text(&json, "from", versions->from);
	add_text(&json, "to", versions->to);
	add_text(&json, "problem", problem);
	json_object_end(&json);
	printf("%s\n", out.data ? out.data : "");
	buf_free(&out);
}

static int fails(const char *problem, const struct versions *versions, bool as_json, char *why,
                 size_t size)
{
	if (as_json)
		print_json(versions, problem);
	snprintf(why, size, "%s", as_json ? "" : problem);
	return EXIT_FAILED;
}

/* How it went, once that is known. An answer that was cut off, or did not come, is
 * that of the version that has just gone. */
static bool look(const char *socket, char last[FIELD_MAX])
{
	struct reply reply;
	int status = request(socket, "status", &reply);
	bool known = status == EXIT_NO_DAEMON;

	if (known)
		snprintf(last, FIELD_MAX, "usherd is gone: %.300s", reply.why);
	else if (status == 0)
		known = find_field(&reply, "last upgrade", last) && strcmp(last, "under way") != 0;
	reply_free(&reply);
	return known;
}

static int wait_for_end(const char *socket, const struct versions *versions, bool as_json,
                        char *why, size_t size)
{
	const struct timespec pause = {.tv_nsec = LOOK_MSEC * 1000000L};
	char last[FIELD_MAX] = "it is under way and does not end";
	bool known = false;

	for (int i = 0; i < LOOKS && !known; i++) {
		nanosleep(&pause, NULL);
		known = look(socket, last);
	}
	if (!known || strcmp(last, "done") != 0)
		return fails(last, versions, as_json, why, size);
	if (as_json)
		print_json(versions, NULL);
	else
		printf("upgraded: version %s was, version %s is\n", versions->from, versions->to);
	return 0;
}

int upgrade_main(const char *socket, bool as_json, char *why, size_t size)
{
	struct versions versions = {.from = ""};
	struct reply reply;
	/* What is looked at here is not JSON: that is made of it. */
	int status = request(socket, "upgrade", &reply);
	size_t len = reply.len && reply.body[reply.len - 1] == '\n' ? reply.len - 1 : reply.len;
	char text[4096];

	snprintf(text, sizeof text, "%.*s", (int)(status == 0 ? len : 0),
	         status == 0 ? reply.body : "");
	if (status != 0) {
		snprintf(why, size, "%s%s", reply.refused ? "upgrade: " : "", reply.why);
	} else if (reply.failed) {
		status = fails(text, &versions, as_json, why, size);
		if (!as_json)
			puts(text);
		*why = '\0';
	} else if (find_field(&reply, "from", versions.from) &&
	           find_field(&reply, "to", versions.to)) {
		status = wait_for_end(socket, &versions, as_json, why, size);
	} else {
		status = fails("its answer is another one than was expected", &versions, as_json,
		               why, size);
	}
	reply_free(&reply);
	return status;
}
