#include "small.h"
#include "client.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { IDLE_MSEC = 1000 };

int small_main(int argc, char **argv, const struct small *small)
{
	long msec = argc > 1 ? client_msec(argv[1]) : IDLE_MSEC;

	if (argc > 2 || msec == 0) {
		(void)!write(STDERR_FILENO, small->usage, strlen(small->usage));
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (datagram_is_lent())
		return datagram_serve(small->answer, msec) ? 0 : 1;
	return small->serve() || client_is_gone(errno) ? 0 : 1;
}
