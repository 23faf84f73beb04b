#include "core/resources.h"

#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "core/service.h"
#include "core/supervisor.h"

enum {
	FIRST_MSEC = 20,
	LAST_MSEC = 1000,
	CALM_MSEC = 1000, /* without a failure: the episode is over */
};

static void update_services(struct supervisor *sup)
{
	for (size_t i = 0; i < sup->service_count; i++)
		service_update(sup->services[i]);
	sup->pump_wanted = true;
}

static void episode_over(struct resources *res, msec_t now)
{
	log_info("resources: enough again after %lld ms", (long long)(now - res->since));
	res->episode = false;
	res->delay_msec = 0;
}

static void on_timer(struct loop_timer *timer)
{
	struct resources *res = list_entry(timer, struct resources, timer);
	struct supervisor *sup = list_entry(res, struct supervisor, resources);
	msec_t now = loop_now(sup->loop);

	if (res->short_now) {
		res->short_now = false;
		update_services(sup);
		loop_timer_set(sup->loop, timer, now + CALM_MSEC);
	} else if (now - res->last >= CALM_MSEC) {
		episode_over(res, now);
	} else {
		loop_timer_set(sup->loop, timer, res->last + CALM_MSEC);
	}
}

int resources_init(struct supervisor *sup)
{
	return loop_timer_init(sup->loop, &sup->resources.timer, on_timer);
}

void resources_free(struct supervisor *sup)
{
	loop_timer_free(sup->loop, &sup->resources.timer);
}

void resources_lack(struct supervisor *sup, const char *what, int error)
{
	struct resources *res = &sup->resources;
	msec_t now = loop_now(sup->loop);

	res->what = what;
	res->error = error;
	res->last = now;
	if (!res->episode) {
		res->episode = true;
		res->since = now;
		res->episodes++;
		log_warn("resources: %s: %s; clients wait, nobody new is accepted until there is "
		         "more (%u sessions, %u of %u descriptors)",
		         what, strerror(error), sup->session_count, supervisor_fds(sup),
		         fd_limit());
	}
	/* Several calls of one turn fail together: that is one failure. */
	if (res->short_now)
		return;
	res->short_now = true;
	res->delay_msec = res->delay_msec ? res->delay_msec * 2 : FIRST_MSEC;
	if (res->delay_msec > LAST_MSEC)
		res->delay_msec = LAST_MSEC;
	loop_timer_set(sup->loop, &res->timer, now + res->delay_msec);
	update_services(sup);
}

void resources_freed(struct supervisor *sup)
{
	struct resources *res = &sup->resources;

	if (res->short_now) {
		res->delay_msec = 0;
		loop_timer_set(sup->loop, &res->timer, loop_now(sup->loop));
	}
}
