/* config/problem.h - collects what is wrong with a configuration.
 *
 * Everything under config/ reports here and goes on. The same words about the
 * same line are kept once, so a bad value in `defaults` is one problem however
 * many services have it. At most PROBLEMS_MAX are kept: after that a last one
 * says that there are more, and `errors` goes on counting. */
#ifndef CONFIG_PROBLEM_H
#define CONFIG_PROBLEM_H

#include <stdarg.h>

#include "config/model.h"
#include "config/read.h"

enum { PROBLEMS_MAX = 1000, PROBLEM_TEXT_MAX = 600 };

void problem_addv(struct conf_problems *problems, const struct conf_where *where, bool warning,
                  const char *format, va_list ap) __attribute__((format(printf, 4, 0)));
void problem_add(struct conf_problems *problems, const struct conf_where *where, bool warning,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* In the order of these files (NULL-terminated) and of their lines. */
void problem_sort(struct conf_problems *problems, const char *const *files);

/* Text from a file as it may stand in a message: cut, with what a terminal
 * might act on escaped. Returns text. */
enum { QUOTED_MAX = 100 };
const char *problem_quote(const char *from, size_t len, char text[QUOTED_MAX]);

#endif
