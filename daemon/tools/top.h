/* tools/top.h - "usherctl top": the services as they are, and how fast they change.
 *
 * Asks twice and shows what has happened between the two in a second. On a terminal
 * it goes on until "q", sized to the screen, the busiest services first; elsewhere,
 * and in JSON, it shows that once. */
#ifndef TOOLS_TOP_H
#define TOOLS_TOP_H

#include <stdbool.h>
#include <stddef.h>

/* socket: NULL is the default one. Returns what usherctl exits with, with what is
 * wrong in why. */
int top_main(const char *socket, bool json, char *why, size_t why_size);

#endif
