/* What httpd reads of a client: any bytes get the same answer whole and in pieces; what is
 * understood keeps the promises of httpd_head.h; where the body ends is what a second, naive reader
 * of the same lines says. What follows the head goes through the chunked coding and, as fields,
 * through conditions, ranges, passwords and the log. */
#include "../../handlers/httpd_auth.h"
#include "../../handlers/httpd_chunk.h"
#include "../../handlers/httpd_log.h"
#include "../../handlers/httpd_version.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* Exactly as large as it has to be, for the sanitizer to see. */
static char *copy_of(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);

	check(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

static int parse(struct httpd_head *head, char *data, size_t size, size_t piece)
{
	int found = HTTPD_MORE;

	httpd_head_reset(head);
	for (size_t at = piece < size ? piece : size; found == HTTPD_MORE; at += piece) {
		found = httpd_head_parse(head, data, at < size ? at : size);
		if (at >= size)
			break;
	}
	return found;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_path(const char *path)
{
	check(*path == '/' && strlen(path) <= HTTPD_PATH_MAX && !strstr(path, "//"));
	for (const char *at = path; *at; at++)
		check((unsigned char)*at >= ' ' && *at != 0x7f);
	for (const char *at = path; at; at = strchr(at + 1, '/')) {
		size_t len = strcspn(at + 1, "/");

		check(!(len == 1 && at[1] == '.') && !(len == 2 && at[1] == '.' && at[2] == '.'));
	}
}

/* How often a line of the raw head begins with the name and a colon. */
static unsigned int count_lines(const uint8_t *data, size_t size, const char *name)
{
	size_t len = strlen(name);
	unsigned int count = 0;

	for (size_t i = 0; i + len + 2 <= size; i++)
		if (data[i] == '\n' && strncasecmp((const char *)data + i + 1, name, len) == 0)
			count++;
	return count;
}

static void check_whole(const struct httpd_head *head, const uint8_t *data, size_t size)
{
	static const char *const methods[] = {"GET",    "HEAD",    "POST", "PUT",
	                                      "DELETE", "OPTIONS", "PATCH"};
	unsigned int lengths = count_lines(data, head->len, "Content-Length:"), known = 0;
	unsigned int codings = count_lines(data, head->len, "Transfer-Encoding:");

	check(head->len <= size && head->len < HTTPD_HEAD_MAX + 1);
	check(head->len >= 4 && memcmp(data + head->len - 4, "\r\n\r\n", 4) == 0);
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		known += httpd_head_is(head, methods[i]);
	check(known == 1);
	if (strcmp(head->path, "*") != 0)
		check_path(head->path);
	check(head->framing == (codings ? HTTPD_CHUNKED : lengths ? HTTPD_LENGTH : HTTPD_NO_BODY));
	check(lengths + codings <= 1);
	check(count_lines(data, head->len, "Host:") == 1 || head->minor == 0);
	check(!strchr(head->host, '/') && !strstr(head->host, "..") && *head->host != '.');
	check(head->fields <= HTTPD_FIELDS_MAX && head->length < (uint64_t)1 << 63);
	for (size_t i = 0; i < head->fields; i++) {
		check(*head->field[i].name && !strpbrk(head->field[i].name, " \t\r\n:"));
		check(!strpbrk(head->field[i].value, "\r\n"));
	}
}

static void use(const struct httpd_conn *conn)
{
	const struct httpd_head *head = &conn->head;
	static char line[HTTPD_LOG_LINE_MAX];
	const struct timespec modified = {.tv_sec = 784111777};
	const char *sent = httpd_head_field(head, "Authorization");
	char user[HTTPD_USER_MAX + 1], password[HTTPD_PASSWORD_MAX + 1];
	struct httpd_version version;
	unsigned int status;
	uint64_t first, len;

	httpd_version_make(&version, head->fields * 50, &modified, 784111777 + head->minor * 100);
	status = httpd_version_judge(&version, head);
	check(status == 200 || status == 304 || status == 412);
	status = httpd_version_range(&version, head, &first, &len);
	check(status == 200 || status == 206 || status == 416);
	check(status == 416 || (first <= version.size && len <= version.size - first));
	check(status != 206 || len > 0);
	if (sent && httpd_auth_parse(sent, user, password))
		check(*user && strlen(user) <= HTTPD_USER_MAX);
	len = httpd_log_line(line, conn, "192.0.2.1", 784111777);
	check(len > 0 && len <= HTTPD_LOG_LINE_MAX && memchr(line, '\n', len) == line + len - 1);
}

/* The body in one sum, and how it ended. */
static struct httpd_chunk dechunk(const char *data, size_t size, size_t piece, uint64_t *sum,
                                  size_t *used)
{
	struct httpd_chunk chunk = {0};

	*sum = 0;
	*used = 0;
	while (*used < size && chunk.state < HTTPD_CHUNK_END) {
		size_t some = size - *used < piece ? size - *used : piece, len, took;
		const char *body;

		took = httpd_chunk_feed(&chunk, data + *used, some, &body, &len);
		check(took > 0 && took <= some && len <= some);
		for (size_t i = 0; i < len; i++)
			*sum = *sum * 31 + (unsigned char)body[i] + 1;
		*used += took;
	}
	return chunk;
}

static void check_chunks(const uint8_t *data, size_t size)
{
	char *copy = copy_of(data, size);
	uint64_t sum, other_sum;
	size_t used, other_used;
	struct httpd_chunk whole = dechunk(copy, size, size, &sum, &used);
	struct httpd_chunk bytes = dechunk(copy, size, 1, &other_sum, &other_used);

	check(whole.state == bytes.state && sum == other_sum && used == other_used);
	check(whole.state != HTTPD_CHUNK_END || (used >= 5 && copy[used - 1] == '\n'));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct httpd_conn conn;
	static struct httpd_head other;
	struct httpd_head *head = &conn.head;
	char *copy, *pieces;
	int found;

	if (size > 2 * HTTPD_HEAD_MAX)
		return 0;
	copy = copy_of(data, size);
	pieces = copy_of(data, size);
	found = parse(head, copy, size, size + 1);
	check(parse(&other, pieces, size, 1) == found);
	check(strcmp(head->method, other.method) == 0 && strcmp(head->target, other.target) == 0);
	if (found == HTTPD_WHOLE) {
		check(is_same(head->query, other.query) && is_same(head->host, other.host));
		check(strcmp(head->path, other.path) == 0 && head->len == other.len);
		check(head->fields == other.fields && head->length == other.length);
		check_whole(head, data, size);
		use(&conn);
		check_chunks(data + head->len, size - head->len);
	} else {
		check(found == HTTPD_MORE || (found >= 400 && found <= 505));
		check(found != HTTPD_MORE || size < HTTPD_HEAD_MAX);
		check_chunks(data, size);
	}
	free(pieces);
	free(copy);
	/* As a target of a script's, too. */
	copy = malloc(size + 1);
	check(copy != NULL);
	memcpy(copy, data, size);
	copy[size] = '\0';
	if (size <= HTTPD_TARGET_MAX && httpd_head_retarget(&other, copy) == 0)
		check_path(other.path);
	free(copy);
	return 0;
}
