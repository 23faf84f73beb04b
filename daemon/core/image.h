/* core/image.h - the program that we are: where it is, and itself.
 *
 * The path is the one that usherd was started with, made absolute, its symbolic
 * links left alone: an upgrade executes whatever is there by then. The descriptor is
 * this very program, whatever has become of the path: the way back. */
#ifndef CORE_IMAGE_H
#define CORE_IMAGE_H

#include <limits.h>
#include <stdbool.h>

struct image {
	char path[PATH_MAX]; /* "": it could not be found */
	int fd;              /* O_PATH and close-on-exec; -1: none */
};

/* name: argv[0], looked up as the shell does. To be called before anything that
 * changes the working directory. */
void image_find(struct image *image, const char *name);
/* The same with a path that was found before. */
void image_is(struct image *image, const char *path);

#endif
