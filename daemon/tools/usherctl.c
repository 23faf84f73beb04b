/* usherctl - asks usherd over its control socket (control/protocol.h). */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/runtime.h"
#include "base/sys.h"
#include "control/protocol.h"
#include "tools/run.h"
#include "tools/table.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NO_DAEMON = 3 };

enum {
	ANSWER_MAX = 256 << 20,
	PATIENCE_SEC = 30, /* without a byte of an answer */
};

struct options {
	bool json, dry_run;
	const char *socket; /* NULL: the default */
};

static const struct control_command commands[] = {CONTROL_COMMANDS(CONTROL_COMMAND_ROW)};
static const char *const later[] = {CONTROL_LATER};

/* What needs no usherd, and takes options of its own. */
static const struct {
	const char *name, *args, *help;
	int (*main)(int argc, char **argv);
} local[] = {
    {"run", "SERVICE [--peer ADDRESS]", "a service's handler on this terminal", run_main},
};

enum { LOCAL = sizeof local / sizeof *local };
enum { COMMANDS = sizeof commands / sizeof *commands, LATER = sizeof later / sizeof *later };

static int __attribute__((format(printf, 2, 3))) complain(int status, const char *format, ...)
{
	va_list ap;

	fputs("usherctl: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	putc('\n', stderr);
	return status;
}

static void print_usage(FILE *to)
{
	fputs("usage: usherctl [-hjV] [-s socket] command [argument ...]\n", to);
}

static void print_help(void)
{
	char synopsis[64];

	print_usage(stdout);
	fputs("Asks usherd and steers it. See usherctl(8).\n"
	      "\n"
	      "  -j, --json           answer in JSON\n"
	      "  -s, --socket PATH    the control socket\n"
	      "      --dry-run        with reload: only say what would change\n"
	      "  -V, --version        the version\n"
	      "  -h, --help           this text\n"
	      "\n"
	      "commands:\n",
	      stdout);
	for (size_t i = 0; i < COMMANDS; i++) {
		snprintf(synopsis, sizeof synopsis, "%s %s", commands[i].name, commands[i].args);
		printf("  %-30s %s\n", synopsis, commands[i].help);
	}
	fputs("without an usherd:\n", stdout);
	for (size_t i = 0; i < LOCAL; i++) {
		snprintf(synopsis, sizeof synopsis, "%s %s", local[i].name, local[i].args);
		printf("  %-30s %s\n", synopsis, local[i].help);
	}
}

/* Wrong use: what is wrong, and how it should be. */
static void __attribute__((noreturn)) usage(void)
{
	print_usage(stderr);
	exit(EXIT_USAGE);
}

static const struct option option_names[] = {
    {"dry-run", no_argument, NULL, 'n'}, {"help", no_argument, NULL, 'h'},
    {"json", no_argument, NULL, 'j'},    {"socket", required_argument, NULL, 's'},
    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0},
};

/* Everything behind the name of a local command is its own. */
static void run_local(int argc, char **argv)
{
	opterr = 0;
	while (getopt_long(argc, argv, "+hjs:V", option_names, NULL) != -1)
		;
	for (size_t i = 0; i < LOCAL && optind < argc; i++)
		if (strcmp(local[i].name, argv[optind]) == 0) {
			opterr = 1;
			exit(local[i].main(argc - optind, argv + optind));
		}
	opterr = 1;
	optind = 0; /* from the beginning */
}

static void parse_options(int argc, char **argv, struct options *opt)
{
	int c;

	while ((c = getopt_long(argc, argv, "hjs:V", option_names, NULL)) != -1) {
		switch (c) {
		case 'h':
			print_help();
			exit(EXIT_SUCCESS);
		case 'n':
			opt->dry_run = true;
			break;
		case 'j':
			opt->json = true;
			break;
		case 's':
			opt->socket = optarg;
			break;
		case 'V':
			puts("usherctl " PACKAGE_VERSION);
			exit(EXIT_SUCCESS);
		default:
			usage();
		}
	}
}

static const struct control_command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	for (size_t i = 0; i < LATER; i++)
		if (strcmp(later[i], name) == 0)
			exit(complain(EXIT_USAGE, "%s is not in this version", name));
	complain(EXIT_USAGE, "there is no command \"%s\"", name);
	usage();
}

