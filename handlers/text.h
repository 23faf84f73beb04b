/* text.h - text put together by hand: printf and strftime would drag in a
 * locale and more than all the rest of a small handler.
 *
 * The caller knows that the room is enough. Each returns where to go on; nothing is
 * terminated. */
#ifndef HANDLERS_TEXT_H
#define HANDLERS_TEXT_H

#include <stdint.h>

char *text_put(char *at, const char *text);

/* As many digits as it has. */
char *text_decimal(char *at, uint64_t number);

/* Exactly so many digits, with zeros in front. */
char *text_number(char *at, unsigned int number, unsigned int digits);

#endif
