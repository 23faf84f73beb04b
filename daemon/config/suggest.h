/* config/suggest.h - did you mean ...?
 *
 * Offer names one after the other; what is left is the nearest one, if it is
 * at most two slips away (a letter missing, added, wrong, or two swapped:
 * Damerau and Levenshtein) and fewer than half of the letters are wrong. */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <stddef.h>

struct suggest {
	const char *wrong;
	size_t len;
	const char *best; /* NULL: nothing is near */
	unsigned distance;
};

#define SUGGEST_INIT(text, length)        \
	{                                 \
		(text), (length), NULL, 3 \
	}

void suggest_offer(struct suggest *suggest, const char *name);

#endif
