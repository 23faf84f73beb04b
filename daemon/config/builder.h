/* config/builder.h - what the files that build one service have in common. */
#ifndef CONFIG_BUILDER_H
#define CONFIG_BUILDER_H

#include "config/reader.h"
#include "config/section.h"

struct builder {
	struct reader *reader;
	const struct section *section; /* with all that applies, inherited or not */
	struct conf_service *service;
};

#define builder_error(b, option, value, ...) \
	section_error((b)->reader, (value)->section, option, &(value)->where, __VA_ARGS__)
#define builder_warn(b, option, value, ...) \
	section_warn((b)->reader, (value)->section, option, &(value)->where, __VA_ARGS__)

/* Complaints about what is missing only make sense where all was understood. */
static inline void builder_missing(const struct builder *b, const char *option, const char *what)
{
	if (!b->section->damaged)
		section_error(b->reader, b->section, option, &b->section->where, "%s", what);
}

#endif
