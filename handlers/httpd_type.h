/* httpd_type.h - what kind of file it is, by the end of its name. Pure. */
#ifndef HANDLERS_HTTPD_TYPE_H
#define HANDLERS_HTTPD_TYPE_H

/* The media type of "name.html", or NULL where it is none of those known. */
const char *httpd_type(const char *path);

#endif
