/* config/futile.h - warns of rules that never match and limits that limit nothing. */
#ifndef CONFIG_FUTILE_H
#define CONFIG_FUTILE_H

#include "config/builder.h"

/* An address that no client has. The note is the value. */
void futile_address(struct builder *b, const char *option, const struct net *net);

/* The same address in two values. */
void futile_twice(struct builder *b, const char *option, const struct setting_value *one,
                  const struct setting_value *other);

/* Addresses of only_from, no_access and exempt for which others have decided
 * already. The notes are the values. */
void futile_access(struct builder *b);

void futile_times(struct builder *b, const struct setting_value *value,
                  const struct conf_times *times);

/* Limits that others make useless; the bursts must be there. */
void futile_rates(struct builder *b);

#endif
