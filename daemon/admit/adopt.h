/* admit/adopt.h - clients and sources that another supervisor has let in.
 *
 * After an upgrade (core/upgrade.h) they are entered as they were: nobody is
 * asked for anything, whatever the limits are now. In this order: a service's
 * sources, those that run, those that wait in the order in which they came. */
#ifndef ADMIT_ADOPT_H
#define ADMIT_ADOPT_H

#include "admit/admit.h"

/* What is known of a source besides its clients. */
struct adopt_source {
	struct prefix prefix;
	struct bucket bucket;
	bool exempt;
	uint64_t turn;
};

/* All fail with ENOMEM. One that is idle is the last of those to be forgotten. */
int adopt_source(struct admit_service *service, const struct adopt_source *source, msec_t now);
int adopt_running(struct admit_service *service, struct admit_client *client,
                  const struct prefix *prefix, msec_t now);
int adopt_waiting(struct admit_service *service, struct admit_client *client,
                  const struct prefix *prefix, msec_t since, msec_t now);

#endif
