#include "core/bans.h"

#include "core/supervisor.h"

enum { BATCH = 256 };

static void wait_for_end(struct supervisor *sup)
{
	msec_t end = ban_next_end(&sup->admit.bans);

	if (end < 0)
		loop_timer_unset(sup->loop, &sup->bans.end);
	else
		loop_timer_set(sup->loop, &sup->bans.end, end);
}

static void on_end(struct loop_timer *timer)
{
	struct bans *bans = list_entry(timer, struct bans, end);
	struct supervisor *sup = list_entry(bans, struct supervisor, bans);

	for (int i = 0; i < BATCH && ban_expire(&sup->admit.bans, loop_now(sup->loop)); i++)
		;
	wait_for_end(sup);
}

int bans_init(struct supervisor *sup)
{
	return loop_timer_init(sup->loop, &sup->bans.end, on_end);
}

void bans_free(struct supervisor *sup)
{
	loop_timer_free(sup->loop, &sup->bans.end);
}

void bans_turn(struct supervisor *sup)
{
	if (sup->bans.seen == sup->admit.bans.changes)
		return;
	sup->bans.seen = sup->admit.bans.changes;
	wait_for_end(sup);
}
