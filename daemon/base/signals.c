#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

enum { SIGNALS = 65 };

static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD};
static volatile sig_atomic_t noted[SIGNALS];
static int self_pipe[2] = {-1, -1};

static void on_signal(int sig)
{
	int saved = errno;

	noted[sig] = 1;
	/* Full is fine: then there are bytes enough to wake the loop. */
	(void)!write(self_pipe[1], "", 1);
	errno = saved;
}

static void on_pipe(int sig)
{
	(void)sig;
}

/* By the kernel's calls: libc's refuse 32 and 33, which it keeps for its threads
 * but which may have been ignored or blocked by whoever started us. */
static void ignore_none(void)
{
	struct kernel_sigaction {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} dfl = {.handler = SIG_DFL}, old;

	for (int sig = 1; sig < SIGNALS; sig++)
		if (syscall(SYS_rt_sigaction, sig, NULL, &old, sizeof old.mask) == 0 &&
		    old.handler == SIG_IGN)
			(void)syscall(SYS_rt_sigaction, sig, &dfl, NULL, sizeof dfl.mask);
}

static void hold(uint64_t mask)
{
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

void signals_reset(void)
{
	ignore_none();
	hold(0);
}

void signals_hold(void)
{
	hold(~(uint64_t)0);
}

void signals_resume(void)
{
	ignore_none();
	signals_hold();
}

void signals_release(void)
{
	hold(0);
}

int signals_open(void)
{
	struct sigaction sa;

	if (sys_pipe2(self_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	self_pipe[0] = fd_up(self_pipe[0]);
	self_pipe[1] = fd_up(self_pipe[1]);
	memset(&sa, 0, sizeof sa);
	sa.sa_handler = on_signal;
	sa.sa_flags = SA_RESTART | SA_NOCLDSTOP;
	sigfillset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		if (sigaction(caught[i], &sa, NULL) < 0)
			return -1;
	sa.sa_handler = on_pipe;
	return sigaction(SIGPIPE, &sa, NULL) < 0 ? -1 : self_pipe[0];
}

void signals_close(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = SIG_DFL;
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		(void)sigaction(caught[i], &sa, NULL);
	fd_close(&self_pipe[0]);
	fd_close(&self_pipe[1]);
}

uint64_t signals_take(void)
{
	uint64_t taken = 0;
	char bytes[512];

	/* One full read after another: the pipe holds at most some 64 KiB. */
	while (sys_read(self_pipe[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes)
		;
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
		if (!noted[caught[i]])
			continue;
		noted[caught[i]] = 0;
		taken |= (uint64_t)1 << caught[i];
	}
	return taken;
}
