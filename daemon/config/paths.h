/* config/paths.h - what of the file system a handler may use.
 *
 * From `read_paths`, `write_paths` and `exec_paths`, or from a sandbox that wants
 * files to be confined, to the list of paths in the model, with what every program
 * needs. usherd.conf(5) tells what that is. To be called when the program is known. */
#ifndef CONFIG_PATHS_H
#define CONFIG_PATHS_H

#include "base/buf.h"
#include "config/builder.h"

/* The newest version of Landlock whose rights we know. */
enum { PATHS_LANDLOCK = 7 };

/* That of this kernel, as far as we know it; 0: it has no Landlock. */
int paths_landlock_version(void);

void paths_build(struct builder *b);

/* For a service without a network, once that is known: its client's socket was made in
 * ours, where a handler could connect it to somebody else. */
void paths_keep_from_tcp(struct builder *b);

/* As a part of a line: ", reads ..., writes ..., executes ...". */
void paths_format(const struct conf_landlock *landlock, struct buf *out);

#endif
