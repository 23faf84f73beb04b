/* healthcheck - answers probes with what a command says about something's health.
 *
 *   healthcheck [-a] [-d DIR] [-i SECONDS] [-t SECONDS] COMMAND [ARGUMENT...]
 *
 *   -a    as an agent of HAProxy (agent-check), not over HTTP
 *   -d    where the result is kept, for all probes of this command
 *   -i    how long it is good for (5): the command runs at most once in that time
 *   -t    how long the command may take (10)
 *
 * However many probes come, one of them runs the command, and the others get its last result
 * until that is twice as old as it should be; after that they wait. Who runs it has answered its
 * own client first, if there was an answer.
 *
 * Over HTTP the answer is 200 where the command ended with 0, else 503, with what it wrote as the
 * text. An agent's answer is its first line, if that ended with 0 and is made of HAProxy's words;
 * else "up ready" or "down". Exit status: 0, or 1 where there could be no result, or 2 for usage.
 */
#include "client.h"
#include "command.h"
#include "http.h"
#include "result.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	READ_SECONDS = 10,
	AGENT_SEND_MSEC = 5000,
	GRACE_MSEC = 1000, /* for who waits for another's run */
	LOOK_MSEC = 20,
	AGENT_LINE_MAX = 256
};

static struct {
	bool agent;
	const char *dir;
	int64_t interval_msec, timeout_msec;
	const char *name; /* of the command */
	char **command;
} options = {.name = "", .interval_msec = 5000, .timeout_msec = 10000};

static struct result_place place;

/* A clock that was set back makes the result one of the future, and no good. */
static bool is_younger(const struct result *result, int64_t msec)
{
	int64_t age = result_now_msec() - result->at_msec;

	return result->at_msec > 0 && age >= 0 && age < msec;
}

static void set_text(struct result *result, const char *text, size_t len)
{
	memcpy(result->text, text, len);
	result->len = len;
}

static void __attribute__((format(printf, 2, 3)))
set_line(struct result *result, const char *format, ...)
{
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(result->text, sizeof result->text, format, ap);
	va_end(ap);
	result->len = len > 0 ? (size_t)len : 0;
}

/* The command's words, or ours where it has none. */
static void judge(const struct command *ended, struct result *result)
{
	*result = (struct result){.at_msec = result_now_msec(),
	                          .good = !ended->timed_out && WIFEXITED(ended->status) &&
	                                  WEXITSTATUS(ended->status) == 0};
	if (ended->timed_out)
		set_line(result, "The check took longer than %ld s.\n",
		         (long)(options.timeout_msec / 1000));
	else if (WIFSIGNALED(ended->status))
		set_line(result, "The check ended by signal %d.\n", WTERMSIG(ended->status));
	else if (ended->len)
		set_text(result, ended->text, ended->len);
	else if (result->good)
		set_line(result, "up\n");
	else
		set_line(result, "The check ended with status %d.\n", WEXITSTATUS(ended->status));
}

static int first_line(const struct result *result)
{
	const char *end = memchr(result->text, '\n', result->len);

	return (int)(end ? end - result->text : (ptrdiff_t)result->len);
}

static void tell_change(const struct result *before, const struct result *now)
{
	if (now->good && before->at_msec && !before->good)
		fprintf(stderr, "healthcheck: %s: up again\n", options.command[0]);
	else if (!now->good && (before->good || !before->at_msec))
		fprintf(stderr, "healthcheck: %s: down: %.*s\n", options.name, first_line(now),
		        now->text);
}

/* With the lock. False: the command could not be run. */
static bool refresh(struct result *result)
{
	static struct command ended;
	struct result before = *result;

	if (!command_run(options.command, client_now_msec() + options.timeout_msec, &ended)) {
		fprintf(stderr, "healthcheck: %s cannot be run: %s\n", options.name,
		        strerror(errno));
		return false;
	}
	judge(&ended, result);
	tell_change(&before, result);
	if (!result_write(&place, result))
		fprintf(stderr, "healthcheck: %s\n", place.why);
	return true;
}

/* Runs the command in this process, which lets go of the client, and returns in one that has the
 * client and not the lock. */
