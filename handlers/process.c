#include "process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int64_t process_parse_cpu(const char *stat, long ticks)
{
	unsigned long long user, system;
	long long child_user, child_system;
	/* The name before it is the process's own choice, and may hold anything. */
	const char *after = strrchr(stat, ')');

	if (!after || ticks <= 0 ||
	    sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld",
	           &user, &system, &child_user, &child_system) != 4)
		return -1;
	user += system + (unsigned long long)child_user + (unsigned long long)child_system;
	return (int64_t)(user * 1000 / (unsigned long)ticks);
}

int64_t process_cpu_msec(unsigned long pid)
{
	char path[64], stat[1024];
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "/proc/%lu/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	got = read(fd, stat, sizeof stat - 1);
	close(fd);
	if (got <= 0)
		return -1;
	stat[got] = '\0';
	return process_parse_cpu(stat, sysconf(_SC_CLK_TCK));
}
