#include "tools/convert.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, PAGE_WIDTH = 78 };

static const struct source {
	const char *name;
	void (*read)(struct draft *draft, char **path);
	const struct convert_table *table[3];
} sources[] = {
    {"inetd", from_inetd, {&inetd_table}},
    {"xinetd", from_xinetd, {&xinetd_table, &xinetd_words, &xinetd_others}},
    {"systemd", from_systemd, {&systemd_socket, &systemd_service}},
};
enum { SOURCES = sizeof sources / sizeof *sources };

static void __attribute__((noreturn)) usage(void)
{
	fputs("usage: usherctl convert [-4e] inetd|xinetd|systemd file ...\n", stderr);
	exit(EXIT_USAGE);
}

static int out_of_memory(void)
{
	fputs("usherctl: convert: out of memory, or too much of it\n", stderr);
	return EXIT_FAILED;
}

/* Words in lines that are not too long, none of which looks like a macro. */
static void print_wrapped(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column && column + 1 + len > PAGE_WIDTH) {
			putchar('\n');
			column = 0;
		} else if (column) {
			putchar(' ');
			column++;
		}
		if (!column && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		printf("%.*s", (int)len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	fputs(".\n", stdout);
}

/* For usherd-migrating(7); not in the help. */
static int print_table(const struct convert_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		printf(".It \\&%s\n", table->row(i)->name);
		print_wrapped(table->row(i)->becomes);
	}
	return fflush(stdout) == 0 ? 0 : EXIT_FAILED;
}

static int print(struct draft *draft, const struct buf *out)
{
	if (out->failed || draft->warnings.failed || arena_failed(draft->arena))
		return out_of_memory();
	if (fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout) != 0) {
		fprintf(stderr, "usherctl: convert: standard output: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	if (draft->warnings.len)
		fwrite(draft->warnings.data, 1, draft->warnings.len, stderr);
	return draft->dropped ? EXIT_FAILED : 0;
}

static int convert(const struct source *source, bool elsewhere, bool ipv4, char **path)
{
	struct buf out = BUF_INIT(DRAFT_TEXT_MAX);
	struct draft draft;
	int status;

	if (draft_init(&draft) < 0)
		return out_of_memory();
	draft.elsewhere = elsewhere;
	draft.ipv4 = ipv4;
	source->read(&draft, path);
	draft_check(&draft);
	draft_write(&draft, source->name, &out);
	status = print(&draft, &out);
	buf_free(&out);
	draft_free(&draft);
	return status;
}

int convert_main(int argc, char **argv)
{
	static const struct option names[] = {
	    {"elsewhere", no_argument, NULL, 'e'},
	    {"ipv4", no_argument, NULL, '4'},
	    {"table", required_argument, NULL, 't'},
	    {NULL, 0, NULL, 0},
	};
	const char *table = NULL;
	bool elsewhere = false, ipv4 = false;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "4e", names, NULL)) != -1) {
		if (c == 'e')
			elsewhere = true;
		else if (c == '4')
			ipv4 = true;
		else if (c == 't')
			table = optarg;
		else
			usage();
	}
	for (size_t i = 0; table && i < SOURCES; i++)
		for (size_t j = 0; j < 3 && sources[i].table[j]; j++)
			if (strcmp(sources[i].table[j]->name, table) == 0)
				return print_table(sources[i].table[j]);
	if (table || argc - optind < 2)
		usage();
	for (size_t i = 0; i < SOURCES; i++)
		if (strcmp(sources[i].name, argv[optind]) == 0)
			return convert(&sources[i], elsewhere, ipv4, argv + optind + 1);
	usage();
}
