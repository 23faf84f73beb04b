/* unit/test.h - what every unit test needs: cmocka, and how to skip.
 *
 * A test is named noun__state__what_happens, one group in one binary
 * (tests/README.md has a model). The allocations of the code under test are
 * watched by the sanitizers and by "make check-valgrind", not by cmocka. */
#ifndef UNIT_TEST_H
#define UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* build-aux/tap-filter shows the reason; cmocka alone would not. */
#define skip_because(reason)                           \
	do {                                           \
		print_message("# skip: %s\n", reason); \
		skip();                                \
	} while (0)

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Numbers that look random and are the same in every run (xorshift64*). */
static inline uint64_t test_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dU;
}

#endif
