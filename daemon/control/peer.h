/* control/peer.h - who is at the other end of a control connection. */
#ifndef CONTROL_PEER_H
#define CONTROL_PEER_H

#include <stdbool.h>
#include <sys/types.h>

struct peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/* As the kernel saw it when it connected (SO_PEERCRED in unix(7)). */
int peer_of(int fd, struct peer *peer);

/* Is the group its own or one of its supplementary ones? False when in doubt. */
bool peer_is_in(int fd, const struct peer *peer, gid_t gid);

#endif
