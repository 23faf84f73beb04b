/* core/trial.h - another program shows that it could go on, before it has to.
 *
 * It runs as a child, with a state (core/state.h) and nothing else of ours: it
 * brings the state to life in its memory and answers by a pipe with what only
 * someone who has read the state's nonce can say. An exit status proves nothing:
 * /bin/true has one. Nobody waits for it; the loop tells when it is done, and it
 * is killed when it takes too long. */
#ifndef CORE_TRIAL_H
#define CORE_TRIAL_H

#include <stdbool.h>

#include "core/handoff.h"

struct supervisor;
struct trial;

/* told: once, from the loop: the version if all is well, or NULL and why not, in
 * words. NULL with errno. Its end is trial_free(), which may come before. */
struct trial *trial_new(struct supervisor *sup, const char *path, char **argv, int state_fd,
                        const struct state_nonce *nonce,
                        void (*told)(void *context, const char *version, const char *why),
                        void *context);
void trial_free(struct trial **trial);

#endif