static void refresh_meanwhile(struct result *result)
{
	pid_t pid = fork();
	int null, status = 0;

	if (pid <= 0) {
		result_close(&place);
		return;
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(1);
	if (!refresh(result))
		status = 1;
	result_close(&place);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	exit(status);
}

/* The result for this probe. False with place.why: there is none. */
static bool find(struct result *result)
{
	const struct timespec pause = {.tv_nsec = LOOK_MSEC * 1000000};
	int64_t deadline = client_now_msec() + options.timeout_msec + GRACE_MSEC;

	if (!result_open(&place, options.dir, (const char *const *)options.command))
		return false;
	for (;;) {
		bool usable, mine;

		/* In this order: between them another one may have made it, and unlocked. */
		mine = result_lock(&place);
		result_read(&place, result);
		if (is_younger(result, options.interval_msec))
			return true;
		usable = is_younger(result, 2 * options.interval_msec);
		if (mine && !usable)
			return refresh(result);
		if (mine)
			refresh_meanwhile(result);
		if (usable)
			return true;
		if (client_now_msec() >= deadline)
			break;
		nanosleep(&pause, NULL);
	}
	snprintf(place.why, sizeof place.why, "no result within %ld s",
	         (long)(options.timeout_msec / 1000));
	return false;
}

static bool find_or_tell(struct result *result)
{
	bool found = find(result);

	if (!found && *place.why)
		fprintf(stderr, "healthcheck: %s\n", place.why);
	result_close(&place);
	return found;
}

static int answer_http(const struct request *request, struct reply *reply)
{
	static struct result result;

	(void)request;
	if (!find_or_tell(&result)) {
		reply_set_text(reply, "503 Service Unavailable",
		               "There is no result; the log says why.\n");
		return 1;
	}
	*reply = (struct reply){
	    .status = result.good ? "200 OK" : "503 Service Unavailable",
	    .fields = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n",
	    .body = result.text,
	    .len = result.len};
	return 0;
}

/* "up", "75%", "maxconn:30" (section 5.2 of HAProxy's configuration manual, "agent-check"). */
static bool is_agent_word(const char *word, size_t len)
{
	static const char *const words[] = {"up",   "ready",   "drain", "maint",
	                                    "down", "stopped", "fail",  "failed"};
	static const char maxconn[] = "maxconn:";
	size_t digits = strspn(word, "0123456789");

	if (digits && digits + 1 == len && word[digits] == '%')
		return true;
	if (len > sizeof maxconn - 1 && strncmp(word, maxconn, sizeof maxconn - 1) == 0)
		return strspn(word + sizeof maxconn - 1, "0123456789") == len - sizeof maxconn + 1;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == len && memcmp(word, words[i], len) == 0)
			return true;
	return false;
}

/* Words of an agent, and then perhaps a "#" with any text. */
static bool is_agent_line(const char *line)
{
	static const char between[] = " \t,";
	size_t len, count = 0;

	for (line += strspn(line, between); *line && *line != '#'; line += strspn(line, between)) {
		len = strcspn(line, " \t,#");
		if (!is_agent_word(line, len))
			return false;
		line += len;
		count++;
	}
	return count > 0;
}

static void make_agent_line(const struct result *result, char line[AGENT_LINE_MAX])
{
	char said[AGENT_LINE_MAX - 16];

	snprintf(said, sizeof said, "%.*s", first_line(result), result->text);
	for (char *at = said; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = ' ';
	if (result->good && is_agent_line(said))
		snprintf(line, AGENT_LINE_MAX, "%s\n", said);
	else if (result->good)
		snprintf(line, AGENT_LINE_MAX, "up ready\n");
	else
		snprintf(line, AGENT_LINE_MAX, "down # %s\n", said);
}

/* An agent speaks first: what it may have been asked is read only so that its answer arrives. */
static int serve_agent(void)
{
	static struct result result;
	char line[AGENT_LINE_MAX] = "down # There is no result.\n";
	struct iovec part = {.iov_base = line};
	int status = 0;

	signal(SIGPIPE, SIG_IGN);
	if (find_or_tell(&result))
		make_agent_line(&result, line);
	else
		status = 1;
	part.iov_len = strlen(line);
	if (!client_send_by(client_now_msec() + AGENT_SEND_MSEC, &part, 1))
		return client_is_gone(errno) ? status : 1;
	client_finish();
	return status;
}

static bool parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+ad:i:t:")) != -1) {
		if (c == 'a')
			options.agent = true;
		else if (c == 'd')
			options.dir = optarg;
		else if (c == 'i')
			options.interval_msec = client_seconds(optarg) * 1000;
		else if (c == 't')
			options.timeout_msec = client_seconds(optarg) * 1000;
		else
			return false;
	}
	if (optind == argc)
		return false;
	options.name = argv[optind];
	options.command = argv + optind;
	return options.interval_msec && options.timeout_msec;
}

int main(int argc, char **argv)
{
	if (!parse_options(argc, argv)) {
		fputs("usage: healthcheck [-a] [-d directory] [-i seconds] [-t seconds] command "
		      "[argument ...]\n",
		      stderr);
		return 2;
	}
	if (options.agent)
		return serve_agent();
	return http_serve(READ_SECONDS, HTTP_GET_AND_OPTIONS, answer_http);
}
