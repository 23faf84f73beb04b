#include <stdio.h>
#include <string.h>

#include "config/handler.h"
#include "config/print.h"
#include "config/sandbox.h"
#include "config/schema.h"

enum { LINE_MAX_LEN = 90 };

void conf_print_quoted(struct buf *out, const char *text)
{
	buf_addc(out, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\' || (c == '$' && text[1] == '{'))
			buf_addf(out, "\\%c", c);
		else if (c == '\n')
			buf_adds(out, "\\n");
		else if (c == '\r')
			buf_adds(out, "\\r");
		else if (c == '\t')
			buf_adds(out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\x%02x", c);
		else
			buf_addc(out, (char)c);
	}
	buf_addc(out, '"');
}

static const struct conf_setting *find(const struct conf_setting *setting, size_t count,
                                       const char *option)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(setting[i].option, option) == 0)
			return &setting[i];
	}
	return NULL;
}

static bool is_text(const struct schema_option *option)
{
	return option->type == SCHEMA_TEXT || option->type == SCHEMA_LIST ||
	       option->type == SCHEMA_WORD;
}

static void print_value(struct buf *out, const struct schema_option *option, const char *text)
{
	if (is_text(option))
		conf_print_quoted(out, text);
	else
		buf_adds(out, text);
}

static void print_option(struct buf *out, const char *indent, const struct schema_option *option,
                         const struct conf_effective *effective)
{
	buf_addf(out, "%s%s = %s", indent, option->name, effective->list ? "{" : "");
	for (size_t i = 0; i < effective->count; i++) {
		if (i)
			buf_adds(out, ", ");
		print_value(out, option, effective->text[i]);
	}
	buf_adds(out, effective->list ? "}\n" : "\n");
}

/* What is known about an option that no file sets. */
struct derived {
	const char *option;
	const char *value; /* NULL: nothing */
};

static const char *derived_value(const struct derived *derived, const char *option)
{
	for (; derived && derived->option; derived++) {
		if (strcmp(derived->option, option) == 0)
			return derived->value;
	}
	return NULL;
}

static void print_unset(struct buf *out, const char *indent, enum schema_section kind,
                        const struct conf_setting *setting, size_t setting_count,
                        const struct derived *derived)
{
	size_t count, column = 0;
	const struct schema_option *option = schema_options(kind, &count);

	for (size_t i = 0; i < count; i++) {
		if (option[i].value || derived_value(derived, option[i].name) ||
		    find(setting, setting_count, option[i].name) ||
		    strcmp(option[i].name, "use") == 0)
			continue;
		if (column && column + strlen(option[i].name) > LINE_MAX_LEN) {
			buf_addc(out, '\n');
			column = 0;
		}
		if (!column)
			buf_addf(out, "%s# not set:", indent);
		buf_addf(out, " %s", option[i].name);
		column = (column ? column : 12) + strlen(option[i].name) + 1;
	}
	if (column)
		buf_addc(out, '\n');
}

/* Templates are worked in already, so `use` is left out. False: it has no value. */
static bool find_effective(const struct schema_option *option, const struct conf_setting *setting,
                           size_t setting_count, const struct derived *derived,
                           struct conf_effective *effective)
{
	const struct conf_setting *set = find(setting, setting_count, option->name);
	const char *value = derived_value(derived, option->name);

	if (strcmp(option->name, "use") == 0)
		return false;
	if (!value)
		value = option->value;
	*effective = (struct conf_effective){
	    .option = option->name, .list = option->type == SCHEMA_LIST, .one = {value}};
	effective->text = set ? set->text : effective->one;
	effective->count = set ? set->count : 1;
	return set || value;
}

static void print_options(struct buf *out, const char *indent, enum schema_section kind,
                          const struct conf_setting *setting, size_t setting_count,
                          const struct derived *derived)
{
	size_t count;
	const struct schema_option *option = schema_options(kind, &count);

	for (size_t i = 0; i < count; i++) {
		struct conf_effective effective;

		if (find_effective(&option[i], setting, setting_count, derived, &effective))
			print_option(out, indent, &option[i], &effective);
	}
	print_unset(out, indent, kind, setting, setting_count, derived);
}

/* An account without a name can be used, but not written. */
static const char *account_name(const char *user)
{
	return user && user[strspn(user, "0123456789")] ? user : NULL;
}

/* What else is wanted may imply it. */
static const char *given(bool is, const char *value)
{
	return is ? value : NULL;
}

#define DERIVED(service)                                                                      \
	{                                                                                     \
		{"user", account_name((service)->user)}, {"sandbox", sandbox_level(service)}, \
		    {"no_new_privs", given((service)->no_new_privs, "yes")},                  \
		    {"network", given((service)->no_network, "no")},                          \
		    {"private_tmp", given((service)->private_tmp, "yes")},                    \
		    {"private_pids", given((service)->private_pids, "yes")}, {NULL, NULL},    \
	}

bool conf_next_effective(const struct conf_service *service, size_t *at,
                         struct conf_effective *effective)
{
	const struct derived derived[] = DERIVED(service);
	size_t count;
	const struct schema_option *option = schema_options(SCHEMA_SERVICE, &count);

	while (*at < count)
		if (find_effective(&option[(*at)++], service->setting, service->setting_count,
		                   derived, effective))
			return true;
	return false;
}

void conf_print_service(const struct conf_service *service, struct buf *out)
{
	const struct derived derived[] = DERIVED(service);

	buf_addf(out, "service \"%s\" {\n", service->name);
	for (size_t i = 0; i < service->listen_count; i++) {
		char text[ADDR_TEXT_MAX];

		addr_format(&service->listen[i].addr, text, sizeof(text));
		buf_addf(out, "\t# address: %s%s\n", text,
		         service->listen[i].dual ? " (and IPv4)" : "");
	}
	handler_print(service, out);
	print_options(out, "\t", SCHEMA_SERVICE, service->setting, service->setting_count, derived);
	buf_adds(out, "}\n");
}

void conf_print(const struct conf *conf, struct buf *out)
{
	const struct derived derived[] = {
	    {"user", account_name(conf->user)}, {"control", conf->control}, {NULL, NULL}};

	print_options(out, "", SCHEMA_TOP, conf->setting, conf->setting_count, derived);
	buf_adds(out, "\nlog {\n");
	print_options(out, "\t", SCHEMA_LOG, conf->log_setting, conf->log_setting_count, NULL);
	buf_adds(out, "}\n");
	for (size_t i = 0; i < conf->service_count; i++) {
		buf_addc(out, '\n');
		conf_print_service(conf->services[i], out);
	}
}
