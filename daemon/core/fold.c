#include "core/fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/sys.h"
#include "core/record.h"
#include "core/service.h"
#include "core/supervisor.h"

enum {
	PLACES = 512, /* sources and reasons that are told apart, a power of two */
	PROBES = 8,   /* places where one may stand */
	FOLD_MSEC = 1000,
};

/* Refusals of one source for one reason. */
struct folded {
	struct service *service; /* NULL: free */
	enum reason reason;
	struct prefix source;
	struct facts facts; /* of the last one */
	uint64_t count;     /* since the line */
	msec_t line;        /* when that was written */
};

struct fold {
	struct supervisor *sup;
	struct hash_key key;
	struct loop_timer timer;
	struct folded place[PLACES];
	struct folded others[REASONS]; /* of those that found no place */
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

static void on_timer(struct loop_timer *timer)
{
	struct fold *fold = list_entry(timer, struct fold, timer);
	msec_t now = loop_now(fold->sup->loop);
	bool used = false;

	for (int i = 0; i < PLACES; i++) {
		folded_age(&fold->place[i], now);
		used |= fold->place[i].service != NULL;
	}
	for (int i = 0; i < REASONS; i++) {
		folded_age(&fold->others[i], now);
		used |= fold->others[i].service != NULL;
	}
	if (used)
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

static void folded_end(struct folded *folded)
{
	if (folded->service && folded->count > 0)
		folded_write(folded, 0);
	folded->service = NULL;
}

void fold_forget(struct fold *fold, const struct service *service)
{
	for (int i = 0; i < PLACES; i++)
		if (fold->place[i].service == service)
			folded_end(&fold->place[i]);
	for (int i = 0; i < REASONS; i++)
		if (fold->others[i].service == service)
			folded_end(&fold->others[i]);
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
static struct folded *fold_find(struct fold *fold, const struct folded *wanted)
{
	uint64_t at = hash_bytes(&fold->key, &wanted->source, sizeof wanted->source) +
	              (unsigned)wanted->reason + wanted->service->admit.number;
	struct folded *room = NULL;

	for (uint64_t i = at; i < at + PROBES; i++) {
		struct folded *folded = &fold->place[i & (PLACES - 1)];

		if (is_same(folded, wanted))
			return folded;
		if (!folded->service && !room)
			room = folded;
	}
	return room;
}

/* The line of those that have no place: another service's goes before. */
static struct folded *fold_others(struct fold *fold, struct folded *wanted)
{
	struct folded *others = &fold->others[wanted->reason];

	if (others->service != wanted->service)
		folded_end(others);
	wanted->facts = (struct facts){.session = 0};
	return others;
}

void fold_refusal(struct fold *fold, struct service *service, const struct facts *facts,
                  enum reason reason)
{
	const struct conf_service *conf = service->conf;
	msec_t now = loop_now(fold->sup->loop);
	struct folded wanted = {.service = service, .reason = reason, .facts = *facts};
	struct folded *folded;

	prefix_of(&facts->peer, conf->source_prefix_v4, conf->source_prefix_v6, &wanted.source);
	folded = fold_find(fold, &wanted);
	if (!folded)
		folded = fold_others(fold, &wanted);
	if (!folded->service) {
		wanted.count = 1;
		*folded = wanted;
		folded_write(folded, now);
		if (!fold->timer.node.at)
			loop_timer_set(fold->sup->loop, &fold->timer, now + FOLD_MSEC);
		return;
	}
	folded->facts = wanted.facts;
	folded->count++;
	if (now - folded->line >= FOLD_MSEC)
		folded_write(folded, now);
}
