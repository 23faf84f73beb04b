#include "core/door.h"

#include "core/machine.h"
#include "core/service.h"
#include "core/supervisor.h"

enum reason door_look(struct service *service)
{
	if (service->wish == WISH_DISABLED)
		return REASON_DISABLED;
	if (service->conf->access_times_count)
		service->sup->admit.week_minute = clock_week_minute(clock_wall());
	machine_look(service);
	return REASON_NONE;
}

/* Why nobody can connect; REASON_NONE: its listeners are open, or shall be. */
static enum reason closed_for(const struct service *service)
{
	if (service->sup->state != SUPERVISOR_RUNNING)
		return service->sup->state == SUPERVISOR_DRAINING ? REASON_DRAINING
		                                                  : REASON_STOPPING;
	if (service->state == SERVICE_RUNNING)
		return REASON_NONE;
	if (service->state == SERVICE_DISABLED)
		return REASON_DISABLED;
	return REASON_DRAINING;
}

/* Who is not accepted now is not refused: it waits in the backlog. */
static enum reason held_back_by(const struct service *service,
                                const struct admit_explanation *found)
{
	bool refused = found->verdict == ADMIT_REFUSE;
	bool of_room = found->reason == REASON_INSTANCES || found->reason == REASON_MAX_SESSIONS;

	if (refused && !of_room)
		return REASON_NONE;
	if (service->sup->resources.short_now)
		return REASON_RESOURCES;
	if (service->failing)
		return REASON_SPAWN;
	if (refused && service->conf->queue == 0 && service->conf->when_full == CONF_FULL_WAIT)
		return found->reason;
	return REASON_NONE;
}

struct admit_explanation door_explain(struct service *service, const struct addr *peer)
{
	const struct addr lent = {.len = 0};
	struct admit_explanation found = {.verdict = ADMIT_REFUSE};
	enum reason reason = door_look(service);

	if (reason == REASON_NONE)
		reason = closed_for(service);
	if (reason) {
		found.reason = reason;
		return found;
	}
	/* Not who comes is let in there, but the socket as a whole. */
	if (service->conf->wait)
		peer = &lent;
	found = admit_explain(&service->admit, peer, loop_now(service->sup->loop));
	reason = held_back_by(service, &found);
	if (reason) {
		found.verdict = ADMIT_WAIT;
		found.reason = reason;
	}
	return found;
}
