#include "core/fallback.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys.h"

enum { SECONDS = 20, STACK = 64 << 10 };

/* What says that a program cannot go on; the last one that it does not. */
static const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP, SIGALRM};
enum { FATAL = sizeof fatal / sizeof *fatal };

static const struct handoff *from;
static char **saved_argv, **envp, *why_text;
static struct sigaction old_action[FATAL];
static char *stack;
static stack_t old_stack;

/* Only what a handler of signals may do. */
static void go(void)
{
	for (size_t i = 0; i < from->fd_count; i++)
		(void)fcntl(from->fd[i], F_SETFD, 0);
	(void)fcntl(from->state_fd, F_SETFD, 0);
	(void)fcntl(from->other_fd, F_SETFD, 0);
	(void)alarm(0);
	(void)syscall(SYS_execveat, from->other_fd, "", saved_argv, envp, AT_EMPTY_PATH);
	_exit(1);
}

static void say(const char *why)
{
	strncpy(why_text, why, HANDOFF_WHY_MAX - 1);
}

static void on_fatal(int sig)
{
	static const char *const why[] = {"it was ended by SIGSEGV", "it was ended by SIGBUS",
	                                  "it was ended by SIGABRT", "it was ended by SIGILL",
	                                  "it was ended by SIGFPE",  "it was ended by SIGTRAP"};
	const char *text = "it took too long to go on";

	for (size_t i = 0; i < sizeof why / sizeof *why; i++)
		if (fatal[i] == sig)
			text = why[i];
	say(text);
	go();
}

static void on_exit_(void)
{
	if (!from)
		return;
	if (!*why_text)
		say("it ended itself");
	go();
}

static int catch_fatal(void)
{
	stack_t alt = {.ss_size = STACK};
	struct sigaction sa;
	sigset_t open;

	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack == MAP_FAILED)
		return -1;
	alt.ss_sp = stack;
	(void)sigaltstack(&alt, &old_stack);
	memset(&sa, 0, sizeof sa);
	sa.sa_handler = on_fatal;
	sa.sa_flags = SA_ONSTACK;
	sigfillset(&sa.sa_mask);
	sigemptyset(&open);
	for (size_t i = 0; i < FATAL; i++) {
		(void)sigaction(fatal[i], &sa, &old_action[i]);
		sigaddset(&open, fatal[i]);
	}
	return sigprocmask(SIG_UNBLOCK, &open, NULL);
}

int fallback_begin(const struct handoff *handoff, char **argv)
{
	struct handoff back = *handoff;

	back.phase = HANDOFF_BACK;
	envp = handoff_environment(&back, "");
	if (!envp || catch_fatal() < 0 || atexit(on_exit_) != 0)
		return -1;
	for (char **p = envp; *p; p++)
		why_text = strchr(*p, '=') + 1;
	saved_argv = argv;
	from = handoff;
	(void)alarm(SECONDS);
	return 0;
}

void fallback_end(void)
{
	if (!from)
		return;
	(void)alarm(0);
	from = NULL;
	for (size_t i = 0; i < FATAL; i++)
		(void)sigaction(fatal[i], &old_action[i], NULL);
	(void)sigaltstack(&old_stack, NULL);
	(void)munmap(stack, STACK);
	free(envp);
	envp = NULL;
}

void fallback_go(const char *why)
{
	if (!from)
		exit(EXIT_FAILURE);
	say(why);
	go();
	_exit(1);
}
