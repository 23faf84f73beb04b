#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/print.h"
#include "tools/draft.h"

enum { WIDTH = 92 };

/* Words of a comment, in as many lines as they need. */
static void write_comment(struct buf *out, const char *begin, const char *next, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column == 0) {
			buf_adds(out, begin);
			column = strlen(begin);
		} else if (column + 1 + len > WIDTH) {
			buf_addf(out, "\n%s", next);
			column = strlen(next);
		} else {
			buf_addc(out, ' ');
			column++;
		}
		column += len;
		buf_add(out, text, len);
		text += len;
		text += strspn(text, " ");
	}
	buf_addc(out, '\n');
}

static void write_option(struct buf *out, const struct draft_option *option, int width,
                         const char *begin)
{
	bool list = option->schema->type == SCHEMA_LIST;

	buf_addf(out, "%s%-*s = ", begin, width, option->schema->name);
	if (list)
		buf_addc(out, '{');
	for (size_t i = 0; i < option->count; i++) {
		if (i)
			buf_adds(out, ", ");
		if (option->raw)
			buf_adds(out, option->value[i]);
		else
			conf_print_quoted(out, option->value[i]);
	}
	if (list)
		buf_addc(out, '}');
	if (option->remark) {
		buf_adds(out, "  # ");
		draft_plain(out, option->remark);
	}
	buf_addc(out, '\n');
}

/* In the order of usherd.conf(5). */
static int compare(const void *a, const void *b)
{
	const struct draft_option *one = a, *other = b;

	return one->schema < other->schema ? -1 : one->schema > other->schema;
}

static void write_service(struct buf *out, struct draft_service *service)
{
	const char *begin = service->gone ? "#  " : "  ", *outer = service->gone ? "#" : "";
	int width = 0;

	buf_addc(out, '\n');
	for (size_t i = 0; i < service->count; i++) {
		int len = (int)strlen(service->option[i].schema->name);

		width = len > width ? len : width;
	}
	if (service->count)
		qsort(service->option, service->count, sizeof *service->option, compare);
	buf_adds(out, "# ");
	draft_plain(out, service->where.file);
	if (service->where.line)
		buf_addf(out, ":%u", service->where.line);
	buf_addc(out, '\n');
	if (service->gone)
		write_comment(out, "# NOT CARRIED OVER: ", "# ", service->gone);
	buf_addf(out, "%sservice \"%s\" {\n", outer, service->name);
	for (size_t i = 0; i < service->comments; i++)
		write_comment(out, service->gone ? "#  # " : "  # ",
		              service->gone ? "#  # " : "  # ", service->comment[i]);
	for (size_t i = 0; i < service->count; i++)
		write_option(out, &service->option[i], width, begin);
	buf_addf(out, "%s}\n", outer);
}

void draft_write(struct draft *draft, const char *from, struct buf *out)
{
	buf_addf(out,
	         "# Made by \"usherctl convert %s\"; usherd-migrating(7) tells what became of "
	         "what.\n"
	         "# Try sandbox = \"standard\": few programs need more. And stderr = \"log\" keeps "
	         "the\n"
	         "# programs' complaints away from clients, where these do not rely on them.\n",
	         from);
	if (draft->both)
		buf_adds(
		    out,
		    "# tcp and udp are both IP versions, as in Debian's inetd; with -4 they are "
		    "IPv4 alone,\n# as in those of GNU, FreeBSD, NetBSD and OpenBSD.\n");
	for (size_t i = 0; i < draft->heads; i++)
		write_comment(out, "# ", "# ", draft->head[i]);
	for (struct draft_service *service = draft->first; service; service = service->next)
		write_service(out, service);
}
