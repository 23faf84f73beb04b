/* admit/admit.h - may this client come in? The one door.
 *
 * core/conn.c asks admit_check() once for each client that was accepted:
 *
 *     ADMIT_START   it counts as running; a handler may be started
 *     ADMIT_WAIT    it stands in the fair queue; admit_next() hands it out
 *     ADMIT_REFUSE  it counts as nothing; `reason` says why
 *
 * What is asked, in this order: bans, who it is (access lists, users), what time
 * it is, how busy the machine, whether there is room in the service, for the
 * source, or in the queue, and last the rates: the source's, then the service's.
 * So who is refused has taken nothing from any bucket, and a loud source that its
 * own bucket holds back takes nothing from the one that all share; who may wait
 * has taken from both. One that the service's bucket refused, and that comes again
 * at once, leaves the last token to others. admit_explain() asks the same questions by the same
 * code, and changes nothing.
 *
 * Who is exempt is a source by its whole address, without bans, per_source,
 * queue_per_source and rates; it is one of the service's instances all the same.
 *
 * Whoever was let in (start or wait) is given back by admit_release() exactly
 * once: when its handler has ended, or when it went away before. Pure: time is
 * an argument, nothing is logged, nothing blocks, no socket is touched. Memory
 * is bounded by max_sources and by the number of clients. */
#ifndef ADMIT_ADMIT_H
#define ADMIT_ADMIT_H

#include "admit/acl.h"
#include "admit/ban.h"
#include "admit/queue.h"
#include "admit/source.h"
#include "admit/verdict.h"
#include "base/addr.h"
#include "base/clock.h"
#include "config/model.h"

enum { ADMIT_BANS_MOST = 1 << 16 };

/* What all services share. */
struct admit {
	struct source_table sources;
	struct ban_table bans;
	unsigned max_sessions;
	unsigned running;     /* over all services; always <= max_sessions */
	unsigned week_minute; /* the time of the week (base/clock.h): to be set by the
	                       * caller before it asks for a service with access_times */
	uint32_t next_service;
	const unsigned *busy; /* how busy the machine is, by enum proc_figure; NULL: not known */
};

/* What one service has. */
struct admit_service {
	struct admit *admit;
	const struct conf_service *conf;
	uint32_t number;
	unsigned running; /* always <= conf->instances, but after a reload */
	struct queue queue;
	struct source_pool sources;
	struct bucket bucket; /* of conf->rate */
};

enum admit_state { ADMIT_OUT, ADMIT_WAITING, ADMIT_RUNNING };

/* One who was let in; lives in its owner, who may copy it while it runs. */
struct admit_client {
	struct queue_node node;
	struct source *source;
	enum admit_state state;
};

enum admit_verdict { ADMIT_START, ADMIT_WAIT, ADMIT_REFUSE };

struct admit_answer {
	enum admit_verdict verdict;
	enum reason reason; /* of ADMIT_REFUSE */
	/* With ADMIT_WAIT: who lost its place to the newcomer and is out now, to be
	 * refused with REASON_QUEUE_FULL; else NULL. */
	struct admit_client *displaced;
};

/* What would become of a client, and by what. */
struct admit_explanation {
	enum admit_verdict verdict;
	enum reason reason;             /* of ADMIT_REFUSE; of ADMIT_WAIT: what it waits for */
	struct ban *ban;                /* that it is in, and not exempt from; or NULL */
	struct acl_answer acl;          /* the rule for its address */
	const struct conf_times *times; /* of access_times, that holds now; or NULL */
	const struct net *exempt;       /* its entry in exempt, or NULL */
	/* Below is what is so now, whether it mattered or not. */
	struct prefix source;
	unsigned running, waiting; /* of its source */
	bool limited;              /* the rates hold for it, as far as there are any */
	/* Of rate and rate_per_source: how many may come now, and if none, how long
	 * until one may. */
	unsigned rate_left, rate_source_left;
	msec_t rate_wait_msec, rate_source_wait_msec;
};

int admit_init(struct admit *admit, size_t max_sources, unsigned max_sessions);
void admit_free(struct admit *admit);
void admit_service_init(struct admit_service *service, struct admit *admit,
                        const struct conf_service *conf);
/* The limits change; who is in stays in, whatever they are now, and counts for the source
 * that it came as: a changed source_prefix holds for those who come after it. */
void admit_service_change(struct admit_service *service, const struct conf_service *conf);
void admit_service_free(struct admit_service *service); /* once all are released */

struct admit_answer admit_check(struct admit_service *service, struct admit_client *client,
                                const struct addr *peer, msec_t now);

struct admit_explanation admit_explain(const struct admit_service *service, const struct addr *peer,
                                       msec_t now);

/* The next of the queue that may start now: it counts as running from here on.
 * NULL if nobody may. */
struct admit_client *admit_next(struct admit_service *service);

/* Who has waited longer than queue_timeout: it is out from here on, to be
 * refused with REASON_QUEUE_TIMEOUT. NULL if nobody has. */
struct admit_client *admit_expired(struct admit_service *service, msec_t now);
/* When that will be for the one who has waited longest; -1: never. */
msec_t admit_expiry(const struct admit_service *service);

/* The one who waits the longest, or NULL: to empty the queue. */
struct admit_client *admit_waiting(const struct admit_service *service);

/* Could a client of a source that has nobody running start now? */
bool admit_has_room(const struct admit_service *service);

void admit_release(struct admit_service *service, struct admit_client *client);

#endif
