/* floor - the least that a super-server can do, to measure ours against.
 *
 *   floor PORT PROGRAM [ARGUMENT ...]
 *
 * Accepts on 127.0.0.1 and starts the program on each connection, as usherd
 * does it: clone3 with shared memory and descriptors but without CLONE_VFORK,
 * SLOTS starts in flight; a self-pipe for SIGCHLD; pidfds in an epoll set of
 * their own, of which only those that have ended are reaped.  No limits, no
 * user, no environment, no records: what usherd takes longer is its own doing.
 *
 * The child borrows our memory, thread-local storage included, so it makes no
 * call into the C library. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "floor knows only x86_64 and aarch64"
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum {
	SLOTS = 16,
	STACK = 16384,
	ABOVE = 4096, /* where our own descriptors live, so that a client's are low */
	ACCEPTS = 16, /* a turn */
	EVENTS = 64,
	UNSHARE = 2 /* CLOSE_RANGE_UNSHARE */
};

struct slot {
	int tid;    /* cleared by the kernel once the child has executed or ended */
	int client; /* -1: free */
	char stack[STACK] __attribute__((aligned(16)));
};

static struct slot slots[SLOTS];
static unsigned int turn_of; /* the slot that was started first */
static char *const *program;
static int listener, loop, ended, wake[2];

static long bare_call(long number, long a, long b, long c)
{
#ifdef __x86_64__
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b), "d"(c)
	                 : "rcx", "r11", "memory");
	return result;
#else
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
#endif
}

static void child(const struct slot *slot)
{
	int client = slot->client;

	/* Copies only the descriptors below, and those few. */
	if (bare_call(SYS_close_range, client + 1, -1, UNSHARE) == 0 &&
	    bare_call(SYS_dup3, client, 0, 0) == 0 && bare_call(SYS_dup3, client, 1, 0) == 1 &&
	    bare_call(SYS_close_range, 3, -1, 0) == 0)
		bare_call(SYS_execve, (long)program[0], (long)program, (long)environ);
	for (;;)
		bare_call(SYS_exit_group, 127, 0, 0);
}

/* The child finds what to call, and with what, at the top of its own stack. */
static long clone_onto(struct clone_args *args, struct slot *slot)
{
	uintptr_t *top = (uintptr_t *)(void *)(slot->stack + STACK) - 4;

	top[0] = (uintptr_t)slot;
	top[1] = (uintptr_t)child;
	args->stack = (uintptr_t)slot->stack;
	args->stack_size = STACK - 4 * sizeof(*top);
#ifdef __x86_64__
	long result;

	__asm__ volatile("syscall\n"
	                 "	testq %%rax, %%rax\n"
	                 "	jnz 0f\n"
	                 "	popq %%rdi\n"
	                 "	popq %%rax\n"
	                 "	call *%%rax\n"
	                 "0:"
	                 : "=a"(result)
	                 : "a"(SYS_clone3), "D"(args), "S"(sizeof(*args))
	                 : "rcx", "r11", "memory");
	return result;
#else
	register long x8 __asm__("x8") = SYS_clone3;
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = sizeof(*args);

	__asm__ volatile("svc #0\n"
	                 "	cbnz x0, 0f\n"
	                 "	ldp x0, x1, [sp], #16\n"
	                 "	blr x1\n"
	                 "0:"
	                 : "+r"(x0), "+r"(x1)
	                 : "r"(x8)
	                 : "x30", "memory");
	return x0;
#endif
}

static int up(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, ABOVE);

	if (fd < 0 || high < 0)
		err(1, "descriptor %d", fd);
	close(fd);
	return high;
}

static void watch(int set, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) < 0)
		err(1, "epoll_ctl");
}

/* Closes the clients of those that have got away; how many have not? */
static int settle(void)
{
	int in_flight = 0;

	for (int i = 0; i < SLOTS; i++) {
		if (slots[i].client < 0)
			continue;
		if (__atomic_load_n(&slots[i].tid, __ATOMIC_ACQUIRE)) {
			in_flight++;
			continue;
		}
		close(slots[i].client);
		slots[i].client = -1;
	}
	return in_flight;
}

static void wait_for(struct slot *slot)
{
	const struct timespec msec = {.tv_nsec = 1000000};
	int tid;

	while ((tid = __atomic_load_n(&slot->tid, __ATOMIC_ACQUIRE)) != 0)
		syscall(SYS_futex, &slot->tid, FUTEX_WAIT, tid, &msec, NULL, 0);
}

static void start(int client)
{
	struct slot *slot = &slots[turn_of++ % SLOTS];
	int pidfd = -1;
	struct clone_args args = {
	    .flags =
		CLONE_VM | CLONE_FILES | CLONE_PIDFD | CLONE_CHILD_CLEARTID | CLONE_CLEAR_SIGHAND,
	    .pidfd = (uintptr_t)&pidfd,
	    .child_tid = (uintptr_t)&slot->tid,
	    .exit_signal = SIGCHLD,
	};

	if (slot->client >= 0) {
		wait_for(slot);
		close(slot->client);
	}
	slot->client = client;
	slot->tid = -1;
	if (clone_onto(&args, slot) < 0) {
		slot->tid = 0;
		return;
	}
	watch(ended, up(pidfd));
}

static void accept_some(void)
{
	for (int i = 0; i < ACCEPTS; i++) {
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0)
			return;
		start(client);
	}
}

static void on_child(int signal)
{
	int saved = errno;

	(void)signal;
	(void)!write(wake[1], "", 1);
	errno = saved;
}

/* The pipe is emptied first: an end that comes after that wakes us again. */
static void reap(void)
{
	struct epoll_event events[EVENTS];
	char bytes[256];
	int n;

	while (read(wake[0], bytes, sizeof(bytes)) == sizeof(bytes))
		;
	do {
		n = epoll_wait(ended, events, EVENTS, 0);
		for (int i = 0; i < n; i++) {
			siginfo_t info;
			struct rusage usage;

			syscall(SYS_waitid, P_PIDFD, events[i].data.fd, &info, WEXITED | WNOHANG,
			        &usage);
			close(events[i].data.fd);
		}
	} while (n == EVENTS);
}

static void open_all(const char *port)
{
	const int on = 1;
	struct rlimit files;
	struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
	struct sockaddr_in here = {
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)atoi(port)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	listener = up(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&here, sizeof(here)) < 0 ||
	    listen(listener, 4096) < 0)
		err(1, "port %s", port);
	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		err(1, "pipe2");
	wake[0] = up(wake[0]);
	wake[1] = up(wake[1]);
	loop = up(epoll_create1(EPOLL_CLOEXEC));
	ended = up(epoll_create1(EPOLL_CLOEXEC));
	sigaction(SIGCHLD, &action, NULL);
	watch(loop, wake[0]);
	watch(loop, listener);
}

int main(int argc, char **argv)
{
	struct epoll_event events[2];

	if (argc < 3)
		errx(2, "usage: floor PORT PROGRAM [ARGUMENT ...]");
	program = argv + 2;
	for (int i = 0; i < SLOTS; i++)
		slots[i].client = -1;
	open_all(argv[1]);
	for (;;) {
		int n = epoll_wait(loop, events, 2, settle() ? 1 : -1);
		bool accepts = false;

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == wake[0])
				reap();
			else
				accepts = true;
		}
		if (accepts)
			accept_some();
	}
}
