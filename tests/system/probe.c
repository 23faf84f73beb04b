/* tests/system/probe.c - a handler that tells what it got, or misbehaves.
 *
 * Started by usherd in the system tests. `probe report ARGUMENT...` writes to
 * fd 1 one line "key value" for each thing that a process inherits; values are
 * percent-encoded, so that any bytes arrive. The other modes do what a handler
 * should not do, or wait until the test lets them go. Built without the
 * project's sanitizer flags: it must be light, thousands run at once, and it is
 * not what is tested. Every mode ends by SIGALRM after LIFETIME seconds, so
 * that a failed test leaves nothing behind. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LIFETIME 90

extern char **environ;

/* All output is gathered and written at once: stdio would keep its own fd habits. */
static char out[262144];
static size_t out_len;

static void put(const char *bytes, size_t len)
{
	if (len > sizeof(out) - out_len)
		len = sizeof(out) - out_len;
	memcpy(out + out_len, bytes, len);
	out_len += len;
}

static void put_encoded(const char *text)
{
	for (; *text; text++) {
		char hex[4];

		if (isgraph((unsigned char)*text) && *text != '%') {
			put(text, 1);
		} else {
			snprintf(hex, sizeof(hex), "%%%02X", (unsigned char)*text);
			put(hex, 3);
		}
	}
}

__attribute__((format(printf, 2, 3))) static void put_line(const char *key, const char *format, ...)
{
	char text[8192];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(key, strlen(key));
	put(" ", 1);
	put_encoded(text);
	put("\n", 1);
}

static void put_text(const char *key, const char *text)
{
	put(key, strlen(key));
	put(" ", 1);
	put_encoded(text);
	put("\n", 1);
}

static void flush(int fd)
{
	size_t done = 0;

	while (done < out_len) {
		ssize_t n = write(fd, out + done, out_len - done);

		if (n < 0 && errno != EINTR)
			_exit(1);
		if (n > 0)
			done += (size_t)n;
	}
	out_len = 0;
}

static void report_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		char path[300], target[4096] = "?";
		int fd = atoi(entry->d_name);
		ssize_t n;

		if (!isdigit((unsigned char)entry->d_name[0]) || fd == dirfd(dir))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		put_line("fd", "%d %s %s %s", fd, target,
		         fcntl(fd, F_GETFL) & O_NONBLOCK ? "nonblocking" : "blocking",
		         fcntl(fd, F_GETFD) & FD_CLOEXEC ? "cloexec" : "kept");
	}
	closedir(dir);
}

static void report_ids(void)
{
	uid_t r, e, s;
	gid_t group[256];
	int count = getgroups(256, group);
	char cwd[4096];
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY);
	mode_t mask = umask(0);

	getresuid(&r, &e, &s);
	put_line("uid", "%u %u %u", r, e, s);
	getresgid(&r, &e, &s);
	put_line("gid", "%u %u %u", r, e, s);
	for (int i = 0; i < count; i++)
		put_line("group", "%u", group[i]);
	put_line("pid", "%d", getpid());
	put_line("ppid", "%d", getppid());
	put_line("pgid", "%d", getpgrp());
	put_line("sid", "%d", getsid(0));
	put_text("tty", tty < 0 ? "none" : "open");
	put_line("umask", "%03o", mask);
	put_text("cwd", getcwd(cwd, sizeof(cwd)) ? cwd : "?");
	put_line("nice", "%d", getpriority(PRIO_PROCESS, 0));
	if (tty >= 0)
		close(tty);
	umask(mask);
}

/* Masks, capabilities and NoNewPrivs, as the kernel words them. */
static void report_status(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[512];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		if (!colon || (strncmp(line, "Sig", 3) && strncmp(line, "Cap", 3) &&
		               strncmp(line, "NoNewPrivs", 10) && strncmp(line, "Seccomp:", 8) &&
		               strncmp(line, "Cpus_allowed_list", 17)))
			continue;
		*colon++ = '\0';
		colon += strspn(colon, " \t");
		colon[strcspn(colon, "\n")] = '\0';
		put_text(line, colon);
	}
	fclose(file);
}

