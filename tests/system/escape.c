/* escape - a handler that tries to get out of its sandbox.
 *
 *     escape [ATTEMPT [ARGUMENT]]
 *
 * (or a line of its client's with these words) does one thing that a handler has no business with,
 * and sends its client the name of the errno, "ok" where it succeeded, or "signal N" where it was
 * the end of the process that tried. "escape list" tells the attempts. What is harmful is asked for
 * with arguments that the kernel refuses after it has looked at who asks, so that a control run
 * without a sandbox does no harm either. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LIFETIME = 60,
	NR_IO_URING_SETUP = 425,
	NR_CLONE3 = 435,
	NR_PIDFD_GETFD = 438,
	NR_NEW = 4000
};

static const char *argument;

static long try_mount(void)
{
	return mount("/nonexistent", "/nonexistent", NULL, MS_BIND, NULL);
}

static long try_umount(void)
{
	return umount2("/nonexistent", 0);
}

/* Another handler of the same user, whose pid is the argument. */
static long try_ptrace(void)
{
	pid_t pid = (pid_t)atol(argument);
	long r = ptrace(PTRACE_SEIZE, pid, NULL, NULL);

	return r < 0 ? r : 0;
}

static long try_read_memory(void)
{
	return syscall(SYS_process_vm_readv, atol(argument), NULL, 0, NULL, 0, 0);
}

static long try_steal_descriptor(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, atol(argument), 0);

	return syscall(NR_PIDFD_GETFD, pidfd, 0, 0);
}

static long try_keyctl(void)
{
	enum { GET_KEYRING_ID = 0, SESSION = -3 };

	return syscall(SYS_keyctl, GET_KEYRING_ID, SESSION, 1);
}

static long try_add_key(void)
{
	enum { PROCESS = -2 };

	return syscall(SYS_add_key, "user", "usherd-test", "x", 1, PROCESS);
}

static long try_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long try_perf(void)
{
	return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0);
}

static long try_userfaultfd(void)
{
	enum { USER_MODE_ONLY = 1 };

	return syscall(SYS_userfaultfd, USER_MODE_ONLY | O_CLOEXEC);
}

static long try_io_uring(void)
{
	return syscall(NR_IO_URING_SETUP, 0, NULL);
}

static long try_user_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static long try_cloned_namespace(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static long try_clone3(void)
{
	return syscall(NR_CLONE3, NULL, 0);
}

static long try_setns(void)
{
	return syscall(SYS_setns, -1, 0);
}

static long try_personality(void)
{
	return personality(ADDR_NO_RANDOMIZE);
}

/* On a terminal of its own, which becomes its controlling one. */
static long try_tiocsti(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	int slave;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -1;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || (getsid(0) != getpid() && setsid() < 0) || ioctl(slave, TIOCSCTTY, 0) < 0)
		return -1;
	return ioctl(slave, TIOCSTI, "x");
}

#ifdef __x86_64__
static long try_32_bit(void)
{
	enum { GETPID_32 = 20 };
	long r;

	__asm__ volatile("int $0x80"
	                 : "=a"(r)
	                 : "0"(GETPID_32)
	                 : "memory", "r8", "r9", "r10", "r11");
	errno = r < 0 ? (int)-r : 0;
	return r < 0 ? -1 : 0;
}

static long try_x32(void)
{
	enum { X32 = 0x40000000, GETPID = 39 };

	return syscall(X32 + GETPID);
}
#endif

static long try_new_call(void)
{
	return syscall(NR_NEW);
}

static long try_reboot(void)
{
	return syscall(SYS_reboot, 0, 0, 0, NULL);
}

static long try_kexec(void)
{
	return syscall(SYS_kexec_load, 0, ~0UL, NULL, ~0UL);
}

static long try_module(void)
{
	return syscall(SYS_init_module, NULL, 0, "");
}

static long try_swap(void)
{
	return syscall(SYS_swapoff, "/nonexistent");
}

static long try_clock(void)
{
	return syscall(SYS_clock_settime, -1, NULL);
}

static long try_handle(void)
{
	return syscall(SYS_open_by_handle_at, -1, NULL, 0);
}

