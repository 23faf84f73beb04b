#include "config/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/sys.h"
#include "config/beneath.h"
#include "config/interpreter.h"
#include "config/sandbox.h"

#ifndef LANDLOCK_CREATE_RULESET_VERSION
#define LANDLOCK_CREATE_RULESET_VERSION (1U << 0)
#endif

enum {
	READ = CONF_PATH_READ,
	WRITE = CONF_PATH_READ | CONF_PATH_WRITE,
	EXEC = CONF_PATH_READ | CONF_PATH_EXEC,
	CHAIN_MAX = 5 /* interpreters of interpreters, as many as execve(2) follows */
};

static const struct option {
	const char *name, *verb;
	unsigned use;
} options[] = {
    {"read_paths", "reads", READ},
    {"write_paths", "writes", WRITE},
    {"exec_paths", "executes", EXEC},
};

enum { OPTIONS = sizeof options / sizeof *options };

/* The system's programs with what they read themselves, and the devices that are no
 * devices. Nothing of it is a secret, and accounts, hosts and the like are not in it. */
static const struct conf_path system_paths[] = {
    {"/usr", EXEC, true, true, false},
    {"/bin", EXEC, true, true, false},
    {"/sbin", EXEC, true, true, false},
    {"/lib", EXEC, true, true, false},
    {"/lib32", EXEC, true, true, false},
    {"/lib64", EXEC, true, true, false},
    {"/libx32", EXEC, true, true, false},
    {"/nix/store", EXEC, true, true, false},
    {"/gnu/store", EXEC, true, true, false},
    {"/etc/ld.so.cache", READ, true, true, false},
    {"/etc/ld.so.preload", READ, true, true, false},
    {"/etc/localtime", READ, true, true, false},
    {"/etc/locale.alias", READ, true, true, false},
    {"/etc/nsswitch.conf", READ, true, true, false},
    {"/etc/protocols", READ, true, true, false},
    {"/etc/services", READ, true, true, false},
    {"/etc/ssl/openssl.cnf", READ, true, true, false},
    {"/dev/full", WRITE, true, true, false},
    {"/dev/null", WRITE, true, true, false},
    {"/dev/random", READ, true, true, false},
    {"/dev/tty", WRITE, true, true, false},
    {"/dev/urandom", READ, true, true, false},
    {"/dev/zero", WRITE, true, true, false},
};

enum { SYSTEM_PATHS = sizeof system_paths / sizeof *system_paths };

/* What grows while it is made; the arena has it all. */
struct list {
	struct conf_path *path;
	size_t count, size;
};

/* In a test build older kernels can be had: "landlock-3" leaves of the version 3. */
static int as_asked(int version)
{
	static const char *const name[] = {"landlock-1", "landlock-2", "landlock-3",
	                                   "landlock-4", "landlock-5", "landlock-6"};

	for (int i = 0; i < (int)(sizeof name / sizeof *name); i++)
		if (fault_wanted(name[i]) && version > i + 1)
			return i + 1;
	return version;
}

int paths_landlock_version(void)
{
	int version = sys_landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version < 0 ? 0 : as_asked(version > PATHS_LANDLOCK ? PATHS_LANDLOCK : version);
}

static void add(struct builder *b, struct list *list, struct conf_path path)
{
	struct conf_path *all =
	    arena_room(b->reader->arena, list->path, list->count, &list->size, sizeof *list->path);

	if (!all)
		return;
	list->path = all;
	list->path[list->count++] = path;
}

static void add_text(struct builder *b, struct list *list, const char *text, unsigned use)
{
	const char *copy = arena_text(b->reader->arena, text);

	if (copy)
		add(b, list, (struct conf_path){copy, use, true, true, false});
}

/* Once a system's directories are one (/bin is a link to /usr/bin), one rule does. */
static bool is_within_usr(const char *path)
{
	char *real = realpath(path, NULL);
	bool within = real && strncmp(real, "/usr/", 5) == 0 && strcmp(path, "/usr") != 0;

	free(real);
	return within;
}

