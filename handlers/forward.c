/* forward - connects to another address, and passes bytes on both ways.
 *
 *   forward [-c SECONDS] [-i SECONDS] [-p v1|v2] ADDRESS
 *
 *   -c    how long the connection may take (10)
 *   -i    ends it when nothing has moved for so long (3600)
 *   -p    tells the other side whose connection it is, by a PROXY header
 *
 * ADDRESS is 192.0.2.1:80, [2001:db8::1]:80, /run/x, @name or vsock:CID:PORT.
 * Its exit status is 1 where it could not connect, or descriptors 0 and 1 are no
 * stream socket; whatever the two then do to each other is a success. */
#include "announce.h"
#include "client.h"
#include "relay.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { CONNECT_SECONDS = 10, IDLE_SECONDS = 3600 };

struct options {
	long connect_seconds, idle_seconds;
	int version; /* of the header; 0: none */
	const char *address;
	struct target target;
};

static const char usage[] = "usage: forward [-c SECONDS] [-i SECONDS] [-p v1|v2] ADDRESS\n";

static void say(const char *address, const char *what)
{
	const char *part[] = {"forward: ", address, ": ", what, "\n"};
	struct iovec line[5];

	for (size_t i = 0; i < 5; i++)
		line[i] = (struct iovec){(void *)part[i], strlen(part[i])};
	(void)!writev(STDERR_FILENO, line, 5);
}

static int version_of(const char *text)
{
	if (strcmp(text, "v1") == 0)
		return 1;
	return strcmp(text, "v2") == 0 ? 2 : -1;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "c:i:p:")) != -1) {
		if (option == 'c')
			options->connect_seconds = client_seconds(optarg);
		else if (option == 'i')
			options->idle_seconds = client_seconds(optarg);
		else if (option == 'p')
			options->version = version_of(optarg);
		else
			return false;
	}
	options->address = argv[optind];
	return optind == argc - 1 && options->connect_seconds > 0 && options->idle_seconds > 0 &&
	       options->version >= 0 && target_parse(options->address, &options->target);
}

static bool is_stream(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* Small pieces must not wait for each other; what is no TCP has no such wait. */
static void hurry(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int forward(const struct options *options)
{
	unsigned char head[ANNOUNCE_MAX];
	size_t len = options->version ? announce(options->version, head) : 0;
	int server =
	    target_connect(&options->target, client_now_msec() + options->connect_seconds * 1000);
	enum relay_end end;

	if (server < 0) {
		say(options->address, strerror(errno));
		client_finish();
		return 1;
	}
	hurry(STDIN_FILENO);
	hurry(server);
	end = relay(STDIN_FILENO, server, head, len, options->idle_seconds * 1000);
	if (end == RELAY_FAILED) {
		say(options->address, strerror(errno));
		return 1;
	}
	/* The server may have ended without reading all: its last words shall arrive. */
	if (end == RELAY_DONE)
		client_finish();
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {.connect_seconds = CONNECT_SECONDS, .idle_seconds = IDLE_SECONDS};

	opterr = 0;
	if (!parse_options(argc, argv, &options)) {
		(void)!write(STDERR_FILENO, usage, sizeof(usage) - 1);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (!is_stream(STDIN_FILENO) ||
	    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK) < 0) {
		say("descriptor 0", "is no stream socket");
		return 1;
	}
	return forward(&options);
}
