/* result.h - the last result of a check, which many processes share.
 *
 * It is a file that is only ever replaced as a whole, so a reader needs no lock. A second file,
 * NAME.lock, is locked by the one process that makes the next result. Both lie in a directory that
 * nobody but our user and root can change. */
#ifndef HANDLERS_RESULT_H
#define HANDLERS_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESULT_TEXT_MAX = 4096, RESULT_WHY_MAX = 256 };

struct result {
	int64_t at_msec; /* since 1970; 0: there is none */
	bool good;
	char text[RESULT_TEXT_MAX + 1];
	size_t len;
};

struct result_place {
	int dir, lock; /* descriptors, -1 while not open */
	char name[32];
	char why[RESULT_WHY_MAX]; /* what went wrong, in words for the log */
};

/* In the directory, or for NULL in one of our user's own below /tmp, which is made. The name is
 * made of what makes a check the same one: a list of words that ends with NULL. */
bool result_open(struct result_place *place, const char *dir, const char *const words[]);
void result_close(struct result_place *place);

/* There may be none, or none that can be read: at_msec is 0 then. */
void result_read(const struct result_place *place, struct result *result);
bool result_write(struct result_place *place, const struct result *result);

/* Only one process has the lock, until it unlocks it, closes the place or ends. Never waits. */
bool result_lock(struct result_place *place);
void result_unlock(struct result_place *place);

/* Milliseconds since 1970. */
int64_t result_now_msec(void);

#endif
