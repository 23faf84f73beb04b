#include "core/changes.h"

#include <string.h>

#include "config/schema.h"

enum { VALUE_MAX = 120 }; /* bytes of a value that are shown */

struct settings {
	const struct conf_setting *setting;
	size_t count;
};

struct words {
	struct buf *out;
	bool any;
};

static void begin(struct words *words)
{
	buf_adds(words->out, words->any ? ", " : "");
	words->any = true;
}

static const struct conf_setting *find(const struct settings *set, const char *option)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->setting[i].option, option) == 0)
			return &set->setting[i];
	return NULL;
}

/* Its n-th value: what is set, or the default. NULL: there is none. */
static const char *value(const struct conf_setting *setting, const struct schema_option *option,
                         size_t n)
{
	if (!setting)
		return n == 0 ? option->value : NULL;
	return n < setting->count ? setting->text[n] : NULL;
}

static bool is_same(const struct conf_setting *from, const struct conf_setting *to,
                    const struct schema_option *option)
{
	for (size_t n = 0;; n++) {
		const char *a = value(from, option, n), *b = value(to, option, n);

		if (!a || !b)
			return !a && !b;
		if (strcmp(a, b) != 0)
			return false;
	}
}

static void add_value(struct buf *out, const struct conf_setting *setting,
                      const struct schema_option *option)
{
	const char *text = value(setting, option, 0);
	size_t began = out->len;

	if (!text)
		buf_adds(out, setting ? "{}" : "(not set)");
	for (size_t n = 1; text; text = value(setting, option, n++)) {
		if (n > 1)
			buf_addc(out, ' ');
		buf_addf(out, "%.*s", VALUE_MAX, text);
		if (out->len - began > VALUE_MAX) {
			buf_adds(out, " ...");
			break;
		}
	}
}

static void compare_settings(struct words *words, enum schema_section section,
                             const struct settings *from, const struct settings *to)
{
	size_t count;
	const struct schema_option *option = schema_options(section, &count);

	for (size_t i = 0; i < count; i++) {
		const struct conf_setting *a = find(from, option[i].name);
		const struct conf_setting *b = find(to, option[i].name);

		/* Templates are worked into the other options. */
		if (strcmp(option[i].name, "use") == 0 || is_same(a, b, &option[i]))
			continue;
		begin(words);
		buf_addf(words->out, "%s ", option[i].name);
		add_value(words->out, a, &option[i]);
		buf_adds(words->out, " -> ");
		add_value(words->out, b, &option[i]);
	}
}

static bool same_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

static bool same_addresses(const struct conf_service *from, const struct conf_service *to)
{
	if (from->listen_count != to->listen_count)
		return false;
	for (size_t i = 0; i < from->listen_count; i++)
		if (!addr_equal(&from->listen[i].addr, &to->listen[i].addr))
			return false;
	return true;
}

static void say_if(struct words *words, bool differs, const char *text)
{
	if (!differs)
		return;
	begin(words);
	buf_adds(words->out, text);
}

/* What names led to, where no setting has changed. */
static void compare_results(struct words *words, const struct conf_service *from,
                            const struct conf_service *to)
{
	bool groups = from->group_count != to->group_count ||
	              (to->group_count &&
	               memcmp(from->groups, to->groups, to->group_count * sizeof *to->groups) != 0);

	if (strcmp(from->path, to->path) != 0) {
		begin(words);
		buf_addf(words->out, "program %s -> %s", from->path, to->path);
	}
	if (words->any)
		return;
	if (from->uid != to->uid || from->gid != to->gid) {
		begin(words);
		buf_addf(words->out, "uid %u -> %u, gid %u -> %u", from->uid, to->uid, from->gid,
		         to->gid);
	}
	say_if(words, groups, "other groups of the account");
	say_if(words, !same_addresses(from, to), "other addresses by the same names");
	say_if(words,
	       !same_text(from->banner, from->banner_len, to->banner, to->banner_len) ||
	           !same_text(from->banner_fail, from->banner_fail_len, to->banner_fail,
	                      to->banner_fail_len),
	       "another text in the file of a banner");
}

bool changes_of_service(const struct conf_service *from, const struct conf_service *to,
                        struct buf *out)
{
	const struct settings a = {from->setting, from->setting_count};
	const struct settings b = {to->setting, to->setting_count};
	struct words words = {.out = out};

	compare_settings(&words, SCHEMA_SERVICE, &a, &b);
	compare_results(&words, from, to);
	return words.any;
}

bool changes_of_top(const struct conf *from, const struct conf *to, struct buf *out)
{
	const struct settings a = {from->setting, from->setting_count};
	const struct settings b = {to->setting, to->setting_count};
	const struct settings log_a = {from->log_setting, from->log_setting_count};
	const struct settings log_b = {to->log_setting, to->log_setting_count};
	struct words words = {.out = out};

	compare_settings(&words, SCHEMA_TOP, &a, &b);
	compare_settings(&words, SCHEMA_LOG, &log_a, &log_b);
	return words.any;
}
