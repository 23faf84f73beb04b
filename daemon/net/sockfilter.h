/* net/sockfilter.h - makes the kernel drop the packets of some addresses.
 *
 * A classic BPF program (packet(7), SO_ATTACH_FILTER) on a TCP listener or a UDP
 * socket looks at the source in the IP header: whoever is in one of the prefixes
 * is dropped before there is a connection, and hears nothing. IPv4 on an IPv6
 * socket is judged as IPv4. The program is a tree of comparisons over the four
 * words of an address, so it costs little with many prefixes. Needs no right. */
#ifndef NET_SOCKFILTER_H
#define NET_SOCKFILTER_H

#include <linux/filter.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/addr.h"

enum { SOCKFILTER_MOST = BPF_MAXINSNS };

/* A filter that drops these, in place of the one that is there. The kernel bounds
 * the program (4096 instructions, and net.core.optmem_max): what does not fit is
 * left out from the end. Returns how many are in; without any there is no filter.
 * Fails with errno. */
ssize_t sockfilter_set(int fd, const struct prefix *prefix, size_t count);

/* Accepted sockets inherit the filter of their listener. */
void sockfilter_clear(int fd);

/* The program alone: its length, or 0 if it does not fit. The prefixes are sorted,
 * and those that lie in others are taken out. */
size_t sockfilter_build(struct prefix *prefix, size_t count,
                        struct sock_filter code[SOCKFILTER_MOST]);

#endif