static void add_system(struct builder *b, struct list *list)
{
	bool listed = section_find(b->section, "exec_paths");
	const char *root = b->service->root;
	struct stat st;

	for (size_t i = 0; i < SYSTEM_PATHS; i++) {
		struct conf_path path = system_paths[i];

		if (!b->reader->no_files &&
		    (beneath_stat(root, path.text, &st) < 0 || (!root && is_within_usr(path.text))))
			continue;
		if (listed)
			path.use &= ~(unsigned)CONF_PATH_EXEC;
		add(b, list, path);
	}
}

/* What `exec` names besides the program: a script, a configuration, a program that this
 * one starts. Directories are a matter for the options. */
static void add_arguments(struct builder *b, struct list *list)
{
	bool listed = section_find(b->section, "exec_paths");
	const char *const *argv = b->service->argv;

	for (size_t i = 1; argv && argv[0] && argv[i]; i++)
		if (argv[i][0] == '/')
			add(b, list,
			    (struct conf_path){.text = argv[i],
			                       .use = listed ? READ : EXEC,
			                       .implied = true,
			                       .optional = true,
			                       .regular = true});
}

/* A program, and all that its start takes. */
static void add_program(struct builder *b, struct list *list, const char *program)
{
	char path[2][PATH_MAX];

	if (!program || b->reader->no_files)
		return;
	for (int i = 0; i < CHAIN_MAX && interpreter_find(b->service->root, program, path[i % 2]);
	     i++) {
		program = path[i % 2];
		add_text(b, list, program, EXEC);
	}
}

static void missing(struct builder *b, const char *option, const struct setting_value *value,
                    int error)
{
	const char *root = b->service->root, *where = root ? root : "";
	const char *below = root ? " (below root)" : "";
	char quoted[QUOTED_MAX];

	problem_quote(value->text, strlen(value->text), quoted);
	if (b->service->sandbox_required)
		builder_error(b, option, value, "%s%s%s: %s (make it, or write \"-%s\")", where,
		              quoted, below, strerror(error), quoted);
	else
		builder_warn(b, option, value, "%s%s%s: %s: it is done without", where, quoted,
		             below, strerror(error));
}

/* A "-" in front says that it may be missing. */
static void add_named(struct builder *b, struct list *list, const struct option *option,
                      const struct setting_value *value)
{
	bool may_lack = value->text[0] == '-';
	const char *path = value->text + may_lack;
	bool optional = may_lack || !b->service->sandbox_required;
	char quoted[QUOTED_MAX];
	struct stat st;

	if (path[0] != '/') {
		builder_error(b, option->name, value, "\"%s\" is not a full path",
		              problem_quote(value->text, strlen(value->text), quoted));
		return;
	}
	/* After the drop it may be for the handler's user alone to see. */
	if (!b->reader->no_files && beneath_stat(b->service->root, path, &st) < 0 &&
	    (errno != EACCES || !reader_has_dropped(b->reader))) {
		if (!may_lack)
			missing(b, option->name, value, errno);
		return;
	}
	add(b, list, (struct conf_path){path, option->use, false, optional, false});
	if (option->use & CONF_PATH_EXEC)
		add_program(b, list, path); /* where it is one */
}

static void add_option(struct builder *b, struct list *list, const struct option *option)
{
	const struct setting *setting = section_find(b->section, option->name);

	for (size_t i = 0; setting && i < setting->count; i++)
		add_named(b, list, option, &setting->value[i]);
}

static const char *first_option(const struct builder *b)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (section_find(b->section, options[i].name))
			return options[i].name;
	return NULL;
}

/* Without it only the privileged may enter a rule set, and usherd gives that up. */
static void imply_no_new_privs(struct builder *b, const char *option)
{
	const struct setting_value *privs = section_value(b->section, "no_new_privs");

	if (privs && !b->service->no_new_privs)
		builder_error(b, "no_new_privs", privs, "%s implies yes (remove it)", option);
	b->service->no_new_privs = true;
}

