/* Echo, discard, daytime, time and chargen on a lent datagram socket.
 *
 * The test plays usherd, which keeps the socket, and the clients. */
#include "unit/handler.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* How long a handler waits for more: what all but one case have to sit out. */
#define SOON "0.5"

enum { DEADLINE_MSEC = 30000, BURST = 200, BIGGEST = 65507 };

static const char *const names[] = {"echo", "discard", "daytime", "time", "chargen"};

/* ---- sockets ---- */

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	struct sockaddr_un local;
};

static socklen_t address_len(const union address *address)
{
	switch (address->any.sa_family) {
	case AF_INET:
		return sizeof(address->four);
	case AF_INET6:
		return sizeof(address->six);
	default:
		return sizeof(address->local);
	}
}

static union address address_of(const char *host, unsigned int port)
{
	union address address = {.any.sa_family = strchr(host, ':') ? AF_INET6 : AF_INET};

	if (address.any.sa_family == AF_INET) {
		address.four.sin_port = htons((uint16_t)port);
		assert_int_equal(inet_pton(AF_INET, host, &address.four.sin_addr), 1);
	} else {
		address.six.sin6_port = htons((uint16_t)port);
		assert_int_equal(inet_pton(AF_INET6, host, &address.six.sin6_addr), 1);
	}
	return address;
}

static unsigned int port_of(int fd)
{
	union address address;
	socklen_t len = sizeof(address);

	assert_int_equal(getsockname(fd, &address.any, &len), 0);
	return ntohs(address.four.sin_port);
}

/* -1 with errno where the address cannot be had. */
static int try_bind(const char *host, unsigned int port)
{
	union address address = address_of(host, port);
	const int room = 4 << 20;
	int fd = socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, &address.any, address_len(&address)) < 0) {
		close(fd);
		return -1;
	}
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return fd;
}

static int bound(const char *host, unsigned int port)
{
	int fd = try_bind(host, port);

	if (fd < 0)
		fail_msg("%s port %u: %s", host, port, strerror(errno));
	return fd;
}

/* It hears nobody but this address: replies that come from another are lost. */
static int client_of(const char *host, unsigned int port)
{
	union address address = address_of(host, port);
	int fd = bound(address.any.sa_family == AF_INET ? "127.0.0.1" : "::1", 0);

	assert_int_equal(connect(fd, &address.any, address_len(&address)), 0);
	return fd;
}

