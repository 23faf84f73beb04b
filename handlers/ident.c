/* ident - tells whose a connection of this machine is (RFC 1413).
 *
 *   ident [-hnN] [SECONDS]
 *
 *   -h    nobody's: every user that there is, is hidden
 *   -n    by number, not by name
 *   -N    who has a file .noident in his home is hidden
 *
 * A client asks by lines of two ports, ours and its own, about connections between its address and
 * the one that it has asked at; so nobody learns of those of others. It has SECONDS (30) for all
 * its lines. Names are those of /etc/passwd, else numbers. Exit status: 0 whatever a client does,
 * 1 where descriptors 0 and 1 are no good or the kernel does not tell, 2 for usage. */
#include "client.h"
#include "owner.h"

#include <errno.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SECONDS = 30,
	QUESTIONS_MOST = 64,
	QUESTION_MAX = 128, /* bytes of a line; two ports take 12 */
	LOGIN_MAX = 128,
	ANSWER_MAX = LOGIN_MAX + 32,
	PORT_MAX = 65535
};

static struct {
	bool hidden, numbers, noident;
	int64_t deadline_msec;
} options;

static struct {
	struct sockaddr_storage local, remote;
} ends;

/* Leading and trailing blanks are allowed. -1: there is none. */
static long take_port(const char **at)
{
	char *end;
	long port;

	*at += strspn(*at, " \t");
	if (**at < '0' || **at > '9' || strspn(*at, "0123456789") > 9)
		return -1;
	port = strtol(*at, &end, 10);
	*at = end + strspn(end, " \t");
	return port;
}

static bool parse(const char *line, long *ours, long *theirs)
{
	*ours = take_port(&line);
	if (*ours < 0 || *line++ != ',')
		return false;
	*theirs = take_port(&line);
	return *theirs >= 0 && *line == '\0';
}

/* The user's row of /etc/passwd; not by getpwuid(), which would load other programs' code. */
static const struct passwd *find_user(uid_t uid)
{
	static FILE *file;
	const struct passwd *row = NULL;

	if (file)
		fclose(file);
	file = fopen("/etc/passwd", "re");
	while (file && (row = fgetpwent(file)) && row->pw_uid != uid)
		;
	return row;
}

static bool wants_to_be_hidden(const struct passwd *user)
{
	char path[4096];
	struct stat st;
	int len = snprintf(path, sizeof path, "%s/.noident", user->pw_dir);

	return len > 0 && len < (int)sizeof path && stat(path, &st) == 0;
}

/* Of a name in /etc/passwd that would end the line, or is too long for one, there is no use. */
static bool is_name(const char *name)
{
	return *name && strlen(name) < LOGIN_MAX && !strpbrk(name, "\r\n");
}

static void describe(uid_t uid, char text[ANSWER_MAX])
{
	const struct passwd *user = find_user(uid);

	if (options.hidden || (options.noident && user && wants_to_be_hidden(user)))
		snprintf(text, ANSWER_MAX, "ERROR : HIDDEN-USER");
	else if (user && !options.numbers && is_name(user->pw_name))
		snprintf(text, ANSWER_MAX, "USERID : UNIX : %s", user->pw_name);
	else
		snprintf(text, ANSWER_MAX, "USERID : OTHER : %lu", (unsigned long)uid);
}

/* False: the kernel does not tell. */
static bool find(long ours, long theirs, char text[ANSWER_MAX])
{
	uid_t uid;

	if (ours < 1 || ours > PORT_MAX || theirs < 1 || theirs > PORT_MAX) {
		snprintf(text, ANSWER_MAX, "ERROR : INVALID-PORT");
		return true;
	}
	switch (owner_find((struct sockaddr *)&ends.local, (uint16_t)ours,
	                   (struct sockaddr *)&ends.remote, (uint16_t)theirs, &uid)) {
	case OWNER_FOUND:
		describe(uid, text);
		return true;
	case OWNER_NOBODY:
		snprintf(text, ANSWER_MAX, "ERROR : NO-USER");
		return true;
	default:
		fprintf(stderr, "ident: sock_diag: %s\n", strerror(errno));
		snprintf(text, ANSWER_MAX, "ERROR : UNKNOWN-ERROR");
		return false;
	}
}

