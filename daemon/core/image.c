#include "core/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

static void open_self(struct image *image)
{
	image->fd = sys_open("/proc/self/exe", O_PATH | O_CLOEXEC, 0);
}

/* False: it does not fit. */
static bool join(char path[PATH_MAX], const char *dir, size_t len, const char *name)
{
	return snprintf(path, PATH_MAX, "%.*s/%s", (int)len, dir, name) < PATH_MAX;
}

static bool find_from_here(char path[PATH_MAX], const char *name)
{
	char here[PATH_MAX];

	if (name[0] == '/')
		return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX;
	return getcwd(here, sizeof here) && join(path, here, strlen(here), name);
}

static bool find_in_path(char path[PATH_MAX], const char *name)
{
	const char *dir = getenv("PATH");
	char found[PATH_MAX];

	for (; dir && *dir; dir += strspn(dir, ":")) {
		size_t len = strcspn(dir, ":");

		if (len > 0 && join(found, dir, len, name) && access(found, X_OK) == 0)
			return find_from_here(path, found);
		dir += len;
	}
	return false;
}

void image_find(struct image *image, const char *name)
{
	bool found = name && *name &&
	             (strchr(name, '/') ? find_from_here(image->path, name)
	                                : find_in_path(image->path, name));

	if (!found)
		image->path[0] = '\0';
	open_self(image);
}

void image_is(struct image *image, const char *path)
{
	if (snprintf(image->path, sizeof image->path, "%s", path) >= (int)sizeof image->path)
		image->path[0] = '\0';
	open_self(image);
}
