#include "core/pulse.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "core/service.h"
#include "core/supervisor.h"

enum {
	BEAT_MSEC = 1000,
	STATUS_MSEC = 5000, /* between two words on the numbers */
};

static void format_status(const struct supervisor *sup, char text[NOTIFY_TEXT_MAX])
{
	unsigned long long queued = 0;

	for (size_t i = 0; i < sup->service_count; i++)
		queued += sup->services[i]->admit.queue.count;
	snprintf(text, NOTIFY_TEXT_MAX, "%s: %zu services, %u sessions, %llu clients waiting",
	         supervisor_state_name(sup->state), sup->service_count, sup->session_count, queued);
}

/* At most so often, and the manager hears nothing twice. False: it is due later. */
static bool tell_status(struct supervisor *sup)
{
	struct pulse *pulse = &sup->pulse;
	msec_t now = loop_now(sup->loop);
	char text[NOTIFY_TEXT_MAX];

	if (pulse->notify.fd < 0)
		return true;
	format_status(sup, text);
	if (strcmp(text, pulse->notify.status) == 0)
		return true;
	if (pulse->status_last && now - pulse->status_last < STATUS_MSEC)
		return false;
	pulse->status_last = now;
	notify_status(&pulse->notify, text);
	return true;
}

static bool is_busy(const struct supervisor *sup)
{
	return sup->session_count > 0 || sup->conn_count > 0;
}

/* At half of what the manager allows. */
static void feed_watchdog(struct pulse *pulse, msec_t now)
{
	if (pulse->notify.watchdog_msec == 0 || now < pulse->watchdog_due)
		return;
	notify_watchdog(&pulse->notify);
	pulse->watchdog_due = now + pulse->notify.watchdog_msec / 2;
}

/* Does not beat later than it was to. */
static void beat_by(struct supervisor *sup, msec_t due)
{
	struct loop_timer *timer = &sup->pulse.timer;

	if (!loop_timer_is_set(timer) || timer->due > due)
		loop_timer_set(sup->loop, timer, due);
}

static void on_beat(struct loop_timer *timer)
{
	struct pulse *pulse = list_entry(timer, struct pulse, timer);
	struct supervisor *sup = list_entry(pulse, struct supervisor, pulse);
	msec_t now = loop_now(sup->loop);
	bool told = tell_status(sup);

	feed_watchdog(pulse, now);
	if (notify_retry(&pulse->notify) || !told || is_busy(sup))
		beat_by(sup, now + BEAT_MSEC);
	if (pulse->notify.watchdog_msec > 0)
		beat_by(sup, pulse->watchdog_due);
}

int pulse_init(struct supervisor *sup)
{
	if (notify_open(&sup->pulse.notify) < 0)
		log_warn("NOTIFY_SOCKET: %m; the service manager is told nothing");
	return loop_timer_init(sup->loop, &sup->pulse.timer, on_beat);
}

void pulse_free(struct supervisor *sup)
{
	loop_timer_free(sup->loop, &sup->pulse.timer);
	notify_close(&sup->pulse.notify);
}

void pulse_ready(struct supervisor *sup)
{
	notify_ready(&sup->pulse.notify);
	if (sup->pulse.notify.fd >= 0)
		beat_by(sup, loop_now(sup->loop));
}

void pulse_reloading(struct supervisor *sup)
{
	sup->pulse.reloading = true;
	notify_reloading(&sup->pulse.notify, clock_usec());
}

void pulse_reloaded(struct supervisor *sup)
{
	bool began = sup->pulse.reloading;

	sup->pulse.reloading = false;
	if (began && sup->state < SUPERVISOR_STOPPING)
		pulse_ready(sup);
}

void pulse_stopping(struct supervisor *sup)
{
	notify_stopping(&sup->pulse.notify);
}

void pulse_turned(struct supervisor *sup)
{
	const struct loop_pace *pace = loop_pace(sup->loop);

	if (pace->late != sup->pulse.late_seen) {
		sup->pulse.late_seen = pace->late;
		log_warn("the loop was held up for %lld ms: too much at once, no processor for it, "
		         "or the process was stopped",
		         (long long)pace->last);
	}
	if (is_busy(sup))
		beat_by(sup, loop_now(sup->loop) + BEAT_MSEC);
}
