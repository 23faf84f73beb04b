/* page.h - the status page before anything is filled in: handlers/page/, made into strings by
 * build-aux/embed. */
#ifndef HANDLERS_PAGE_H
#define HANDLERS_PAGE_H

extern const char page_status_html[]; /* with {{names}} of what belongs there */
extern const char page_status_css[];
extern const char page_status_js[];

#endif
