/* config/address.h: [kind:]address, and which two of them the kernel refuses. */
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "config/address.h"
#include "unit/config_case.h"

struct address_case {
	const char *text;
	bool v6only;
	enum conf_kind kind;
	const char *address; /* as addr_format() shows it; NULL: `why` instead */
	bool dual;
	const char *why;
};

static const struct address_case cases[] = {
    {"8888", false, CONF_TCP, "[::]:8888", true, NULL},
    {"8888", true, CONF_TCP, "[::]:8888", false, NULL},
    {"*:80", false, CONF_TCP, "[::]:80", true, NULL},
    {"tcp:*:80", false, CONF_TCP, "[::]:80", true, NULL},
    {"[::]:80", false, CONF_TCP, "[::]:80", true, NULL},
    {"[::]:80", true, CONF_TCP, "[::]:80", false, NULL},
    {"tcp4:8888", false, CONF_TCP4, "0.0.0.0:8888", false, NULL},
    {"tcp6:8888", false, CONF_TCP6, "[::]:8888", false, NULL},
    {"127.0.0.1:8080", false, CONF_TCP, "127.0.0.1:8080", false, NULL},
    {"tcp4:127.0.0.1:8080", false, CONF_TCP4, "127.0.0.1:8080", false, NULL},
    {"[::1]:80", false, CONF_TCP, "[::1]:80", false, NULL},
    {"tcp6:[2001:db8::1]:65535", false, CONF_TCP6, "[2001:db8::1]:65535", false, NULL},
    {"unix:/run/x", false, CONF_UNIX, "/run/x", false, NULL},
    {"/run/x:80", false, CONF_UNIX, "/run/x:80", false, NULL},
    {"unix:@abstract", false, CONF_UNIX, "@abstract", false, NULL},
    {"@abstract", false, CONF_UNIX, "@abstract", false, NULL},
    {"0", false, 0, NULL, false, "\"0\" is no port (1 to 65535)"},
    {"65536", false, 0, NULL, false, "\"65536\" is no port (1 to 65535)"},
    {"99999999999999999999", false, 0, NULL, false,
     "\"99999999999999999999\" is no port (1 to 65535)"},
    {"", false, 0, NULL, false, "\"\" is neither a port nor a name in /etc/services"},
    {"*", false, 0, NULL, false, "\"*\" is neither a port nor a name in /etc/services"},
    {"127.0.0.1", false, 0, NULL, false,
     "\"127.0.0.1\" is neither a port nor a name in /etc/services"},
    {"127.0.0.1:", false, 0, NULL, false, "\"\" is neither a port nor a name in /etc/services"},
    {":80", false, 0, NULL, false, "\":80\" is no address"},
    {"-1", false, 0, NULL, false, "\"-1\" is neither a port nor a name in /etc/services"},
    {"localhost:80", false, 0, NULL, false,
     "\"localhost\" is no address (hosts are given as numbers, not as names)"},
    {"127.1:80", false, 0, NULL, false,
     "\"127.1\" is no address (hosts are given as numbers, not as names)"},
    {"::1:80", false, 0, NULL, false,
     "\"::1:80\" is no address (an IPv6 one is written [2001:db8::1]:80)"},
    {"[::1]", false, 0, NULL, false,
     "\"[::1]\" is no address (an IPv6 one is written [2001:db8::1]:80)"},
    {"[::1", false, 0, NULL, false,
     "\"[::1\" is no address (an IPv6 one is written [2001:db8::1]:80)"},
    {"[]:80", false, 0, NULL, false, "\"[]:80\" is no address"},
    {"[127.0.0.1]:80", false, 0, NULL, false, "\"[127.0.0.1]:80\" is no IPv6 address"},
    {"tcp4:[::1]:80", false, 0, NULL, false,
     "\"[::1]:80\" is of the other IP version than its kind"},
    {"tcp6:127.0.0.1:80", false, 0, NULL, false,
     "\"127.0.0.1:80\" is of the other IP version than its kind"},
    {"80%eth0", false, CONF_TCP, "[::]:80", true, NULL},
    {"127.0.0.1:80%eth0.100", false, CONF_TCP, "127.0.0.1:80", false, NULL},
    {"tcp6:[fe80::1%1]:80%lo", false, CONF_TCP6, "[fe80::1%1]:80", false, NULL},
    {"[fe80::1%1]:80", false, CONF_TCP, "[fe80::1%1]:80", false, NULL},
    {"80%", false, 0, NULL, false, "\"\" is no name of a network device"},
    {"80%..", false, 0, NULL, false, "\"..\" is no name of a network device"},
    {"80%a/b", false, 0, NULL, false, "\"a/b\" is no name of a network device"},
    {"80%a b", false, 0, NULL, false, "\"a b\" is no name of a network device"},
    {"80%fifteen-letters", false, CONF_TCP, "[::]:80", true, NULL},
    {"80%sixteen--letters", false, 0, NULL, false,
     "\"sixteen--letters\" is no name of a network device"},
    {"127.0.0.1%lo:80", false, 0, NULL, false, "\"lo:80\" is no name of a network device"},
    {"udp:53", false, CONF_UDP, "[::]:53", true, NULL},
    {"udp:53", true, CONF_UDP, "[::]:53", false, NULL},
    {"udp4:53%lo", false, CONF_UDP4, "0.0.0.0:53", false, NULL},
    {"tcp:udp:53", false, 0, NULL, false,
     "\"udp\" is no address (hosts are given as numbers, not as names)"},
    {"udp6:53", false, CONF_UDP6, "[::]:53", false, NULL},
    {"udp4:[::1]:53", false, 0, NULL, false,
     "\"[::1]:53\" is of the other IP version than its kind"},
    {"mptcp:80", false, CONF_MPTCP, "[::]:80", true, NULL},
    {"mptcp:127.0.0.1:80", false, CONF_MPTCP, "127.0.0.1:80", false, NULL},
    {"unix-seqpacket:/x", false, CONF_UNIX_SEQPACKET, "/x", false, NULL},
    {"unix-dgram:@x%y", false, CONF_UNIX_DGRAM, "@x%y", false, NULL},
    {"unix-dgram:80", false, 0, NULL, false, "\"80\" is no socket's path (it begins with / or @)"},
    {"vsock:2:80", false, CONF_VSOCK, "2:80", false, NULL},
    {"vsock:*:4294967294", false, CONF_VSOCK, "*:4294967294", false, NULL},
    {"vsock:1024", false, CONF_VSOCK, "*:1024", false, NULL},
    {"vsock:2:http", false, 0, NULL, false, "\"http\" is no port of vsock (1 to 4294967294)"},
    {"vsock:2:0", false, 0, NULL, false, "\"0\" is no port of vsock (1 to 4294967294)"},
    {"vsock:2:4294967295", false, 0, NULL, false,
     "\"4294967295\" is no port of vsock (1 to 4294967294)"},
    {"vsock:host:80", false, 0, NULL, false,
     "\"host:80\" is no address of vsock (like 3:80 or *:80)"},
    {"vsock::80", false, 0, NULL, false, "\":80\" is no address of vsock (like 3:80 or *:80)"},
    {"vsock:4294967295:80", false, 0, NULL, false,
     "\"4294967295:80\" is no address of vsock (like 3:80 or *:80)"},
    {"vsock:2222222222222222222222:80", false, 0, NULL, false,
     "\"2222222222222222222222:80\" is no address of vsock (like 3:80 or *:80)"},
    {"vsock:80%lo", false, 0, NULL, false, "\"80%lo\" is no port of vsock (1 to 4294967294)"},
    {"unix:run/x", false, 0, NULL, false, "\"run/x\" is no socket's path (it begins with / or @)"},
    {"/", false, 0, NULL, false, "\"/\" is no socket's path (it begins with / or @)"},
    {"@", false, 0, NULL, false, "\"@\" is no socket's path (it begins with / or @)"},
};

