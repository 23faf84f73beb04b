#include "tools/draft.h"

#include <stdio.h>
#include <string.h>

#include "config/problem.h"
#include "config/slurp.h"

int draft_init(struct draft *draft)
{
	*draft = (struct draft){.arena = arena_new(), .warnings = BUF_INIT(DRAFT_TEXT_MAX)};
	draft->end = &draft->first;
	return draft->arena ? 0 : -1;
}

void draft_free(struct draft *draft)
{
	buf_free(&draft->warnings);
	arena_free(&draft->arena);
}

/* ---- what is wrong ---- */

void draft_plain(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\x%02x", c);
		else
			buf_addc(out, (char)c);
	}
}

static const char *__attribute__((format(printf, 2, 0)))
format_text(struct draft *draft, const char *format, va_list ap)
{
	struct buf raw = BUF_INIT(1 << 16), plain = BUF_INIT(1 << 18);
	const char *text = NULL;

	buf_vaddf(&raw, format, ap);
	draft_plain(&plain, raw.len ? raw.data : "");
	if (plain.len)
		text = arena_text(draft->arena, plain.data);
	buf_free(&raw);
	buf_free(&plain);
	return text ? text : "(too long to be told)";
}

static void warn(struct draft *draft, const struct draft_where *where,
                 const struct draft_service *service, const char *text)
{
	draft_plain(&draft->warnings, where->file);
	if (where->line)
		buf_addf(&draft->warnings, ":%u", where->line);
	buf_adds(&draft->warnings, ": ");
	if (service)
		buf_addf(&draft->warnings, "service \"%s\": ", service->name);
	buf_addf(&draft->warnings, "%s\n", text);
}

void draft_warn(struct draft *draft, const struct draft_where *where, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	warn(draft, where, NULL, format_text(draft, format, ap));
	va_end(ap);
}

void draft_bad(struct draft *draft, const struct draft_where *where, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	warn(draft, where, NULL, format_text(draft, format, ap));
	va_end(ap);
	draft->dropped++;
}

void draft_head(struct draft *draft, const struct draft_where *where, const char *format, ...)
{
	const char *text;
	va_list ap;
	void *room;

	va_start(ap, format);
	text = format_text(draft, format, ap);
	va_end(ap);
	warn(draft, where, NULL, text);
	room = arena_room(draft->arena, draft->head, draft->heads, &draft->head_size,
	                  sizeof *draft->head);
	if (!room)
		return;
	draft->head = room;
	draft->head[draft->heads++] = text;
}

/* ---- files ---- */

char *draft_read(struct draft *draft, const char *path, size_t *len_r,
                 const struct draft_where *from)
{
	struct draft_where whole = {path, 0};
	const char *why = NULL;
	struct stat st;
	char *text;

	if (++draft->files > DRAFT_FILES_MAX) {
		if (draft->files == DRAFT_FILES_MAX + 1)
			draft_bad(draft, from ? from : &whole, "more than %d files",
			          DRAFT_FILES_MAX);
		return NULL;
	}
	text = slurp(draft->arena, path, DRAFT_FILE_MAX, len_r, &st, &why);
	if (!text && from)
		draft_bad(draft, from, "%s %s", path, why);
	else if (!text)
		draft_bad(draft, &whole, "%s", why);
	return text;
}

/* ---- services ---- */

struct draft_service *draft_service(struct draft *draft, const struct draft_where *where,
                                    const char *wanted, const char *second)
{
	struct draft_service *service;

	if (draft->services == DRAFT_SERVICES_MAX) {
		if (!draft->full)
			draft_bad(draft, where, "more than %d services", DRAFT_SERVICES_MAX);
		draft->full = true;
		return NULL;
	}
	service = arena_alloc(draft->arena, sizeof *service);
	if (!service)
		return NULL;
	service->where = *where;
	service->base = draft_make_name(draft, wanted);
	service->name = service->base ? draft_unique_name(draft, service->base, second) : NULL;
	if (!service->name)
		return NULL;
	*draft->end = service;
	draft->end = &service->next;
	draft->services++;
	return service;
}

