#include "base/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/sys.h"

enum { OWN_MAX = PATH_MAX + 4096 };

static const char *const controller_names[] = {"memory", "pids", "cpu"};
enum { CONTROLLERS = sizeof controller_names / sizeof *controller_names };

const char *cgroup_controller(unsigned bit)
{
	for (unsigned i = 0; i < CONTROLLERS; i++)
		if (bit == 1U << i)
			return controller_names[i];
	return "?";
}

static bool is_octal(const char *digits, int n)
{
	for (int i = 0; i < n; i++)
		if (digits[i] < '0' || digits[i] > '7')
			return false;
	return true;
}

/* Blanks and backslashes are written as \040 and so on (proc(5)). */
static bool unescape(const char *from, size_t len, char to[PATH_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = from[i];

		if (c == '\\' && i + 3 < len && is_octal(from + i + 1, 3)) {
			c = (char)((from[i + 1] - '0') << 6 | (from[i + 2] - '0') << 3 |
			           (from[i + 3] - '0'));
			i += 3;
		}
		if (n + 1 >= PATH_MAX)
			return false;
		to[n++] = c;
	}
	to[n] = '\0';
	return true;
}

/* The n-th word of a line, the first being 0; its length in *len_r. */
static const char *word(const char *line, int n, size_t *len_r)
{
	while (n-- > 0) {
		line += strcspn(line, " \n");
		line += strspn(line, " ");
	}
	*len_r = strcspn(line, " \n");
	return line;
}

enum { MOUNT_ROOT = 3, MOUNT_POINT = 4 };

bool cgroup_parse_mount(const char *line, char root[PATH_MAX], char point[PATH_MAX])
{
	/* Before it any number of optional fields, behind it the type. */
	const char *type = strstr(line, " - "), *text;
	size_t len;

	if (!type)
		return false;
	text = word(type + 3, 0, &len);
	if (len != strlen("cgroup2") || memcmp(text, "cgroup2", len) != 0)
		return false;
	text = word(line, MOUNT_ROOT, &len);
	if (!unescape(text, len, root))
		return false;
	text = word(line, MOUNT_POINT, &len);
	return unescape(text, len, point) && *root == '/' && *point == '/';
}

bool cgroup_parse_own(const char *text, char own[PATH_MAX])
{
	const char *line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
	size_t len;

	if (!line)
		return false;
	line = strchr(line, '/');
	len = strcspn(line, "\n");
	if (len >= PATH_MAX || line[len] != '\n')
		return false;
	memcpy(own, line, len);
	own[len] = '\0';
	return true;
}

bool cgroup_path(const char *root, const char *point, const char *group, char path[PATH_MAX])
{
	size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);

	/* A group outside of what this process may see is shown as one above it. */
	if (strncmp(group, "/..", 3) == 0 || strncmp(root, "/..", 3) == 0)
		return false;
	if (strncmp(group, root, len) != 0 || (group[len] != '/' && group[len] != '\0'))
		return false;
	group += len;
	if (strcmp(group, "/") == 0)
		group = "";
	return (size_t)snprintf(path, PATH_MAX, "%s%s", point, group) < PATH_MAX;
}

/* The first mount through which the group is seen. */
static bool find_mount(const char *proc, const char *group, char own[PATH_MAX], char top[PATH_MAX])
{
	char name[PATH_MAX], root[PATH_MAX], point[PATH_MAX];
	char *line = NULL;
	size_t size = 0;
	bool found = false;
	FILE *file;

	snprintf(name, sizeof name, "%s/mountinfo", proc);
	file = fopen(name, "re");
	while (file && !found && getline(&line, &size, file) > 0)
		found =
		    cgroup_parse_mount(line, root, point) && cgroup_path(root, point, group, own);
	if (found)
		memcpy(top, point, sizeof point);
	free(line);
	if (file)
		fclose(file);
	return found;
}

int cgroup_find(const char *proc, char own[PATH_MAX], char top[PATH_MAX])
{
	char name[PATH_MAX], group[PATH_MAX], text[OWN_MAX];
	ssize_t n;
	int fd;

	snprintf(name, sizeof name, "%s/cgroup", proc);
	fd = sys_open(name, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	n = sys_read(fd, text, sizeof text - 1);
	fd_close(&fd);
	text[n > 0 ? n : 0] = '\0';
	if (n > 0 && cgroup_parse_own(text, group) && find_mount(proc, group, own, top))
		return 0;
	errno = ENOENT;
	return -1;
}

int cgroup_open(int dir_fd, const char *name)
{
	return sys_openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

ssize_t cgroup_read(int group_fd, const char *file, char *text, size_t size)
{
	int fd = sys_openat(group_fd, file, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = fd < 0 ? -1 : 0;

	while (fd >= 0 && len + 1 < size) {
		n = sys_read(fd, text + len, size - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	fd_close(&fd);
	text[len] = '\0';
	return n < 0 ? -1 : (ssize_t)len;
}

int cgroup_write(int group_fd, const char *file, const char *text)
{
	int fd =
	    fault_wanted("cgroup-write") ? -1 : sys_openat(group_fd, file, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : sys_write(fd, text, strlen(text));

	fd_close(&fd);
	return n < 0 ? -1 : 0;
}

unsigned cgroup_read_controllers(int group_fd, const char *file)
{
	char text[1024], *rest = text;
	unsigned set = 0;
	const char *name;

	if (cgroup_read(group_fd, file, text, sizeof text) < 0)
		return 0;
	while ((name = strsep(&rest, " \n")))
		for (unsigned i = 0; i < CONTROLLERS; i++)
			if (strcmp(name, controller_names[i]) == 0)
				set |= 1U << i;
	return set;
}

uint64_t cgroup_value(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (*text) {
		if (strncmp(text, key, len) == 0 && text[len] == ' ')
			return strtoull(text + len + 1, NULL, 10);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return 0;
}
