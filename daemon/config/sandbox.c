#include "config/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/arch.h"
#include "base/caps.h"
#include "base/sys.h"
#include "config/beneath.h"
#include "config/namespaces.h"
#include "config/paths.h"
#include "config/suggest.h"
#include "config/syscalls.h"
#include "config/value.h"

static const char *const level_names[] = {
    [CONF_SANDBOX_NONE] = "none",
    [CONF_SANDBOX_STANDARD] = "standard",
    [CONF_SANDBOX_STRICT] = "strict",
};

static int find_capability(struct builder *b, const struct setting_value *value)
{
	struct suggest suggest = SUGGEST_INIT(value->text, strlen(value->text));
	char quoted[QUOTED_MAX];
	int cap = caps_find(value->text);

	if (cap >= 0)
		return cap;
	for (int i = 0; caps_name(i); i++) {
		suggest_offer(&suggest, caps_name(i));
		suggest_offer(&suggest, caps_name(i) + strlen("cap_"));
	}
	problem_quote(value->text, strlen(value->text), quoted);
	if (suggest.best)
		builder_error(b, "capabilities", value,
		              "\"%s\" is no capability (did you mean \"%s\"?)", quoted,
		              suggest.best);
	else
		builder_error(b, "capabilities", value,
		              "\"%s\" is no capability (see capabilities(7))", quoted);
	return -1;
}

/* What was given up at the start is told by the switchover. */
static bool can_ask(const struct builder *b)
{
	return !b->reader->no_files && !reader_has_dropped(b->reader);
}

static void build_capabilities(struct builder *b)
{
	const struct setting *setting = section_find(b->section, "capabilities");
	uint64_t own = caps_permitted();

	if (!setting)
		return;
	b->service->capabilities_set = true;
	for (size_t i = 0; i < setting->count; i++) {
		int cap = find_capability(b, &setting->value[i]);

		if (cap < 0)
			continue;
		b->service->capabilities |= CAPS_BIT(cap);
		if (can_ask(b) && !(own & CAPS_BIT(cap)))
			builder_error(b, "capabilities", &setting->value[i],
			              "usherd itself does not have %s here (remove it)",
			              caps_name(cap));
	}
}

/* Asks for a filter at no address: that is a fault only where filters are known. */
const char *sandbox_lacks_filter(void)
{
#ifdef OWN_ARCH
	if (sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, NULL) < 0 && errno != EFAULT)
		return "this kernel has no filters of system calls (seccomp)";
	return NULL;
#else
	return "this version has no filter of system calls for this machine";
#endif
}

void sandbox_lacks(struct builder *b, const char *option, const char *why)
{
	const struct setting *setting = section_find(b->section, option);
	const struct conf_where *where;
	const char *text;

	if (!setting || !setting->count) {
		option = "sandbox";
		setting = section_find(b->section, option);
	}
	/* Nobody asked for it by name. */
	if (!setting || !setting->count)
		return;
	where = &setting->value[0].where;
	text = setting->value[0].text;
	if (b->service->sandbox_required)
		section_error(b->reader, b->section, option, where,
		              "\"%s\": %s (sandbox_required = no does without)", text, why);
	else
		section_warn(b->reader, b->section, option, where, "\"%s\": %s: it is done without",
		             text, why);
}

bool sandbox_implies(const struct builder *b, const char *option)
{
	return b->service->sandbox == CONF_SANDBOX_STRICT && !section_find(b->section, option);
}

/* It is somebody else, or has capabilities, by being executed. */
static bool gains_privileges(const struct builder *b)
{
	const char *root = b->service->root, *path = b->service->path;
	struct stat st;
	ssize_t len;
	int fd;

	if (!path || b->reader->no_files)
		return false;
	if (beneath_stat(root, path, &st) == 0 && st.st_mode & (S_ISUID | S_ISGID))
		return true;
	fd = beneath_open(root, path, O_RDONLY);
	if (fd < 0)
		return false;
	len = fgetxattr(fd, "security.capability", NULL, 0);
	close(fd);
	return len > 0;
}

/* Where nobody says: as far as what was written for inetd still works. */
static void choose_level(struct builder *b)
{
	const struct setting *privs = section_find(b->section, "no_new_privs");

	if (section_find(b->section, "sandbox") || !b->service->user || b->service->uid == 0 ||
	    (privs && !b->service->no_new_privs) || gains_privileges(b))
		return;
	b->service->sandbox = CONF_SANDBOX_STANDARD;
}

static void build_filter(struct builder *b)
{
	static const enum conf_filter filter[] = {
	    [CONF_SANDBOX_NONE] = CONF_FILTER_NONE,
	    [CONF_SANDBOX_STANDARD] = CONF_FILTER_STANDARD,
	    [CONF_SANDBOX_STRICT] = CONF_FILTER_STRICT,
	};
	const char *why;

	b->service->filter = filter[b->service->sandbox];
	syscalls_build(b);
	if (!b->service->filter || b->reader->no_files)
		return;
	why = sandbox_lacks_filter();
	if (!why)
		return;
	b->service->filter = CONF_FILTER_NONE;
	sandbox_lacks(b, b->service->sandbox ? "sandbox" : "syscalls", why);
}

