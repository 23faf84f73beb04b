#include "unit/control_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

static struct service *new_service(struct fixture *fixture, size_t number)
{
	struct port *port;
	struct service *service = calloc(1, sizeof *service);
	struct conf_service *conf = calloc(1, sizeof *conf);
	struct conf_listen *listen = calloc(1, sizeof *listen);
	char name[24];

	snprintf(name, sizeof name, "s%zu", number);
	listen->text = "127.0.0.1:1";
	conf->name = strdup(name);
	conf->where = (struct conf_where){.file = "t.conf", .line = 7};
	conf->enabled = true;
	conf->instances = 10;
	conf->listen = listen;
	conf->listen_count = 1;
	service->sup = &fixture->sup;
	service->conf = conf;
	list_init(&service->ports);
	list_init(&service->leaving);
	port = calloc(1, sizeof *port);
	port->service = service;
	port->where = listen;
	port->listener = (struct listener){.fd = STDIN_FILENO};
	list_append(&service->ports, &port->link);
	list_init(&service->sessions);
	return service;
}

struct port *fixture_port(const struct service *service)
{
	return list_entry(list_first(&service->ports), struct port, link);
}

static void free_service(struct service *service)
{
	list_each_safe (link, &service->sessions)
		fixture_session_end(list_entry(link, struct session, link));
	free((void *)(uintptr_t)service->conf->name);
	free((void *)(uintptr_t)service->conf->listen);
	free((void *)(uintptr_t)service->conf);
	stats_free(&service->stats);
	free(fixture_port(service));
	free(service);
}

struct fixture *fixture_new(size_t services)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct supervisor *sup = &fixture->sup;
	const char *tmp = getenv("TMPDIR");

	snprintf(fixture->dir, sizeof fixture->dir, "%s/usherd-test-XXXXXX",
	         tmp && strlen(tmp) < 30 ? tmp : "/tmp");
	assert_non_null(mkdtemp(fixture->dir));
	snprintf(fixture->path, sizeof fixture->path, "%s/control", fixture->dir);
	fixture->conf.control = fixture->path;
	fixture->conf.control_gid = (gid_t)-1;
	fixture->conf.control_mode = 0660;
	fixture->conf.file = "/etc/test.conf";
	sup->loop = loop_new();
	assert_non_null(sup->loop);
	sup->conf = &fixture->conf;
	groups_begin(sup);
	list_init(&sup->ready);
	list_init(&sup->waiting);
	sup->services = calloc(services + 1, sizeof *sup->services);
	for (; sup->service_count < services; sup->service_count++)
		sup->services[sup->service_count] = new_service(fixture, sup->service_count);
	return fixture;
}

void fixture_free(struct fixture *fixture)
{
	struct supervisor *sup = &fixture->sup;

	for (size_t i = 0; i < sup->service_count; i++)
		free_service(sup->services[i]);
	free(sup->services);
	loop_free(&sup->loop);
	(void)rmdir(fixture->dir);
	free(fixture);
}

struct session *fixture_session(struct fixture *fixture, size_t service, uint64_t number,
                                usec_t started)
{
	struct session *session = calloc(1, sizeof *session);

	session->service = fixture->sup.services[service];
	session->facts.session = number;
	session->facts.accepted = session->facts.started = started;
	assert_int_equal(addr_parse_ip("192.0.2.1", 4000, &session->facts.peer), 0);
	assert_int_equal(addr_parse_ip("127.0.0.1", 1, &session->facts.local), 0);
	session->pid = (pid_t)(1000 + number);
	session->pidfd = -1;
	list_append(&session->service->sessions, &session->link);
	session->service->admit.running++;
	fixture->sup.session_count++;
	return session;
}

void fixture_session_end(struct session *session)
{
	list_remove(&session->link);
	session->service->admit.running--;
	session->service->sup->session_count--;
	free(session);
}

void fixture_answer(struct fixture *fixture, const char *line, bool may_change, struct buf *all,
                    size_t *most_r)
{
	struct buf out = BUF_INIT(4 << 20);
	struct request request;
	struct answer answer = {.sup = &fixture->sup,
	                        .privileges = fixture->privileges,
	                        .serving_since = clock_usec(),
	                        .request = &request,
	                        .may_change = may_change};
	size_t most = 0;
	const char *why;

	assert_int_equal(request_parse(&request, line, strlen(line), &why), 0);
	report_init(&answer.report, &out, request.json);
	command_begin(&answer);
	for (int i = 0; i < 100000; i++) {
		assert_false(out.failed);
		most = out.len > most ? out.len : most;
		buf_add(all, out.data, out.len);
		buf_clear(&out);
		if (answer.done)
			break;
		command_continue(&answer);
	}
	assert_true(answer.done);
	assert_false(all->failed);
	buf_free(&out);
	if (most_r)
		*most_r = most;
}

int fixture_connect(const struct fixture *fixture)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct addr addr;

	assert_true(fd >= 0);
	assert_int_equal(addr_set_unix(fixture->path, &addr), 0);
	assert_int_equal(connect(fd, &addr.sa, addr.len), 0);
	return fd;
}

void fixture_read_all(struct fixture *fixture, int fd, struct buf *all)
{
	msec_t end = clock_msec() + 10000;

	while (clock_msec() < end) {
		char text[4096];
		ssize_t n = recv(fd, text, sizeof text, 0);

		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return;
		if (n > 0)
			buf_add(all, text, (size_t)n);
		else if (loop_turn(fixture->sup.loop, 10) < 0)
			fail();
	}
	fail_msg("no end within 10 s");
}
