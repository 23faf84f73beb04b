/* discard - reads and forgets (RFC 863), until the end of input. */
#include "small.h"

#include <errno.h>
#include <unistd.h>

static bool serve(void)
{
	static char data[65536];
	ssize_t got;

	do {
		got = read(STDIN_FILENO, data, sizeof(data));
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got == 0;
}

static bool answer(struct datagram *datagram)
{
	(void)datagram;
	return false;
}

int main(int argc, char **argv)
{
	return small_main(argc, argv, &(struct small){"usage: discard [SECONDS]\n", serve, answer});
}
