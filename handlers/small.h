/* small.h - the frame of the small services: echo, discard, daytime, time, chargen.
 *
 *   NAME [SECONDS]    how long a lent datagram socket is listened to in vain (1)
 *
 * What descriptor 0 is decides the form: a datagram socket is served as datagram.h
 * says, anything else is one client.  All that a client can do is a success for the
 * exit status: 1 means that descriptors 0 and 1 are no good, 2 usage. */
#ifndef HANDLERS_SMALL_H
#define HANDLERS_SMALL_H

#include <stdbool.h>

#include "datagram.h"

struct small {
	const char *usage;
	bool (*serve)(void); /* one client, to its end; false with errno */
	bool (*answer)(struct datagram *datagram);
};

/* For main() to return. */
int small_main(int argc, char **argv, const struct small *small);

#endif
