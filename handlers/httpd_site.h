/* httpd_site.h - the files of httpd: which directory is a host's, and what lies beneath it.
 *
 * Nothing outside of the root is ever opened, however a path is written and wherever symbolic
 * links lead: the kernel looks after that (openat2(2), RESOLVE_BENEATH). Where it has no such
 * call, or a filter forbids it, no symbolic links are followed at all. */
#ifndef HANDLERS_HTTPD_SITE_H
#define HANDLERS_HTTPD_SITE_H

#include "httpd_head.h"
#include "httpd_options.h"

#include <limits.h>
#include <sys/stat.h>

struct httpd_site {
	const struct httpd_options *options;
	int all;                       /* the root */
	int root;                      /* of the host, the same one where there are no hosts */
	char host[HTTPD_HOST_MAX + 1]; /* whose root it is, "" at first */
	char path[PATH_MAX];           /* of the host's root, absolute */
	size_t all_len;                /* of the part that is the root's */
};

/* A script, and what of the path is behind its name. */
struct httpd_script {
	char file[PATH_MAX];                /* absolute */
	char name[HTTPD_PATH_MAX + 1];      /* the path up to there */
	char path_info[HTTPD_PATH_MAX + 1]; /* the rest, "" or with its slash */
};

/* False, with one line on standard error: the root cannot be opened. */
bool httpd_site_open(struct httpd_site *site, const struct httpd_options *options);

/* Chooses the host's root. False: there is none for it, nor one for all others. */
bool httpd_site_enter(struct httpd_site *site, const char *host);

/* Opens what a path of a request names, for reading; -1 with errno. Does not wait for a FIFO. */
int httpd_site_file(const struct httpd_site *site, const char *path);

/* Does the path have a name that begins with a dot, other than ".well-known"? */
bool httpd_site_is_hidden(const char *path);

/* Is the path at or below another one? "/a" and "/a/" are both above "/a" and "/a/b". */
bool httpd_site_is_below(const char *path, const char *above);

enum httpd_found { HTTPD_NO_SCRIPT, HTTPD_SCRIPT, HTTPD_SCRIPT_STATUS };

/* Is it a script that the path names, or begins with? HTTPD_SCRIPT_STATUS: it has to be one and is
 * none that can run; *status says how that is answered. */
enum httpd_found httpd_site_script(const struct httpd_site *site, const char *path,
                                   struct httpd_script *script, unsigned int *status);

/* The status for an errno of an open. */
unsigned int httpd_site_status(int error);

#endif