static void check_arguments(const struct control_command *command, int count)
{
	if (count >= command->least && count <= command->most)
		return;
	if (command->most == 0)
		complain(EXIT_USAGE, "%s takes no arguments", command->name);
	fprintf(stderr, "usage: usherctl %s%s%s\n", command->name, *command->args ? " " : "",
	        command->args);
	exit(EXIT_USAGE);
}

/* What the request's words may not hold would end it, or begin another. */
static bool is_word(const char *text)
{
	for (const char *p = text; *p; p++)
		if (*p <= 0x20 || *p > 0x7e)
			return false;
	return *text != '\0';
}

static void make_request(const struct options *opt, char **word, struct buf *request)
{
	if (opt->json)
		buf_adds(request, CONTROL_JSON);
	for (; *word; word++) {
		if (!is_word(*word)) {
			complain(EXIT_USAGE, "an argument has a byte that cannot be in one");
			exit(EXIT_USAGE);
		}
		buf_addf(request, "%s%s", request->len ? " " : "", *word);
	}
	if (opt->dry_run)
		buf_adds(request, " --dry-run");
	buf_addc(request, '\n');
	if (request->failed)
		exit(complain(EXIT_USAGE, "too many arguments"));
}

/* Where usherd listens if nobody said otherwise. Others could have made the
 * directory first, to be asked in its place. */
static int find_socket(const struct options *opt, char path[RUNTIME_PATH_MAX])
{
	char dir[RUNTIME_PATH_MAX];
	const char *why;

	if (opt->socket) {
		if (snprintf(path, RUNTIME_PATH_MAX, "%s", opt->socket) >= RUNTIME_PATH_MAX)
			return complain(EXIT_USAGE, "%s: it is too long for a socket", opt->socket);
		return 0;
	}
	runtime_control_path(geteuid(), path);
	(void)runtime_dir_of(path, dir, sizeof dir);
	if (runtime_check_dir(dir, geteuid(), &why) == 0)
		return 0;
	if (why)
		return complain(EXIT_FAILED, "%s: not to be trusted: %s", dir, why);
	if (errno == ENOENT)
		return complain(EXIT_NO_DAEMON, "no usherd runs: there is no %s", path);
	return complain(EXIT_FAILED, "%s: %s", dir, strerror(errno));
}

static void set_patience(int fd)
{
	struct timeval patience = {.tv_sec = PATIENCE_SEC};

	(void)sys_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)sys_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static int connect_to(const char *path, int *fd_r)
{
	struct addr addr;
	int fd = sys_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return complain(EXIT_FAILED, "socket: %s", strerror(errno));
	set_patience(fd);
	if (addr_set_unix(path, &addr) == 0 && sys_connect(fd, &addr.sa, addr.len) == 0) {
		*fd_r = fd;
		return 0;
	}
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		return complain(EXIT_NO_DAEMON, "no usherd runs: %s: %s", path, strerror(errno));
	case EACCES:
		return complain(EXIT_FAILED,
		                "%s: %s (it is for root, the account of usherd and its "
		                "control_group)",
		                path, strerror(errno));
	default:
		return complain(EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
}

/* The server may refuse before it has read all; what it said comes all the same. */
static int send_request(int fd, const struct buf *request)
{
	ssize_t n = sys_send(fd, request->data, request->len, 0);

	if (n == (ssize_t)request->len || (n < 0 && errno == EPIPE))
		return 0;
	return complain(EXIT_FAILED, "the request could not be sent: %s",
	                n < 0 ? strerror(errno) : "cut off");
}

static int read_answer(int fd, struct buf *answer)
{
	enum { STEP = 64 * 1024 };

	for (;;) {
		char *to = buf_reserve(answer, STEP);
		ssize_t n = to ? sys_recv(fd, to, STEP, 0) : 0;

		if (!to)
			return complain(EXIT_FAILED, "the answer is too long");
		if (n == 0)
			return 0;
		if (n < 0 && errno == EAGAIN)
			return complain(EXIT_FAILED, "usherd has not answered for %d seconds",
			                PATIENCE_SEC);
		/* A request that was not read to its end resets us, after the answer. */
		if (n < 0 && errno == ECONNRESET)
			return 0;
		if (n < 0)
			return complain(EXIT_FAILED, "the answer cannot be read: %s",
			                strerror(errno));
		answer->len += (size_t)n;
	}
}

/* What follows the word at the beginning of the line; NULL if another stands there. */
static const char *after_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) != 0 || (line[len] != ' ' && line[len] != '\0'))
		return NULL;
	return line[len] ? line + len + 1 : line + len;
}

