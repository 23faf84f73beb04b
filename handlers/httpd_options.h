/* httpd_options.h - what httpd was told on its command line. */
#ifndef HANDLERS_HTTPD_OPTIONS_H
#define HANDLERS_HTTPD_OPTIONS_H

#include "cgi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTPD_NAMES_MAX = 4 };

struct httpd_names {
	const char *name[HTTPD_NAMES_MAX];
	size_t count;
};

struct httpd_options {
	const char *root;
	const char *default_host; /* NULL: there are no virtual hosts */
	struct httpd_names index;
	const char *default_type;
	bool list, dot_files;

	const char *cgi_path;           /* "/cgi-bin/", or NULL */
	struct httpd_names script_ends; /* ".cgi": such files are scripts wherever they are */
	struct cgi_limits cgi;

	const char *passwords; /* a file, or NULL */
	const char *protected; /* a path, "/": what needs a password */
	const char *realm;

	const char *log; /* a file, "-" for standard error, or NULL */
	int64_t head_msec, idle_msec, body_msec, write_msec;
	uint64_t body_max;
	unsigned int requests_max; /* for one connection */
};

/* -1: go on; else the exit status, and what there was to say has been said. */
int httpd_options_read(struct httpd_options *options, int argc, char **argv);

#endif
