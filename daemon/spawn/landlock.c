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
#include "spawn/mounts.h"
#include "spawn/rawcall.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#endif
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

	*rights_r = (struct landlock_rights){.files = conf->files_free ? 0 : ALL_FIRST};
	if (version >= 2)
		rights_r->files |= REFER;
	if (version >= 4 && conf->no_tcp)
		rights_r->network = BIND_TCP | CONNECT_TCP;
	if (version >= 6 && conf->scoped)
		rights_r->scopes = ABSTRACT_UNIX | SIGNAL;
	if (conf->files_free)
		return;
	if (version >= 3)
		rights_r->files |= TRUNCATE;
	if (version >= 5)
		rights_r->files |= IOCTL_DEV;
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
static size_t size_of_rights(int version)
{
	size_t fields = version >= 6 ? 3 : version >= 4 ? 2 : 1;

	return fields * sizeof(uint64_t);
}

static int open_path(const char *path, int root_fd)
{
	if (root_fd >= 0)
		return sys_open_in_root(root_fd, path, O_PATH | O_CLOEXEC);
	return sys_open(path, O_PATH | O_CLOEXEC, 0);
}

/* As that user, for files alone. False: we cannot be. */
static bool become(uid_t uid, uid_t *own_r)
{
	*own_r = (uid_t)setfsuid(uid);
	return (uid_t)setfsuid((uid_t)-1) == uid;
}

/* What only the handler's user can get at; we have become somebody else since the start.
 * Who cannot become that user will start no handler, but may be trying whether all else
 * would go well (core/trial.h): *blind_r. */
static int open_path_for(const char *path, int root_fd, uid_t uid, bool *blind_r)
{
	int fd = open_path(path, root_fd);
	uid_t own;
	int error;

	*blind_r = false;
	if (fd >= 0 || errno != EACCES || uid == geteuid())
		return fd;
	*blind_r = !become(uid, &own);
	fd = open_path(path, root_fd);
	error = errno;
	(void)setfsuid(own);
	errno = error;
	return fd;
}

/* Kept, for a set is none that is made for each child. */
static int keep_rule(struct landlock *landlock, const struct landlock_rule *rule)
{
	landlock->rule[landlock->count] = *rule;
	landlock->rule[landlock->count++].fd = fd_up(rule->fd);
	return 0;
}

static int use_rule(const struct landlock *landlock, const struct landlock_rule *rule)
{
	const struct path_beneath beneath = {.allowed = rule->allowed, .parent = rule->fd};
	int r = sys_landlock_add_rule(landlock->fd, RULE_PATH_BENEATH, &beneath, 0);

	(void)close(rule->fd);
	return r;
}

static int add_path(struct landlock *landlock, const struct conf_path *path, int root_fd, uid_t uid)
{
	bool blind;
	struct landlock_rule rule = {.fd = open_path_for(path->text, root_fd, uid, &blind),
	                             .path = path->text};
	struct stat st = {.st_mode = 0};

	if (rule.fd < 0)
		return path->implied || path->optional || blind ? 0 : -1;
	(void)fstat(rule.fd, &st);
	if (path->regular && !S_ISREG(st.st_mode)) {
		(void)close(rule.fd);
		return 0;
	}
	rule.allowed = landlock_allowed(landlock->handled.files, path->use, S_ISDIR(st.st_mode));
	return landlock->rule ? keep_rule(landlock, &rule) : use_rule(landlock, &rule);
}

/* What the child mounts is not there yet, so it is not looked for. */
static int add_late(struct landlock *landlock, const char *path, unsigned use)
{
	landlock->rule[landlock->count++] =
	    (struct landlock_rule){.allowed = landlock_allowed(landlock->handled.files, use, true),
	                           .fd = -1,
	                           .path = path};
	return 0;
}

static bool has_mounts(const struct conf_service *service)
{
	bool has = service->private_tmp;

	if (service->landlock.files_free)
		return false;
	for (size_t i = 0; i < service->landlock.count; i++)
		has |= mounts_are_at(service, service->landlock.path[i].text);
	return has;
}

