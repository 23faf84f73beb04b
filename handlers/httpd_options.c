#include "httpd_options.h"
#include "client.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: httpd -r DIRECTORY [OPTION...]\n"
    "\n"
    "Serves files and CGI scripts to the HTTP client on standard input and output.\n"
    "\n"
    "  -r, --root DIR           what is served lies below this directory\n"
    "  -H, --hosts DEFAULT      DIR has a directory for each host; DEFAULT is for all others\n"
    "  -i, --index NAME         the file that stands for its directory (index.html); may be "
    "repeated\n"
    "  -l, --list               list directories that have none\n"
    "  -d, --dot-files          serve names that begin with a dot, too\n"
    "  -t, --type TYPE          of files with unknown names (application/octet-stream)\n"
    "\n"
    "  -c, --cgi PATH           scripts are below this path (/cgi-bin/); \"none\": nowhere\n"
    "  -x, --scripts END        executable files whose names end so are scripts anywhere; may be "
    "repeated\n"
    "      --script-time SECS   how long a script may run (60)\n"
    "      --output-max SIZE    how much it may write (0: any)\n"
    "\n"
    "  -p, --passwords FILE     only for those in FILE, which has lines of user:hash, as crypt(3)\n"
    "  -P, --protect PATH       the path below which that is so (/)\n"
    "      --realm TEXT         what the password is for, as the client is told\n"
    "\n"
    "  -L, --log FILE           append to FILE a line for each request; \"-\": to standard error\n"
    "  -n, --requests NUMBER    for one connection, at most (1000)\n"
    "  -b, --body-max SIZE      of a request's body (1M)\n"
    "      --head-time SECS     for the head of a request (10)\n"
    "      --body-time SECS     for its body, longer while it comes (20)\n"
    "      --idle-time SECS     between two requests (15)\n"
    "      --write-time SECS    for the client to take an answer, longer while it does (30)\n"
    "  -h, --help               this\n"
    "\n"
    "SECS: up to 86400, a fraction is allowed. SIZE: bytes, or with K, M or G.\n";

enum { SCRIPT_TIME = 256, OUTPUT_MAX, REALM, HEAD_TIME, BODY_TIME, IDLE_TIME, WRITE_TIME };

static const struct option long_options[] = {
    {"root", required_argument, NULL, 'r'},
    {"hosts", required_argument, NULL, 'H'},
    {"index", required_argument, NULL, 'i'},
    {"list", no_argument, NULL, 'l'},
    {"dot-files", no_argument, NULL, 'd'},
    {"type", required_argument, NULL, 't'},
    {"cgi", required_argument, NULL, 'c'},
    {"scripts", required_argument, NULL, 'x'},
    {"script-time", required_argument, NULL, SCRIPT_TIME},
    {"output-max", required_argument, NULL, OUTPUT_MAX},
    {"passwords", required_argument, NULL, 'p'},
    {"protect", required_argument, NULL, 'P'},
    {"realm", required_argument, NULL, REALM},
    {"log", required_argument, NULL, 'L'},
    {"requests", required_argument, NULL, 'n'},
    {"body-max", required_argument, NULL, 'b'},
    {"head-time", required_argument, NULL, HEAD_TIME},
    {"body-time", required_argument, NULL, BODY_TIME},
    {"idle-time", required_argument, NULL, IDLE_TIME},
    {"write-time", required_argument, NULL, WRITE_TIME},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* What is wrong with an option's value, or NULL. */
typedef const char *take_value(const char *value, void *to);

static const char *take_name(const char *value, void *to)
{
	struct httpd_names *names = to;

	if (*value == '\0' || strchr(value, '/'))
		return "is no name of a file";
	if (names->count == HTTPD_NAMES_MAX)
		return "is one more than the 4 that there can be";
	names->name[names->count++] = value;
	return NULL;
}

static const char *take_time(const char *value, void *to)
{
	int64_t msec = client_msec(value);

	*(int64_t *)to = msec;
	return msec ? NULL : "is no time in seconds between 0.001 and 86400";
}

static const char *take_size(const char *value, void *to)
{
	static const char units[] = "KMG";
	char *end;
	unsigned long long size = strtoull(value, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	for (int i = unit ? (int)(unit - units) : -1; i >= 0 && size <= UINT64_MAX >> 11; i--)
		size <<= 10;
	if (*value < '0' || *value > '9' || (unit ? end[1] : *end) || size > UINT64_MAX >> 11)
		return "is no size, such as 1000, 64K, 8M or 2G";
	*(uint64_t *)to = size;
	return NULL;
}

static const char *take_count(const char *value, void *to)
{
	char *end;
	unsigned long count = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || count == 0 || count > 1000000000)
		return "is no number between 1 and 1000000000";
	*(unsigned int *)to = (unsigned int)count;
	return NULL;
}

static const char *take_path(const char *value, void *to)
{
	*(const char **)to = value;
	return *value == '/' ? NULL : "is no path: it has to begin with a slash";
}

static const char *take_cgi(const char *value, void *to)
{
	if (strcmp(value, "none") == 0) {
		*(const char **)to = NULL;
		return NULL;
	}
	*(const char **)to = value;
	return *value == '/' && value[strlen(value) - 1] == '/'
	           ? NULL
	           : "is neither a path that begins and ends with a slash, nor \"none\"";
}

/* A line of ours must stay one line. */
static const char *take_text(const char *value, void *to)
{
	for (const char *at = value; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f || *at == '"' || *at == '\\')
			return "has characters that cannot be sent: controls, quotes or "
			       "backslashes";
	*(const char **)to = value;
	return *value ? NULL : "is empty";
}

/* The value that the option sets, and how it is taken. */
static take_value *taker(struct httpd_options *o, int option, void **to)
{
	const struct {
		int option;
		take_value *take;
		void *to;
	} table[] = {
	    {'r', take_text, &o->root},
	    {'H', take_text, &o->default_host},
	    {'i', take_name, &o->index},
	    {'t', take_text, &o->default_type},
	    {'c', take_cgi, &o->cgi_path},
	    {'x', take_name, &o->script_ends},
	    {SCRIPT_TIME, take_time, &o->cgi.script_msec},
	    {OUTPUT_MAX, take_size, &o->cgi.output_max},
	    {'p', take_text, &o->passwords},
	    {'P', take_path, &o->protected},
	    {REALM, take_text, &o->realm},
	    {'L', take_text, &o->log},
	    {'n', take_count, &o->requests_max},
	    {'b', take_size, &o->body_max},
	    {HEAD_TIME, take_time, &o->head_msec},
	    {BODY_TIME, take_time, &o->body_msec},
	    {IDLE_TIME, take_time, &o->idle_msec},
	    {WRITE_TIME, take_time, &o->write_msec},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].option == option) {
			*to = table[i].to;
			return table[i].take;
		}
	return NULL;
}

