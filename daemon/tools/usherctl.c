/* usherctl - asks usherd over its control socket (control/protocol.h). */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "control/protocol.h"
#include "tools/ask.h"
#include "tools/completion.h"
#include "tools/convert.h"
#include "tools/run.h"
#include "tools/table.h"
#include "tools/top.h"
#include "tools/upgrade.h"

struct options {
	bool json, dry_run;
	const char *socket; /* NULL: the default */
};

static const struct control_command commands[] = {CONTROL_COMMANDS(CONTROL_COMMAND_ROW)};
/* What is made of several requests. */
static const struct control_command top = {"top", "", "the services and their rates, until q",
                                           0,     0,  CONTROL_LOOK};

/* What needs no usherd, and takes options of its own. */
static const struct {
	const char *name, *args, *help;
	int (*main)(int argc, char **argv);
} local[] = {
    {"run", "SERVICE [--peer ADDRESS]", "a service's handler on this terminal", run_main},
    {"convert", "FORM FILE...", "inetd, xinetd or systemd files as usherd.conf", convert_main},
};

enum { LOCAL = sizeof local / sizeof *local };
enum { COMMANDS = sizeof commands / sizeof *commands };

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
	printf("  %-30s %s\n", top.name, top.help);
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
    {"completion", required_argument, NULL, 'c'},
    {"dry-run", no_argument, NULL, 'n'},
    {"help", no_argument, NULL, 'h'},
    {"json", no_argument, NULL, 'j'},
    {"socket", required_argument, NULL, 's'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
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

/* For the build, which installs it; not in the help. */
static void __attribute__((noreturn)) print_completion(const char *shell)
{
	struct control_command all[COMMANDS + LOCAL + 1];
	size_t count = 0;

	for (size_t i = 0; i < COMMANDS; i++)
		all[count++] = commands[i];
	all[count++] = top;
	for (size_t i = 0; i < LOCAL; i++)
		all[count++] = (struct control_command){
		    .name = local[i].name, .args = local[i].args, .help = local[i].help};
	if (completion_print(stdout, shell, all, count) < 0)
		exit(complain(EXIT_USAGE, "--completion is for bash, zsh and fish"));
	exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILED);
}

static void parse_options(int argc, char **argv, struct options *opt)
{
	int c;

	while ((c = getopt_long(argc, argv, "hjs:V", option_names, NULL)) != -1) {
		switch (c) {
		case 'h':
			print_help();
			exit(EXIT_SUCCESS);
		case 'c':
			print_completion(optarg);
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
	if (strcmp(top.name, name) == 0)
		return &top;
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

static int show_top(const struct options *opt)
{
	char why[1024];
	int status = top_main(opt->socket, opt->json, why, sizeof why);

	return status == 0 ? status : complain(status, "%s", why);
}

static int show_upgrade(const struct options *opt)
{
	char why[4096];
	int status = upgrade_main(opt->socket, opt->json, why, sizeof why);

	return status == 0 || !*why ? status : complain(status, "%s", why);
}

static int show_reply(const struct options *opt, char **word)
{
	struct buf request = BUF_INIT(CONTROL_REQUEST_MAX + 1);
	struct reply reply;
	int status;

	make_request(opt, word, &request);
	status = ask(opt->socket, &request, &reply);
	buf_free(&request);
	if (reply.refused) {
		fprintf(stderr, "usherctl: %s: ", *word);
		text_print(stderr, reply.why, strlen(reply.why));
		putc('\n', stderr);
	} else if (status != 0) {
		complain(status, "%s", reply.why);
	} else if (print_body(reply.form, reply.body, reply.len) != EXIT_SUCCESS || reply.failed) {
		status = EXIT_FAILED;
	}
	reply_free(&reply);
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
	if (command == &top)
		return show_top(&opt);
	if (strcmp(command->name, "upgrade") == 0)
		return show_upgrade(&opt);
	return show_reply(&opt, argv + optind);
}
