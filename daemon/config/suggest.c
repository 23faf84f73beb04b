#include <string.h>

#include "config/suggest.h"

enum { NAME_MAX_LEN = 40 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Three rows of the usual table are enough, the third one for swaps. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][NAME_MAX_LEN + 1];

	for (unsigned j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3],
			 *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			unsigned wrong = a[i - 1] != b[j - 1];

			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + wrong);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    above2[j - 2] + 1 < row[j])
				row[j] = above2[j - 2] + 1;
		}
	}
	return rows[a_len % 3][b_len];
}

void suggest_offer(struct suggest *suggest, const char *name)
{
	size_t len = strlen(name);
	unsigned d;

	if (len > NAME_MAX_LEN || suggest->len > NAME_MAX_LEN)
		return;
	d = distance(suggest->wrong, suggest->len, name, len);
	if (d < suggest->distance && 2 * (size_t)d < len) {
		suggest->best = name;
		suggest->distance = d;
	}
}
