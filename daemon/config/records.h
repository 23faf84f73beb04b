/* config/records.h - what of a service is recorded: log_on_success, log_on_failure
 * and quiet_from. */
#ifndef CONFIG_RECORDS_H
#define CONFIG_RECORDS_H

#include "config/section.h"

/* Reports what is wrong; the service has what is right. */
void records_build(struct reader *reader, const struct section *section,
                   struct conf_service *service);

#endif
