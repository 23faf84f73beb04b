#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "config/slurp.h"

static const char *failed(struct arena *arena)
{
	const char *why = arena_format(arena, "cannot be read: %s", strerror(errno));

	return why ? why : "cannot be read: out of memory";
}

static char *read_all(struct arena *arena, int fd, size_t size, size_t *len_r)
{
	char *text = arena_alloc(arena, size + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (!text)
		errno = ENOMEM;
	while (text && len < size && n != 0) {
		n = sys_read(fd, text + len, size - len);
		if (n < 0 && errno != EINTR)
			return NULL;
		if (n > 0)
			len += (size_t)n;
	}
	*len_r = len;
	return text;
}

static char *read_file(struct arena *arena, int fd, size_t max, size_t *len_r, struct stat *st,
                       const char **why_r)
{
	char *text = NULL;

	if (fstat(fd, st) < 0) {
		*why_r = failed(arena);
	} else if (!S_ISREG(st->st_mode)) {
		*why_r = S_ISDIR(st->st_mode) ? "is a directory (only regular files are read)"
		                              : "is no regular file (only such are read)";
	} else if ((size_t)st->st_size > max) {
		*why_r = arena_format(arena, "is too large (at most %zu KiB)", max >> 10);
		if (!*why_r)
			*why_r = "is too large";
	} else {
		text = read_all(arena, fd, (size_t)st->st_size, len_r);
		if (!text)
			*why_r = failed(arena);
	}
	return text;
}

char *slurp(struct arena *arena, const char *path, size_t max, size_t *len_r, struct stat *st,
            const char **why_r)
{
	int fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	char *text;

	if (fd < 0) {
		*why_r = failed(arena);
		return NULL;
	}
	text = read_file(arena, fd, max, len_r, st, why_r);
	close(fd);
	return text;
}
