/* httpd_log.h - one line for each request, in the combined format of Apache's:
 *
 *   192.0.2.7 - ada [27/Nov/2026:21:30:00 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/7.88.1"
 *
 * What a client wrote is escaped and cut, so that a line is one line of bounded length, written by
 * one call: many processes can append to one file. */
#ifndef HANDLERS_HTTPD_LOG_H
#define HANDLERS_HTTPD_LOG_H

#include "httpd_conn.h"

#include <time.h>

enum { HTTPD_LOG_LINE_MAX = 4096 };

/* file: a path, or "-" for standard error. False, with one line on standard error. */
bool httpd_log_open(const char *file);

/* After the answer. Does nothing where no log is open. */
void httpd_log(const struct httpd_conn *conn);

/* The line, with its newline; its length. Pure. */
size_t httpd_log_line(char line[HTTPD_LOG_LINE_MAX], const struct httpd_conn *conn,
                      const char *client, time_t now);

#endif
