/* announce.h - the PROXY header by which a handler says whose connection it
 * passes on (versions 1 and 2 of HAProxy's protocol).
 *
 * Who the client is and where it came to are taken from the environment that
 * usherd makes (TCPREMOTEIP and so on), so the header of a proxy in front of
 * usherd is handed on. What is no TCP connection is announced as unknown. */
#ifndef HANDLERS_ANNOUNCE_H
#define HANDLERS_ANNOUNCE_H

#include <stddef.h>

enum { ANNOUNCE_MAX = 107 };

/* Writes the header of version 1 or 2; returns its length. */
size_t announce(int version, unsigned char header[ANNOUNCE_MAX]);

#endif
