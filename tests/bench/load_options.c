#include "load.h"

#include <arpa/inet.h>
#include <err.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "NAME\n"
    "     load - many clients at once, which check every byte of every answer\n"
    "\n"
    "SYNOPSIS\n"
    "     load --port P | --unix PATH [--max-clients N] [--max-conns M] [option ...]\n"
    "\n"
    "DESCRIPTION\n"
    "     N clients connect at the same time, M times each, one connection after the\n"
    "     other.  A connection is good if all that was expected came, nothing else did,\n"
    "     and the server then ended it in order.  Its time runs from the connect to that\n"
    "     end.\n"
    "\n"
    "   Where to\n"
    "     --host H            a numeric address or localhost (127.0.0.1)\n"
    "     --port P\n"
    "     --unix PATH         a unix socket; @NAME is an abstract one\n"
    "     --sources K         come from K addresses, 127.1.0.1 and on, in turn\n"
    "\n"
    "   How many\n"
    "     --max-clients N     at the same time (1; 512 with --rate)\n"
    "     --max-conns M       of each client (1; with --seconds: no end)\n"
    "     --burst N           N connects at once: as --max-clients N --max-conns 1\n"
    "     --rate R            open loop: R connections a second, whatever the server does;\n"
    "                         N bounds those under way, and the time of a connection that\n"
    "                         must wait for its turn runs from when it was due\n"
    "     --seconds S         begin none after S seconds\n"
    "     --timeout S         for one connection (10)\n"
    "     --hold N            open N more before, and keep them open until the end\n"
    "     --hold-seconds S    keep them open for S seconds at least\n"
    "\n"
    "   What is said\n"
    "     --send TEXT         send this first (nothing)\n"
    "     --expect TEXT       the whole answer (\"Hello, World!\\n\"); also with --http\n"
    "     --http PATH         ask for PATH; the status must be 200\n"
    "     --echo SIZE         send SIZE bytes, different ones each time, which must come back\n"
    "     --hold-send TEXT    what a held connection sends (as --send); the answer is the\n"
    "                         same, but no end follows until the client ends its side\n"
    "     --reset             close by a reset, so that no port stays in TIME_WAIT\n"
    "     In TEXT, \\n \\r \\t \\\\ and \\xHH are understood.\n"
    "\n"
    "   Else\n"
    "     --quiet             print only the line for machines\n"
    "     --help\n"
    "\n"
    "OUTPUT\n"
    "     Three lines for people, and a last one of name=value.  Times end in _us\n"
    "     (microseconds); connect_max_us is the longest connect: a second or more means\n"
    "     that a SYN was lost.  Errors: refused, reset, timeout, short (an end too early),\n"
    "     wrong (a byte that was not expected), other (explained on standard error).\n"
    "\n"
    "EXIT STATUS\n"
    "     0 no error, 1 some, 2 usage.\n";

static struct load_options *opt;
static const char *name; /* of the option that is being read */
static uint16_t port;

__attribute__((noreturn, format(printf, 1, 2))) static void usage(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("load: ", stderr);
	vfprintf(stderr, format, ap);
	fputs(" (see --help)\n", stderr);
	va_end(ap);
	exit(2);
}

static double number_in(const char *text, double min, double max)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= min && value <= max))
		usage("--%s %s: not a number from %g to %g", name, text, min, max);
	return value;
}

static unsigned int count_in(const char *text, double max)
{
	double value = number_in(text, 0, max);

	if (value != (double)(unsigned int)value)
		usage("--%s %s: not a whole number", name, text);
	return (unsigned int)value;
}

static int64_t seconds_in(const char *text)
{
	return (int64_t)(number_in(text, 0, 86400) * 1e9);
}

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | ' ') : NULL;

	return at ? (int)(at - digits) : -1;
}

/* In place, for it never grows. */
static const char *unescape(char *text, size_t *len)
{
	static const char from[] = "nrt\\", to[] = "\n\r\t\\";
	char *out = text;

	for (const char *p = text; *p; p++) {
		const char *at = *p == '\\' && p[1] ? strchr(from, p[1]) : NULL;

		if (at) {
			*out++ = to[at - from];
			p++;
		} else if (*p == '\\' && p[1] == 'x' && hex(p[2]) >= 0 && hex(p[3]) >= 0) {
			*out++ = (char)(hex(p[2]) << 4 | hex(p[3]));
			p += 3;
		} else {
			*out++ = *p;
		}
	}
	*len = (size_t)(out - text);
	return text;
}

static void set_host(char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	const char *host = strcmp(text, "localhost") == 0 ? "127.0.0.1" : text;

	if (inet_pton(AF_INET, host, &in.sin_addr) == 1) {
		opt->peer.in = in;
		opt->peer_len = sizeof(in);
	} else if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1) {
		opt->peer.in6 = in6;
		opt->peer_len = sizeof(in6);
	} else {
		usage("--host %s: not a numeric address", text);
	}
}

static void set_unix(char *path)
{
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(opt->peer.un.sun_path))
		usage("--unix %s: too long or empty", path);
	memset(&opt->peer.un, 0, sizeof(opt->peer.un));
	opt->peer.un.sun_family = AF_UNIX;
	memcpy(opt->peer.un.sun_path, path, len);
	opt->peer_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (*path == '@')
		opt->peer.un.sun_path[0] = '\0';
	else
		opt->peer_len++;
}

