/* config/address.h - one address of `listen`: [kind:]address.
 *
 * No DNS: hosts are numbers, ports are numbers or names of /etc/services. An
 * address of IP may end in %device. */
#ifndef CONFIG_ADDRESS_H
#define CONFIG_ADDRESS_H

#include "config/model.h"
#include "config/value.h"

/* Sets kind, type, addr, device and dual of *listen, or fails with a sentence in
 * why. The device is a part of the text, which has to stay. */
int address_parse(const char *text, bool v6only, struct conf_listen *listen,
                  char why[VALUE_WHY_MAX]);

/* Can a network device have that name? It need not be there. */
int address_device(const char *name, char why[VALUE_WHY_MAX]);

/* Would bind(2) refuse the second of them while the first one listens? */
bool address_conflict(const struct conf_listen *a, const struct conf_listen *b);

#endif