static int complain(const char *what)
{
	fprintf(stderr, "httpd: %s\n", what);
	return 2;
}

static int take_option(struct httpd_options *options, int option, const char *value)
{
	const char *wrong = "is unknown", *name = "?";
	take_value *take;
	void *to;

	options->list |= option == 'l';
	options->dot_files |= option == 'd';
	if (option == 'l' || option == 'd')
		return -1;
	take = taker(options, option, &to);
	if (take)
		wrong = take(value, to);
	if (!wrong)
		return -1;
	for (const struct option *at = long_options; at->name; at++)
		if (at->val == option)
			name = at->name;
	fprintf(stderr, "httpd: --%s: \"%s\" %s\n", name, value, wrong);
	return 2;
}

static int check(struct httpd_options *options, int argc, char **argv)
{
	if (optind < argc) {
		fprintf(stderr, "httpd: \"%s\" is one argument too many\n", argv[optind]);
		return 2;
	}
	if (!options->root)
		return complain("--root: it has to be said what is served, as in -r /srv/www");
	if (options->index.count == 0)
		options->index.name[options->index.count++] = "index.html";
#ifndef HAVE_PASSWORDS
	if (options->passwords)
		return complain("--passwords: this httpd was built without crypt(3)");
#endif
	return -1;
}

int httpd_options_read(struct httpd_options *options, int argc, char **argv)
{
	int option, status;

	*options = (struct httpd_options){
	    .default_type = "application/octet-stream",
	    .cgi_path = "/cgi-bin/",
	    .cgi = {.script_msec = 60000},
	    .protected = "/",
	    .realm = "this server",
	    .head_msec = 10000,
	    .idle_msec = 15000,
	    .body_msec = 20000,
	    .write_msec = 30000,
	    .body_max = 1 << 20,
	    .requests_max = 1000,
	};
	while ((option = getopt_long(argc, argv, "r:H:i:ldt:c:x:p:P:L:n:b:h", long_options,
	                             NULL)) != -1) {
		if (option == 'h')
			return fputs(help, stdout) < 0 || fflush(stdout) ? 1 : 0;
		if (option == '?')
			return 2;
		status = take_option(options, option, optarg);
		if (status >= 0)
			return status;
	}
	return check(options, argc, argv);
}
