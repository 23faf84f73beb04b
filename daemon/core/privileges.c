#include "core/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arch.h"
#include "base/caps.h"
#include "base/fd.h"
#include "base/sys.h"
#include "net/sockfilter.h"

/* Ports below this one are for the privileged (ip_unprivileged_port_start). */
static unsigned first_free_port(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
	unsigned port = 1024;

	if (file && fscanf(file, "%u", &port) != 1)
		port = 1024;
	if (file)
		fclose(file);
	return port;
}

/* Down from here is for the privileged. */
static int own_oom_score_adj(void)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "re");
	int score = 0;

	if (file && fscanf(file, "%d", &score) != 1)
		score = 0;
	if (file)
		fclose(file);
	return score;
}

static bool raises_a_limit(const struct conf_service *service)
{
	for (size_t i = 0; i < CONF_RLIMITS; i++) {
		const struct conf_rlimit *wanted = &service->rlimit[i];
		struct rlimit now;

		if (wanted->set && getrlimit((__rlimit_resource_t)wanted->resource, &now) == 0 &&
		    wanted->hard > now.rlim_max)
			return true;
	}
	return false;
}

/* Those that anybody may have are the ones that the kernel names here. */
static bool is_free_congestion(const char *name)
{
	FILE *file = fopen("/proc/sys/net/ipv4/tcp_allowed_congestion_control", "re");
	char word[32];
	bool found = false;

	while (file && !found && fscanf(file, "%31s", word) == 1)
		found = strcmp(word, name) == 0;
	if (file)
		fclose(file);
	return found;
}

static bool try_filter(void)
{
	const struct prefix nobody = {.family = AF_INET, .len = 32};
	int fd = sys_socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool denied = fd >= 0 && sockfilter_set(fd, &nobody, 1) < 0 && errno == EPERM;

	fd_close(&fd);
	return !denied;
}

/* Since Linux 6.15 a TCP socket gets a filter from those with CAP_NET_ADMIN only:
 * is it so here? Tried without, if we have it. */
static bool is_free_filter(void)
{
	cap_value_t admin = CAP_NET_ADMIN;
	cap_t had = cap_get_proc(), less = cap_dup(had);
	bool is_free = true;

	if (less && cap_set_flag(less, CAP_EFFECTIVE, 1, &admin, CAP_CLEAR) == 0 &&
	    cap_set_proc(less) == 0) {
		is_free = try_filter();
		(void)cap_set_proc(had);
	}
	cap_free(less);
	cap_free(had);
	return is_free;
}

static bool filters_tcp(const struct conf_service *service)
{
	for (size_t i = 0; service->drop_early && i < service->listen_count; i++)
		if (CONF_KIND(service->listen[i].kind) & CONF_ANY_TCP)
			return true;
	return false;
}

/* For the options of its sockets (socket(7), ip(7), tcp(7)), should one have to
 * be opened again. Since Linux 5.7 a device can be bound to without any. */
static uint64_t sockets_need(const struct conf_service *service)
{
	enum { PRIORITY_FREE = 6 };
	uint64_t set = 0;

	/* CAP_NET_ADMIN would do, too, and far more. */
	if (service->transparent)
		set |= CAPS_BIT(CAP_NET_RAW);
	if (service->mark || service->priority > PRIORITY_FREE ||
	    (service->congestion && !is_free_congestion(service->congestion)) ||
	    (filters_tcp(service) && !is_free_filter()))
		set |= CAPS_BIT(CAP_NET_ADMIN);
	return set;
}

static bool is_low_port(const struct conf_listen *listen, unsigned free_port)
{
	const struct addr *addr = &listen->addr;

	/* That of vsock has no setting: vsock(7). */
	if (addr_has_port(addr) && !addr_is_ip(addr))
		free_port = 1024;
	return addr_has_port(addr) && addr_port(addr) < free_port;
}