/* An ordinary user could not have a filter without, and setuid programs might not
 * expect one. */
static void build_privileges(struct builder *b)
{
	const struct setting_value *privs = section_value(b->section, "no_new_privs");

	if (!b->service->sandbox && !b->service->calls)
		return;
	if (privs && !b->service->no_new_privs && b->service->sandbox)
		builder_error(b, "no_new_privs", privs, "sandbox = \"%s\" implies yes (remove it)",
		              level_names[b->service->sandbox]);
	else if (privs && !b->service->no_new_privs)
		builder_error(b, "no_new_privs", privs, "syscalls implies yes (remove it)");
	b->service->no_new_privs = true;
}

/* The parts look for themselves whether they can be had. */
static void build_strict(struct builder *b)
{
	struct conf_service *service = b->service;

	service->no_network = service->no_network || sandbox_implies(b, "network");
	service->private_tmp = service->private_tmp || sandbox_implies(b, "private_tmp");
	service->private_pids = service->private_pids || sandbox_implies(b, "private_pids");
	service->landlock.on = true;
	service->landlock.scoped = true;
}

/* To root a program gives all that the bounding set has. */
static void check_root(struct builder *b)
{
	const char *option = b->service->sandbox ? "sandbox" : "capabilities";
	const struct setting *setting = section_find(b->section, option);

	if (setting && b->service->user && b->service->uid == 0 && can_ask(b) &&
	    !(caps_permitted() & CAPS_BIT(CAP_SETPCAP)))
		section_error(b->reader, b->section, option, &setting->where,
		              "root's capabilities cannot be taken from it, for usherd itself does "
		              "not have cap_setpcap here");
}

void sandbox_build(struct builder *b)
{
	choose_level(b);
	build_capabilities(b);
	build_filter(b);
	build_privileges(b);
	if (b->service->sandbox)
		b->service->capabilities_set = true;
	if (b->service->sandbox == CONF_SANDBOX_STRICT)
		build_strict(b);
	paths_build(b);
	if (b->service->capabilities_set)
		check_root(b);
}

/* The level, and the parts behind it. */
struct words {
	struct buf *out;
	bool any;
};

static void add_part(struct words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_part(struct words *words, const char *format, ...)
{
	va_list ap;

	buf_adds(words->out, words->any ? ", " : ": ");
	words->any = true;
	va_start(ap, format);
	buf_vaddf(words->out, format, ap);
	va_end(ap);
}

/* What strict stands for and this service has not, for whatever reason. */
static void add_weaknesses(struct buf *out, const struct conf_service *service)
{
	const struct {
		const char *option;
		bool holds;
	} walls[] = {
	    {"network", service->no_network},
	    {"private_tmp", service->private_tmp},
	    {"private_pids", service->private_pids},
	    {"files", service->landlock.on && !service->landlock.files_free},
	    {"syscalls", service->filter == CONF_FILTER_STRICT},
	};
	const char *comma = " (but for ";

	if (service->sandbox != CONF_SANDBOX_STRICT)
		return;
	for (size_t i = 0; i < sizeof walls / sizeof *walls; i++)
		if (!walls[i].holds) {
			buf_addf(out, "%s%s", comma, walls[i].option);
			comma = ", ";
		}
	if (*comma == ',')
		buf_addc(out, ')');
}

static void add_capabilities(struct words *words, const struct conf_service *service)
{
	if (!service->capabilities_set)
		return;
	add_part(words, "capabilities ");
	caps_format(service->capabilities, words->out);
}

static void add_filter(struct words *words, const struct conf_service *service)
{
	static const char *const what[] = {
	    [CONF_FILTER_NONE] = "all system calls (they cannot be filtered here)",
	    [CONF_FILTER_OPEN] = "all system calls",
	    [CONF_FILTER_STANDARD] = "no system calls that administer the kernel",
	    [CONF_FILTER_STRICT] = "only system calls for its own files and processes",
	};

	if (service->filter || service->sandbox || service->calls)
		add_part(words, "%s%s", what[service->filter],
		         service->filter && service->calls ? " (and what syscalls says)" : "");
}

const char *sandbox_level(const struct conf_service *service)
{
	return level_names[service->sandbox];
}

void sandbox_format(const struct conf_service *service, struct buf *out)
{
	struct words words = {.out = out};

	buf_adds(out, level_names[service->sandbox]);
	add_weaknesses(out, service);
	if (service->no_new_privs)
		add_part(&words, "no new privileges");
	add_capabilities(&words, service);
	add_filter(&words, service);
	paths_format(&service->landlock, out);
	namespaces_format(service, out);
}
