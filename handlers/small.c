#include "small.h"
#include "client.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { IDLE_SECONDS = 1 };

int small_main(int argc, char **argv, const struct small *small)
{
	long seconds = argc > 1 ? client_seconds(argv[1]) : IDLE_SECONDS;

	if (argc > 2 || seconds == 0) {
		(void)!write(STDERR_FILENO, small->usage, strlen(small->usage));
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (datagram_is_lent())
		return datagram_serve(small->answer, seconds * 1000) ? 0 : 1;
	return small->serve() || client_is_gone(errno) ? 0 : 1;
}
