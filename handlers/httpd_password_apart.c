#include "httpd_password.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char program[] = "httpd-password";

/* Beside ourselves. */
static bool find_program(char path[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - sizeof(program) - 1);
	char *name;

	if (len <= 0)
		return false;
	path[len] = '\0';
	name = strrchr(path, '/') + 1;
	memcpy(name, program, sizeof(program));
	return true;
}

/* A pipe holds that much without a reader. */
static bool tell(int fd, const char *user, const char *password)
{
	ssize_t user_size = (ssize_t)strlen(user) + 1,
		password_size = (ssize_t)strlen(password) + 1;

	return write(fd, user, (size_t)user_size) == user_size &&
	       write(fd, password, (size_t)password_size) == password_size;
}

/* Its exit status, or -1 with errno. Standard output is the client's: not for it. */
static int run(const char *path, const char *file, int input)
{
	char *const argv[] = {(char *)program, (char *)file, NULL}, *const env[] = {NULL};
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	errno = posix_spawn(&pid, path, &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	if (errno)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	errno = ECHILD;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum httpd_auth_verdict httpd_password_check(const char *file, const char *user,
                                             const char *password)
{
	char path[PATH_MAX] = "";
	int fds[2] = {-1, -1}, status = -1;

	if (find_program(path) && pipe2(fds, O_CLOEXEC) == 0 && tell(fds[1], user, password)) {
		close(fds[1]);
		fds[1] = -1;
		status = run(path, file, fds[0]);
	}
	if (status < 0)
		fprintf(stderr, "httpd: --passwords: \"%s\" cannot be run: %s\n",
		        *path ? path : program, strerror(errno));
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (status == 0)
		return HTTPD_AUTH_OK;
	return status == 1 ? HTTPD_AUTH_WRONG : HTTPD_AUTH_BROKEN;
}
