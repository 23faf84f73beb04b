#include "core/header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admit/acl.h"
#include "base/fd.h"
#include "base/sys.h"
#include "core/conn.h"
#include "core/service.h"
#include "core/supervisor.h"
#include "net/proxyproto.h"

enum { BATCH = 64 };

/* What a look at the connection has found. */
struct look {
	enum proxyproto_result result;
	struct proxyproto header; /* with PROXYPROTO_OK */
	size_t fresh;             /* bytes in the socket that belong to the header */
};

static unsigned versions_of(const struct conf_service *conf)
{
	switch (conf->proxy_protocol) {
	case CONF_PROXY_V1:
		return PROXYPROTO_V1;
	case CONF_PROXY_V2:
		return PROXYPROTO_V2;
	default:
		return PROXYPROTO_V1 | PROXYPROTO_V2;
	}
}

/* Who may connect to a unix socket, its permissions say. */
static bool is_trusted(const struct conn *conn)
{
	const struct conf_service *conf = conn->service->conf;

	/* allow_users is about who connects, and that is the proxy. */
	if (conn->facts.local.sa.sa_family == AF_UNIX)
		return conf->proxy_from_unix && !acl_ask(conf, &conn->facts.peer).refuses;
	for (size_t i = 0; i < conf->proxy_from_count; i++)
		if (prefix_contains(&conf->proxy_from[i], &conn->facts.peer))
			return true;
	return false;
}

/* Looks at what has come and takes nothing. `bytes` were taken before. */
static struct look look_at(const struct conn *conn, const uint8_t *bytes, size_t len)
{
	static uint8_t room[PROXYPROTO_MAX];
	struct look look = {.result = PROXYPROTO_BAD};
	ssize_t n = sys_recv(conn->fd, room + len, sizeof room - len, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		look.result = PROXYPROTO_MORE;
	if (n <= 0)
		return look;
	if (len > 0)
		memcpy(room, bytes, len);
	look.result =
	    proxyproto_parse(room, len + (size_t)n, versions_of(conn->service->conf), &look.header);
	look.fresh = look.result == PROXYPROTO_OK ? look.header.len - len : (size_t)n;
	return look;
}

/* Takes exactly so many bytes, which a look has found. */
static int take(const struct conn *conn, uint8_t *bytes, size_t len)
{
	return sys_recv(conn->fd, bytes, len, MSG_DONTWAIT) == (ssize_t)len ? 0 : -1;
}

/* The header is complete: takes it, and the client goes on as the one it names. */
static void conclude(struct conn *conn, const struct look *look)
{
	uint8_t dustbin[PROXYPROTO_MAX];

	if (take(conn, dustbin, look->fresh) < 0) {
		conn_refuse(conn, REASON_PROXY);
		return;
	}
	if (look->header.has_ends) {
		conn->facts.peer = look->header.source;
		conn->facts.local = look->header.destination;
	}
	conn_admit(conn);
}

/* Leaves the header state; what becomes of the client is the caller's business. */
static struct conn *header_end(struct header *header)
{
	struct conn *conn = header->conn;
	struct service *service = conn->service;

	loop_unwatch(service->sup->loop, &header->watch);
	list_remove(&header->link);
	list_remove(&header->all);
	service->headers.count--;
	service->sup->header_count--;
	free(header->bytes);
	free(header);
	return conn;
}

/* Keeps what has come, so that the descriptor is not ready for it for ever. */
static bool header_keep(struct header *header, size_t fresh, enum reason *why)
{
	uint8_t *more = sys_realloc(header->bytes, header->len + fresh);

	*why = REASON_RESOURCES;
	if (!more)
		return false;
	header->bytes = more;
	*why = REASON_PROXY;
	if (take(header->conn, more + header->len, fresh) < 0)
		return false;
	header->len += fresh;
	return true;
}

static void on_readable(struct loop_watch *watch, uint32_t events)
{
	struct header *header = list_entry(watch, struct header, watch);
	struct service *service = header->conn->service;
	struct look look = look_at(header->conn, header->bytes, header->len);
	enum reason why = REASON_PROXY;

	(void)events;
	if (look.result == PROXYPROTO_OK)
		conclude(header_end(header), &look);
	else if (look.result == PROXYPROTO_BAD ||
	         (look.fresh > 0 && !header_keep(header, look.fresh, &why)))
		conn_refuse(header_end(header), why);
	service_update(service);
}

/* Half of all descriptors, so that the others always have the other half. */
static void make_room(struct supervisor *sup)
{
	struct list *first = list_first(&sup->headers);

	if (first && sup->header_count >= fd_limit() / 2)
		conn_refuse(header_end(list_entry(first, struct header, all)), REASON_PROXY);
}

/* NULL: out of memory. */
static struct header *header_new(struct conn *conn, msec_t due)
{
	struct header *header = sys_calloc(1, sizeof *header);