static bool have_ipv6(void)
{
	int fd = try_bind("::1", 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void say(int fd, const void *data, size_t len)
{
	assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
}

static void say_to(int fd, const void *data, size_t len, const char *host, unsigned int port)
{
	union address address = address_of(host, port);

	assert_int_equal(sendto(fd, data, len, 0, &address.any, address_len(&address)), len);
}

static size_t hear(int fd, char *data, size_t size)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	ssize_t got;

	assert_int_equal(poll(&pfd, 1, DEADLINE_MSEC), 1);
	got = recv(fd, data, size, MSG_TRUNC);
	assert_in_range(got, 0, size);
	return (size_t)got;
}

static bool is_silent(int fd)
{
	char data[8];

	return recv(fd, data, sizeof(data), MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* ---- the handler ---- */

/* On a copy of the server's socket; the client's end plays no part. */
static struct handler lend(const char *name, const char *seconds, int server)
{
	int fds[2] = {fcntl(server, F_DUPFD_CLOEXEC, 0), -1};

	return handler_start(name, seconds, fds);
}

/* It leaves by itself, and the socket as it was. */
static void end(struct handler *handler, int server)
{
	assert_int_equal(handler_end(handler), 0);
	assert_false(fcntl(server, F_GETFL) & O_NONBLOCK);
	assert_true(is_silent(server));
}

/* The echo to this shows that what was sent before has been dealt with. */
static void wait_for_echo(int fd)
{
	char data[8];

	say(fd, "done", 4);
	assert_int_equal(hear(fd, data, sizeof(data)), 4);
	assert_memory_equal(data, "done", 4);
}

/* ---- bursts ---- */

static void burst_over(const char *server_host, const char *host)
{
	int server = bound(server_host, 0), client = client_of(host, port_of(server));
	struct handler echo;
	char data[16];

	for (uint32_t i = 0; i < BURST; i++)
		say(client, &i, sizeof(i));
	echo = lend("echo", SOON, server);
	for (uint32_t i = 0; i < BURST; i++) {
		assert_int_equal(hear(client, data, sizeof(data)), sizeof(i));
		assert_memory_equal(data, &i, sizeof(i));
	}
	end(&echo, server);
	close(client);
	close(server);
}

static void burst__is_answered_to_the_last(void **state)
{
	(void)state;
	burst_over("127.0.0.1", "127.0.0.1");
	burst_over("0.0.0.0", "127.0.0.1");
}

static void burst_over_ipv6__is_answered_to_the_last(void **state)
{
	(void)state;
	if (!have_ipv6())
		skip_because("no IPv6 here");
	burst_over("::1", "::1");
	burst_over("::", "::1");
	burst_over("::", "127.0.0.1");
}

/* More than one socket can hold: the handler works while they come. */
static void many_bursts__are_one_process(void **state)
{
	int server = bound("127.0.0.1", 0), client = client_of("127.0.0.1", port_of(server));
	struct handler echo = lend("echo", SOON, server);

	(void)state;
	for (int i = 0; i < 2000; i++)
		wait_for_echo(client);
	end(&echo, server);
	close(client);
	close(server);
}

static int64_t now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void idle_time__is_counted_from_the_last(void **state)
{
	int server = bound("127.0.0.1", 0), client = client_of("127.0.0.1", port_of(server));
	struct handler echo = lend("echo", "1", server);
	struct pollfd quiet = {.fd = client, .events = POLLIN};
	int64_t last = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		/* Nothing comes here, so it is a pause. */
		assert_int_equal(poll(&quiet, 1, 400), 0);
		last = now_msec();
		wait_for_echo(client);
		/* A process that was stopped goes on waiting for what is left. */
		kill(echo.pid, SIGSTOP);
		kill(echo.pid, SIGCONT);
	}
	end(&echo, server);
	assert_in_range(now_msec() - last, 1000, DEADLINE_MSEC);
	close(client);
	close(server);
}

static void what_comes_after_its_end__stays_for_the_next(void **state)
{
	int server = bound("127.0.0.1", 0), client = client_of("127.0.0.1", port_of(server));
	struct handler echo;
	char data[8];

	(void)state;
	for (int i = 0; i < 2; i++) {
		say(client, "ping", 4);
		echo = lend("echo", SOON, server);
		assert_int_equal(hear(client, data, sizeof(data)), 4);
		end(&echo, server);
	}
	close(client);
	close(server);
}

/* ---- what is answered ---- */

static void check_answer(const char *name, const char *sent, size_t sent_len, const char *got,
                         size_t got_len)
{
	if (strcmp(name, "echo") == 0) {
		assert_int_equal(got_len, sent_len);
		assert_memory_equal(got, sent, sent_len);
	} else if (strcmp(name, "daytime") == 0) {
		assert_in_range(got_len, 35, 48);
		assert_memory_equal(got + got_len - 6, "-UTC\r\n", 6);
	} else if (strcmp(name, "time") == 0) {
		uint32_t told;

		assert_int_equal(got_len, 4);
		memcpy(&told, got, sizeof(told));
		/* time(2) looks at a coarser clock than the handler, and may be behind it. */
		assert_in_range((uint32_t)time(NULL) + 1 + 2208988800U - ntohl(told), 0, 61);
	} else {
		assert_string_equal(name, "chargen");
		assert_int_equal(got_len, sent_len < 512 ? sent_len : 512);
		for (size_t i = 0; i < got_len && i < 72; i++)
			assert_int_equal(got[i], ' ' + i);
	}
}

/* Lengths where something could go wrong, and then any. */
static size_t length_of(int turn, uint64_t *random)
{
	static const size_t edges[] = {0, 1, 3, 4, 5, 511, 512, 513, BIGGEST - 1, BIGGEST};

	return (size_t)turn < ARRAY_LEN(edges) ? edges[turn] : test_random(random) % 2000;
}

static void answers_of(const char *name)
{
	int server = bound("127.0.0.1", 0), client = client_of("127.0.0.1", port_of(server));
	struct handler handler = lend(name, SOON, server);
	static char sent[BIGGEST], got[BIGGEST];
	uint64_t random = 863;

	for (int i = 0; i < 1000; i++) {
		size_t len = length_of(i, &random);

		for (size_t j = 0; j < len; j++)
			sent[j] = (char)test_random(&random);
		say(client, sent, len);
		if (strcmp(name, "discard") != 0)
			check_answer(name, sent, len, got, hear(client, got, sizeof(got)));
	}
	end(&handler, server);
	assert_true(is_silent(client));
	close(client);
	close(server);
}

static void every_service__answers_as_its_rfc_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		answers_of(names[i]);
}

/* ---- from where ---- */

static void reply__leaves_from_where_the_request_came_to(void **state)
{
	static const char *const hosts[] = {"127.0.0.5", "127.3.2.1", "127.0.0.1"};
	static const char *const wildcards[] = {"0.0.0.0", "::"};

	(void)state;
	for (size_t i = 0; i < (have_ipv6() ? 2 : 1); i++) {
		int server = bound(wildcards[i], 0), client[ARRAY_LEN(hosts)];
		struct handler echo;
		char data[8];

		/* The first is queued before anybody asks where it came to. */
		for (size_t j = 0; j < ARRAY_LEN(hosts); j++) {
			client[j] = client_of(hosts[j], port_of(server));
			say(client[j], "ping", 4);
		}
		echo = lend("echo", SOON, server);
		for (size_t j = 0; j < ARRAY_LEN(hosts); j++) {
			assert_int_equal(hear(client[j], data, sizeof(data)), 4);
			wait_for_echo(client[j]);
			close(client[j]);
		}
		end(&echo, server);
		close(server);
	}
}

/* ---- to whom ---- */

static void request_from_a_low_port__is_not_answered(void **state)
{
	static const unsigned int ports[] = {7, 9, 13, 19, 37, 1, 1023};
	int server = bound("127.0.0.1", 0), client = client_of("127.0.0.1", port_of(server));
	struct handler echo;
	int low[ARRAY_LEN(ports)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		low[i] = try_bind("127.9.9.9", ports[i]);
		if (low[i] < 0)
			skip_because("low ports cannot be bound");
		say_to(low[i], "ping", 4, "127.0.0.1", port_of(server));
	}
	echo = lend("echo", SOON, server);
	wait_for_echo(client);
	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		assert_true(is_silent(low[i]));
		close(low[i]);
	}
	end(&echo, server);
	close(client);
	close(server);
}

