/* trespass - a handler that goes where it has no business: files, programs, other processes.
 *
 *     trespass [ATTEMPT ARGUMENT [ARGUMENT]]
 *
 * (or a line of its client's with these words, or many, one after the other) tries it and tells
 * its client the name of the errno, or "ok" where it succeeded. `escape` does the same for system
 * calls. What an attempt made it leaves there. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIFETIME = 60 };

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	char byte;
	int r = fd < 0 ? -1 : 0;

	if (fd >= 0 && (flags & O_ACCMODE) == O_RDONLY)
		r = (int)read(fd, &byte, 1);
	if (fd >= 0)
		close(fd);
	return r < 0 ? -1 : 0;
}

static int try_read(const char *path, const char *unused)
{
	(void)unused;
	return opened(path, O_RDONLY);
}

static int try_write(const char *path, const char *unused)
{
	(void)unused;
	return opened(path, O_WRONLY);
}

static int try_create(const char *path, const char *unused)
{
	(void)unused;
	return opened(path, O_WRONLY | O_CREAT | O_EXCL);
}

static int try_list(const char *path, const char *unused)
{
	DIR *dir = opendir(path);

	(void)unused;
	if (dir)
		closedir(dir);
	return dir ? 0 : -1;
}

static int try_truncate(const char *path, const char *unused)
{
	(void)unused;
	return truncate(path, 0);
}

static int try_mkdir(const char *path, const char *unused)
{
	(void)unused;
	return mkdir(path, 0700);
}

static int try_rmdir(const char *path, const char *unused)
{
	(void)unused;
	return rmdir(path);
}

static int try_remove(const char *path, const char *unused)
{
	(void)unused;
	return unlink(path);
}

static int try_fifo(const char *path, const char *unused)
{
	(void)unused;
	return mkfifo(path, 0600);
}

static int try_symlink(const char *path, const char *unused)
{
	(void)unused;
	return symlink("/", path);
}

/* The path is a name in the abstract where it begins with @. */
static int with_socket(const char *path, int (*call)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r = -1;

	errno = ENAMETOOLONG;
	if (fd >= 0 && len < sizeof addr.sun_path) {
		memcpy(addr.sun_path, path, len);
		if (path[0] == '@')
			addr.sun_path[0] = '\0';
		r = call(fd, (const struct sockaddr *)&addr,
		         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	}
	return r;
}

static int bind_and_listen(int fd, const struct sockaddr *addr, socklen_t len)
{
	return bind(fd, addr, len) < 0 ? -1 : listen(fd, 1);
}

static int try_socket(const char *path, const char *unused)
{
	(void)unused;
	return with_socket(path, bind_and_listen);
}

static int try_unix(const char *path, const char *unused)
{
	(void)unused;
	return with_socket(path, connect);
}

static int with_tcp(const char *host, const char *port,
                    int (*call)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, host, &addr.sin_addr);
	return fd < 0 ? -1 : call(fd, (const struct sockaddr *)&addr, sizeof addr);
}

static int try_connect(const char *host, const char *port)
{
	return with_tcp(host, port, connect);
}

static int try_bind(const char *host, const char *port)
{
	return with_tcp(host, port, bind);
}

static int try_signal(const char *pid, const char *unused)
{
	(void)unused;
	return kill((pid_t)atol(pid), 0);
}

/* Its own, which nothing must keep it from. */
static int try_own_signal(const char *unused, const char *unused2)
{
	pid_t pid = fork();
	int r;

	(void)unused;
	(void)unused2;
	if (pid == 0)
		pause();
	r = kill(pid, SIGKILL);
	return waitpid(pid, NULL, 0) < 0 ? -1 : r;
}

/* The argument is given to the program. */
static int try_exec(const char *path, const char *argument)
{
	int ends[2], error = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(open("/dev/null", O_RDWR), 1);
		execl(path, path, argument[0] ? argument : NULL, (char *)NULL);
		error = errno;
		_exit(write(ends[1], &error, sizeof error) < 0);
	}
	close(ends[1]);
	(void)!read(ends[0], &error, sizeof error);
	waitpid(pid, NULL, 0);
	errno = error;
	return error ? -1 : 0;
}

static const struct attempt {
	const char *name;
	int (*run)(const char *one, const char *two);
} attempts[] = {
    {"read", try_read},
    {"list", try_list},
    {"write", try_write},
    {"create", try_create},
    {"truncate", try_truncate},
    {"mkdir", try_mkdir},
    {"rmdir", try_rmdir},
    {"remove", try_remove},
    {"rename", rename},
    {"link", link},
    {"symlink", try_symlink},
    {"fifo", try_fifo},
    {"socket", try_socket},
    {"exec", try_exec},
    {"unix", try_unix},
    {"connect", try_connect},
    {"bind", try_bind},
    {"signal", try_signal},
    {"own-signal", try_own_signal},
};

static const char *name_of(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {{EPERM, "EPERM"},   {EACCES, "EACCES"}, {EXDEV, "EXDEV"},
	             {ENOENT, "ENOENT"}, {EEXIST, "EEXIST"}, {ECONNREFUSED, "ECONNREFUSED"},
	             {ESRCH, "ESRCH"},   {EROFS, "EROFS"},   {ENETUNREACH, "ENETUNREACH"},
	             {EIO, "EIO"}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].error == error)
			return names[i].name;
	return strerror(error);
}

static void try(const char *name, const char *one, const char *two)
{
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		if (strcmp(name, attempts[i].name) != 0)
			continue;
		printf("%s\n", attempts[i].run(one, two) < 0 ? name_of(errno) : "ok");
		fflush(stdout);
		return;
	}
	printf("no attempt\n");
}

int main(int argc, char **argv)
{
	char line[9000], word[3][3000];

	alarm(LIFETIME);
	if (argc > 1 && strcmp(argv[1], "pid") == 0) {
		printf("%d\n", getpid());
		fflush(stdout);
		return read(0, &(char){0}, 1) < 0;
	}
	if (argc > 2)
		try(argv[1], argv[2], argc > 3 ? argv[3] : "");
	while (argc == 1 && fgets(line, sizeof line, stdin)) {
		memset(word, 0, sizeof word);
		if (sscanf(line, "%2999s %2999s %2999s", word[0], word[1], word[2]) > 0)
			try(word[0], word[1], word[2]);
	}
	return 0;
}
