#include "httpd_site.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/openat2.h is newer than some of the systems that we are built on. */
struct how {
	uint64_t flags, mode, resolve;
};

enum { NO_MAGICLINKS = 0x02, BENEATH = 0x08 };

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/* One name after the other, none of them a symbolic link. */
static int open_by_steps(int root, const char *path, int flags)
{
	char name[NAME_MAX + 1];
	int at = root, next;

	for (;;) {
		size_t len = strcspn(path, "/");
		const char *rest = path + len + strspn(path + len, "/");

		if (len > NAME_MAX) {
			next = -1;
			errno = ENAMETOOLONG;
		} else {
			memcpy(name, path, len);
			name[len] = '\0';
			next = openat(at, name,
			              O_NOFOLLOW | O_CLOEXEC | (path[len] ? O_DIRECTORY : 0) |
			                  (*rest ? O_PATH : flags));
		}
		if (at != root)
			close(at);
		if (next < 0 || *rest == '\0')
			return next;
		at = next;
		path = rest;
	}
}

static int open_beneath(int root, const char *path, int flags)
{
	struct how how = {.flags = (uint64_t)(flags | O_CLOEXEC),
	                  .resolve = BENEATH | NO_MAGICLINKS};
	static bool missing;
	int fd = -1;

	if (*path == '\0')
		path = ".";
	if (!missing)
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd >= 0 || (!missing && errno != ENOSYS && errno != EPERM))
		return fd;
	missing = true;
	fd = open_by_steps(root, path, flags);
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		fputs("httpd: openat2(2) is not to be had here, so symbolic links are not "
		      "followed\n",
		      stderr);
	return fd;
}

static bool set_root_path(struct httpd_site *site, const char *root)
{
	char *at = site->path;
	size_t len = strlen(root);

	if (*root != '/') {
		if (!getcwd(site->path, sizeof(site->path) - 1))
			return false;
		at += strlen(at);
		*at++ = '/';
	}
	while (len && root[len - 1] == '/')
		len--;
	/* A host's name and a NUL have to follow. */
	if (len + HTTPD_HOST_MAX + 2 > (size_t)(site->path + sizeof(site->path) - at)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(at, root, len);
	at[len] = '\0';
	site->all_len = (size_t)(at + len - site->path);
	return true;
}

bool httpd_site_open(struct httpd_site *site, const struct httpd_options *options)
{
	site->options = options;
	site->host[0] = '\0';
	/* Not open(2), for which some libraries add a call that sets O_CLOEXEC once more. */
	site->all = openat(AT_FDCWD, options->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	site->root = options->default_host ? -1 : site->all;
	if (site->all >= 0 && set_root_path(site, options->root))
		return true;
	fprintf(stderr, "httpd: --root: \"%s\" cannot be opened: %s\n", options->root,
	        strerror(errno));
	return false;
}

static bool enter(struct httpd_site *site, const char *host)
{
	int fd = *host ? open_beneath(site->all, host, O_PATH | O_DIRECTORY) : -1;

	if (fd < 0)
		return false;
	if (site->root >= 0)
		close(site->root);
	site->root = fd;
	site->path[site->all_len] = '/';
	memcpy(site->path + site->all_len + 1, host, strlen(host) + 1);
	return true;
}

bool httpd_site_enter(struct httpd_site *site, const char *host)
{
	if (!site->options->default_host || (site->root >= 0 && strcmp(host, site->host) == 0))
		return true;
	if (!enter(site, host) && !enter(site, site->options->default_host))
		return false;
	memcpy(site->host, host, strlen(host) + 1);
	return true;
}

int httpd_site_file(const struct httpd_site *site, const char *path)
{
	return open_beneath(site->root, path + 1, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

bool httpd_site_is_hidden(const char *path)
{
	static const char known[] = "/.well-known";

	if (httpd_site_is_below(path, known))
		path += sizeof(known) - 1;
	return strstr(path, "/.") != NULL;
}

bool httpd_site_is_below(const char *path, const char *above)
{
	size_t len = strlen(above);

	while (len && above[len - 1] == '/')
		len--;
	return strncmp(path, above, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

unsigned int httpd_site_status(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case EXDEV: /* a way out of the root */
	case ENAMETOOLONG:
	case ENXIO: /* a FIFO or a socket */
		return 404;
	case EACCES:
	case EPERM:
		return 403;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return 503;
	default:
		return 500;
	}
}

static bool ends_as_script(const struct httpd_names *ends, const char *name, size_t len)
{
	for (size_t i = 0; i < ends->count; i++) {
		size_t end = strlen(ends->name[i]);

		if (len > end && memcmp(name + len - end, ends->name[i], end) == 0)
			return true;
	}
	return false;
}

/* What is at path[0..len): its mode, or 0 with errno. */
static mode_t mode_of(const struct httpd_site *site, const char *path, size_t len)
{
	char part[HTTPD_PATH_MAX + 1];
	struct stat st;
	int fd, failed;

	memcpy(part, path, len);
	part[len] = '\0';
	fd = open_beneath(site->root, part + 1, O_PATH);
	if (fd < 0)
		return 0;
	failed = fstat(fd, &st);
	if (!failed && S_ISREG(st.st_mode)) {
		/* For us, whoever we are: the mode's bits alone do not say it. */
		st.st_mode &= ~(mode_t)0111;
		if (faccessat(site->root, part + 1, X_OK, 0) == 0)
			st.st_mode |= 0100;
	}
	close(fd);
	return failed ? 0 : st.st_mode;
}

static bool set_script(const struct httpd_site *site, const char *path, size_t len,
                       struct httpd_script *script)
{
	size_t root = strlen(site->path);

	if (root + len >= sizeof(script->file))
		return false;
	memcpy(script->file, site->path, root);
	memcpy(script->file + root, path, len);
	script->file[root + len] = '\0';
	memcpy(script->name, path, len);
	script->name[len] = '\0';
	memcpy(script->path_info, path + len, strlen(path + len) + 1);
	return true;
}

enum httpd_found httpd_site_script(const struct httpd_site *site, const char *path,
                                   struct httpd_script *script, unsigned int *status)
{
	const struct httpd_options *o = site->options;
	bool below = o->cgi_path && httpd_site_is_below(path, o->cgi_path);
	size_t len = below ? strlen(o->cgi_path) - 1 : 0;

	if (!below && o->script_ends.count == 0)
		return HTTPD_NO_SCRIPT;
	*status = 404;
	while (path[len]) {
		mode_t mode;

		len += 1 + strcspn(path + len + 1, "/");
		if (!below && !ends_as_script(&o->script_ends, path, len))
			continue;
		mode = mode_of(site, path, len);
		if (S_ISREG(mode) && mode & 0100 && set_script(site, path, len, script))
			return HTTPD_SCRIPT;
		if (S_ISDIR(mode))
			continue;
		if (!below && !mode)
			return HTTPD_NO_SCRIPT;
		/* Nor is its source for reading because somebody forgot a chmod. */
		*status = mode ? 403 : httpd_site_status(errno);
		return HTTPD_SCRIPT_STATUS;
	}
	if (below)
		*status = 403; /* a directory: its scripts are not for reading */
	return below ? HTTPD_SCRIPT_STATUS : HTTPD_NO_SCRIPT;
}