/* To give what it has itself, and to cut off the way to what it does not give. */
static uint64_t handler_needs(const struct conf_service *service)
{
	bool cuts = service->change_user && (service->uid == 0 || !service->no_new_privs);

	if (!service->capabilities_set)
		return 0;
	return service->capabilities | (cuts ? CAPS_BIT(CAP_SETPCAP) : 0);
}

static uint64_t service_needs(const struct conf_service *service, unsigned free_port)
{
	uint64_t set = sockets_need(service);

	/* It may have to be bound again later. */
	for (size_t i = 0; i < service->listen_count; i++)
		if (is_low_port(&service->listen[i], free_port))
			set |= CAPS_BIT(CAP_NET_BIND_SERVICE);
	if (service->socket_uid != (uid_t)-1 || service->socket_gid != (gid_t)-1)
		set |= CAPS_BIT(CAP_CHOWN);
	if (service->change_user)
		set |= CAPS_BIT(CAP_SETUID) | CAPS_BIT(CAP_SETGID) | CAPS_BIT(CAP_KILL);
	if (service->nice_set && service->nice < 0)
		set |= CAPS_BIT(CAP_SYS_NICE);
	if (raises_a_limit(service) ||
	    (service->oom_score_adj_set && service->oom_score_adj < own_oom_score_adj()))
		set |= CAPS_BIT(CAP_SYS_RESOURCE);
	/* In a user namespace they come of themselves. */
	if (!service->user_space && service->root)
		set |= CAPS_BIT(CAP_SYS_CHROOT);
	if (!service->user_space &&
	    (service->no_network || service->private_tmp || service->private_pids))
		set |= CAPS_BIT(CAP_SYS_ADMIN);
	return set | handler_needs(service);
}

uint64_t privileges_needed_by(const struct conf_service *service)
{
	return service_needs(service, first_free_port());
}

static bool serves_nothing(const struct conf *conf)
{
	for (size_t i = 0; i < conf->service_count; i++)
		if (conf->services[i]->enabled)
			return false;
	return true;
}

uint64_t privileges_needed(const struct conf *conf)
{
	unsigned free_port = first_free_port();
	uint64_t set = 0;

	/* Its first service is to come by a reload: what an ordinary one needs is kept for it. */
	if (serves_nothing(conf) && geteuid() == 0)
		return CAPS_BIT(CAP_SETUID) | CAPS_BIT(CAP_SETGID) | CAPS_BIT(CAP_KILL) |
		       CAPS_BIT(CAP_NET_BIND_SERVICE);
	for (size_t i = 0; i < conf->service_count; i++)
		if (conf->services[i]->enabled)
			set |= service_needs(conf->services[i], free_port);
	return set;
}

/* Permitted and effective become exactly the set, inheritable empty. */
static int keep_only(uint64_t set)
{
	cap_t caps = cap_init();
	int rc = caps ? 0 : -1;

	for (int cap = 0; rc == 0 && cap < 64; cap++) {
		cap_value_t value = cap;

		if (!(set & CAPS_BIT(cap)))
			continue;
		if (cap_set_flag(caps, CAP_PERMITTED, 1, &value, CAP_SET) < 0 ||
		    cap_set_flag(caps, CAP_EFFECTIVE, 1, &value, CAP_SET) < 0)
			rc = -1;
	}
	if (rc == 0)
		rc = cap_set_proc(caps);
	cap_free(caps);
	return rc;
}

#ifdef OWN_ARCH
/* uid and gid 0 cannot be asked for: setresuid and setresgid with a 0 among
 * their arguments fail, and so do the calls of that family that usherd does not
 * use, and all calls of a foreign architecture, whose numbers differ. */
