/* usherd-cell - pid 1 of the pid namespace of a handler.
 *
 * It does nothing: what is orphaned comes to it and is gone, for it ignores SIGCHLD
 * (wait(2)), and when the handler, which is pid 2, has ended it ends. With it the
 * kernel ends all that is left in the namespace. It needs no answer to anything
 * that may happen: without a handler it has nothing to do, so it ends.
 *
 * Who it is cannot be seen by handlers of its account, nor can they trace it
 * (PR_SET_DUMPABLE), and a signal from within its namespace does not reach it.
 *
 * Without a C library where we know the processor: it is executed for each session,
 * and to start one costs more than all that is done here. */
#include <asm/unistd.h>
#include <linux/poll.h>
#include <linux/prctl.h>

#ifndef __NR_pidfd_open
#define __NR_pidfd_open 434
#endif

#if defined(USHERD_BARE) && defined(__x86_64__)
static long call(long number, long a, long b, long c, long d)
{
	long result;
	register long r10 __asm__("r10") = d;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
	                 : "rcx", "r11", "memory");
	return result;
}

__asm__(".globl _start\n"
        "_start:\n"
        "	xorl %ebp, %ebp\n"
        "	andq $-16, %rsp\n"
        "	call begin\n");
#elif defined(USHERD_BARE) && defined(__aarch64__)
static long call(long number, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

__asm__(".globl _start\n"
        "_start:\n"
        "	mov x29, xzr\n"
        "	bl begin\n");
#else
#include <errno.h>
#include <unistd.h>

static long call(long number, long a, long b, long c, long d)
{
	long result = syscall(number, a, b, c, d);

	return result < 0 ? -errno : result;
}

#define begin main
#endif

enum { HANDLER = 2, CHLD = 17, IGNORE = 1, INTERRUPTED = -4 };

/* As the kernel sees it; static, for nobody has set up what guards a stack. */
static struct {
	long handler;
	unsigned long flags;
	void *restorer;
	unsigned long mask;
} action = {.handler = IGNORE};
static struct pollfd handler = {.events = POLLIN};

int begin(void);

int begin(void)
{
	long r;

	(void)call(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0);
	(void)call(__NR_rt_sigaction, CHLD, (long)&action, 0, sizeof action.mask);
	handler.fd = (int)call(__NR_pidfd_open, HANDLER, 0, 0, 0);
	do
		r = handler.fd < 0 ? 0 : call(__NR_ppoll, (long)&handler, 1, 0, 0);
	while (r == INTERRUPTED);
	for (;;)
		(void)call(__NR_exit_group, 0, 0, 0, 0);
}
