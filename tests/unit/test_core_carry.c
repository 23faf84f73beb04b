/* core/carry.h: what was written is read into another supervisor, which then writes
 * the same; and what is wrong in it is refused, whatever it is, without harm. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admit/adopt.h"
#include "base/log.h"
#include "core/carry.h"
#include "core/conn.h"
#include "core/header.h"
#include "core/service.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "unit/test.h"

static const char text[] =
    "control = \"/nonexistent/control\"\n"
    "service \"plain\" { listen = {\"127.0.0.1:4001\", \"127.0.0.1:4002\"}\n"
    "  exec = {\"/bin/true\"} max_runtime = \"1h\" rate = \"9/s\" }\n"
    "service \"proxied\" { listen = {\"127.0.0.1:4003\"} exec = {\"/bin/true\"}\n"
    "  proxy_protocol = \"yes\" proxy_from = {\"127.0.0.0/8\"} }\n";
/* With one service more, which the other configuration does not have. */
static const char old_text[] = "service \"gone\" { listen = {\"127.0.0.1:4004\"}\n"
			       "  exec = {\"/bin/true\"} banner = \"bye\" }\n";

enum { HEAD = 48 /* bytes before the first record */ };

static const struct state_nonce nonce = {{17, 4}};
static struct conf_options options = {.handler_dir = "/bin", .control = "/nonexistent/control"};

static struct conf *read_conf(const char *extra)
{
	struct conf_problems problems = {.item = NULL};
	char all[2048];
	int len = snprintf(all, sizeof all, "%s%s", text, extra);
	struct conf *conf = conf_read_text("t", all, (size_t)len, &options, &problems);

	for (size_t i = 0; i < problems.count; i++)
		if (!problems.item[i].warning)
			print_message("%s\n", problems.item[i].text);
	conf_problems_free(&problems);
	assert_non_null(conf);
	return conf;
}

/* Their descriptors are only numbers, so that they cannot be freed; but they are not lost. */
static struct supervisor *kept[8];
static size_t kept_count;

static struct supervisor *make(struct conf *conf)
{
	const struct supervisor_options how = {.original_files = {1024, 4096}};
	struct supervisor *sup = supervisor_new(conf, &how);

	assert_non_null(sup);
	assert_true(kept_count < ARRAY_LEN(kept));
	kept[kept_count++] = sup;
	return sup;
}

static struct facts facts_of(uint64_t number, unsigned host)
{
	struct facts facts = {.session = number, .accepted = 5000 + (usec_t)number};

	facts.started = facts.accepted + 7;
	facts.peer.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(99)};
	facts.peer.in.sin_addr.s_addr = htonl(0xc0000200 + host);
	facts.peer.len = sizeof facts.peer.in;
	facts.local = facts.peer;
	return facts;
}

static struct prefix source_of(const struct facts *facts)
{
	struct prefix prefix;

	prefix_of(&facts->peer, 32, 64, &prefix);
	return prefix;
}

static void add_session(struct service *service, uint64_t number, unsigned host)
{
	struct facts facts = facts_of(number, host);
	struct prefix source = source_of(&facts);
	struct session *session = session_new(service, &facts);

	assert_non_null(session);
	assert_int_equal(adopt_running(&service->admit, &session->admit, &source, 1000), 0);
	session->pid = (pid_t)(100000 + number);
	session->pidfd = (int)(300 + number);
	list_append(&service->sessions, &session->link);
	if (number % 2)
		session->told = 77;
	list_append(number % 2 ? &service->overtime.told : &service->overtime.in_time,
	            &session->overtime);
	service->sup->session_count++;
	service->sup->last_session = number;
}

static void add_conn(struct service *service, enum conn_state state, int fd, unsigned host)
{
	struct conn *conn = calloc(1, sizeof *conn);
	struct prefix source;

	assert_non_null(conn);
	list_init(&conn->link);
	conn->service = service;
	conn->state = state;
	conn->fd = fd;
	conn->stderr_fd = -1;
	conn->facts = facts_of(0, host);
	conn->tries = 1;
	source = source_of(&conn->facts);
	if (state == CONN_HEADER) {
		assert_int_equal(header_adopt(conn, 9000, "PROXY", 5), 0);
	} else if (state == CONN_QUEUED) {
		assert_int_equal(adopt_waiting(&service->admit, &conn->admit, &source, 800, 1000),
		                 0);
	} else {
		assert_int_equal(adopt_running(&service->admit, &conn->admit, &source, 1000), 0);
		list_append(&service->sup->ready, &conn->link);
	}
	service->sup->conn_count++;
	service->conn_count++;
}