static void address__every_form__is_understood_or_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct address_case *c = &cases[i];
		struct conf_listen listen = {0};
		char why[VALUE_WHY_MAX] = "", text[ADDR_TEXT_MAX];
		int rc = address_parse(c->text, c->v6only, &listen, why);

		if (!c->address) {
			assert_string_equal(why, c->why);
			assert_int_equal(rc, -1);
			continue;
		}
		assert_string_equal(why, "");
		assert_int_equal(rc, 0);
		addr_format(&listen.addr, text, sizeof(text));
		assert_string_equal(text, c->address);
		assert_int_equal(listen.kind, c->kind);
		assert_int_equal(listen.dual, c->dual);
	}
}

static void address__device__stands_behind_the_port(void **state)
{
	static const char *const devices[][2] = {
	    {"80%eth0", "eth0"},
	    {"127.0.0.1:80%eth0.100", "eth0.100"},
	    {"tcp6:[fe80::1%1]:80%lo", "lo"},
	    {"[fe80::1%1]:80", NULL},
	    {"udp4:53%lo", "lo"},
	    {"80%fifteen-letters", "fifteen-letters"},
	    {"unix-dgram:@x%y", NULL},
	};
	struct conf_listen listen;
	char why[VALUE_WHY_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
		memset(&listen, 0, sizeof(listen));
		assert_int_equal(address_parse(devices[i][0], false, &listen, why), 0);
		if (devices[i][1])
			assert_string_equal(listen.device, devices[i][1]);
		else
			assert_null(listen.device);
	}
}

