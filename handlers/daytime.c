/* daytime - tells the day and the time, for people (RFC 867), in UTC. */
#include "client.h"
#include "moment.h"
#include "small.h"

static bool serve(void)
{
	char text[MOMENT_DAYTIME_MAX];

	if (!client_send(text, moment_daytime(text, time(NULL))))
		return false;
	client_finish();
	return true;
}

static bool answer(struct datagram *datagram)
{
	datagram->len = moment_daytime(datagram->data, time(NULL));
	return true;
}

int main(int argc, char **argv)
{
	return small_main(argc, argv, &(struct small){"usage: daytime [SECONDS]\n", serve, answer});
}
