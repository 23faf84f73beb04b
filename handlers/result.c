#include "result.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/runtime.h"

#define FORM "check 1 %" PRId64 " %d\n"

enum { HEAD_MAX = 64 };

int64_t result_now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool failed(struct result_place *place, const char *what, const char *why)
{
	snprintf(place->why, sizeof place->why, "%s: %s", what, why);
	return false;
}

/* FNV-1a: the words are the administrator's, who has no reason to look for two that collide. */
static void make_name(char name[32], const char *const words[])
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *words; words++) {
		const char *at = *words;

		do
			hash = (hash ^ (unsigned char)*at) * 0x100000001b3;
		while (*at++);
	}
	snprintf(name, 32, "check-%016" PRIx64, hash);
}

static bool open_dir(struct result_place *place, const char *dir)
{
	char own[64];
	const char *why;

	if (!dir) {
		snprintf(own, sizeof own, "/tmp/usherd-%lu", (unsigned long)geteuid());
		dir = own;
		if (mkdir(dir, 0700) < 0 && errno != EEXIST)
			return failed(place, dir, strerror(errno));
	}
	if (runtime_check_dir(dir, geteuid(), &why) < 0)
		return failed(place, dir, why ? why : strerror(errno));
	place->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return place->dir >= 0 || failed(place, dir, strerror(errno));
}

/* Where others may make files, too (a sticky directory), it must be one of ours. */
static int open_own(int dir, const char *name, int flags)
{
	int fd = openat(dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid())
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

bool result_open(struct result_place *place, const char *dir, const char *const words[])
{
	char lock[48];

	*place = (struct result_place){.dir = -1, .lock = -1};
	make_name(place->name, words);
	if (!open_dir(place, dir))
		return false;
	snprintf(lock, sizeof lock, "%s.lock", place->name);
	place->lock = open_own(place->dir, lock, O_RDWR | O_CREAT);
	return place->lock >= 0 || failed(place, lock, strerror(errno));
}

void result_close(struct result_place *place)
{
	if (place->lock >= 0)
		close(place->lock);
	if (place->dir >= 0)
		close(place->dir);
	place->dir = place->lock = -1;
}

void result_read(const struct result_place *place, struct result *result)
{
	int fd = open_own(place->dir, place->name, O_RDONLY), head = 0, good;
	char data[HEAD_MAX + RESULT_TEXT_MAX + 1];
	ssize_t got = fd >= 0 ? read(fd, data, sizeof data - 1) : -1;
	const char *text;

	*result = (struct result){.at_msec = 0};
	if (fd >= 0)
		close(fd);
	if (got <= 0)
		return;
	data[got] = '\0';
	text = strchr(data, '\n');
	if (!text ||
	    sscanf(data, "check 1 %" SCNd64 " %d%n", &result->at_msec, &good, &head) != 2 ||
	    data[head] != '\n' || got - head - 1 > RESULT_TEXT_MAX) {
		result->at_msec = 0;
		return;
	}
	result->good = good;
	result->len = (size_t)(got - head - 1);
	memcpy(result->text, text + 1, result->len);
}

static bool write_all(int fd, const void *data, size_t len)
{
	return write(fd, data, len) == (ssize_t)len;
}

bool result_write(struct result_place *place, const struct result *result)
{
	char new[48], head[HEAD_MAX];
	int fd, len = snprintf(head, sizeof head, FORM, result->at_msec, result->good);
	bool done;

	snprintf(new, sizeof new, "%s.new", place->name);
	fd = open_own(place->dir, new, O_WRONLY | O_CREAT);
	done = fd >= 0 && ftruncate(fd, 0) == 0 && write_all(fd, head, (size_t)len) &&
	       write_all(fd, result->text, result->len) &&
	       renameat(place->dir, new, place->dir, place->name) == 0;
	if (!done)
		failed(place, new, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

bool result_lock(struct result_place *place)
{
	return flock(place->lock, LOCK_EX | LOCK_NB) == 0;
}

void result_unlock(struct result_place *place)
{
	flock(place->lock, LOCK_UN);
}