static void open_port(struct service *service, int fd)
{
	struct port *port = list_entry(list_first(&service->ports), struct port, link);
	struct listener listener = {.fd = fd, .local = port->where->addr, .exact = true};

	port_adopt(port, &listener);
	port->useless = 3;
}

static void fill(struct supervisor *sup)
{
	struct service *plain = service_find(sup, "plain"), *proxied = service_find(sup, "proxied");
	struct service *gone = service_find(sup, "gone");
	struct facts banned = facts_of(0, 200);
	struct prefix prefix = source_of(&banned);
	struct ban *ban = ban_set(&sup->admit.bans, &prefix, BAN_BY_SENSOR, 1 << 30, 900);

	assert_non_null(ban);
	ban->refused = 3;
	assert_non_null(ban_set(&sup->admit.bans, &(struct prefix){.family = AF_INET6, .len = 8},
	                        BAN_BY_COMMAND, BAN_FOREVER, 901));
	for (unsigned i = 0; i < 4; i++)
		add_session(plain, i + 1, i % 2);
	add_session(gone, 5, 9);
	add_conn(plain, CONN_QUEUED, 401, 1);
	add_conn(plain, CONN_QUEUED, 402, 2);
	add_conn(plain, CONN_READY, 403, 3);
	add_conn(proxied, CONN_HEADER, 404, 4);
	open_port(plain, 501);
	open_port(gone, 502);
	assert_int_equal(linger_adopt(sup->linger, 601, 9999), 0);
	plain->stats.connections = 12;
	plain->stats.refused[REASON_BANNED] = 3;
	plain->stats.spawn_failures[SPAWN_EXEC] = 2;
	stats_exited(&plain->stats, 0, 7);
	stats_exited(&plain->stats, 0, 7);
	stats_exited(&plain->stats, 9, 0);
	stats_observe(&plain->stats.queue, 4711);
	plain->admit.bucket = (struct bucket){.taken = 5, .at = 900};
	proxied->wish = WISH_DRAINED;
	proxied->state = SERVICE_CLOSED;
	service_retire(gone);
	sup->upgrades = 2;
	sup->live_log_level = LOG_WARNING;
}

static void *write_all(struct supervisor *sup, size_t *len)
{
	struct state_writer state;
	const void *data;
	void *copy;

	state_begin(&state);
	carry_write(sup, &state);
	data = state_finish(&state, &nonce, getpid(), len);
	assert_non_null(data);
	copy = malloc(*len);
	assert_non_null(copy);
	memcpy(copy, data, *len);
	state_free(&state);
	return copy;
}

/* A record as it stands there. Those of sources come in the order of a keyed hash. */
struct record {
	const unsigned char *data;
	size_t len;
};

