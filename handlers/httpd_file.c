#include "httpd_file.h"
#include "httpd_date.h"
#include "httpd_list.h"
#include "httpd_reply.h"
#include "httpd_type.h"
#include "httpd_version.h"
#include "text.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void refuse_method(struct httpd_conn *conn, unsigned int status)
{
	httpd_reply_start(conn, status, NULL);
	(void)httpd_reply_field_text(conn, "Allow", "GET, HEAD, OPTIONS");
	if (status == 405) {
		(void)httpd_reply_status(conn, status);
		return;
	}
	httpd_reply_begin(conn, 0);
	(void)httpd_reply_end(conn);
}

/* The same place, with a slash at its end. */
static void redirect(struct httpd_conn *conn)
{
	static char to[3 * HTTPD_PATH_MAX + HTTPD_TARGET_MAX + 3];
	char *at = text_put(httpd_list_link(to, conn->head.path), "/");

	if (conn->head.query)
		at = text_put(text_put(at, "?"), conn->head.query);
	httpd_reply_start(conn, 301, NULL);
	/* Where there is no room for it, there is nowhere to send the client. */
	if (!httpd_reply_field(conn, "Location", to, (size_t)(at - to)))
		httpd_reply_start(conn, 414, NULL);
	(void)httpd_reply_status(conn, conn->status);
}

static void add_version(struct httpd_conn *conn, const struct httpd_version *version)
{
	char date[HTTPD_DATE_LEN];

	(void)httpd_date_put(date, version->modified);
	(void)httpd_reply_field(conn, "Last-Modified", date, sizeof(date));
	(void)httpd_reply_field_text(conn, "ETag", version->etag);
}

static void add_range(struct httpd_conn *conn, const struct httpd_version *version, uint64_t first,
                      uint64_t len)
{
	char text[80], *at = text_put(text, "bytes ");

	if (len)
		at = text_decimal(text_put(text_decimal(at, first), "-"), first + len - 1);
	else
		at = text_put(at, "*");
	at = text_decimal(text_put(at, "/"), version->size);
	(void)httpd_reply_field(conn, "Content-Range", text, (size_t)(at - text));
}

static void send_file(struct httpd_conn *conn, const struct httpd_site *site, const char *path,
                      int fd, const struct stat *st)
{
	const char *type = httpd_type(path);
	struct httpd_version version;
	unsigned int status;
	uint64_t first = 0, len = 0;

	httpd_version_make(&version, (uint64_t)st->st_size, &st->st_mtim, time(NULL));
	status = httpd_version_judge(&version, &conn->head);
	if (status == 200)
		status = httpd_version_range(&version, &conn->head, &first, &len);
	httpd_reply_start(conn, status, NULL);
	if (status == 412) {
		(void)httpd_reply_status(conn, status);
		return;
	}
	if (status == 416) {
		add_range(conn, &version, 0, 0);
		(void)httpd_reply_status(conn, status);
		return;
	}
	add_version(conn, &version);
	if (status == 304) {
		httpd_reply_begin(conn, 0);
		(void)httpd_reply_end(conn);
		return;
	}
	(void)httpd_reply_field_text(conn, "Content-Type",
	                             type ? type : site->options->default_type);
	(void)httpd_reply_field_text(conn, "Accept-Ranges", "bytes");
	if (status == 206)
		add_range(conn, &version, first, len);
	httpd_reply_begin(conn, len);
	(void)httpd_reply_file(conn, fd, (off_t)first, len);
	(void)httpd_reply_end(conn);
}

static void answer_open(struct httpd_conn *conn, const struct httpd_site *site, const char *path,
                        int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		(void)httpd_reply_status(conn, 500);
	else if (S_ISREG(st.st_mode))
		send_file(conn, site, path, fd, &st);
	else if (S_ISDIR(st.st_mode) && path == conn->head.path)
		redirect(conn);
	else
		(void)httpd_reply_status(conn, 403);
}

/* The first index that is there, or else the list. */
static void answer_directory(struct httpd_conn *conn, const struct httpd_site *site)
{
	static char path[HTTPD_PATH_MAX + NAME_MAX + 2];
	char *end = text_put(path, conn->head.path);
	int fd = -1;

	errno = ENOENT;
	for (size_t i = 0; fd < 0 && errno == ENOENT && i < site->options->index.count; i++) {
		const char *name = site->options->index.name[i];

		if (strlen(name) > NAME_MAX)
			continue;
		*text_put(end, name) = '\0';
		fd = httpd_site_file(site, path);
	}
	if (fd < 0 && errno == ENOENT) {
		fd = httpd_site_file(site, conn->head.path);
		if (fd >= 0 && site->options->list)
			(void)httpd_list(conn, fd, conn->head.path, site->options->dot_files);
		else
			(void)httpd_reply_status(conn, fd < 0 ? httpd_site_status(errno) : 403);
	} else if (fd < 0) {
		(void)httpd_reply_status(conn, httpd_site_status(errno));
	} else {
		answer_open(conn, site, path, fd);
	}
	if (fd >= 0)
		close(fd);
}

void httpd_file(struct httpd_conn *conn, const struct httpd_site *site)
{
	const char *path = conn->head.path;
	int fd;

	if (!httpd_head_is(&conn->head, "GET") && !httpd_head_is(&conn->head, "HEAD")) {
		refuse_method(conn, httpd_head_is(&conn->head, "OPTIONS") ? 204 : 405);
		return;
	}
	if (path[strlen(path) - 1] == '/') {
		answer_directory(conn, site);
		return;
	}
	fd = httpd_site_file(site, path);
	if (fd < 0) {
		(void)httpd_reply_status(conn, httpd_site_status(errno));
		return;
	}
	answer_open(conn, site, path, fd);
	close(fd);
}
