/* httpd_date.h - points in time as HTTP writes them (RFC 9110, 5.6.7). Pure. */
#ifndef HANDLERS_HTTPD_DATE_H
#define HANDLERS_HTTPD_DATE_H

#include <time.h>

enum { HTTPD_DATE_LEN = 29 };

/* "Sun, 06 Nov 1994 08:49:37 GMT", not terminated; returns where to go on. */
char *httpd_date_put(char *at, time_t when);

/* Any of the three forms that HTTP has. -1: it is none. */
time_t httpd_date_parse(const char *text);

#endif