/* The set, or the room for what it is made of. */
static int begin(struct landlock *landlock, const struct conf_service *service)
{
	const struct conf_landlock *conf = &service->landlock;

	landlock->fd = -1;
	landlock_handled(conf, &landlock->handled);
	landlock->handled_size = size_of_rights(conf->version);
	if (!has_mounts(service)) {
		landlock->fd = fd_up(sys_landlock_create_ruleset((const void *)&landlock->handled,
		                                                 landlock->handled_size, 0));
		return landlock->fd;
	}
	landlock->rule = sys_calloc(conf->count + 1, sizeof *landlock->rule);
	if (!landlock->rule)
		return -1;
	return service->private_tmp ? add_late(landlock, "/tmp", CONF_PATH_WRITE) : 0;
}

struct landlock *landlock_new(const struct conf_service *service, int root_fd, const char **path_r)
{
	const struct conf_landlock *conf = &service->landlock;
	struct landlock *landlock = sys_calloc(1, sizeof *landlock);
	int r, error;

	*path_r = NULL;
	if (!landlock)
		return NULL;
	r = begin(landlock, service);
	for (size_t i = 0; r >= 0 && i < conf->count; i++) {
		const struct conf_path *path = &conf->path[i];

		*path_r = path->text;
		r = mounts_are_at(service, path->text)
		        ? add_late(landlock, path->text, path->use)
		        : add_path(landlock, path, root_fd, service->uid);
	}
	if (r >= 0) {
		*path_r = NULL;
		return landlock;
	}
	error = errno;
	landlock_free(&landlock);
	errno = error;
	return NULL;
}

void landlock_free(struct landlock **landlock)
{
	struct landlock *one = *landlock;

	*landlock = NULL;
	if (!one)
		return;
	fd_close(&one->fd);
	for (size_t i = 0; i < one->count; i++)
		fd_close(&one->rule[i].fd);
	free(one->rule);
	free(one);
}

IN_CHILD static long add_in_child(long set, const struct landlock_rule *rule)
{
	struct path_beneath beneath = {.allowed = rule->allowed, .parent = rule->fd};
	long fd = -1, r;

	if (rule->fd < 0) {
		fd = rawcall4(SYS_openat, AT_FDCWD, rule->path, O_PATH | O_CLOEXEC, 0);
		/* In an empty /tmp there is nothing yet. */
		if (fd < 0)
			return fd == -ENOENT ? 0 : fd;
		beneath.parent = (int32_t)fd;
	}
	r = rawcall4(SYS_landlock_add_rule, set, RULE_PATH_BENEATH, &beneath, 0);
	if (r == -EINVAL && fd >= 0) {
		/* It is no directory, so less can be said of it. */
		beneath.allowed &= OF_A_FILE;
		r = rawcall4(SYS_landlock_add_rule, set, RULE_PATH_BENEATH, &beneath, 0);
	}
	if (fd >= 0)
		(void)rawcall1(SYS_close, fd);
	return r;
}

/* The table of descriptors is the parent's still, so all that is opened is closed. */
IN_CHILD static long enter_own(const struct landlock *landlock)
{
	long set =
	    rawcall3(SYS_landlock_create_ruleset, &landlock->handled, landlock->handled_size, 0);
	long r = set;

	for (size_t i = 0; r >= 0 && i < landlock->count; i++)
		r = add_in_child(set, &landlock->rule[i]);
	if (r >= 0)
		r = rawcall2(SYS_landlock_restrict_self, set, 0);
	if (set >= 0)
		(void)rawcall1(SYS_close, set);
	return r;
}

IN_CHILD long landlock_enter(const struct landlock *landlock)
{
	/* Who is not privileged may enter only then, and nobody is once it is our turn. */
	long r = rawcall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	if (r < 0)
		return r;
	return landlock->rule ? enter_own(landlock)
	                      : rawcall2(SYS_landlock_restrict_self, landlock->fd, 0);
}
