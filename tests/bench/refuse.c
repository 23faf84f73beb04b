/* tests/bench/refuse.c - what `flood` measures refusals with.
 *
 *     refuse close PORT                   the bare loop: accept and close
 *     refuse connect PORT SOURCE SECONDS  connects until the server has closed
 *     refuse syn PORT SOURCE SECONDS      sends SYNs that nobody waits for; root only
 *
 * All on 127.0.0.1. The two that send print how many they were. */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, UNDER_WAY = 512, FIRST_PORT = 1024, PORTS = 60000 };

struct packet {
	struct iphdr ip;
	struct tcphdr tcp;
};

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};

	if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
		errx(2, "%s is no address", host);
	return in;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int close_all(const char *port)
{
	struct sockaddr_in at = address("127.0.0.1", port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, client;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 4096) < 0)
		err(1, "port %s", port);
	for (;;) {
		client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (client >= 0)
			close(client);
	}
}

static int start_one(const struct sockaddr_in *to, const struct sockaddr_in *from)
{
	const struct linger reset = {.l_onoff = 1};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)from, sizeof(*from)) < 0 ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		err(1, "connect");
	return fd;
}

/* Waits until the server has closed it. */
static void end_one(int fd)
{
	char byte;

	if (recv(fd, &byte, 1, 0) > 0)
		errx(1, "it was answered");
	close(fd);
}

/* Some at a time, so that the server always has work. */
static unsigned long connect_all(const struct sockaddr_in *to, const struct sockaddr_in *from,
                                 double seconds)
{
	int fd[UNDER_WAY];
	double end = now() + seconds;
	unsigned long n = 0;

	for (; n % BATCH || now() < end; n++) {
		if (n >= UNDER_WAY)
			end_one(fd[n % UNDER_WAY]);
		fd[n % UNDER_WAY] = start_one(to, from);
	}
	for (unsigned long i = n > UNDER_WAY ? n - UNDER_WAY : 0; i < n; i++)
		end_one(fd[i % UNDER_WAY]);
	return n;
}

static uint32_t sum(const void *data, size_t len, uint32_t start)
{
	const uint8_t *b = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		start += (uint32_t)b[i] << 8 | b[i + 1];
	return start;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The kernel fills in what is left of the IP header (raw(7)). */
static void make_syn(struct packet *p, const struct sockaddr_in *to, const struct sockaddr_in *from,
                     unsigned long n)
{
	memset(p, 0, sizeof(*p));
	p->ip.version = 4;
	p->ip.ihl = sizeof(p->ip) / 4;
	p->ip.ttl = 64;
	p->ip.protocol = IPPROTO_TCP;
	p->ip.saddr = from->sin_addr.s_addr;
	p->ip.daddr = to->sin_addr.s_addr;
	p->tcp.source = htons((uint16_t)(FIRST_PORT + n % PORTS));
	p->tcp.dest = to->sin_port;
	p->tcp.seq = htonl((uint32_t)n);
	p->tcp.doff = sizeof(p->tcp) / 4;
	p->tcp.syn = 1;
	p->tcp.window = htons(64240);
	p->tcp.check = fold(sum(&p->ip.saddr, 8, sum(&p->tcp, sizeof(p->tcp), IPPROTO_TCP)) +
	                    (uint32_t)sizeof(p->tcp));
}

static unsigned long send_syns(struct sockaddr_in *to, const struct sockaddr_in *from,
                               double seconds)
{
	static struct packet packet[BATCH];
	struct iovec iov[BATCH];
	struct mmsghdr message[BATCH];
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	double end = now() + seconds;
	unsigned long n = 0;

	if (fd < 0)
		err(1, "raw socket");
	memset(message, 0, sizeof(message));
	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){&packet[i], sizeof(packet[i])};
		message[i].msg_hdr.msg_iov = &iov[i];
		message[i].msg_hdr.msg_iovlen = 1;
		message[i].msg_hdr.msg_name = to;
		message[i].msg_hdr.msg_namelen = sizeof(*to);
	}
	while (now() < end) {
		int sent;

		for (int i = 0; i < BATCH; i++)
			make_syn(&packet[i], to, from, n + (unsigned long)i);
		sent = sendmmsg(fd, message, BATCH, 0);
		if (sent < 0)
			err(1, "sendmmsg");
		n += (unsigned long)sent;
	}
	close(fd);
	return n;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to, from;
	double began;
	unsigned long n;

	if (argc == 3 && strcmp(argv[1], "close") == 0)
		return close_all(argv[2]);
	if (argc != 5)
		errx(2, "usage: refuse close PORT | refuse connect|syn PORT SOURCE SECONDS");
	to = address("127.0.0.1", argv[2]);
	from = address(argv[3], "0");
	began = now();
	n = strcmp(argv[1], "syn") == 0 ? send_syns(&to, &from, atof(argv[4]))
	                                : connect_all(&to, &from, atof(argv[4]));
	printf("sent=%lu seconds=%.3f\n", n, now() - began);
	return 0;
}
