/* config/assemble.h - one service of the model from its settings. */
#ifndef CONFIG_ASSEMBLE_H
#define CONFIG_ASSEMBLE_H

#include "config/reader.h"
#include "config/section.h"

/* The settings in *section are those that apply, whatever they were inherited
 * from. NULL: out of memory. Errors are reported; the service is made as far as
 * it can be. */
struct conf_service *assemble_service(struct reader *reader, const struct section *section);

/* Puts what the section sets, or else the schema's default, into the fields
 * that the schema names. */
void assemble_fields(const struct section *section, enum schema_section kind, void *object);

/* The settings as texts, for printing. */
const struct conf_setting *assemble_settings(struct reader *reader, const struct section *section);

#endif
