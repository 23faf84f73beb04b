/* httpd_version.h - which version of a file a client has, and which part of it it wants.
 *
 * Conditional requests (RFC 9110, 13) and ranges (14). Pure. */
#ifndef HANDLERS_HTTPD_VERSION_H
#define HANDLERS_HTTPD_VERSION_H

#include "httpd_head.h"

#include <time.h>

enum { HTTPD_ETAG_MAX = 48 };

struct httpd_version {
	uint64_t size;             /* bytes */
	char etag[HTTPD_ETAG_MAX]; /* from size and time, with its quotes and "W/" where it is weak
	                            */
	bool weak;                 /* just changed: it could change again and look the same */
	time_t modified;           /* never later than now */
};

void httpd_version_make(struct httpd_version *version, uint64_t size,
                        const struct timespec *modified, time_t now);

/* 200: go on; 304 or 412: that is the answer. */
unsigned int httpd_version_judge(const struct httpd_version *version,
                                 const struct httpd_head *head);

/* 200: the whole; 206: *len bytes from *first, at least one; 416. Several ranges at once are
 * answered by the whole, as 14.2 allows: nobody is served better, and it cannot be made to cost. */
unsigned int httpd_version_range(const struct httpd_version *version, const struct httpd_head *head,
                                 uint64_t *first, uint64_t *len);

#endif
