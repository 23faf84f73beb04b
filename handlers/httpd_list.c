#include "httpd_list.h"
#include "httpd_reply.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	GROWTH = 6, /* the most characters that one byte becomes: "&quot;" */
	LINE_MAX_BYTES = 2 * GROWTH * (NAME_MAX + 1) + 64
};

struct names {
	size_t count, used;
	bool more;
	const char *name[HTTPD_LIST_MAX]; /* directories end with a slash */
	char text[HTTPD_LIST_BYTES];
};

/* Collects a page's text and sends it by the buffer. */
struct page {
	struct httpd_conn *conn;
	size_t len;
	char text[4 * LINE_MAX_BYTES];
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_directory(int dir, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dir, entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static void add_name(struct names *names, const char *name, bool directory)
{
	size_t len = strlen(name);
	char *at = names->text + names->used;

	if (names->count == HTTPD_LIST_MAX || len + 2 > sizeof(names->text) - names->used) {
		names->more = true;
		return;
	}
	names->name[names->count++] = at;
	at = text_put(at, name);
	if (directory)
		*at++ = '/';
	*at++ = '\0';
	names->used = (size_t)(at - names->text);
}

static bool read_names(int dir, bool dot_files, struct names *names)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *open = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;

	if (!open) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	while (!names->more && (entry = readdir(open))) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
		    (*name != '.' || dot_files))
			add_name(names, name, is_directory(dir, entry));
	}
	closedir(open);
	qsort(names->name, names->count, sizeof(*names->name), compare);
	return true;
}

static char *put_escaped(char *at, const char *text)
{
	static const char meaning[] = "&<>\"'";
	static const char *const escaped[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

	for (; *text; text++) {
		const char *special = strchr(meaning, *text);

		if (special)
			at = text_put(at, escaped[special - meaning]);
		else
			*at++ = (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text;
	}
	return at;
}

char *httpd_list_link(char *at, const char *path)
{
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    strchr("/-._~", c)) {
			*at++ = (char)c;
			continue;
		}
		*at++ = '%';
		*at++ = "0123456789ABCDEF"[c >> 4];
		*at++ = "0123456789ABCDEF"[c & 15];
	}
	return at;
}

static void flush(struct page *page)
{
	(void)httpd_reply_write(page->conn, page->text, page->len);
	page->len = 0;
}

static void add_entry(struct page *page, const char *name)
{
	char *at;

	if (sizeof(page->text) - page->len < LINE_MAX_BYTES)
		flush(page);
	at = text_put(page->text + page->len, "<li><a href=\"./");
	at = text_put(httpd_list_link(at, name), "\">");
	at = text_put(put_escaped(at, name), "</a>\n");
	page->len = (size_t)(at - page->text);
}

static void add_text(struct page *page, const char *text)
{
	if (sizeof(page->text) - page->len < strlen(text))
		flush(page);
	page->len = (size_t)(text_put(page->text + page->len, text) - page->text);
}

static void add_title(struct page *page, const char *path)
{
	static char title[GROWTH * HTTPD_PATH_MAX + 1];

	*put_escaped(title, path) = '\0';
	add_text(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>");
	add_text(page, title);
	add_text(page, "</title>\n<h1>");
	add_text(page, title);
	add_text(page, "</h1>\n<ul>\n");
}

bool httpd_list(struct httpd_conn *conn, int dir, const char *path, bool dot_files)
{
	static struct names names;
	static struct page page;

	names.count = names.used = 0;
	names.more = false;
	if (!read_names(dir, dot_files, &names))
		return httpd_reply_status(conn, errno == EACCES ? 403 : 503);
	page.conn = conn;
	page.len = 0;
	httpd_reply_start(conn, 200, NULL);
	(void)httpd_reply_field_text(conn, "Content-Type", "text/html; charset=utf-8");
	httpd_reply_begin(conn, HTTPD_UNKNOWN);
	add_title(&page, path);
	if (strcmp(path, "/") != 0)
		add_text(&page, "<li><a href=\"../\">../</a>\n");
	for (size_t i = 0; i < names.count && !conn->broken; i++)
		add_entry(&page, names.name[i]);
	add_text(&page, "</ul>\n");
	if (names.more)
		add_text(&page, "<p>And more.\n");
	add_text(&page, "</html>\n");
	flush(&page);
	return httpd_reply_end(conn);
}
