#include "config/machine.h"

#include <string.h>

#include "base/proc.h"
#include "config/value.h"

/* In the order of enum proc_figure, from PROC_CPU on. */
static const char *const resources[] = {"cpu", "memory", "io"};
enum { RESOURCES = sizeof resources / sizeof *resources, PER_CENT_MOST = 100 * 100 };

static void build_load(struct builder *b)
{
	const struct setting_value *value = section_value(b->section, "max_load");
	char quoted[QUOTED_MAX];
	const char *end;

	if (!value)
		return;
	if (proc_hundredths(value->text, &end, &b->service->busy_most[PROC_LOAD]) < 0 || *end)
		builder_error(b, "max_load", value, "\"%s\" is not a load (like 4 or 4.5)",
		              problem_quote(value->text, strlen(value->text), quoted));
}

/* "cpu:40", or "40" for all of them; false: neither. */
static bool parse_pressure(const char *text, unsigned most[RESOURCES])
{
	const char *colon = strchr(text, ':'), *end;
	size_t len = colon ? (size_t)(colon - text) : 0;
	unsigned value;
	bool known = !colon;

	if (proc_hundredths(colon ? colon + 1 : text, &end, &value) < 0 || *end ||
	    value > PER_CENT_MOST)
		return false;
	for (size_t i = 0; i < RESOURCES; i++) {
		bool named = strlen(resources[i]) == len && memcmp(resources[i], text, len) == 0;

		if (colon && !named)
			continue;
		most[i] = value;
		known = true;
	}
	return known;
}

static void build_pressure(struct builder *b)
{
	const struct setting *setting = section_find(b->section, "max_pressure");
	char quoted[QUOTED_MAX];

	for (size_t i = 0; setting && i < setting->count; i++) {
		const struct setting_value *value = &setting->value[i];

		if (!parse_pressure(value->text, &b->service->busy_most[PROC_CPU]))
			builder_error(
			    b, "max_pressure", value,
			    "\"%s\" is no pressure (a percentage like 40 or 12.5, or of one "
			    "resource: cpu:40, memory:20, io:60)",
			    problem_quote(value->text, strlen(value->text), quoted));
	}
}

/* What the kernel does not tell limits nothing: that is said, and no error. */
static void try_machine(struct builder *b)
{
	struct proc proc;

	proc_init(&proc);
	for (int i = 0; i < PROC_FIGURES; i++) {
		const char *option = i == PROC_LOAD ? "max_load" : "max_pressure";

		if (b->service->busy_most[i] == 0 ||
		    proc_open(&proc, PROC_DIR, (enum proc_figure)i) == 0)
			continue;
		builder_warn(b, option, section_value(b->section, option),
		             PROC_DIR "/%s: %m, so it limits nothing%s",
		             proc_file((enum proc_figure)i),
		             i == PROC_LOAD ? "" : " (does the kernel have PSI, or psi=1?)");
	}
	proc_close(&proc);
}

void machine_build(struct builder *b)
{
	build_load(b);
	build_pressure(b);
	for (int i = 0; i < PROC_FIGURES; i++)
		b->service->heeds_machine |= b->service->busy_most[i] > 0;
	if (b->service->heeds_machine && !b->reader->no_files)
		try_machine(b);
}
