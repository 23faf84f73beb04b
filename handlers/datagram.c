#include "datagram.h"
#include "client.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PORT_CLIENT = 1024, /* the lowest that a client may have */
	VAIN_MAX = 100,     /* wake-ups in a row that brought nothing: the socket is no good */
	SEND_MSEC = 100,    /* for room in the socket's buffer */
	CONTROL_MAX = 256
};

/* What was received with a datagram, or goes with its reply. */
struct envelope {
	struct sockaddr_storage peer;
	socklen_t peer_len; /* 0: a nameless unix socket, or a connected one */
	size_t control_len;
	union {
		char data[CONTROL_MAX];
		struct cmsghdr align;
	} control;
};

static struct datagram datagram;

/* The lent socket. */
static struct {
	bool inet;
	unsigned int port;
} own;

bool datagram_is_lent(void)
{
	int type;
	socklen_t len = sizeof(type);

	return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_DGRAM;
}

static bool is_inet(const struct sockaddr_storage *addr)
{
	return addr->ss_family == AF_INET || addr->ss_family == AF_INET6;
}

/* IPv4 and IPv6 have it at the same place. */
static unsigned int port_of(const struct sockaddr_storage *addr)
{
	return ntohs(((const struct sockaddr_in *)addr)->sin_port);
}

/* Has the kernel tell where each datagram came to, and with how many hops left. An IPv6 socket
 * may get IPv4, whose hops it is asked for apart. */
static void ask_for_details(int family)
{
	static const struct {
		int family, level, option;
	} details[] = {
	    {AF_INET, IPPROTO_IP, IP_PKTINFO},          {AF_INET, IPPROTO_IP, IP_RECVTTL},
	    {AF_INET6, IPPROTO_IPV6, IPV6_RECVPKTINFO}, {AF_INET6, IPPROTO_IPV6, IPV6_RECVHOPLIMIT},
	    {AF_INET6, IPPROTO_IP, IP_RECVTTL},
	};
	const int yes = 1;

	for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
		if (details[i].family == family)
			(void)setsockopt(STDIN_FILENO, details[i].level, details[i].option, &yes,
			                 sizeof(yes));
	}
}

static bool look_at_own(void)
{
	struct sockaddr_storage addr = {0};
	socklen_t len = sizeof(addr);

	if (getsockname(STDIN_FILENO, (struct sockaddr *)&addr, &len) < 0)
		return false;
	own.inet = is_inet(&addr);
	own.port = own.inet ? port_of(&addr) : 0;
	ask_for_details(addr.ss_family);
	return true;
}

static struct msghdr header_of(struct envelope *envelope, struct iovec *data)
{
	return (struct msghdr){.msg_name = &envelope->peer,
	                       .msg_namelen = envelope->peer_len,
	                       .msg_iov = data,
	                       .msg_iovlen = 1,
	                       .msg_control = envelope->control.data,
	                       .msg_controllen = envelope->control_len};
}

/* A unix client could send us descriptors, so there nothing but data is taken. UDP always tells the
 * sender; without one there was nothing, in a socket that was shut down. */
static bool receive(struct envelope *from)
{
	struct iovec data = {datagram.data, DATAGRAM_MAX};
	struct msghdr msg;
	ssize_t got;

	from->peer_len = sizeof(from->peer);
	from->control_len = own.inet ? CONTROL_MAX : 0;
	msg = header_of(from, &data);
	got = recvmsg(STDIN_FILENO, &msg, MSG_DONTWAIT | MSG_TRUNC);
	if (got < 0 || (own.inet && msg.msg_namelen == 0))
		return false;
	datagram.len = (size_t)got;
	from->peer_len = msg.msg_namelen;
	from->control_len = msg.msg_controllen;
	return true;
}

/* ipi_spec_dst is the address to answer from. It is not yet known of a datagram that came before
 * it was asked for, and so of the first of each burst; there the kernel refuses to send from
 * a network's broadcast address. */
