/* config/admission.h - who may come in, when and how often: only_from, no_access,
 * exempt, access_times, allow_users and the rates. */
#ifndef CONFIG_ADMISSION_H
#define CONFIG_ADMISSION_H

#include "config/builder.h"

/* Reports what is wrong, and warns of what can never matter (config/futile.h);
 * the service has what is right. Its sockets must be known already. */
void admission_build(struct builder *b);

#endif
