#include <string.h>

#include "config/scanner.h"
#include "config/suggest.h"

enum { TEXT_MAX = 4 * INPUT_TOTAL_MAX };

struct section *scan_add_section(struct scan *scan, enum schema_section kind, const char *title,
                                 const struct conf_where *where)
{
	struct arena *arena = scan->reader->scratch;
	struct section *section = arena_alloc(arena, sizeof(*section));
	struct section **list =
	    arena_room(arena, scan->section, scan->count, &scan->size, sizeof(struct section *));

	if (!list)
		return NULL;
	scan->section = list;
	if (!section || !title)
		return NULL;
	*section = (struct section){.kind = kind,
	                            .title = title,
	                            .where = *where,
	                            .text = BUF_INIT(TEXT_MAX),
	                            .place = scan->count};
	scan->section[scan->count++] = section;
	return section;
}

void scanner_not_closed(struct scanner *scanner)
{
	struct section *section = scanner->current;

	if (!scanner->lost_brace)
		section_error(scanner->reader, section, NULL, &section->where,
		              "the section is not closed (a '}' is missing)");
	scanner->lost_brace = false;
	section->damaged = true;
}

static bool is_title(const char *text, size_t len)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

	if (!len || len > SCAN_TITLE_MAX || !memchr(first, text[0], sizeof(first) - 1))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (!memchr(first, text[i], sizeof(first) - 1) &&
		    (text[i] < '0' || text[i] > '9') && text[i] != '.' && text[i] != '-')
			return false;
	}
	return true;
}

/* The title of a new section; one that is not as it should be makes it unusable. */
static const char *take_title(struct scanner *scanner, enum schema_section kind,
                              const struct token *name, const struct token *title, bool *bad_r)
{
	const char *text = title ? scanner_plain_text(scanner, title) : NULL;
	struct conf_where where = scanner_where(scanner, name->line);
	char quoted[QUOTED_MAX] = "?";

	*bad_r = true;
	if (title)
		token_quote(title, quoted);
	if (!schema_section_titled(kind)) {
		if (title)
			section_error(scanner->reader, NULL, schema_section_name(kind), &where,
			              "this section takes no name");
		*bad_r = title != NULL;
		return "";
	}
	if (!title)
		section_error(scanner->reader, NULL, schema_section_name(kind), &where,
		              "the name is missing (write %s \"name\" {)",
		              schema_section_name(kind));
	else if (title->fault)
		section_error(scanner->reader, NULL, schema_section_name(kind), &where, "%s",
		              title->fault);
	else if (!text || !is_title(text, strlen(text)))
		section_error(
		    scanner->reader, NULL, schema_section_name(kind), &where,
		    "%s is no name (at most %d letters, digits and _.-, first a letter or _)",
		    quoted, SCAN_TITLE_MAX);
	else
		*bad_r = false;
	return *bad_r ? arena_text(scanner->reader->scratch, quoted) : text;
}

void scanner_leave_section(struct scanner *scanner)
{
	if (scanner_is_top(scanner))
		return;
	scanner_not_closed(scanner);
	scanner->current = scanner->scan->section[0];
}

static void offer_sections(struct suggest *suggest)
{
	for (int kind = SCHEMA_TOP + 1; kind < SCHEMA_SECTIONS; kind++)
		suggest_offer(suggest, schema_section_name((enum schema_section)kind));
}

/* Something like a section's name at the beginning of a line is one. */
static bool is_slip_of_section(const struct scanner *scanner, const struct token *name)
{
	struct suggest suggest = SUGGEST_INIT(name->text, name->len);

	offer_sections(&suggest);
	return suggest.best && scanner_at_margin(scanner, name);
}

/* A section that we do not know: its nearest relative, or SCHEMA_TOP. */
static enum schema_section unknown_section(struct scanner *scanner, const struct token *name,
                                           const struct token *title)
{
	struct suggest suggest = SUGGEST_INIT(name->text, name->len);
	char quoted[QUOTED_MAX];

	token_quote(name, quoted);
	scanner->current->damaged = true;
	if (scanner_is_top(scanner))
		offer_sections(&suggest);
	if (!title && schema_find(scanner->current->kind, name->text, name->len))
		scanner_error(scanner, quoted, name->line, "'=' is missing");
	else if (!scanner_is_top(scanner))
		scanner_error(scanner, quoted, name->line,
		              "there are no sections in here (or is a '}' missing before it?)");
	else if (suggest.best)
		scanner_error(scanner, quoted, name->line, "unknown section (did you mean \"%s\"?)",
		              suggest.best);
	else
		scanner_error(scanner, quoted, name->line, "unknown section");
	return suggest.best ? schema_section_find(suggest.best, strlen(suggest.best)) : SCHEMA_TOP;
}

static void begin_section(struct scanner *scanner, enum schema_section kind, bool known,
                          const struct token *name, const struct token *title)
{
	struct conf_where where = scanner_where(scanner, name->line);
	bool bad = false;
	const char *text = take_title(scanner, kind, name, title, &bad);
	struct section *section = scan_add_section(scanner->scan, kind, text, &where);

	if (section) {
		section->unusable = bad || !known;
		scanner->current = section;
	}
}

void scanner_open_section(struct scanner *scanner, const struct token *name,
                          const struct token *title)
{
	enum schema_section kind = schema_section_find(name->text, name->len);
	bool known = kind != SCHEMA_TOP;
	struct conf_where where = scanner_where(scanner, name->line);
	struct lex before;
	struct token token;

	if (known || is_slip_of_section(scanner, name))
		scanner_leave_section(scanner);
	if (!known)
		kind = unknown_section(scanner, name, title);
	do {
		before = scanner->lex;
		lex_next(&scanner->lex, &token);
	} while (token.kind != LEX_OPEN && !token.open);
	if (kind == SCHEMA_TOP) {
		scanner->lex = before;
		scanner_skip(scanner, token.line);
	} else if (scanner->scan->count > SCAN_SECTIONS_MAX) {
		section_error(scanner->reader, NULL, NULL, &where, "more than %d sections",
		              SCAN_SECTIONS_MAX);
		scanner->lex.at = scanner->lex.end;
		scanner->lost_brace = true;
	} else {
		begin_section(scanner, kind, known, name, title);
	}
}

void scanner_close_section(struct scanner *scanner, const struct token *token)
{
	if (scanner_is_top(scanner))
		scanner_error(scanner, NULL, token->line, "a '}' that closes nothing");
	scanner->lost_brace = false;
	scanner->current = scanner->scan->section[0];
}