static bool answer(const char *line, bool *told)
{
	char text[ANSWER_MAX] = "ERROR : UNKNOWN-ERROR", reply[ANSWER_MAX + 32];
	struct iovec part = {.iov_base = reply};
	long ours = 0, theirs = 0;

	if (!parse(line, &ours, &theirs))
		ours = theirs = 0;
	else if (!find(ours, theirs, text))
		*told = false;
	part.iov_len =
	    (size_t)snprintf(reply, sizeof reply, "%ld , %ld : %s\r\n", ours, theirs, text);
	return client_send_by(options.deadline_msec, &part, 1);
}

/* What has come and was not taken yet. */
struct input {
	char data[QUESTION_MAX + 1];
	size_t len;
	bool over; /* no more lines */
};

/* Until there is a line, or as much as none may have; false at the end, with errno or 0. */
static bool fill(struct input *input)
{
	while (!memchr(input->data, '\n', input->len) && input->len < QUESTION_MAX) {
		ssize_t got = client_read(options.deadline_msec, input->data + input->len,
		                          QUESTION_MAX - input->len);

		if (got == 0)
			errno = 0;
		if (got <= 0)
			return false;
		input->len += (size_t)got;
	}
	return true;
}

/* The next line without its end. One that is too long is the last, and none that could be
 * understood. */
static void take_line(struct input *input, char line[QUESTION_MAX + 1])
{
	char *newline = memchr(input->data, '\n', input->len);
	size_t len = newline ? (size_t)(newline - input->data) : input->len;
	size_t used = len + (newline != NULL);

	input->over = !newline;
	memcpy(line, input->data, len);
	input->len -= used;
	memmove(input->data, input->data + used, input->len);
	if (len && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	/* A NUL is no end of a line, and nothing that may stand in one. */
	if (input->over || strlen(line) < len)
		*line = '?';
}

/* Until the client ends, its time is over, or it has asked enough. */
static bool serve(bool *told)
{
	static struct input input;
	char line[QUESTION_MAX + 1];

	for (int i = 0; i < QUESTIONS_MOST && !input.over; i++) {
		if (!fill(&input))
			return client_is_gone(errno);
		take_line(&input, line);
		if (!answer(line, told))
			return client_is_gone(errno);
	}
	client_finish();
	return true;
}

static bool find_ends(void)
{
	socklen_t local = sizeof ends.local, remote = sizeof ends.remote;
	int family;

	if (getsockname(STDIN_FILENO, (struct sockaddr *)&ends.local, &local) < 0 ||
	    getpeername(STDIN_FILENO, (struct sockaddr *)&ends.remote, &remote) < 0)
		return client_is_gone(errno) || errno == ENOTCONN;
	family = ends.local.ss_family;
	return (family == AF_INET || family == AF_INET6) && family == ends.remote.ss_family;
}

static long parse_options(int argc, char **argv)
{
	long seconds = SECONDS;
	int c;

	while ((c = getopt(argc, argv, "hnN")) != -1) {
		if (c == 'h')
			options.hidden = true;
		else if (c == 'n')
			options.numbers = true;
		else if (c == 'N')
			options.noident = true;
		else
			return 0;
	}
	if (optind < argc)
		seconds = client_seconds(argv[optind++]);
	return optind == argc ? seconds : 0;
}

int main(int argc, char **argv)
{
	long seconds = parse_options(argc, argv);
	bool told = true;

	if (seconds == 0) {
		fputs("usage: ident [-hnN] [seconds]\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	options.deadline_msec = client_now_msec() + seconds * 1000;
	if (!find_ends())
		return 1;
	return serve(&told) && told ? 0 : 1;
}
