/* base/runtime.h - where the control socket is when nobody says otherwise.
 *
 * usherd and usherctl must come to the same answer, so both ask here:
 *
 *     root      RUNSTATEDIR/usherd/control, usually /run/usherd/control
 *     others    $XDG_RUNTIME_DIR/usherd/control, if that directory is the user's own,
 *               else /tmp/usherd-UID/control
 *
 * Anybody can make a directory in /tmp under somebody else's number. So its name
 * proves nothing: before it is used, one of the two checks must have agreed.
 * Makes nothing and opens nothing. */
#ifndef BASE_RUNTIME_H
#define BASE_RUNTIME_H

#include <stddef.h>
#include <sys/types.h>

/* Room for any path that a unix socket can have, NUL included. */
enum { RUNTIME_PATH_MAX = 108 };

/* The default path for a process of this user. Never fails: what is too long for
 * a socket is passed over like a directory that is not there. */
void runtime_control_path(uid_t uid, char path[RUNTIME_PATH_MAX]);

/* The directory of a path: "/run/usherd" of "/run/usherd/control", "/" of "/x",
 * "." of "x". Fails with ENAMETOOLONG where size is too small. */
int runtime_dir_of(const char *path, char *dir, size_t size);

/* Can nobody but uid and root put something else in the place of what is in dir?
 * It must be a directory of one of the two, or their symbolic link to one, which
 * others cannot write to unless it is sticky. Fails with errno; *why_r is what is wrong
 * in words, or NULL where errno says it all. */
int runtime_check_dir(const char *dir, uid_t uid, const char **why_r);

/* The same for the directory of a default path, of who asks usherd. Root's is below
 * RUNSTATEDIR, where nobody else can make one: it belongs to whom root gave it to. */
int runtime_check_default(const char *dir, uid_t uid, const char **why_r);

#endif
