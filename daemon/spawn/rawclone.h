/* spawn/rawclone.h - a child that shares our memory, and goes on in a function.
 *
 * It comes out of the call on a stack of its own, where there is nothing to return
 * to: so it goes on in run(arg), which must never come back. */
#ifndef SPAWN_RAWCLONE_H
#define SPAWN_RAWCLONE_H

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>

#include "spawn/rawcall.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

#if HAVE_RAWCALL
IN_CALL static inline long rawclone(long number, const long arg[5], void (*run)(void *), void *what)
{
	long r, fourth = arg[3], fifth = arg[4];
	register long r10 __asm__("r10") = fourth;
	register long r8 __asm__("r8") = fifth;
	register void *with __asm__("r12") = what;
	register void (*go)(void *) __asm__("r13") = run;

	__asm__ volatile("syscall\n\t"
	                 "test %%rax, %%rax\n\t"
	                 "jnz 1f\n\t"
	                 "xor %%ebp, %%ebp\n\t"
	                 "mov %%r12, %%rdi\n\t"
	                 "call *%%r13\n\t"
	                 "ud2\n"
	                 "1:"
	                 : "=a"(r)
	                 : "0"(number), "D"(arg[0]), "S"(arg[1]), "d"(arg[2]), "r"(r10), "r"(r8),
	                   "r"(with), "r"(go)
	                 : "rcx", "r11", "memory");
	return r;
}
#else
IN_CALL static inline long rawclone(long number, const long arg[5], void (*run)(void *), void *what)
{
	(void)number;
	(void)arg;
	(void)run;
	(void)what;
	return -ENOSYS;
}
#endif

#endif
