#include "base/proc.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"

enum { READ_MSEC = 1000, WHOLE_MOST = 10 * 1000 * 1000 };

const char *proc_file(enum proc_figure figure)
{
	static const char *const name[PROC_FIGURES] = {
	    [PROC_LOAD] = "loadavg",
	    [PROC_CPU] = "pressure/cpu",
	    [PROC_MEMORY] = "pressure/memory",
	    [PROC_IO] = "pressure/io",
	};

	return name[figure];
}

void proc_init(struct proc *proc)
{
	*proc = (struct proc){.read = -READ_MSEC};
	for (int i = 0; i < PROC_FIGURES; i++)
		proc->fd[i] = -1;
}

void proc_close(struct proc *proc)
{
	for (int i = 0; i < PROC_FIGURES; i++)
		fd_close(&proc->fd[i]);
}

int proc_open(struct proc *proc, const char *dir, enum proc_figure figure)
{
	char path[PATH_MAX];

	if (proc->fd[figure] >= 0)
		return 0;
	snprintf(path, sizeof path, "%s/%s", dir, proc_file(figure));
	proc->fd[figure] = fd_up(sys_open(path, O_RDONLY | O_CLOEXEC, 0));
	proc->read = -READ_MSEC;
	return proc->fd[figure] < 0 ? -1 : 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int proc_hundredths(const char *text, const char **end_r, unsigned *value_r)
{
	unsigned n = 0;

	if (!is_digit(*text))
		return -1;
	for (; is_digit(*text); text++) {
		n = n * 10 + (unsigned)(*text - '0');
		if (n >= WHOLE_MOST)
			return -1;
	}
	n *= 100;
	if (*text == '.' && is_digit(text[1])) {
		n += (unsigned)(text[1] - '0') * 10;
		text += 2;
		if (is_digit(*text))
			n += (unsigned)(*text++ - '0');
	}
	*end_r = text;
	*value_r = n;
	return 0;
}

static unsigned read_figure(int fd, enum proc_figure figure)
{
	static const char some[] = "some avg10=";
	char text[256];
	const char *at = text, *end;
	ssize_t n = sys_pread(fd, text, sizeof text - 1, 0);
	unsigned value;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (figure != PROC_LOAD) {
		if (strncmp(text, some, sizeof some - 1) != 0)
			return 0;
		at += sizeof some - 1;
	}
	return proc_hundredths(at, &end, &value) == 0 ? value : 0;
}

void proc_refresh(struct proc *proc, msec_t now)
{
	if (now - proc->read < READ_MSEC)
		return;
	proc->read = now;
	for (int i = 0; i < PROC_FIGURES; i++)
		if (proc->fd[i] >= 0)
			proc->value[i] = read_figure(proc->fd[i], (enum proc_figure)i);
}