static void set_http(char *path)
{
	char *request;
	int len = asprintf(&request,
	                   "GET %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: load\r\n"
	                   "Connection: close\r\n\r\n",
	                   path);

	if (len < 0)
		err(1, "asprintf");
	opt->mode = LOAD_HTTP;
	opt->send = request;
	opt->send_len = (size_t)len;
}

enum { COUNT_MAX = 1000000000 };

static void set_port(char *text)
{
	port = (uint16_t)count_in(text, 65535);
}

static void set_clients(char *text)
{
	opt->clients = count_in(text, 1000000);
}

static void set_conns(char *text)
{
	opt->conns = count_in(text, COUNT_MAX);
}

static void set_burst(char *text)
{
	set_clients(text);
	opt->conns = 1;
}

static void set_rate(char *text)
{
	opt->rate = number_in(text, 0.001, 1e6);
}

static void set_sources(char *text)
{
	opt->sources = count_in(text, 65536);
}

static void set_seconds(char *text)
{
	opt->duration = seconds_in(text);
}

static void set_timeout(char *text)
{
	opt->timeout = seconds_in(text);
}

static void set_hold(char *text)
{
	opt->hold = count_in(text, 1000000);
}

static void set_hold_seconds(char *text)
{
	opt->hold_time = seconds_in(text);
}

static void set_send(char *text)
{
	opt->send = unescape(text, &opt->send_len);
}

static void set_hold_send(char *text)
{
	opt->hold_send = unescape(text, &opt->hold_send_len);
}

static void set_expect(char *text)
{
	opt->expect = unescape(text, &opt->expect_len);
}

static void set_echo(char *text)
{
	opt->mode = LOAD_ECHO;
	opt->echo_size = count_in(text, COUNT_MAX);
}

static void set_reset(char *text)
{
	(void)text;
	opt->reset = true;
}

static void set_quiet(char *text)
{
	(void)text;
	opt->quiet = true;
}

__attribute__((noreturn)) static void print_help(char *text)
{
	(void)text;
	fputs(help, stdout);
	exit(fflush(stdout) == 0 ? 0 : 1);
}

/* In the order of the help; both tables by the same index. */
static const struct option options[] = {
    {"host", required_argument, NULL, 1},
    {"port", required_argument, NULL, 1},
    {"unix", required_argument, NULL, 1},
    {"sources", required_argument, NULL, 1},
    {"max-clients", required_argument, NULL, 1},
    {"max-conns", required_argument, NULL, 1},
    {"burst", required_argument, NULL, 1},
    {"rate", required_argument, NULL, 1},
    {"seconds", required_argument, NULL, 1},
    {"timeout", required_argument, NULL, 1},
    {"hold", required_argument, NULL, 1},
    {"hold-seconds", required_argument, NULL, 1},
    {"send", required_argument, NULL, 1},
    {"expect", required_argument, NULL, 1},
    {"http", required_argument, NULL, 1},
    {"echo", required_argument, NULL, 1},
    {"hold-send", required_argument, NULL, 1},
    {"reset", no_argument, NULL, 1},
    {"quiet", no_argument, NULL, 1},
    {"help", no_argument, NULL, 1},
    {NULL, 0, NULL, 0},
};

static void (*const setters[])(char *) = {
    set_host, set_port,    set_unix,      set_sources, set_clients,      set_conns,  set_burst,
    set_rate, set_seconds, set_timeout,   set_hold,    set_hold_seconds, set_send,   set_expect,
    set_http, set_echo,    set_hold_send, set_reset,   set_quiet,        print_help,
};

_Static_assert(sizeof(options) / sizeof(*options) == sizeof(setters) / sizeof(*setters) + 1,
               "a setter for each option");

static void complete(void)
{
	if (opt->peer.sa.sa_family != AF_UNIX && port == 0)
		usage("--port or --unix is missing");
	if (opt->peer.sa.sa_family == AF_INET)
		opt->peer.in.sin_port = htons(port);
	if (opt->peer.sa.sa_family == AF_INET6)
		opt->peer.in6.sin6_port = htons(port);
	if (opt->sources &&
	    (opt->peer.sa.sa_family != AF_INET || ntohl(opt->peer.in.sin_addr.s_addr) >> 24 != 127))
		usage("--sources needs a --host in 127.0.0.0/8");
	if (opt->hold && opt->mode == LOAD_HTTP)
		usage("--hold does not go with --http, which ends each connection");
	if (opt->timeout == 0)
		usage("--timeout must be more than 0");
	if (opt->clients == 0)
		opt->clients = opt->rate > 0 ? 512 : 1;
	if (opt->conns == 0 && opt->duration == 0)
		opt->conns = 1;
	if (!opt->hold_send)
		opt->hold_send = opt->send, opt->hold_send_len = opt->send_len;
}

void options_read(int argc, char **argv, struct load_options *result)
{
	static const char greeting[] = "Hello, World!\n";
	int index, c;

	opt = result;
	*opt = (struct load_options){
	    .timeout = 10 * NSEC_PER_SEC,
	    .send = "",
	    .expect = greeting,
	    .expect_len = strlen(greeting),
	    .peer.in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
	    .peer_len = sizeof(opt->peer.in),
	};
	while ((c = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (c != 1)
			usage("bad usage");
		name = options[index].name;
		setters[index](optarg);
	}
	if (optind < argc)
		usage("%s: not an option", argv[optind]);
	complete();
}
