/* tests/fuzz/fuzz_convert.h - what holds for every conversion, whatever the file says. */
#ifndef FUZZ_FUZZ_CONVERT_H
#define FUZZ_FUZZ_CONVERT_H

#include <stddef.h>
#include <stdint.h>

#include "tools/convert.h"

/* Besides not to crash: a second conversion gives the same bytes, each warning has
 * a line that exists, and usherd takes the text, but for what a machine may have
 * or not (programs, accounts, names of ports, files). */
void fuzz_convert(void (*from)(struct draft *draft, const char *path, const char *text, size_t len),
                  const uint8_t *data, size_t size);

#endif
