#include "control/peer.h"

#include <stdlib.h>

#include "base/sys.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

enum { GROUPS_MOST = 65536 }; /* NGROUPS_MAX */

int peer_of(int fd, struct peer *peer)
{
	struct ucred cred;
	socklen_t len = sizeof cred;

	if (sys_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -1;
	*peer = (struct peer){.pid = cred.pid, .uid = cred.uid, .gid = cred.gid};
	return 0;
}

bool peer_is_in(int fd, const struct peer *peer, gid_t gid)
{
	socklen_t len = GROUPS_MOST * sizeof(gid_t);
	gid_t *groups;
	bool found = peer->gid == gid;

	if (found)
		return true;
	groups = sys_malloc(len);
	if (groups && sys_getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == 0)
		for (size_t i = 0; i < len / sizeof *groups && !found; i++)
			found = groups[i] == gid;
	free(groups);
	return found;
}