static bool turn_pktinfo(struct cmsghdr *cmsg)
{
	struct in_pktinfo info;
	uint32_t to;

	memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
	to = ntohl(info.ipi_addr.s_addr);
	if (info.ipi_spec_dst.s_addr == 0)
		info.ipi_spec_dst = info.ipi_addr;
	if (info.ipi_spec_dst.s_addr != info.ipi_addr.s_addr || IN_MULTICAST(to) ||
	    to == INADDR_BROADCAST)
		return false;
	info.ipi_ifindex = 0; /* by any way */
	memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
	return true;
}

static bool turn_pktinfo6(struct cmsghdr *cmsg)
{
	struct in6_pktinfo info;
	struct in_addr four;

	memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
	memcpy(&four, &info.ipi6_addr.s6_addr[12], sizeof(four));
	if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&info.ipi6_addr) &&
	    (IN_MULTICAST(ntohl(four.s_addr)) || four.s_addr == htonl(INADDR_BROADCAST)))
		return false;
	if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
		info.ipi6_ifindex = 0;
	memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
	return true;
}

static bool turn_hops(struct cmsghdr *cmsg)
{
	int hops;

	memcpy(&hops, CMSG_DATA(cmsg), sizeof(hops));
	hops--;
	memcpy(CMSG_DATA(cmsg), &hops, sizeof(hops));
	return hops > 0;
}

/* What the kernel says of a request has the form in which it is told about a reply. */
static const struct turn {
	int level, type;
	bool (*turn)(struct cmsghdr *cmsg);
} turns[] = {
    {IPPROTO_IP, IP_PKTINFO, turn_pktinfo},
    {IPPROTO_IPV6, IPV6_PKTINFO, turn_pktinfo6},
    {IPPROTO_IP, IP_TTL, turn_hops},
    {IPPROTO_IPV6, IPV6_HOPLIMIT, turn_hops},
};

static const struct turn *turn_for(const struct cmsghdr *cmsg)
{
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		if (cmsg->cmsg_level == turns[i].level && cmsg->cmsg_type == turns[i].type)
			return &turns[i];
	}
	return NULL;
}

/* Makes a request's envelope that of its reply, in place: what is not ours to send back, like the
 * time of its arrival that some program before us asked for, is overwritten by what follows.
 * False: no reply. */
static bool turn_around(struct envelope *envelope)
{
	struct iovec none = {0};
	struct msghdr msg = header_of(envelope, &none);
	char *end = envelope->control.data;
	struct cmsghdr *cmsg, *next;

	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = next) {
		const struct turn *turn = turn_for(cmsg);
		size_t len = cmsg->cmsg_len;

		next = CMSG_NXTHDR(&msg, cmsg);
		if (!turn)
			continue;
		if (!turn->turn(cmsg))
			return false;
		memmove(end, cmsg, len);
		end += CMSG_ALIGN(len);
	}
	envelope->control_len = (size_t)(end - envelope->control.data);
	return true;
}

static bool may_be_answered(const struct envelope *from)
{
	unsigned int port = own.inet ? port_of(&from->peer) : 0;

	return !own.inet || (port >= PORT_CLIENT && port != own.port);
}

static void reply(struct envelope *to)
{
	struct iovec data = {datagram.data, datagram.len};
	const struct msghdr msg = header_of(to, &data);
	struct pollfd room = {.fd = STDIN_FILENO, .events = POLLOUT};

	if (sendmsg(STDIN_FILENO, &msg, MSG_DONTWAIT) >= 0 || errno != EAGAIN)
		return;
	/* The way out has room again soon; a unix socket whose owner does not read has not. */
	if (own.inet && poll(&room, 1, SEND_MSEC) > 0)
		(void)!sendmsg(STDIN_FILENO, &msg, MSG_DONTWAIT);
}

bool datagram_serve(bool (*answer)(struct datagram *datagram), int64_t idle_msec)
{
	int64_t deadline = client_now_msec() + idle_msec;
	struct envelope envelope;
	int vain = 0, ready = 1;

	if (!look_at_own())
		return false;
	while (ready > 0) {
		if (receive(&envelope)) {
			if (may_be_answered(&envelope) && turn_around(&envelope) &&
			    answer(&datagram))
				reply(&envelope);
			deadline = client_now_msec() + idle_msec;
			vain = 0;
		} else if (++vain == VAIN_MAX) {
			return false;
		} else {
			ready = client_wait(deadline);
		}
	}
	return ready == 0;
}
