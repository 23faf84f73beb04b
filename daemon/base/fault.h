/* base/fault.h - makes system calls fail on purpose, for tests.
 *
 * Only in a build that was configured with --enable-faults; elsewhere the
 * question costs nothing. USHERD_FAULTS holds a list of
 *
 *     call:ERRNO:N      every Nth call fails
 *     call:ERRNO:N+M    the calls N to N+M-1 fail
 *
 * separated by commas, where call is a name of base/sys.h without "sys_"; "fork"
 * for the child that reads the configuration, and for one that makes namespaces; "unshare" for
 * making them, "try-user" and "try-spaces" for trying that (base/spaces.h); "clone" for making a
 * child, or "way-clone3" and "way-clone" for one way to do so (see spawn/spawn.h); "step-NAME" for
 * a step of the child (spawn/child.h); "landlock_version" for the question, and "landlock-1" to
 * "landlock-6" for the answer of an older kernel, whatever the error is; "memfd", "trial-fork" and
 * "upgrade-exec" for calls of an upgrade, "trial-crash", "trial-hang", "resume", "resume-crash" and
 * "resume-hang" for what the other program does (resume.c), whatever the error is. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>

#ifdef USHERD_FAULTS
/* Should this call fail now? Sets errno if so. */
bool fault_wanted(const char *call);
#else
static inline bool fault_wanted(const char *call)
{
	(void)call;
	return false;
}
#endif

#endif
