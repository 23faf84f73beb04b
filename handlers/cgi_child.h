/* cgi_child.h - a CGI script's process, and all that it starts.
 *
 * The script leads a process group of its own, and what it starts comes to us when its parent ends
 * (we are a subreaper), so that all of it can be found and ended. It dies with us. While it runs,
 * SIGTERM to us ends all of that first.
 *
 * It gets what it reads as descriptor 0, a pipe as 1, our 2, and nothing else; its directory is
 * that of its file; no arguments; default signals. */
#ifndef HANDLERS_CGI_CHILD_H
#define HANDLERS_CGI_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cgi_child {
	pid_t pid;  /* also of its group; 0: none runs */
	int pidfd;  /* -1: none */
	int status; /* as waitpid(2) has it; -1: nobody knows yet */
	int in;     /* what we write is what it reads; -1: closed, or there was none */
	int out;    /* what it wrote; -1: closed */
};

/* Starts the program, an absolute path. body: the descriptor that it is to read, which the caller
 * keeps; or -1, for a pipe. Our ends of pipes do not block. False with errno. */
bool cgi_child_start(struct cgi_child *child, const char *file, char *const env[], int body);

/* Has the script itself ended? Waits for that, no longer than until the deadline; child->status is
 * known then. */
bool cgi_child_wait(struct cgi_child *child, int64_t deadline_msec);

/* The script has said all. Waits for its end, at most 3 s and until the deadline, then ends it.
 * False if somebody was left behind: what has closed its output and goes on stays. */
bool cgi_child_finish(struct cgi_child *child, int64_t deadline_msec);

/* Ends it and all that it has started: SIGTERM, and after at most a second SIGKILL. */
void cgi_child_end(struct cgi_child *child);

/* Closes a descriptor of the child, once. */
void cgi_child_close(int *fd);

#endif
