/* config/proxy.h - the proxies of a service: proxy_protocol, proxy_from. */
#ifndef CONFIG_PROXY_H
#define CONFIG_PROXY_H

#include "config/builder.h"

/* After the addresses of the service. */
void proxy_build(struct builder *b);

#endif
