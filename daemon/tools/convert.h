/* tools/convert.h - "usherctl convert": the files of another server as usherd.conf.
 *
 * What a file says in general, what becomes of each word of it, is data: rows
 * of a name and of what becomes of it, which usherd-migrating(7) shows and the
 * comments in the result quote. A test holds the page against the rows. */
#ifndef TOOLS_CONVERT_H
#define TOOLS_CONVERT_H

#include <stddef.h>

#include "tools/draft.h"

struct convert_row {
	const char *name;
	const char *becomes; /* a sentence without its end; of what is left out: why */
};

struct convert_table {
	const char *name;
	const struct convert_row *(*row)(size_t i);
	size_t count;
};

/* The files, or folders, of the command line. */
void from_inetd(struct draft *draft, char **path);
void from_xinetd(struct draft *draft, char **path);
void from_systemd(struct draft *draft, char **path);

extern const struct convert_table inetd_table, xinetd_table, xinetd_words, xinetd_others,
    systemd_socket, systemd_service;

/* The text of a file alone, as a fuzzer has it: nothing else is read. */
void from_inetd_text(struct draft *draft, const char *path, const char *text, size_t len);
void from_xinetd_text(struct draft *draft, const char *path, const char *text, size_t len);
void from_systemd_text(struct draft *draft, const char *path, const char *text, size_t len);

/* argv[0] is "convert". Returns what usherctl exits with: 0, also with warnings;
 * 1 if a file could not be read or something in it was not understood; 2 for
 * wrong usage. */
int convert_main(int argc, char **argv);

#endif
