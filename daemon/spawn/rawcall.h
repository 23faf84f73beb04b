/* spawn/rawcall.h - system calls that leave errno alone.
 *
 * A child that shares the supervisor's memory shares its thread-local storage
 * too, errno among it. So it makes its calls by itself: the result is what the
 * kernel returns, -errno on failure. Where there is no such call for a machine
 * (HAVE_RAWCALL is 0), children are made by fork(2), and errno is their own. */
#ifndef SPAWN_RAWCALL_H
#define SPAWN_RAWCALL_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Code that runs in the child. It may run on a small stack in shared memory,
 * where no sanitizer and no stack protector can follow it. */
#define IN_CHILD __attribute__((noinline, no_sanitize("address", "undefined")))
#define IN_CALL  __attribute__((always_inline, no_sanitize("address", "undefined")))

#if defined(__x86_64__) && defined(__LP64__)
#define HAVE_RAWCALL 1

IN_CALL static inline long rawcall(long n, long a, long b, long c, long d, long e)
{
	long r;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;

	__asm__ volatile("syscall"
	                 : "=a"(r)
	                 : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
	                 : "rcx", "r11", "memory");
	return r;
}

#else
#define HAVE_RAWCALL 0

IN_CALL static inline long rawcall(long n, long a, long b, long c, long d, long e)
{
	long r = syscall(n, a, b, c, d, e);

	return r < 0 ? -errno : r;
}

#endif

#define rawcall0(n)             rawcall((n), 0, 0, 0, 0, 0)
#define rawcall1(n, a)          rawcall((n), (long)(a), 0, 0, 0, 0)
#define rawcall2(n, a, b)       rawcall((n), (long)(a), (long)(b), 0, 0, 0)
#define rawcall3(n, a, b, c)    rawcall((n), (long)(a), (long)(b), (long)(c), 0, 0)
#define rawcall4(n, a, b, c, d) rawcall((n), (long)(a), (long)(b), (long)(c), (long)(d), 0)

#endif