/* The lowest that is answered. */
static void request_from_port_1024__is_answered(void **state)
{
	int server = bound("127.0.0.1", 0), client = try_bind("127.9.9.9", 1024);
	union address address = address_of("127.0.0.1", port_of(server));
	struct handler echo;

	(void)state;
	if (client < 0)
		skip_because("port 1024 is taken");
	assert_int_equal(connect(client, &address.any, address_len(&address)), 0);
	echo = lend("echo", SOON, server);
	wait_for_echo(client);
	end(&echo, server);
	close(client);
	close(server);
}

static void send_raw(int raw, unsigned int source, unsigned int port)
{
	union address to = address_of("127.0.0.1", 0);
	struct {
		struct udphdr head;
		char data[4];
	} packet = {.head = {.source = htons((uint16_t)source),
	                     .dest = htons((uint16_t)port),
	                     .len = htons(sizeof(packet))}};

	assert_int_equal(sendto(raw, &packet, sizeof(packet), 0, &to.any, address_len(&to)),
	                 sizeof(packet));
}

static void request_from_port_0__is_not_answered(void **state)
{
	int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
	int server, client;
	struct handler echo;
	char packet[2048];
	ssize_t got;

	(void)state;
	if (raw < 0)
		skip_because("no raw socket without CAP_NET_RAW");
	server = bound("127.0.0.1", 0);
	client = client_of("127.0.0.1", port_of(server));
	echo = lend("echo", SOON, server);
	wait_for_echo(client);
	send_raw(raw, 0, port_of(server));
	wait_for_echo(client);
	while ((got = recv(raw, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
		size_t head = 4U * (packet[0] & 15);
		struct udphdr udp;

		assert_true((size_t)got >= head + sizeof(udp));
		memcpy(&udp, packet + head, sizeof(udp));
		if (ntohs(udp.source) == port_of(server))
			assert_int_not_equal(udp.dest, 0);
	}
	end(&echo, server);
	close(raw);
	close(client);
	close(server);
}

static void request_from_its_own_port__is_not_answered(void **state)
{
	int server = bound("127.0.0.1", 0), client = client_of("127.0.0.1", port_of(server));
	int twin = bound("127.0.0.2", port_of(server));
	struct handler echo = lend("echo", SOON, server);

	(void)state;
	say_to(twin, "ping", 4, "127.0.0.1", port_of(server));
	wait_for_echo(client);
	assert_true(is_silent(twin));
	end(&echo, server);
	close(twin);
	close(client);
	close(server);
}

/* A forged source address is all it takes to set two services upon each other. */
static void two_services__soon_stop_answering_each_other(void **state)
{
	(void)state;
	for (int first = 0; first < 2; first++) {
		int a = bound("0.0.0.0", 0), b = bound("127.0.0.1", 0);
		struct handler echo, other;

		say_to(b, "ping", 4, "127.0.0.1", port_of(a));
		echo = lend("echo", SOON, a);
		other = lend(first ? "chargen" : "daytime", SOON, b);
		end(&echo, a);
		end(&other, b);
		close(a);
		close(b);
	}
}

static void broadcast__is_not_answered(void **state)
{
	int server = bound("0.0.0.0", 0), client = bound("127.0.0.1", 0);
	const int yes = 1;
	struct handler echo;
	char data[8];

	(void)state;
	setsockopt(client, SOL_SOCKET, SO_BROADCAST, &yes, sizeof(yes));
	say_to(client, "all", 3, "127.255.255.255", port_of(server));
	echo = lend("echo", SOON, server);
	for (int i = 0; i < 3; i++) {
		say_to(client, "ping", 4, "127.0.0.1", port_of(server));
		assert_int_equal(hear(client, data, sizeof(data)), 4);
		assert_memory_equal(data, "ping", 4);
		say_to(client, "all", 3, "127.255.255.255", port_of(server));
	}
	end(&echo, server);
	assert_true(is_silent(client));
	close(client);
	close(server);
}

static int hops_of_next(int fd)
{
	char data[8], control[64];
	struct iovec iov = {data, sizeof(data)};
	struct msghdr msg = {.msg_iov = &iov,
	                     .msg_iovlen = 1,
	                     .msg_control = control,
	                     .msg_controllen = sizeof(control)};
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	int hops;

	assert_int_equal(poll(&pfd, 1, DEADLINE_MSEC), 1);
	assert_int_equal(recvmsg(fd, &msg, 0), 4);
	assert_non_null(CMSG_FIRSTHDR(&msg));
	memcpy(&hops, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(hops));
	return hops;
}

static void hops_over(const char *server_host, const char *host)
{
	int server = bound(server_host, 0), client = client_of(host, port_of(server));
	bool four = !strchr(host, ':');
	int level = four ? IPPROTO_IP : IPPROTO_IPV6, set = four ? IP_TTL : IPV6_UNICAST_HOPS;
	struct handler echo = lend("echo", SOON, server);
	const int yes = 1;

	setsockopt(client, level, four ? IP_RECVTTL : IPV6_RECVHOPLIMIT, &yes, sizeof(yes));
	for (int hops = 255; hops; hops /= 2) {
		assert_int_equal(setsockopt(client, level, set, &hops, sizeof(hops)), 0);
		say(client, "ping", 4);
		if (hops > 1)
			assert_int_equal(hops_of_next(client), hops - 1);
	}
	end(&echo, server);
	assert_true(is_silent(client));
	close(client);
	close(server);
}

static void reply__has_a_hop_less_than_its_request(void **state)
{
	(void)state;
	hops_over("0.0.0.0", "127.0.0.1");
	if (have_ipv6()) {
		hops_over("::", "::1");
		hops_over("::", "127.0.0.1");
	}
}

static void client__that_is_gone__is_no_failure(void **state)
{
	int server = bound("127.0.0.1", 0), client = client_of("127.0.0.1", port_of(server));
	struct handler echo;

	(void)state;
	for (int i = 0; i < 50; i++) {
		int gone = client_of("127.0.0.1", port_of(server));

		say(gone, "ping", 4);
		close(gone);
	}
	echo = lend("echo", SOON, server);
	wait_for_echo(client);
	end(&echo, server);
	close(client);
	close(server);
}

/* ---- unix sockets ---- */

static char folder[] = "/tmp/usherd-datagram-XXXXXX";

static union address local(const char *name)
{
	union address address = {.local.sun_family = AF_UNIX};

	snprintf(address.local.sun_path, sizeof(address.local.sun_path), "%s/%s", folder, name);
	return address;
}

static int local_bound(const char *name)
{
	union address address = local(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	/* One that a test left that has failed. */
	(void)!unlink(address.local.sun_path);
	assert_int_equal(bind(fd, &address.any, address_len(&address)), 0);
	return fd;
}

static int local_client(const char *name)
{
	union address address = local("server");
	int fd = name ? local_bound(name) : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, &address.any, address_len(&address)), 0);
	return fd;
}

static void local_close(int fd, const char *name)
{
	close(fd);
	assert_int_equal(unlink(local(name).local.sun_path), 0);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void unix_datagram__is_answered_whole_or_not_at_all(void **state)
{
	static char sent[70000], got[70000];
	int server, client;
	struct handler echo, chargen;

	(void)state;
	server = local_bound("server");
	client = local_client("client");
	echo = lend("echo", SOON, server);
	memset(sent, 'x', sizeof(sent));
	say(client, sent, 65535);
	assert_int_equal(hear(client, got, sizeof(got)), 65535);
	assert_memory_equal(got, sent, 65535);
	say(client, sent, 65536);
	say(client, sent, sizeof(sent));
	say(client, sent, 0);
	assert_int_equal(hear(client, got, sizeof(got)), 0);
	wait_for_echo(client);
	end(&echo, server);

	chargen = lend("chargen", SOON, server);
	say(client, sent, sizeof(sent));
	assert_int_equal(hear(client, got, sizeof(got)), 512);
	end(&chargen, server);
	local_close(client, "client");
	local_close(server, "server");
}

/* One that has no name cannot be answered, one may be gone, and one that does not read must not be
 * waited for: it is sent to while its own queue is full. */
static void other_unix_clients__do_not_keep_it(void **state)
{
	int server, nameless, deaf, gone, client;
	struct handler echo;

	(void)state;
	server = local_bound("server");
	nameless = local_client(NULL);
	gone = local_client("gone");
	deaf = local_client("deaf");
	client = local_client("client");
	say(nameless, "ping", 4);
	say(gone, "ping", 4);
	local_close(gone, "gone");
	echo = lend("echo", SOON, server);
	for (int i = 0; i < 2000; i++)
		say(deaf, "ping", 4);
	for (int i = 0; i < 200; i++)
		say(nameless, "", 0);
	local_close(deaf, "deaf");
	wait_for_echo(client);
	end(&echo, server);
	close(nameless);
	local_close(client, "client");
	local_close(server, "server");
}

static void send_descriptor(int fd, int descriptor)
{
	char data = 'x';
	struct iovec iov = {&data, 1};
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)),
	                      .cmsg_level = SOL_SOCKET,
	                      .cmsg_type = SCM_RIGHTS}};
	const struct msghdr msg = {.msg_iov = &iov,
	                           .msg_iovlen = 1,
	                           .msg_control = control.room,
	                           .msg_controllen = sizeof(control)};

	memcpy(CMSG_DATA(&control.head), &descriptor, sizeof(descriptor));
	assert_int_equal(sendmsg(fd, &msg, 0), 1);
}

