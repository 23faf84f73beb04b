#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "config/kernel.h"

/* A value of /proc/sys, or `otherwise` where there is none. */
static int read_sysctl(const char *path, int otherwise)
{
	FILE *file = fopen(path, "re");
	int value = otherwise;

	if (file && fscanf(file, "%d", &value) != 1)
		value = otherwise;
	if (file)
		fclose(file);
	return value;
}

static void try_kinds(struct builder *b)
{
	for (size_t i = 0; i < b->service->listen_count; i++) {
		const struct conf_listen *listen = &b->service->listen[i];
		int fd;

		if (listen->kind != CONF_MPTCP && listen->kind != CONF_VSOCK)
			continue;
		fd = sys_socket(listen->addr.sa.sa_family, listen->type | SOCK_CLOEXEC,
		                listen->protocol);
		if (fd >= 0)
			close(fd);
		else if (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT || errno == ENOPROTOOPT)
			section_warn(b->reader, b->section, "listen", &listen->where,
			             "\"%s\": this kernel does not have such sockets now (it is "
			             "tried again while usherd runs)",
			             listen->text);
	}
}

static void try_devices(struct builder *b)
{
	for (size_t i = 0; i < b->service->listen_count; i++) {
		const struct conf_listen *listen = &b->service->listen[i];

		if (listen->device && if_nametoindex(listen->device) == 0)
			section_warn(b->reader, b->section, "listen", &listen->where,
			             "\"%s\": there is no network device %s now (it is tried again "
			             "while usherd runs)",
			             listen->text, listen->device);
	}
}

static void try_number(struct builder *b, int fd, const char *option, int level, int name,
                       uint32_t number, const char *capability)
{
	const struct setting_value *value = section_value(b->section, option);
	int n = (int)number;

	if (value && n && sys_setsockopt(fd, level, name, &n, sizeof(n)) < 0 && errno == EPERM)
		builder_error(b, option, value, "usherd may not set it (it needs %s)", capability);
}

static void try_buffer(struct builder *b, int fd, const char *option, int name, int bytes)
{
	const struct setting_value *value = section_value(b->section, option);
	int got = 0;
	socklen_t len = sizeof(got);

	if (!value || !bytes || sys_setsockopt(fd, SOL_SOCKET, name, &bytes, sizeof(bytes)) < 0 ||
	    sys_getsockopt(fd, SOL_SOCKET, name, &got, &len) < 0)
		return;
	/* It reserves as much again for itself, and tells the sum (socket(7)). */
	if (got / 2 < bytes)
		builder_warn(b, option, value, "the kernel cuts it to %d (net.core.%s_max)",
		             got / 2, name == SO_SNDBUF ? "wmem" : "rmem");
}

static void try_congestion(struct builder *b, int fd)
{
	const struct setting_value *value = section_value(b->section, "congestion");
	const char *name = b->service->congestion;

	if (!name ||
	    sys_setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name)) == 0)
		return;
	if (errno == EPERM)
		builder_error(b, "congestion", value,
		              "usherd may not set it (it needs CAP_NET_ADMIN, or "
		              "net.ipv4.tcp_allowed_congestion_control)");
	else
		builder_warn(b, "congestion", value,
		             "this kernel has no %s now (net.ipv4.tcp_available_congestion_control "
		             "tells what it has)",
		             name);
}

static void try_fast_open(struct builder *b)
{
	enum { FOR_SERVERS = 2 };
	const struct setting_value *value = section_value(b->section, "fast_open");
	int allowed = read_sysctl("/proc/sys/net/ipv4/tcp_fastopen", FOR_SERVERS);

	if (b->service->fast_open && !(allowed & FOR_SERVERS))
		builder_warn(b, "fast_open", value,
		             "has no effect before net.ipv4.tcp_fastopen allows it to servers "
		             "(3 is for clients and servers)");
}

/* One that lets everything pass. */
static void try_filter(struct builder *b, int fd)
{
	struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	struct sock_fprog program = {.len = 1, .filter = &pass};
	const struct setting_value *value = section_value(b->section, "drop_early");
	bool tcp = false;

	for (size_t i = 0; i < b->service->listen_count; i++)
		tcp |= (CONF_KIND(b->service->listen[i].kind) & CONF_ANY_TCP) != 0;
	if (b->service->drop_early && value && tcp &&
	    sys_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		builder_warn(b, "drop_early", value,
		             "has no effect: the kernel does not take a filter from usherd (%m; "
		             "since Linux 6.15 TCP needs CAP_NET_ADMIN for it)");
}

/* All that is tried on a socket is for those of IP. */
static bool has_ip(const struct conf_service *service)
{
	for (size_t i = 0; i < service->listen_count; i++) {
		if (addr_is_ip(&service->listen[i].addr))
			return true;
	}
	return false;
}

void kernel_try(struct builder *b)
{
	const struct conf_service *service = b->service;
	int fd;

	try_kinds(b);
	try_devices(b);
	if (!has_ip(service))
		return;
	try_fast_open(b);
	fd = sys_socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	try_number(b, fd, "transparent", IPPROTO_IP, IP_TRANSPARENT, service->transparent,
	           "CAP_NET_RAW");
	try_number(b, fd, "mark", SOL_SOCKET, SO_MARK, service->mark, "CAP_NET_ADMIN");
	try_number(b, fd, "priority", SOL_SOCKET, SO_PRIORITY, service->priority,
	           "CAP_NET_ADMIN above 6");
	try_buffer(b, fd, "sndbuf", SO_SNDBUF, service->sndbuf);
	try_buffer(b, fd, "rcvbuf", SO_RCVBUF, service->rcvbuf);
	try_congestion(b, fd);
	try_filter(b, fd);
	close(fd);
}