static int by_bytes(const void *a, const void *b)
{
	const struct record *x = a, *y = b;
	int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static bool has(const struct record *record, const char *word)
{
	return memmem(record->data, record->len, word, strlen(word)) != NULL;
}

/* But for what tells which files there are, and on which line. */
static size_t sort_records(struct state_reader *reader, struct record *record, size_t most)
{
	size_t n = 0, from = reader->at;

	while (state_next(reader)) {
		assert_true(n < most);
		record[n] = (struct record){reader->data + from, reader->at - from};
		from = reader->at;
		n += reader->kind != CARRY_WHOLE && !has(&record[n], "bye") &&
		     !has(&record[n], "127.0.0.1:4004");
	}
	qsort(record, n, sizeof *record, by_bytes);
	return n;
}

static void assert_same(const void *a, size_t a_len, const void *b, size_t b_len)
{
	static struct record x[200], y[200];
	struct state_reader first, second;
	size_t n;

	assert_true(state_open(&first, a, a_len, CARRY_KINDS, &nonce, getpid()));
	assert_true(state_open(&second, b, b_len, CARRY_KINDS, &nonce, getpid()));
	n = sort_records(&first, x, ARRAY_LEN(x));
	assert_int_equal(sort_records(&second, y, ARRAY_LEN(y)), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(x[i].len, y[i].len);
		assert_memory_equal(x[i].data, y[i].data, x[i].len);
	}
}

/* The state of a supervisor that has some of everything. */
static void *sample(size_t *len)
{
	struct conf *conf = read_conf(old_text);
	struct supervisor *sup = make(conf);

	conf_unref(&conf);
	fill(sup);
	return write_all(sup, len);
}

/* In a child, as an upgrade's trial does it; what a test leaves there goes with it. */
static int in_child(int (*run)(const void *data, size_t len), const void *data, size_t len)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(run(data, len));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		print_message("ended by signal %d\n", WTERMSIG(status));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static struct conf *new_conf;
static pid_t writer_pid;

/* What a crash or a sanitizer does not exit with. */
enum { READ = 40, REFUSED };

static int read_once(const void *data, size_t len)
{
	struct state_reader reader;
	struct supervisor *sup = make(new_conf);

	if (state_open(&reader, data, len, CARRY_KINDS, &nonce, writer_pid) &&
	    carry_read(sup, &reader, &options))
		return READ;
	return *reader.why ? REFUSED : 1;
}

static void carry__everything__is_written_again_as_it_was(void **state)
{
	size_t len, again_len;
	void *data = sample(&len), *again;
	struct supervisor *sup = make(new_conf);
	struct state_reader reader;
	struct service *gone;

	(void)state;
	assert_true(state_open(&reader, data, len, CARRY_KINDS, &nonce, getpid()));
	if (!carry_read(sup, &reader, &options))
		fail_msg("%s", reader.why);
	assert_int_equal(sup->service_count, 3);
	gone = sup->services[2];
	assert_true(gone->retired);
	assert_string_equal(gone->conf->banner, "bye");
	assert_int_equal(sup->session_count, 5);
	assert_int_equal(sup->last_session, 5);
	assert_int_equal(sup->upgrades, 2);
	assert_int_equal(sup->conn_count, 4);
	assert_int_equal(sup->admit.running, 6);
	again = write_all(sup, &again_len);
	assert_same(data, len, again, again_len);
	free(data);
	free(again);
}

/* One field, at this place, in one of several ways. */
static bool is_refused(const unsigned char *data, size_t len, size_t at, uint32_t field_len,
                       size_t way)
{
	struct state_writer writer;
	unsigned char *field;
	const void *changed;
	size_t changed_len;
	int status;

	state_begin(&writer);
	buf_add(&writer.out, data + HEAD, len - HEAD);
	field = (unsigned char *)writer.out.data + at;
	if (way == 0)
		memset(field + 8, 0xff, field_len);
	else if (way == 1)
		memset(field + 8, 0, field_len);
	else if (way == 2)
		field[0] ^= 0x40; /* its tag */
	else if (field_len)
		field[8] ^= 0x11;
	changed = state_finish(&writer, &nonce, getpid(), &changed_len);
	assert_non_null(changed);
	status = in_child(read_once, changed, changed_len);
	assert_true(status == READ || status == REFUSED);
	state_free(&writer);
	return status == REFUSED;
}

static void carry__any_field_wrong__is_refused_or_read_without_harm(void **state)
{
	size_t len, refused = 0, fields = 0;
	unsigned char *data = sample(&len);

	(void)state;
	assert_int_equal(in_child(read_once, data, len), READ);
	for (size_t at = HEAD; at < len;) {
		uint32_t record_len, field_len;
		size_t end;

		memcpy(&record_len, data + at + 4, sizeof record_len);
		at += 8;
		for (end = at + record_len; at < end; at += 8 + field_len, fields++) {
			memcpy(&field_len, data + at + 4, sizeof field_len);
			refused += is_refused(data, len, at, field_len, 0);
			refused += is_refused(data, len, at, field_len, 1 + fields % 3);
		}
	}
	print_message("# %zu fields, %zu refused\n", fields, refused);
	assert_true(refused > fields / 4);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(carry__everything__is_written_again_as_it_was),
	    cmocka_unit_test(carry__any_field_wrong__is_refused_or_read_without_harm),
	};

	options.root = geteuid() == 0;
	options.owner = geteuid();
	writer_pid = getpid();
	new_conf = read_conf("");
	return cmocka_run_group_tests_name("core/carry", tests, NULL, NULL);
}
