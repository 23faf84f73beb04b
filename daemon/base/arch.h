/* base/arch.h - the machine that we are built for, as seccomp(2) names it.
 *
 * OWN_ARCH is not defined where no filter of system calls was written for it. */
#ifndef BASE_ARCH_H
#define BASE_ARCH_H

#include <linux/audit.h>

#if defined(__x86_64__) && defined(__LP64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__LP64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#endif

#endif