	if (!header)
		return NULL;
	header->conn = conn;
	header->due = due;
	header->watch.fd = conn->fd;
	header->watch.ready = on_readable;
	return header;
}

static void header_enter(struct header *header)
{
	struct service *service = header->conn->service;
	struct headers *headers = &service->headers;

	header->conn->state = CONN_HEADER;
	if (list_empty(&headers->list))
		loop_timer_set(service->sup->loop, &headers->timer, header->due);
	list_append(&headers->list, &header->link);
	list_append(&service->sup->headers, &header->all);
	headers->count++;
	service->sup->header_count++;
}

int header_attach(struct header *header)
{
	return loop_watch(header->conn->service->sup->loop, &header->watch, EPOLLIN);
}

static void header_wait(struct conn *conn)
{
	struct service *service = conn->service;
	struct header *header;

	make_room(service->sup);
	conn->fd = fd_up(conn->fd);
	header = header_new(conn, loop_now(service->sup->loop) + service->conf->proxy_timeout_msec);
	if (!header || header_attach(header) < 0) {
		free(header);
		conn_refuse(conn, REASON_RESOURCES);
		return;
	}
	header_enter(header);
}

int header_adopt(struct conn *conn, msec_t due, const void *bytes, size_t len)
{
	struct header *header = header_new(conn, due);

	if (header && len > 0)
		header->bytes = sys_malloc(len);
	if (!header || (len > 0 && !header->bytes)) {
		free(header);
		return -1;
	}
	if (len > 0)
		memcpy(header->bytes, bytes, len);
	header->len = len;
	header_enter(header);
	return 0;
}

void header_begin(struct conn *conn)
{
	struct look look = {.result = PROXYPROTO_BAD};

	/* Most headers are there when their client is, or come in one piece after. */
	if (is_trusted(conn))
		look = look_at(conn, NULL, 0);
	if (look.result == PROXYPROTO_OK)
		conclude(conn, &look);
	else if (look.result == PROXYPROTO_MORE)
		header_wait(conn);
	else
		conn_refuse(conn, REASON_PROXY);
}

static struct header *first_of(const struct headers *headers)
{
	struct list *first = list_first(&headers->list);

	return first ? list_entry(first, struct header, link) : NULL;
}

static void on_deadline(struct loop_timer *timer)
{
	struct headers *headers = list_entry(timer, struct headers, timer);
	struct service *service = list_entry(headers, struct service, headers);
	struct loop *loop = service->sup->loop;
	struct header *header = first_of(headers);

	/* What is left is due at once, in the next turn. */
	for (int i = 0; i < BATCH && header && header->due <= loop_now(loop); i++) {
		conn_refuse(header_end(header), REASON_PROXY);
		header = first_of(headers);
	}
	if (header)
		loop_timer_set(loop, timer, header->due);
}

void headers_refuse(struct service *service, enum reason reason)
{
	struct header *header;

	while ((header = first_of(&service->headers)))
		conn_refuse(header_end(header), reason);
}

int headers_init(struct service *service)
{
	list_init(&service->headers.list);
	return loop_timer_init(service->sup->loop, &service->headers.timer, on_deadline);
}

void headers_free(struct service *service)
{
	loop_timer_free(service->sup->loop, &service->headers.timer);
}
