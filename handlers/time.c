/* time - tells the seconds since 1900, for machines (RFC 868). */
#include "client.h"
#include "moment.h"
#include "small.h"

static bool serve(void)
{
	char bytes[MOMENT_TIME_LEN];

	moment_time(bytes, time(NULL));
	if (!client_send(bytes, sizeof(bytes)))
		return false;
	client_finish();
	return true;
}

static bool answer(struct datagram *datagram)
{
	moment_time(datagram->data, time(NULL));
	datagram->len = MOMENT_TIME_LEN;
	return true;
}

int main(int argc, char **argv)
{
	return small_main(argc, argv, &(struct small){"usage: time [SECONDS]\n", serve, answer});
}
