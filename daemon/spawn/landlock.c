#include "spawn/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "spawn/rawcall.h"

#ifndef SYS_landlock_restrict_self
#define SYS_landlock_restrict_self 446
#endif

/* Of our own, for the header of the machine that builds may be older: landlock(7). */
enum {
	EXECUTE = 1 << 0,
	WRITE_FILE = 1 << 1,
	READ_FILE = 1 << 2,
	READ_DIR = 1 << 3,
	REMOVE_DIR = 1 << 4,
	REMOVE_FILE = 1 << 5,
	MAKE_CHAR = 1 << 6,
	MAKE_DIR = 1 << 7,
	MAKE_REG = 1 << 8,
	MAKE_SOCK = 1 << 9,
	MAKE_FIFO = 1 << 10,
	MAKE_BLOCK = 1 << 11,
	MAKE_SYM = 1 << 12,
	REFER = 1 << 13,     /* to move or link into another directory */
	TRUNCATE = 1 << 14,  /* since version 3 */
	IOCTL_DEV = 1 << 15, /* since version 5 */
	ALL_FIRST = (1 << 13) - 1,

	BIND_TCP = 1 << 0, /* since version 4 */
	CONNECT_TCP = 1 << 1,

	ABSTRACT_UNIX = 1 << 0, /* since version 6 */
	SIGNAL = 1 << 1,

	RULE_PATH_BENEATH = 1
};

/* No rule lets a handler make a device. */
enum {
	READ = READ_FILE | READ_DIR,
	WRITE = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SOCK |
	        MAKE_FIFO | MAKE_SYM | REFER | TRUNCATE | IOCTL_DEV,
	OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
};

struct path_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

/* Version 7 adds what the audit log gets. We ask for none of it: of what a program
 * is refused nothing is logged by default, for a client could fill the log by it. */
void landlock_handled(const struct conf_landlock *conf, struct landlock_rights *rights_r)
{
	int version = conf->version;

	*rights_r = (struct landlock_rights){.files = ALL_FIRST};
	if (version >= 2)
		rights_r->files |= REFER;
	if (version >= 3)
		rights_r->files |= TRUNCATE;
	if (version >= 4 && conf->no_tcp)
		rights_r->network = BIND_TCP | CONNECT_TCP;
	if (version >= 5)
		rights_r->files |= IOCTL_DEV;
	if (version >= 6 && conf->scoped)
		rights_r->scopes = ABSTRACT_UNIX | SIGNAL;
}

uint64_t landlock_allowed(uint64_t handled, unsigned use, bool directory)
{
	uint64_t allowed = READ;

	if (use & CONF_PATH_WRITE)
		allowed |= WRITE;
	if (use & CONF_PATH_EXEC)
		allowed |= EXECUTE;
	return allowed & handled & (directory ? ~UINT64_C(0) : (uint64_t)OF_A_FILE);
}

/* An old kernel takes no more of the fields than it knows. */
static int make_set(const struct conf_landlock *conf, const struct landlock_rights *handled)
{
	size_t fields = conf->version >= 6 ? 3 : conf->version >= 4 ? 2 : 1;

	return fd_up(
	    sys_landlock_create_ruleset((const void *)handled, fields * sizeof(uint64_t), 0));
}

static int open_path(const char *path, int root_fd)
{
	if (root_fd >= 0)
		return sys_open_in_root(root_fd, path, O_PATH | O_CLOEXEC);
	return sys_open(path, O_PATH | O_CLOEXEC, 0);
}

/* What only the handler's user can get at; we have become somebody else since the start. */
static int open_path_for(const char *path, int root_fd, uid_t uid)
{
	int fd = open_path(path, root_fd);
	int own, error;

	if (fd >= 0 || errno != EACCES || uid == 0 || uid == geteuid())
		return fd;
	own = setfsuid(uid);
	fd = open_path(path, root_fd);
	error = errno;
	setfsuid((uid_t)own);
	errno = error;
	return fd;
}

static int add_path(int set, uint64_t handled, const struct conf_path *path, int root_fd, uid_t uid)
{
	struct path_beneath rule;
	struct stat st;
	int r;

	rule.parent = open_path_for(path->text, root_fd, uid);
	if (rule.parent < 0)
		return path->implied || path->optional ? 0 : -1;
	r = fstat(rule.parent, &st);
	rule.allowed = landlock_allowed(handled, path->use, r == 0 && S_ISDIR(st.st_mode));
	if (r == 0)
		r = sys_landlock_add_rule(set, RULE_PATH_BENEATH, &rule, 0);
	(void)close(rule.parent);
	return r;
}

struct landlock *landlock_new(const struct conf_landlock *conf, int root_fd, uid_t uid,
                              const char **path_r)
{
	struct landlock *landlock = sys_calloc(1, sizeof *landlock);
	struct landlock_rights handled;
	int error;

	*path_r = NULL;
	if (!landlock)
		return NULL;
	landlock_handled(conf, &handled);
	landlock->fd = make_set(conf, &handled);
	for (size_t i = 0; landlock->fd >= 0 && i < conf->count; i++) {
		if (add_path(landlock->fd, handled.files, &conf->path[i], root_fd, uid) == 0)
			continue;
		error = errno;
		*path_r = conf->path[i].text;
		fd_close(&landlock->fd);
		errno = error;
	}
	if (landlock->fd < 0)
		landlock_free(&landlock);
	return landlock;
}

void landlock_free(struct landlock **landlock)
{
	if (*landlock)
		fd_close(&(*landlock)->fd);
	free(*landlock);
	*landlock = NULL;
}

IN_CHILD long landlock_enter(const struct landlock *landlock)
{
	/* Who is not privileged may enter only then, and nobody is once it is our turn. */
	long r = rawcall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	return r < 0 ? r : rawcall2(SYS_landlock_restrict_self, landlock->fd, 0);
}
