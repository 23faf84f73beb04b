/* httpd_list.h - a page that lists a directory. */
#ifndef HANDLERS_HTTPD_LIST_H
#define HANDLERS_HTTPD_LIST_H

#include "httpd_conn.h"

/* More names, or longer ones in all, than this are not shown, and the page says so. */
enum { HTTPD_LIST_MAX = 2000, HTTPD_LIST_BYTES = 128 * 1024 };

/* Answers with a page; path: of the directory, with its last slash. Names that begin with a dot
 * are left out unless dot_files is set. Leaves the descriptor open. */
bool httpd_list(struct httpd_conn *conn, int dir, const char *path, bool dot_files);

/* A path as it is written in a link; at most three bytes for each. Returns where to go on. */
char *httpd_list_link(char *at, const char *path);

#endif