static long try_quota(void)
{
	return syscall(SYS_quotactl, ~0, NULL, 0, NULL);
}

static long try_kernel_log(void)
{
	enum { SIZE_BUFFER = 10 };

	return syscall(SYS_syslog, SIZE_BUFFER, NULL, 0);
}

/* The argument is a path. */
static long look(void)
{
	return open(argument, O_RDONLY | O_CLOEXEC);
}

/* What only the strict sandbox refuses. */

static long try_socket(int family, int type)
{
	int fd = socket(family, type, 0);

	if (fd >= 0)
		close(fd);
	return fd;
}

static long try_tcp_socket(void)
{
	return try_socket(AF_INET, SOCK_STREAM);
}

static long try_udp6_socket(void)
{
	return try_socket(AF_INET6, SOCK_DGRAM);
}

static long try_netlink_socket(void)
{
	return try_socket(AF_NETLINK, SOCK_DGRAM);
}

static long try_vsock_socket(void)
{
	return try_socket(AF_VSOCK, SOCK_STREAM);
}

static long try_crypto_socket(void)
{
	return try_socket(AF_ALG, SOCK_SEQPACKET);
}

static long try_raw_socket(void)
{
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	if (fd >= 0)
		close(fd);
	return fd;
}

static long try_packet_socket(void)
{
	return try_socket(AF_PACKET, SOCK_RAW);
}

static long map(int protection, int flags, int fd)
{
	void *memory = mmap(NULL, 4096, protection, flags, fd, 0);

	return memory == MAP_FAILED ? -1 : 0;
}

static long try_writable_code(void)
{
	return map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static long try_written_code(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -1;
	*(char *)memory = '\xc3';
	return mprotect(memory, 4096, PROT_READ | PROT_EXEC);
}

/* The same memory twice: once to be written, once to be executed. */
static long try_double_code(void)
{
	int fd = memfd_create("code", 0);

	if (fd < 0 || ftruncate(fd, 4096) < 0 || map(PROT_WRITE, MAP_SHARED, fd) < 0)
		return -1;
	return map(PROT_EXEC, MAP_SHARED, fd);
}

/* The same by way of a file. */
static long try_mapped_code(void)
{
	char path[] = "/tmp/usherd-test-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || unlink(path) < 0 || write(fd, "\xc3", 1) != 1)
		return -1;
	return map(PROT_READ | PROT_EXEC, MAP_PRIVATE, fd);
}

static long try_shared_memory(void)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);

	return id < 0 ? -1 : shmctl(id, IPC_RMID, NULL);
}

static long try_aio(void)
{
	unsigned long context = 0;

	return syscall(SYS_io_setup, 1, &context);
}

/* Anybody of the same user may trace it from now on. */
static long try_tracer(void)
{
	return prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}

static long try_brk(void)
{
	return prctl(PR_SET_MM, PR_SET_MM_BRK, 0, 0, 0);
}

/* The argument is the port of a listener on 127.0.0.1. */
static long call_out(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)atoi(argument)),
	                         .sin_addr = {htonl(INADDR_LOOPBACK)}};

	return connect(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&to,
	               sizeof to);
}

/* The client's socket, which is the machine's network's, goes somewhere else: to the port that
 * is the argument, which is told of success. */
static long reconnect(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)atoi(argument)),
	                         .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

	if (connect(0, &nowhere, sizeof nowhere) < 0)
		return -1;
	return connect(0, (struct sockaddr *)&to, sizeof to);
}

/* The argument is the name of an abstract unix socket of another process. */
static long call_abstract(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(argument);

	if (len >= sizeof to.sun_path)
		return -1;
	memcpy(to.sun_path + 1, argument, len);
	return connect(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&to,
	               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len));
}

/* The argument is a pid. */
static long see(void)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%ld/status", atol(argument));
	return open(path, O_RDONLY | O_CLOEXEC);
}

static long send_signal(void)
{
	return kill((pid_t)atol(argument), 0);
}

/* The argument is the key of a message queue. */
static long open_queue(void)
{
	return msgget((key_t)atol(argument), 0);
}

