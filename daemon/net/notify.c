#include "net/notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

/* Digits only; 0: it is not a number. */
static unsigned long long number(const char *text)
{
	char *end;
	unsigned long long value;

	if (!text || *text < '0' || *text > '9')
		return 0;
	value = strtoull(text, &end, 10);
	return *end ? 0 : value;
}

/* It may be meant for somebody who started us. */
static msec_t watchdog_msec(void)
{
	const char *pid = getenv("WATCHDOG_PID");

	if (pid && number(pid) != (unsigned long long)getpid())
		return 0;
	return (msec_t)(number(getenv("WATCHDOG_USEC")) / 1000);
}

int notify_open(struct notify *notify)
{
	const char *path = getenv("NOTIFY_SOCKET");

	*notify = (struct notify){.fd = -1};
	if (!path || !*path)
		return 0;
	if (path[0] != '/' && path[0] != '@') {
		errno = EAFNOSUPPORT;
		return -1;
	}
	if (addr_set_unix(path, &notify->to) < 0)
		return -1;
	if (path[0] == '@')
		notify->to.un.sun_path[0] = '\0';
	notify->fd = fd_up(sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (notify->fd < 0)
		return -1;
	notify->watchdog_msec = watchdog_msec();
	return 0;
}

void notify_close(struct notify *notify)
{
	fd_close(&notify->fd);
	*notify = (struct notify){.fd = -1};
}

/* Connected anew each time: the manager may have been replaced. False if it is
 * to be tried again; who has gone for good is told nothing. */
static bool told(struct notify *notify, const char *text)
{
	if (notify->fd < 0)
		return true;
	if (sys_connect(notify->fd, &notify->to.sa, notify->to.len) < 0)
		return errno != EAGAIN;
	return sys_send(notify->fd, text, strlen(text), MSG_DONTWAIT) >= 0 ||
	       (errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM);
}

static void tell_state(struct notify *notify)
{
	if (*notify->state && told(notify, notify->state))
		*notify->state = '\0';
}

void notify_ready(struct notify *notify)
{
	snprintf(notify->state, sizeof notify->state, "READY=1");
	tell_state(notify);
}

void notify_reloading(struct notify *notify, usec_t now)
{
	snprintf(notify->state, sizeof notify->state, "RELOADING=1\nMONOTONIC_USEC=%lld",
	         (long long)now);
	tell_state(notify);
}

void notify_stopping(struct notify *notify)
{
	snprintf(notify->state, sizeof notify->state, "STOPPING=1");
	tell_state(notify);
}

static void tell_status(struct notify *notify)
{
	char text[NOTIFY_TEXT_MAX + 16];

	if (!notify->status_due)
		return;
	snprintf(text, sizeof text, "STATUS=%s", notify->status);
	notify->status_due = !told(notify, text);
}

void notify_status(struct notify *notify, const char *text)
{
	if (strcmp(text, notify->status) == 0)
		return;
	snprintf(notify->status, sizeof notify->status, "%s", text);
	notify->status_due = true;
	tell_status(notify);
}

void notify_watchdog(struct notify *notify)
{
	(void)told(notify, "WATCHDOG=1");
}

bool notify_retry(struct notify *notify)
{
	tell_state(notify);
	tell_status(notify);
	return *notify->state || notify->status_due;
}