static void address__long_path__does_not_fit(void **state)
{
	struct conf_listen listen = {0};
	char why[VALUE_WHY_MAX] = "", path[200];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[107] = '\0';
	assert_int_equal(address_parse(path, false, &listen, why), 0);
	path[107] = 'x';
	path[150] = '\0';
	assert_int_equal(address_parse(path, false, &listen, why), -1);
	assert_non_null(strstr(why, "is too long for the path of a socket (107 bytes)"));
}

static void address__name_of_a_port__is_looked_up(void **state)
{
	struct conf_listen listen = {0};
	char why[VALUE_WHY_MAX];

	(void)state;
	if (!getservbyname("http", "tcp"))
		skip_because("/etc/services has no http");
	assert_int_equal(address_parse("http", false, &listen, why), 0);
	assert_int_equal(addr_port(&listen.addr), 80);
	assert_int_equal(address_parse("127.0.0.1:http", false, &listen, why), 0);
}

static int bind_and_listen(const struct conf_listen *l)
{
	int one = 1, v6only = !l->dual;
	int fd = socket(l->addr.sa.sa_family, l->type | SOCK_CLOEXEC, l->protocol);

	if (fd < 0)
		return -1;
	if (l->type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (l->device)
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, l->device,
		           (socklen_t)strlen(l->device));
	if (l->addr.sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
	if (bind(fd, &l->addr.sa, l->addr.len) < 0 ||
	    (l->type != SOCK_DGRAM && listen(fd, 1) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Which port is free on all addresses? Asked once, so that all pairs use the same. */
static uint16_t free_port(void)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	socklen_t len = sizeof(any);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&any, &len) < 0)
		any.sin6_port = 0;
	if (fd >= 0)
		close(fd);
	return ntohs(any.sin6_port);
}

static void write_form(char text[40], const char *form, uint16_t port)
{
	const char *at = strstr(form, "%u"), *device = strchr(at + 2, '%');

	snprintf(text, 40, "%.*s%u%s", (int)(at - form), form, port, device ? "%lo" : "");
}

/* The rule is what bind(2) does, so it is asked. */
static void address__conflicts__are_those_that_the_kernel_refuses(void **state)
{
	static const char *const forms[] = {
	    "%u",
	    "tcp4:%u",
	    "tcp6:%u",
	    "127.0.0.1:%u",
	    "127.0.0.2:%u",
	    "[::1]:%u",
	    "mptcp:%u",
	    "udp:%u",
	    "udp4:%u",
	    "udp4:127.0.0.1:%u",
	    "udp6:%u",
	    "%u%lo",
	    "tcp6:%u%lo",
	    "127.0.0.1:%u%lo",
	    "udp4:%u%lo",
	    "vsock:%u",
	    "unix:@%u",
	    "unix-dgram:@%u",
	    "unix-seqpacket:@%u",
	};
	uint16_t port = free_port();
	size_t compared = 0;

	(void)state;
	if (!port)
		skip_because("there is no IPv6 here");
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		for (size_t j = 0; j < ARRAY_LEN(forms); j++) {
			struct conf_listen a = {0}, b = {0};
			char why[VALUE_WHY_MAX], a_text[40], b_text[40];
			int fd, other;

			write_form(a_text, forms[i], port);
			write_form(b_text, forms[j], port);
			assert_int_equal(address_parse(a_text, false, &a, why), 0);
			assert_int_equal(address_parse(b_text, false, &b, why), 0);
			fd = bind_and_listen(&a);
			if (fd < 0)
				continue;
			other = bind_and_listen(&b);
			if (address_conflict(&a, &b) != (other < 0))
				print_message("# %s and %s: the kernel says %s\n", a_text, b_text,
				              other < 0 ? strerror(errno) : "yes");
			assert_int_equal(address_conflict(&a, &b), other < 0);
			assert_int_equal(address_conflict(&b, &a), address_conflict(&a, &b));
			close(fd);
			if (other >= 0)
				close(other);
			compared++;
		}
	}
	assert_in_range(compared, 200, 400);
}

