#include "core/handoff.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/sys.h"
#include "core/carry.h"

#define NAME     "USHERD_UPGRADE"
#define NAME_WHY "USHERD_UPGRADE_WHY"

extern char **environ;

static const char *const phase_name[] = {"none", "trial", "exec", "back"};

void handoff_draw(struct state_nonce *nonce)
{
	struct hash_key key;

	hash_key_draw(&key);
	*nonce = (struct state_nonce){{key.k0, key.k1}};
}

static bool is_named(const char *setting, const char *name)
{
	size_t len = strlen(name);

	return strncmp(setting, name, len) == 0 && setting[len] == '=';
}

/* The texts stand behind the pointers. */
char **handoff_environment(const struct handoff *handoff, const char *why)
{
	size_t count = 0, n = 0;
	char **envp, *text;

	while (environ[count])
		count++;
	envp = sys_calloc(1, (count + 3) * sizeof(char *) + HANDOFF_TEXT_MAX + HANDOFF_WHY_MAX +
	                         sizeof NAME_WHY);
	if (!envp)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (!is_named(environ[i], NAME) && !is_named(environ[i], NAME_WHY))
			envp[n++] = environ[i];
	text = (char *)(envp + count + 3);
	envp[n++] = text;
	snprintf(text, HANDOFF_TEXT_MAX, NAME "=%d:%016" PRIx64 "%016" PRIx64 ":%s:%d",
	         handoff->state_fd, handoff->nonce.word[0], handoff->nonce.word[1],
	         phase_name[handoff->phase], handoff->other_fd);
	if (why) {
		text += HANDOFF_TEXT_MAX;
		envp[n++] = text;
		snprintf(text, HANDOFF_WHY_MAX + sizeof NAME_WHY, NAME_WHY "=%s", why);
	}
	return envp;
}

static bool parse(struct handoff *handoff, const char *text)
{
	char phase[8];
	int end = 0;

	if (sscanf(text, "%9d:%16" SCNx64 "%16" SCNx64 ":%7[a-z]:%9d%n", &handoff->state_fd,
	           &handoff->nonce.word[0], &handoff->nonce.word[1], phase, &handoff->other_fd,
	           &end) != 5 ||
	    text[end] || handoff->state_fd <= 2 || handoff->other_fd <= 2 ||
	    handoff->state_fd == handoff->other_fd)
		return false;
	for (unsigned i = HANDOFF_TRIAL; i <= HANDOFF_BACK; i++)
		if (strcmp(phase, phase_name[i]) == 0)
			handoff->phase = (enum handoff_phase)i;
	return handoff->phase != HANDOFF_NONE;
}

bool handoff_find(struct handoff *handoff)
{
	const char *text = getenv(NAME), *why = getenv(NAME_WHY);
	bool fine;

	*handoff = (struct handoff){.state_fd = -1, .other_fd = -1};
	fine = !text || parse(handoff, text);
	if (!fine)
		snprintf(handoff->why, sizeof handoff->why,
		         NAME " is for usherd itself, and this is no text of its own");
	else if (why)
		snprintf(handoff->why, sizeof handoff->why, "%s", why);
	unsetenv(NAME);
	unsetenv(NAME_WHY);
	return fine;
}

static bool fail(struct handoff *handoff, const char *what)
{
	snprintf(handoff->why, sizeof handoff->why, "the state that was handed over: %s", what);
	return false;
}

static void close_range_of(int first, int last)
{
	if (first > last)
		return;
	if (syscall(SYS_close_range, first, last, 0) == 0)
		return;
	if (last > (int)fd_limit())
		last = (int)fd_limit();
	for (int fd = first; fd <= last; fd++)
		close(fd);
}

/* Of the sorted ones and these two, nothing is closed. */
static void close_others(const struct handoff *handoff)
{
	size_t i = 0;
	int next = 3, own[2] = {handoff->state_fd, handoff->other_fd};

	if (own[0] > own[1]) {
		own[0] = handoff->other_fd;
		own[1] = handoff->state_fd;
	}
	for (size_t j = 0; i < handoff->fd_count || j < 2;) {
		bool is_own = j < 2 && (i == handoff->fd_count || own[j] <= handoff->fd[i]);
		int fd = is_own ? own[j++] : handoff->fd[i++];

		close_range_of(next, fd - 1);
		next = fd + 1;
	}
	close_range_of(next, INT32_MAX);
}

static bool keep(struct handoff *handoff, int fd)
{
	char text[64];

	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
		return true;
	snprintf(text, sizeof text, "descriptor %d is not there", fd);
	return fail(handoff, text);
}

bool handoff_open(struct handoff *handoff)
{
	bool trial = handoff->phase == HANDOFF_TRIAL;
	const char *why;

	if (statefile_map(handoff->state_fd, &handoff->file, &why) < 0)
		return fail(handoff, why);
	if (!state_open(&handoff->state, handoff->file.data, handoff->file.len, CARRY_KINDS,
	                &handoff->nonce, trial ? getppid() : getpid()))
		return fail(handoff, handoff->state.why);
	handoff->fd = state_fds(&handoff->state, &handoff->fd_count);
	if (!handoff->fd)
		return fail(handoff, "a descriptor is there twice");
	/* A trial has none of them. */
	for (size_t i = 0; !trial && i < handoff->fd_count; i++)
		if (!keep(handoff, handoff->fd[i]))
			return false;
	if (!keep(handoff, handoff->state_fd) || !keep(handoff, handoff->other_fd))
		return false;
	close_others(handoff);
	return true;
}

void handoff_close(struct handoff *handoff)
{
	statefile_unmap(&handoff->file);
	free(handoff->fd);
	handoff->fd = NULL;
	fd_close(&handoff->state_fd);
	fd_close(&handoff->other_fd);
}

void handoff_answer(const struct state_nonce *nonce, const char *version,
                    char text[HANDOFF_TEXT_MAX])
{
	static const char what[] = "usherd: it can be gone on with";
	struct hash_key key = {nonce->word[0], nonce->word[1]};

	snprintf(text, HANDOFF_TEXT_MAX, "usherd %016" PRIx64 " %.64s\n",
	         hash_bytes(&key, what, sizeof what), version);
}