/* ---- options ---- */

struct draft_option *draft_option(const struct draft_service *service, const char *option)
{
	for (size_t i = 0; i < service->count; i++)
		if (strcmp(service->option[i].schema->name, option) == 0)
			return &service->option[i];
	return NULL;
}

const char *draft_value(const struct draft_service *service, const char *option)
{
	const struct draft_option *found = draft_option(service, option);

	return found && found->count ? found->value[0] : NULL;
}

void draft_unset(struct draft_service *service, const char *option)
{
	struct draft_option *found = draft_option(service, option);

	if (found)
		*found = service->option[--service->count];
}

/* The option of that name, new if it has to be; NULL if there can be none. */
static struct draft_option *make_option(struct draft *draft, struct draft_service *service,
                                        const char *name)
{
	const struct schema_option *schema = schema_find(SCHEMA_SERVICE, name, strlen(name));
	struct draft_option *option = draft_option(service, name);
	void *room;

	if (option)
		return option;
	if (!schema) {
		draft_remark(draft, service, &service->where, "%s is not in this version of usherd",
		             name);
		return NULL;
	}
	room = arena_room(draft->arena, service->option, service->count, &service->size,
	                  sizeof *service->option);
	if (!room)
		return NULL;
	service->option = room;
	option = &service->option[service->count++];
	*option = (struct draft_option){.schema = schema};
	return option;
}

static void add_value(struct draft *draft, struct draft_option *option, const char *text)
{
	void *room = arena_room(draft->arena, option->value, option->count, &option->size,
	                        sizeof *option->value);
	const char *copy = arena_text(draft->arena, text);

	if (!room || !copy)
		return;
	option->value = room;
	option->value[option->count++] = copy;
}

void draft_set(struct draft *draft, struct draft_service *service, const char *option,
               const char *format, ...)
{
	struct draft_option *found = make_option(draft, service, option);
	char text[256];
	va_list ap;

	if (!found)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	found->count = 0;
	found->raw = true;
	add_value(draft, found, text);
}

void draft_text(struct draft *draft, struct draft_service *service, const char *option,
                const char *text)
{
	struct draft_option *found = make_option(draft, service, option);

	if (!found)
		return;
	found->count = 0;
	found->raw = false;
	add_value(draft, found, text);
}

void draft_add(struct draft *draft, struct draft_service *service, const char *option,
               const char *text)
{
	struct draft_option *found = make_option(draft, service, option);

	if (found && text)
		add_value(draft, found, text);
}

/* ---- words ---- */

static void add_comment(struct draft *draft, struct draft_service *service, const char *text)
{
	void *room = arena_room(draft->arena, service->comment, service->comments,
	                        &service->comment_size, sizeof *service->comment);

	if (!room)
		return;
	service->comment = room;
	service->comment[service->comments++] = text;
}

void draft_beside(struct draft *draft, struct draft_service *service, const char *option,
                  const char *words)
{
	struct draft_option *found = draft_option(service, option);

	if (found)
		found->remark = arena_text(draft->arena, words);
}

void draft_comment(struct draft *draft, struct draft_service *service, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add_comment(draft, service, format_text(draft, format, ap));
	va_end(ap);
}

void draft_remark(struct draft *draft, struct draft_service *service,
                  const struct draft_where *where, const char *format, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, format);
	text = format_text(draft, format, ap);
	va_end(ap);
	add_comment(draft, service, text);
	warn(draft, where, service, text);
}

void draft_gone(struct draft *draft, struct draft_service *service, const struct draft_where *where,
                const char *format, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, format);
	text = format_text(draft, format, ap);
	va_end(ap);
	if (service->gone)
		return;
	service->gone = text;
	warn(draft, where, service, text);
}

void draft_off(struct draft *draft, struct draft_service *service, const struct draft_where *where,
               const char *format, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, format);
	text = format_text(draft, format, ap);
	va_end(ap);
	draft_set(draft, service, "enabled", "no");
	add_comment(draft, service, text);
	warn(draft, where, service, text);
}