void paths_build(struct builder *b)
{
	struct conf_landlock *landlock = &b->service->landlock;
	const char *option = first_option(b);
	struct list list = {NULL, 0, 0};

	if (!landlock->on && !option)
		return;
	if (option)
		imply_no_new_privs(b, option);
	landlock->version = b->reader->no_files ? PATHS_LANDLOCK : paths_landlock_version();
	landlock->on = landlock->version > 0;
	landlock->lacks = !landlock->on;
	if (landlock->lacks)
		sandbox_lacks(b, option ? option : "sandbox",
		              "this kernel cannot confine files (Landlock)");
	add_system(b, &list);
	if (b->service->path)
		add(b, &list, (struct conf_path){b->service->path, EXEC, true, true, false});
	add_program(b, &list, b->service->path);
	add_arguments(b, &list);
	for (size_t i = 0; i < OPTIONS; i++)
		add_option(b, &list, &options[i]);
	landlock->path = list.path;
	landlock->count = list.count;
}

void paths_keep_from_tcp(struct builder *b)
{
	/* Rule sets deny that a file goes to another directory, but where it is said. */
	static const struct conf_path everywhere = {"/", WRITE, true, true, false};
	struct conf_landlock *landlock = &b->service->landlock;
	int version;

	landlock->no_tcp = b->service->no_network;
	if (!landlock->no_tcp || landlock->on || !b->service->no_new_privs)
		return;
	version = b->reader->no_files ? PATHS_LANDLOCK : paths_landlock_version();
	if (version < 4)
		return;
	landlock->version = version;
	landlock->on = landlock->files_free = true;
	landlock->path = &everywhere;
	landlock->count = 1;
}

/* ---- in words ---- */

static bool executes_system(const struct conf_landlock *landlock)
{
	return landlock->count > 0 && landlock->path[0].implied &&
	       (landlock->path[0].use & CONF_PATH_EXEC);
}

/* It may hold any byte, and must not end a comment's line. */
static void format_path(const char *path, struct buf *out)
{
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\x%02x", c);
		else
			buf_addc(out, (char)c);
	}
}

static void format_use(const struct conf_landlock *landlock, const struct option *option,
                       struct buf *out)
{
	const char *comma = " ";

	buf_addf(out, ", %s", option->verb);
	if (option->use == READ || (option->use == EXEC && executes_system(landlock))) {
		buf_adds(out, " the system's");
		comma = ", ";
	}
	if (option->use == EXEC && !executes_system(landlock)) {
		buf_adds(out, " itself");
		comma = ", ";
	}
	for (size_t i = 0; i < landlock->count; i++) {
		const struct conf_path *path = &landlock->path[i];

		if (path->implied || path->use != option->use)
			continue;
		buf_adds(out, comma);
		format_path(path->text, out);
		comma = ", ";
	}
	if (*comma == ' ')
		buf_adds(out, " nothing");
}

/* What an older kernel leaves open, or closes further. */
static void format_gaps(const struct conf_landlock *landlock, struct buf *out)
{
	int version = landlock->version;

	if (version < 2)
		buf_adds(out, ", moves no file to another directory");
	if (version < 3)
		buf_adds(out, ", may truncate what its user may write");
	if (version < 4 && landlock->no_tcp)
		buf_adds(out, ", TCP is left to other walls");
	if (version < 6 && landlock->scoped)
		buf_adds(out, ", signals of its user's processes are left to other walls");
	if (version < 6)
		buf_addf(out, " (this kernel's Landlock is version %d)", version);
}

void paths_format(const struct conf_landlock *landlock, struct buf *out)
{
	if (landlock->lacks)
		buf_adds(out, ", all files (they cannot be confined here)");
	if (!landlock->on || landlock->files_free)
		return;
	for (size_t i = 0; i < OPTIONS; i++)
		format_use(landlock, &options[i], out);
	format_gaps(landlock, out);
}
