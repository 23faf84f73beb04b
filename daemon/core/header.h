/* core/header.h - clients whose proxy has not told yet for whom it comes.
 *
 * Of a service with proxy_protocol every client goes through here between its
 * acceptance and its admission. A peer that is not in proxy_from is refused at
 * once; from one that is, the PROXY header is awaited until proxy_timeout. The
 * ends that it names become those of the connection, for lists, limits, records
 * and the handler. What is malformed, late or broken off is refused with
 * REASON_PROXY.
 *
 * This is the one place where the supervisor reads what came over a connection:
 * it looks first (MSG_PEEK) and takes only what belongs to the header, so the
 * handler finds the byte behind it. Who is here holds no place in the service,
 * only a descriptor, and as many bytes as have come of the header. At most half
 * of the descriptors can be here; beyond, the one who came first has to go. */
#ifndef CORE_HEADER_H
#define CORE_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "admit/verdict.h"
#include "base/list.h"
#include "base/loop.h"

struct conn;
struct service;

/* What a service has of them. All wait equally long, so the list is in the order
 * of deadlines and one timer serves all. (One who came before a reload made the
 * time shorter keeps the longer one, and so does who came right after him.) */
struct headers {
	struct list list;
	struct loop_timer timer;
	unsigned count;
};

/* A client whose header is not complete. */
struct header {
	struct list link; /* in service->headers */
	struct list all;  /* in sup->headers, the one who came first before all others */
	struct loop_watch watch;
	struct conn *conn;
	msec_t due;
	uint8_t *bytes; /* what was taken of the header so far */
	size_t len;     /* always < PROXYPROTO_MAX */
};

int headers_init(struct service *service); /* fails with ENOMEM */
void headers_free(struct service *service);

/* Has just been accepted: admits it, now or later, or refuses it. */
void header_begin(struct conn *conn);

/* Refuses all who are here. */
void headers_refuse(struct service *service, enum reason reason);

/* For an upgrade: one who was here already comes last again, with what was taken of
 * its header; nobody looks at it before header_attach(). Fails with ENOMEM. */
int header_adopt(struct conn *conn, msec_t due, const void *bytes, size_t len);
int header_attach(struct header *header);

#endif
