#include "core/backoff.h"

enum { FIRST_MSEC = 2000, LAST_MSEC = 60000 };

msec_t backoff_failed(struct backoff *backoff, msec_t now)
{
	msec_t delay = FIRST_MSEC;

	for (unsigned i = 0; i < backoff->failures && delay < LAST_MSEC; i++)
		delay *= 2;
	if (backoff->failures < 100)
		backoff->failures++;
	return now + (delay < LAST_MSEC ? delay : LAST_MSEC);
}

void backoff_succeeded(struct backoff *backoff)
{
	backoff->failures = 0;
}
