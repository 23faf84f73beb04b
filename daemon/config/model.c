#include <assert.h>

#include "config/arena.h"
#include "config/model.h"

struct conf *conf_ref(struct conf *conf)
{
	conf->refs++;
	return conf;
}

void conf_unref(struct conf **conf)
{
	struct arena *arena;

	if (!*conf)
		return;
	assert((*conf)->refs > 0);
	if (--(*conf)->refs == 0) {
		arena = (*conf)->arena; /* holds the model itself, too */
		arena_free(&arena);
	}
	*conf = NULL;
}