static void address__conflict_of_two_services__names_the_other(void **state)
{
	(void)state;
	config_expect(
	    "service a {\nlisten = {\"*:4000\"}\nexec = \"" PROGRAM "\"\n}\n"
	    "service b {\nlisten = {\"4001\",\n\"127.0.0.1:4000\"}\nexec = \"" PROGRAM "\"\n}\n",
	    "t:7: service \"b\": listen: \"127.0.0.1:4000\" is taken already, by \"*:4000\" of "
	    "service \"a\" (t:2)\n");
	config_expect(
	    "service a { listen = \"/run/x\" exec = \"" PROGRAM "\" }\n"
	    "service b { listen = \"unix:/run/x\" exec = \"" PROGRAM "\" }\n"
	    "service c { enabled = no listen = \"unix:/run/x\" exec = \"" PROGRAM "\" }\n"
	    "service d { listen = {\"tcp4:90\", \"tcp6:90\"} exec = \"" PROGRAM "\" }\n"
	    "service e { listen = {\"@a\", \"@b\", \"/run/y\"} exec = \"" PROGRAM "\" }\n"
	    "service f { listen = {\"91%eth0\", \"91%eth1\"} exec = \"" PROGRAM "\" }\n",
	    "t:2: service \"b\": listen: \"unix:/run/x\" is taken already, by \"/run/x\" of "
	    "service \"a\" (t:1)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(address__every_form__is_understood_or_refused_with_a_reason),
	    cmocka_unit_test(address__device__stands_behind_the_port),
	    cmocka_unit_test(address__long_path__does_not_fit),
	    cmocka_unit_test(address__name_of_a_port__is_looked_up),
	    cmocka_unit_test(address__conflicts__are_those_that_the_kernel_refuses),
	    cmocka_unit_test(address__conflict_of_two_services__names_the_other),
	};

	return cmocka_run_group_tests_name("config/address", tests, NULL, config_case_end);
}
