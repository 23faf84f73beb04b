/* config/print.h - the effective configuration as text (usherd -tv).
 *
 * Prints every option with its value, defaults included, in the syntax of
 * usherd.conf(5), so that the output can be used as a configuration. */
#ifndef CONFIG_PRINT_H
#define CONFIG_PRINT_H

#include <stdbool.h>

#include "base/buf.h"
#include "config/model.h"

/* An option of a service as it is in effect, whoever said so. */
struct conf_effective {
	const char *option;
	bool list;               /* there may be several values */
	const char *const *text; /* they, as they would be written */
	size_t count;
	const char *one[1];
};

/* A value in its quotes, as the scanner reads it. */
void conf_print_quoted(struct buf *out, const char *text);

void conf_print(const struct conf *conf, struct buf *out);
void conf_print_service(const struct conf_service *service, struct buf *out);

/* The next option that has a value; false at the end. *at is 0 at first. */
bool conf_next_effective(const struct conf_service *service, size_t *at,
                         struct conf_effective *effective);

#endif
