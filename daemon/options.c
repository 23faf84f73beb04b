#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option long_options[] = {
    {"background", no_argument, NULL, 'b'},     {"config", required_argument, NULL, 'c'},
    {"handlers", required_argument, NULL, 'H'}, {"help", no_argument, NULL, 'h'},
    {"log", required_argument, NULL, 'l'},      {"pidfile", required_argument, NULL, 'p'},
    {"test", no_argument, NULL, 't'},           {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, 'V'},        {NULL, 0, NULL, 0},
};

static void print_usage(FILE *to)
{
	fputs("usage: usherd [-btvVh] [-c file] [-H handler-dir] [-l log] [-p pidfile]\n", to);
}

static void print_help(void)
{
	print_usage(stdout);
	fputs("Listens on the ports that its configuration names and starts a handler for each\n"
	      "connection. See usherd(8) and usherd.conf(5).\n"
	      "\n"
	      "  -c, --config FILE     the configuration (" SYSCONFDIR "/usherd/usherd.conf)\n"
	      "  -t, --test            check the configuration, print every problem, and exit;\n"
	      "                        with -v also the effective configuration\n"
	      "  -b, --background      detach once all is well; the caller gets the errors of\n"
	      "                        the start, and its status\n"
	      "  -p, --pidfile FILE    where to write the pid\n"
	      "  -H, --handlers DIR    where bare handler names are looked up\n"
	      "                        (" PKGLIBEXECDIR ")\n"
	      "  -l, --log WHERE       overrides log.to: stderr, syslog, journal, or the path\n"
	      "                        of a file\n"
	      "  -v, --verbose         say more: log level debug\n"
	      "  -V, --version         the version, and how it was built\n"
	      "  -h, --help            this text\n",
	      stdout);
}

static void print_version(void)
{
	puts("usherd " PACKAGE_VERSION "\n" CONFIGURE_SUMMARY);
}

static void usage_error(const char *text)
{
	if (text)
		fprintf(stderr, "usherd: %s\n", text);
	print_usage(stderr);
	exit(EXIT_USAGE);
}

bool options_where(const char *where, struct log_options *log)
{
	static const struct {
		const char *name;
		enum log_to to;
	} known[] = {
	    {"stderr", LOG_TO_STDERR}, {"syslog", LOG_TO_SYSLOG}, {"journal", LOG_TO_JOURNAL}};

	log->path = NULL;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcmp(where, known[i].name) == 0) {
			log->to = known[i].to;
			return true;
		}
	}
	log->to = LOG_TO_FILE;
	log->path = where;
	return where[0] == '/';
}

void options_parse(int argc, char **argv, struct options *opt)
{
	int c;

	*opt =
	    (struct options){.config = SYSCONFDIR "/usherd/usherd.conf", .handlers = PKGLIBEXECDIR};
	while ((c = getopt_long(argc, argv, "bc:H:hl:p:tvV", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			opt->config = optarg;
			break;
		case 't':
			opt->test = true;
			break;
		case 'b':
			opt->background = true;
			break;
		case 'p':
			opt->pidfile = optarg;
			break;
		case 'H':
			opt->handlers = optarg;
			break;
		case 'l':
			if (!options_where(optarg, &(struct log_options){.to = LOG_TO_STDERR}))
				usage_error(
				    "-l: takes stderr, syslog, journal or an absolute path");
			opt->log = optarg;
			break;
		case 'v':
			opt->verbose = true;
			break;
		case 'V':
			print_version();
			exit(EXIT_SUCCESS);
		case 'h':
			print_help();
			exit(EXIT_SUCCESS);
		default:
			usage_error(NULL);
		}
	}
	if (optind < argc)
		usage_error("takes no arguments but options");
	runtime_control_path(geteuid(), opt->control);
	opt->reading = (struct conf_options){.handler_dir = opt->handlers,
	                                     .own_dir = PKGLIBEXECDIR,
	                                     .control = opt->control,
	                                     .root = geteuid() == 0,
	                                     .owner = geteuid()};
}