/* The argument is a copy of this program that is root's, with the setuid bit. */
static long try_setuid_program(void)
{
	execl(argument, argument, "whoami", (char *)NULL);
	return -1;
}

static long whoami(void)
{
	errno = EPERM;
	return geteuid() == 0 ? 0 : -1;
}

static const struct attempt {
	const char *name;
	long (*run)(void);
} attempts[] = {
    {"tcp-socket", try_tcp_socket},
    {"udp6-socket", try_udp6_socket},
    {"netlink-socket", try_netlink_socket},
    {"vsock-socket", try_vsock_socket},
    {"crypto-socket", try_crypto_socket},
    {"raw-socket", try_raw_socket},
    {"packet-socket", try_packet_socket},
    {"writable-code", try_writable_code},
    {"written-code", try_written_code},
    {"double-code", try_double_code},
    {"mapped-code", try_mapped_code},
    {"shared-memory", try_shared_memory},
    {"aio", try_aio},
    {"tracer", try_tracer},
    {"brk", try_brk},
    {"mount", try_mount},
    {"umount", try_umount},
    {"ptrace", try_ptrace},
    {"read-memory", try_read_memory},
    {"steal-descriptor", try_steal_descriptor},
    {"keyctl", try_keyctl},
    {"add-key", try_add_key},
    {"bpf", try_bpf},
    {"perf", try_perf},
    {"userfaultfd", try_userfaultfd},
    {"io-uring", try_io_uring},
    {"user-namespace", try_user_namespace},
    {"cloned-namespace", try_cloned_namespace},
    {"clone3", try_clone3},
    {"setns", try_setns},
    {"personality", try_personality},
    {"tiocsti", try_tiocsti},
#ifdef __x86_64__
    {"32-bit", try_32_bit},
    {"x32", try_x32},
#endif
    {"new-call", try_new_call},
    {"reboot", try_reboot},
    {"kexec", try_kexec},
    {"module", try_module},
    {"swap", try_swap},
    {"clock", try_clock},
    {"handle", try_handle},
    {"quota", try_quota},
    {"kernel-log", try_kernel_log},
    {"setuid-program", try_setuid_program},
    {"whoami", whoami},
    {"look", look},
    {"call-out", call_out},
    {"reconnect", reconnect},
    {"call-abstract", call_abstract},
    {"see", see},
    {"signal", send_signal},
    {"queue", open_queue},
};

/* By its name, as far as that is likely. */
static void tell(long result, int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {{EPERM, "EPERM"},
	             {ENOSYS, "ENOSYS"},
	             {EACCES, "EACCES"},
	             {EINVAL, "EINVAL"},
	             {ENOENT, "ENOENT"},
	             {EFAULT, "EFAULT"},
	             {EBADF, "EBADF"},
	             {EIO, "EIO"},
	             {ESRCH, "ESRCH"},
	             {ENETUNREACH, "ENETUNREACH"},
	             {ECONNREFUSED, "ECONNREFUSED"}};
	const char *name = "another error";

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].error == error)
			name = names[i].name;
	printf("%s\n", result >= 0 ? "ok" : name);
	fflush(stdout);
}

/* In a child: an attempt may be the end of it. */
static int try(const struct attempt *attempt)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		long r = attempt->run();

		tell(r, errno);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 1;
	if (WIFSIGNALED(status))
		printf("signal %d\n", WTERMSIG(status));
	return 0;
}

int main(int argc, char **argv)
{
	static char words[2][4096] = {"list", "0"};
	const char *name = argc > 1 ? argv[1] : words[0];

	alarm(LIFETIME);
	if (argc == 1)
		(void)!scanf("%4095s %4095s", words[0], words[1]);
	argument = argc > 2 ? argv[2] : words[1];
	if (strcmp(name, "sleep") == 0) {
		printf("%d\n", getpid());
		fflush(stdout);
		return read(0, &(char){0}, 1) < 0;
	}
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		if (strcmp(name, "list") == 0)
			printf("%s\n", attempts[i].name);
		else if (strcmp(name, attempts[i].name) == 0)
			return try(&attempts[i]);
	}
	return strcmp(name, "list") != 0;
}
