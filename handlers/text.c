#include "text.h"

char *text_put(char *at, const char *text)
{
	while (*text)
		*at++ = *text++;
	return at;
}

char *text_decimal(char *at, uint64_t number)
{
	unsigned int digits = 1;

	for (uint64_t rest = number; rest >= 10; rest /= 10)
		digits++;
	for (unsigned int i = digits; i-- > 0; number /= 10)
		at[i] = (char)('0' + number % 10);
	return at + digits;
}

char *text_number(char *at, unsigned int number, unsigned int digits)
{
	for (unsigned int i = digits; i-- > 0; number /= 10)
		at[i] = (char)('0' + number % 10);
	return at + digits;
}
