#include "config/root.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "config/value.h"

void root_build(struct builder *b)
{
	const struct setting_value *value = section_value(b->section, "root");
	char quoted[QUOTED_MAX];
	struct stat st;

	if (!value)
		return;
	problem_quote(value->text, strlen(value->text), quoted);
	if (value->text[0] != '/')
		builder_error(b, "root", value, "\"%s\" is not a full path", quoted);
	else if (!b->reader->options->root)
		builder_error(b, "root", value,
		              "usherd was not started by root: the root directory cannot be "
		              "changed (remove it)");
	else if (stat(value->text, &st) < 0)
		builder_error(b, "root", value, "%s: %s (it is made before it is named)", quoted,
		              strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		builder_error(b, "root", value, "%s is not a directory", quoted);
	else
		b->service->root = value->text;
}
