#include "core/fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/sys.h"
#include "core/record.h"
#include "core/service.h"
#include "core/supervisor.h"

enum {
	PLACES = 512, /* sources and reasons that are told apart, a power of two */
	RESTS = 128,  /* services and reasons of those that found no place, too */
	PROBES = 8,   /* places where one may stand */
	FOLD_MSEC = 1000,
};

/* Refusals of one source for one reason. */
struct folded {
	struct service *service; /* NULL: free */
	enum reason reason;
	struct prefix source; /* all zero: of many sources */
	struct facts facts;   /* of the last one */
	uint64_t count;       /* since the line */
	msec_t line;          /* when that was written */
};

struct fold {
	struct supervisor *sup;
	struct hash_key key;
	struct loop_timer timer;
	struct folded place[PLACES];
	struct folded rest[RESTS];
	uint64_t untold; /* refusals that found no place at all */
	msec_t told;     /* when that was said */
};

static void folded_write(struct folded *folded, msec_t now)
{
	record_refuse(folded->service, &folded->facts, folded->reason, folded->count);
	folded->count = 0;
	folded->line = now;
}

/* Its second is over: tells what was counted, or makes room. */
static void folded_age(struct folded *folded, msec_t now)
{
	if (!folded->service || now - folded->line < FOLD_MSEC)
		return;
	if (folded->count > 0)
		folded_write(folded, now);
	else
		folded->service = NULL;
}

static bool age_all(struct folded *table, size_t size, msec_t now)
{
	bool used = false;

	for (size_t i = 0; i < size; i++) {
		folded_age(&table[i], now);
		used |= table[i].service != NULL;
	}
	return used;
}

static void tell_untold(struct fold *fold, msec_t now)
{
	if (fold->untold == 0 || now - fold->told < FOLD_MSEC)
		return;
	log_warn("refusals that have no record, for there were too many kinds: %llu",
	         (unsigned long long)fold->untold);
	fold->untold = 0;
	fold->told = now;
}

static void on_timer(struct loop_timer *timer)
{
	struct fold *fold = list_entry(timer, struct fold, timer);
	msec_t now = loop_now(fold->sup->loop);
	bool used = age_all(fold->place, PLACES, now);

	used |= age_all(fold->rest, RESTS, now);
	tell_untold(fold, now);
	if (used || fold->untold > 0)
		loop_timer_set(fold->sup->loop, timer, now + FOLD_MSEC / 4);
}

struct fold *fold_new(struct supervisor *sup)
{
	struct fold *fold = sys_calloc(1, sizeof *fold);

	if (!fold)
		return NULL;
	fold->sup = sup;
	hash_key_draw(&fold->key);
	if (loop_timer_init(sup->loop, &fold->timer, on_timer) < 0) {
		free(fold);
		return NULL;
	}
	return fold;
}

static void end_all(struct folded *table, size_t size, const struct service *service)
{
	for (struct folded *folded = table; folded < table + size; folded++) {
		if (folded->service != service)
			continue;
		if (folded->count > 0)
			folded_write(folded, 0);
		folded->service = NULL;
	}
}

void fold_forget(struct fold *fold, const struct service *service)
{
	end_all(fold->place, PLACES, service);
	end_all(fold->rest, RESTS, service);
}

void fold_free(struct fold **fold)
{
	if (!*fold)
		return;
	loop_timer_free((*fold)->sup->loop, &(*fold)->timer);
	free(*fold);
	*fold = NULL;
}

static bool is_same(const struct folded *folded, const struct folded *wanted)
{
	return folded->service == wanted->service && folded->reason == wanted->reason &&
	       prefix_equal(&folded->source, &wanted->source);
}

/* Where this one stands, or may stand; NULL: there is no place. */
static struct folded *find(const struct fold *fold, struct folded *table, size_t size,
                           const struct folded *wanted)
{
	uint64_t at = hash_bytes(&fold->key, &wanted->source, sizeof wanted->source) +
	              (unsigned)wanted->reason + wanted->service->admit.number;
	struct folded *room = NULL;

	for (uint64_t i = at; i < at + PROBES; i++) {
		struct folded *folded = &table[i & (size - 1)];

		if (is_same(folded, wanted))
			return folded;
		if (!folded->service && !room)
			room = folded;
	}
	return room;
}

/* The place of the source, or else that of the many. */
static struct folded *fold_find(struct fold *fold, struct folded *wanted)
{
	struct folded *folded = find(fold, fold->place, PLACES, wanted);

	if (folded)
		return folded;
	wanted->facts = (struct facts){.session = 0};
	memset(&wanted->source, 0, sizeof wanted->source);
	return find(fold, fold->rest, RESTS, wanted);
}

static void fold_first(struct fold *fold, struct folded *folded, const struct folded *wanted,
                       msec_t now)
{
	*folded = *wanted;
	folded->count = 1;
	folded_write(folded, now);
	if (!fold->timer.node.at)
		loop_timer_set(fold->sup->loop, &fold->timer, now + FOLD_MSEC);
}

void fold_refusal(struct fold *fold, struct service *service, const struct facts *facts,
                  enum reason reason)
{
	const struct conf_service *conf = service->conf;
	msec_t now = loop_now(fold->sup->loop);
	struct folded wanted = {.service = service, .reason = reason, .facts = *facts};
	struct folded *folded;

	if (!conf->log_on_failure || !log_wants(LOG_INFO))
		return;
	wanted.facts.started = clock_usec();
	prefix_of(&facts->peer, conf->source_prefix_v4, conf->source_prefix_v6, &wanted.source);
	folded = fold_find(fold, &wanted);
	if (!folded) {
		fold->untold++;
	} else if (!folded->service) {
		fold_first(fold, folded, &wanted, now);
	} else {
		folded->facts = wanted.facts;
		folded->count++;
		if (now - folded->line >= FOLD_MSEC)
			folded_write(folded, now);
	}
}