static int refused(const char *line, const char *command)
{
	static const struct {
		const char *word;
		int status;
	} how[] = {{"error", EXIT_FAILED}, {"denied", EXIT_FAILED}, {"usage", EXIT_USAGE}};

	for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
		const char *text = after_word(line, how[i].word);

		if (!text)
			continue;
		fprintf(stderr, "usherctl: %s: ", command);
		text_print(stderr, text, strlen(text));
		putc('\n', stderr);
		return how[i].status;
	}
	return complain(EXIT_FAILED, "what answers there is no usherd");
}

static bool wants_colour(void)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

static int print_body(const char *form, const char *body, size_t len)
{
	if (strcmp(form, "table") == 0)
		table_print(stdout, body, len, wants_colour());
	else if (strcmp(form, "fields") == 0)
		fields_print(stdout, body, len, wants_colour());
	else
		text_print(stdout, body, len);
	if (fflush(stdout) != 0 || ferror(stdout))
		return complain(EXIT_FAILED, "standard output: %s", strerror(errno));
	return EXIT_SUCCESS;
}

/* Without its last line the body is not all that there was to say. */
static bool is_whole(const char *body, size_t len)
{
	size_t end = sizeof CONTROL_END - 1;

	return len >= end && memcmp(body + len - end, CONTROL_END, end) == 0 &&
	       (len == end || body[len - end - 1] == '\n');
}

static int show_answer(struct buf *answer, const char *command)
{
	char *newline = answer->len ? memchr(answer->data, '\n', answer->len) : NULL;
	const char *form;
	size_t len;
	int status;

	if (!newline)
		return complain(EXIT_FAILED, "usherd closed the connection without an answer");
	*newline++ = '\0';
	form = after_word(answer->data, "ok");
	status = form ? EXIT_SUCCESS : EXIT_FAILED;
	if (!form)
		form = after_word(answer->data, "failed");
	if (!form)
		return refused(answer->data, command);
	len = (size_t)(answer->data + answer->len - newline);
	if (!is_whole(newline, len))
		return complain(EXIT_FAILED, "the answer was cut off");
	if (print_body(form, newline, len - (sizeof CONTROL_END - 1)) != EXIT_SUCCESS)
		return EXIT_FAILED;
	return status;
}

static int ask(const struct options *opt, char **word)
{
	struct buf request = BUF_INIT(CONTROL_REQUEST_MAX + 1), answer = BUF_INIT(ANSWER_MAX);
	char path[RUNTIME_PATH_MAX];
	int fd = -1, status;

	make_request(opt, word, &request);
	status = find_socket(opt, path);
	if (status == 0)
		status = connect_to(path, &fd);
	if (status == 0)
		status = send_request(fd, &request);
	if (status == 0)
		status = read_answer(fd, &answer);
	if (status == 0)
		status = show_answer(&answer, *word);
	if (fd >= 0)
		close(fd);
	buf_free(&answer);
	buf_free(&request);
	return status;
}

int main(int argc, char **argv)
{
	const struct control_command *command;
	struct options opt = {.socket = NULL};

	run_local(argc, argv);
	parse_options(argc, argv, &opt);
	if (optind == argc) {
		complain(EXIT_USAGE, "which command? (usherctl --help lists them)");
		usage();
	}
	command = find_command(argv[optind]);
	if (opt.dry_run && strcmp(command->name, "reload") != 0)
		exit(complain(EXIT_USAGE, "--dry-run is for reload"));
	check_arguments(command, argc - optind - 1 + opt.dry_run);
	return ask(&opt, argv + optind);
}