static int filter_uid_0(void)
{
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define DENY_IF(k)  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), 0, 1), DENY
#define DENY        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
/* The kernel looks at the lower half of an argument, which is the first here. */
#define DENY_0(n) LOAD(args[n]), DENY_IF(0)
	struct sock_filter code[] = {
	    LOAD(arch),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0),
	    DENY,
	    LOAD(nr),
	    /* The x32 numbers of x86-64. */
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
	    DENY,
	    DENY_IF(SYS_setuid),
	    DENY_IF(SYS_setgid),
	    DENY_IF(SYS_setreuid),
	    DENY_IF(SYS_setregid),
	    DENY_IF(SYS_setfsuid),
	    DENY_IF(SYS_setfsgid),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setresuid, 2, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setresgid, 1, 0),
	    ALLOW,
	    DENY_0(0),
	    DENY_0(1),
	    DENY_0(2),
	    ALLOW,
	};
	struct sock_fprog prog = {.len = sizeof code / sizeof *code, .filter = code};

	return sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &prog);
}
#else
static int filter_uid_0(void)
{
	errno = ENOSYS;
	return -1;
}
#endif

/* Why uid 0 must stay within reach; NULL: it need not. */
static const char *why_no_filter(const struct conf *conf)
{
	if (!conf->user || conf->uid == 0 || conf->gid == 0)
		return "the supervisor runs as root";
	if (serves_nothing(conf))
		return "there is no service yet that could do with it";
	for (size_t i = 0; i < conf->service_count; i++) {
		const struct conf_service *service = conf->services[i];

		if (service->uid == 0 || service->gid == 0)
			return "a service runs as root";
		if (!service->no_new_privs)
			return "a service has no_new_privs = no";
	}
	return NULL;
}

static int become(const struct conf *conf, const char **why_r)
{
	*why_r = "prctl(PR_SET_KEEPCAPS)";
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return -1;
	*why_r = "setgroups";
	if (setgroups(conf->group_count, conf->groups) < 0)
		return -1;
	*why_r = "setresgid";
	if (setresgid(conf->gid, conf->gid, conf->gid) < 0)
		return -1;
	*why_r = "setresuid";
	if (setresuid(conf->uid, conf->uid, conf->uid) < 0)
		return -1;
	*why_r = "prctl(PR_SET_KEEPCAPS)";
	return prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
}

int privileges_drop(const struct conf *conf, struct privileges *result, const char **why_r)
{
	uint64_t needed = privileges_needed(conf), had = caps_permitted();
	bool root = geteuid() == 0;

	*result = (struct privileges){.kept = needed & had, .missing = needed & ~had};
	result->unfiltered_why = root ? why_no_filter(conf) : "not started by root";
	if (!result->unfiltered_why) {
		result->filtered = filter_uid_0() == 0;
		if (!result->filtered)
			result->unfiltered_why = "seccomp is not to be had here";
	}
	if (root && conf->user && become(conf, why_r) < 0)
		return -1;
	/* The bounding set stays: programs that a handler starts may need it (sudo). */
	*why_r = "capset";
	if (keep_only(result->kept) < 0)
		return -1;
	*why_r = "prctl(PR_SET_DUMPABLE)";
	if (root && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -1;
	*why_r = "the check of the ids";
	errno = EPERM;
	if (root && conf->user && (geteuid() != conf->uid || getegid() != conf->gid))
		return -1;
	return caps_permitted() == result->kept ? 0 : -1;
}

int privileges_hand_on(void)
{
	cap_t caps = cap_get_proc();
	uint64_t set = caps_permitted();
	int rc = caps ? 0 : -1;

	for (int cap = 0; rc == 0 && cap < 64; cap++) {
		cap_value_t value = cap;

		if (set & CAPS_BIT(cap))
			rc = cap_set_flag(caps, CAP_INHERITABLE, 1, &value, CAP_SET);
	}
	if (rc == 0)
		rc = cap_set_proc(caps);
	for (int cap = 0; rc == 0 && cap < 64; cap++)
		if (set & CAPS_BIT(cap))
			rc = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	cap_free(caps);
	return rc;
}

int privileges_resume(uint64_t kept, bool root)
{
	/* Empties the inheritable set, and so the ambient one, too. */
	if (keep_only(kept & caps_permitted()) < 0)
		return -1;
	return root ? prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) : 0;
}
