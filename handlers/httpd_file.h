/* httpd_file.h - answers a request for a file, or for a directory. */
#ifndef HANDLERS_HTTPD_FILE_H
#define HANDLERS_HTTPD_FILE_H

#include "httpd_conn.h"
#include "httpd_site.h"

/* Whatever conn->head asks for; the answer is whole, or conn->broken. */
void httpd_file(struct httpd_conn *conn, const struct httpd_site *site);

#endif