static void report_score(void)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "re");
	int score;

	if (file && fscanf(file, "%d", &score) == 1)
		put_line("oom_score_adj", "%d", score);
	if (file)
		fclose(file);
}

static void report_limits(void)
{
	static const struct {
		const char *name;
		int resource;
	} limits[] = {
	    {"as", RLIMIT_AS},           {"core", RLIMIT_CORE},    {"cpu", RLIMIT_CPU},
	    {"data", RLIMIT_DATA},       {"files", RLIMIT_NOFILE}, {"fsize", RLIMIT_FSIZE},
	    {"memlock", RLIMIT_MEMLOCK}, {"nproc", RLIMIT_NPROC},  {"rss", RLIMIT_RSS},
	    {"stack", RLIMIT_STACK},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;

		if (!getrlimit(limits[i].resource, &limit))
			put_line("rlimit", "%s %lld %lld", limits[i].name,
			         limit.rlim_cur == RLIM_INFINITY ? -1LL : (long long)limit.rlim_cur,
			         limit.rlim_max == RLIM_INFINITY ? -1LL
			                                         : (long long)limit.rlim_max);
	}
}

/* What can be set on a socket and is on the client's, as far as it has it. */
static void report_sockopts(void)
{
	static const struct {
		const char *name;
		int level, option;
	} numbers[] = {
	    {"protocol", SOL_SOCKET, SO_PROTOCOL}, {"type", SOL_SOCKET, SO_TYPE},
	    {"sndbuf", SOL_SOCKET, SO_SNDBUF},     {"rcvbuf", SOL_SOCKET, SO_RCVBUF},
	    {"mark", SOL_SOCKET, SO_MARK},         {"priority", SOL_SOCKET, SO_PRIORITY},
	    {"tos", IPPROTO_IP, IP_TOS},           {"tclass", IPPROTO_IPV6, IPV6_TCLASS},
	};
	static const struct {
		const char *name;
		int level, option;
	} texts[] = {
	    {"congestion", IPPROTO_TCP, TCP_CONGESTION},
	    {"device", SOL_SOCKET, SO_BINDTODEVICE},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int value = 0;
		socklen_t len = sizeof(value);

		if (!getsockopt(0, numbers[i].level, numbers[i].option, &value, &len))
			put_line("sockopt", "%s %d", numbers[i].name, value);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char value[64] = "";
		socklen_t len = sizeof(value) - 1;

		if (!getsockopt(0, texts[i].level, texts[i].option, value, &len))
			put_line("sockopt", "%s %s", texts[i].name, value);
	}
}

static void report_socket(void)
{
	static const struct {
		const char *name;
		int level, option;
	} options[] = {
	    {"keepalive", SOL_SOCKET, SO_KEEPALIVE},
	    {"nodelay", IPPROTO_TCP, TCP_NODELAY},
	    {"keepalive_time", IPPROTO_TCP, TCP_KEEPIDLE},
	    {"keepalive_interval", IPPROTO_TCP, TCP_KEEPINTVL},
	    {"keepalive_probes", IPPROTO_TCP, TCP_KEEPCNT},
	    {"user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT},
	};
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (getpeername(0, (struct sockaddr *)&peer, &len))
		return;
	put_line("family", "%d", peer.ss_family);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		int value = 0;

		len = sizeof(value);
		if (!getsockopt(0, options[i].level, options[i].option, &value, &len))
			put_line("option", "%s %d", options[i].name, value);
	}
	report_sockopts();
}

static void report_namespaces(void)
{
	static const char *const kinds[] = {"net", "ipc", "mnt", "pid", "user"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		char path[32], target[64], key[16];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		snprintf(key, sizeof(key), "%sns", kinds[i]);
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		put_text(key, target);
	}
}