/* It would have them to its end, and the client an open one for each. */
static void descriptors_from_a_unix_client__are_not_kept(void **state)
{
	int server = local_bound("server"), client = local_client("client"), ends[2];
	struct handler echo = lend("echo", SOON, server);
	char data[8];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	send_descriptor(client, ends[1]);
	assert_int_equal(hear(client, data, sizeof(data)), 1);
	close(ends[1]);
	assert_int_equal(read(ends[0], data, sizeof(data)), 0);
	end(&echo, server);
	close(ends[0]);
	local_close(client, "client");
	local_close(server, "server");
}

/* ---- sockets that are no good ---- */

/* They are always ready and never have anything: the idle time would be spent in a tight loop. */
static void socket_that_was_shut__is_a_failure_at_once(void **state)
{
	static const struct {
		int family;
		int how;
	} cases[] = {{AF_UNIX, SHUT_RDWR}, {AF_UNIX, SHUT_RD}, {AF_INET, SHUT_RD}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int server =
		    cases[i].family == AF_UNIX ? local_bound("server") : bound("127.0.0.1", 0);
		struct handler echo;

		(void)!shutdown(server, cases[i].how);
		echo = lend("echo", "86400", server);
		assert_int_equal(handler_end(&echo), 1);
		if (cases[i].family == AF_UNIX)
			local_close(server, "server");
		else
			close(server);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(burst__is_answered_to_the_last),
	    cmocka_unit_test(burst_over_ipv6__is_answered_to_the_last),
	    cmocka_unit_test(many_bursts__are_one_process),
	    cmocka_unit_test(idle_time__is_counted_from_the_last),
	    cmocka_unit_test(what_comes_after_its_end__stays_for_the_next),
	    cmocka_unit_test(every_service__answers_as_its_rfc_says),
	    cmocka_unit_test(reply__leaves_from_where_the_request_came_to),
	    cmocka_unit_test(request_from_a_low_port__is_not_answered),
	    cmocka_unit_test(request_from_port_1024__is_answered),
	    cmocka_unit_test(request_from_port_0__is_not_answered),
	    cmocka_unit_test(request_from_its_own_port__is_not_answered),
	    cmocka_unit_test(two_services__soon_stop_answering_each_other),
	    cmocka_unit_test(broadcast__is_not_answered),
	    cmocka_unit_test(reply__has_a_hop_less_than_its_request),
	    cmocka_unit_test(client__that_is_gone__is_no_failure),
	    cmocka_unit_test(unix_datagram__is_answered_whole_or_not_at_all),
	    cmocka_unit_test(other_unix_clients__do_not_keep_it),
	    cmocka_unit_test(descriptors_from_a_unix_client__are_not_kept),
	    cmocka_unit_test(socket_that_was_shut__is_a_failure_at_once),
	};

	return cmocka_run_group_tests_name("handlers_datagram", tests, make_folder, remove_folder);
}