static void gather(char **argv)
{
	/* The descriptors first: the others open some. */
	report_descriptors();
	for (size_t i = 0; argv[i]; i++)
		put_text("arg", argv[i]);
	for (size_t i = 0; environ[i]; i++)
		put_text("env", environ[i]);
	report_ids();
	report_status();
	report_score();
	report_limits();
	report_socket();
	report_namespaces();
}

static int report(char **argv)
{
	gather(argv);
	flush(1);
	return 0;
}

static void say(const char *text)
{
	put(text, strlen(text));
	flush(1);
}

static void nap(const char *seconds)
{
	double wanted = strtod(seconds, NULL);
	struct timespec left = {(time_t)wanted, (long)((wanted - (double)(time_t)wanted) * 1e9)};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

static int echo(void)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(0, chunk, sizeof(chunk))) > 0) {
		put(chunk, (size_t)n);
		flush(1);
	}
	return n < 0;
}

/* Says a line and waits until nobody has the FIFO open for writing any more. */
static int hold(const char *fifo)
{
	char byte;
	int fd;

	say("held\n");
	/* Not to wait for a writer when the gate is open already. */
	fd = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fcntl(fd, F_SETFL, 0) < 0)
		return 1;
	while (read(fd, &byte, 1) > 0)
		;
	return 0;
}

/* The main process goes, a grandchild keeps the socket. */
static int orphan(const char *seconds)
{
	if (fork() == 0) {
		alarm(LIFETIME);
		say("grandchild\n");
		nap(seconds);
		_exit(0);
	}
	return 0;
}

static int stubborn(const char *seconds)
{
	signal(SIGTERM, SIG_IGN);
	say("stubborn\n");
	nap(seconds);
	return 0;
}

static int crash(const char *number)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	kill(getpid(), atoi(number));
	pause();
	return 0;
}

/* Stops every other process that it may signal, over and over. */
static int freeze(const char *seconds)
{
	double until = (double)time(NULL) + strtod(seconds, NULL);

	say("freezing\n");
	while ((double)time(NULL) < until)
		kill(-1, SIGSTOP);
	return 0;
}

/* With a listening or datagram socket (wait = yes): the report goes to `count`
 * clients, one after the other; a dirty one spoils the socket for the next. */
static int lent(char **argv, const char *count, bool dirty)
{
	for (int left = atoi(count); left > 0; left--) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);
		char request[2048];
		int fd;

		gather(argv);
		fd = accept(0, NULL, NULL);
		if (fd >= 0) {
			flush(fd);
			close(fd);
		} else if (recvfrom(0, request, sizeof(request), 0, (struct sockaddr *)&peer,
		                    &len) >= 0) {
			if (sendto(0, out, out_len, 0, (struct sockaddr *)&peer, len) < 0)
				return 1;
			out_len = 0;
			if (dirty && connect(0, (struct sockaddr *)&peer, len) < 0)
				return 1;
		} else {
			return 1;
		}
	}
	return dirty && fcntl(0, F_SETFL, O_NONBLOCK) < 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "report";
	const char *value = argc > 2 ? argv[2] : "0";

	alarm(LIFETIME);
	if (!strcmp(mode, "sleep")) {
		nap(value);
		say("done\n");
		return 0;
	}
	if (!strcmp(mode, "exit"))
		return atoi(value);
	if (!strcmp(mode, "crash"))
		return crash(value);
	if (!strcmp(mode, "stubborn"))
		return stubborn(value);
	if (!strcmp(mode, "desert")) {
		close(0);
		close(1);
		nap(value);
		return 0;
	}
	if (!strcmp(mode, "orphan"))
		return orphan(value);
	if (!strcmp(mode, "complain"))
		return write(2, value, strlen(value)) < 0;
	if (!strcmp(mode, "hold"))
		return hold(value);
	if (!strcmp(mode, "lent") || !strcmp(mode, "dirty"))
		return lent(argv, value, !strcmp(mode, "dirty"));
	if (!strcmp(mode, "echo"))
		return echo();
	if (!strcmp(mode, "freeze"))
		return freeze(value);
	return report(argv);
}
