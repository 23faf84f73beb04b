/* net/notify.h: what the service manager hears, and when nobody listens. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/notify.h"
#include "unit/test.h"

/* A manager: its socket, and where it is. */
struct manager {
	int fd;
	char dir[64], path[96];
	struct notify notify;
};

static void manager_listen(struct manager *manager, const char *name)
{
	struct addr addr;

	assert_int_equal(addr_set_unix(name, &addr), 0);
	if (name[0] == '@')
		addr.un.sun_path[0] = '\0';
	manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(manager->fd >= 0);
	assert_int_equal(bind(manager->fd, &addr.sa, addr.len), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static int set_up(void **state)
{
	struct manager *manager = calloc(1, sizeof *manager);
	const char *tmp = getenv("TMPDIR");

	snprintf(manager->dir, sizeof manager->dir, "%s/usherd-test-XXXXXX",
	         tmp && strlen(tmp) < 30 ? tmp : "/tmp");
	if (!mkdtemp(manager->dir))
		return -1;
	snprintf(manager->path, sizeof manager->path, "%s/notify", manager->dir);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	manager_listen(manager, manager->path);
	*state = manager;
	return 0;
}

static int tear_down(void **state)
{
	struct manager *manager = *state;

	notify_close(&manager->notify);
	close(manager->fd);
	(void)unlink(manager->path);
	(void)rmdir(manager->dir);
	free(manager);
	unsetenv("NOTIFY_SOCKET");
	return 0;
}

static void expect_told(struct manager *manager, const char *want)
{
	char text[1024];
	ssize_t n = recv(manager->fd, text, sizeof text - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	assert_string_equal(text, want);
}

static void notify__each_state__is_one_datagram(void **state)
{
	struct manager *manager = *state;
	struct notify *notify = &manager->notify;

	assert_int_equal(notify_open(notify), 0);
	assert_true(notify->watchdog_msec == 0);
	notify_ready(notify);
	expect_told(manager, "READY=1");
	notify_reloading(notify, 123456789012);
	expect_told(manager, "RELOADING=1\nMONOTONIC_USEC=123456789012");
	notify_stopping(notify);
	expect_told(manager, "STOPPING=1");
	notify_watchdog(notify);
	expect_told(manager, "WATCHDOG=1");
	assert_false(notify_retry(notify));
	expect_told(manager, "");
}

static void notify__status__is_told_when_it_differs(void **state)
{
	struct manager *manager = *state;
	struct notify *notify = &manager->notify;

	assert_int_equal(notify_open(notify), 0);
	notify_status(notify, "one");
	notify_status(notify, "one");
	notify_status(notify, "two");
	expect_told(manager, "STATUS=one");
	expect_told(manager, "STATUS=two");
	expect_told(manager, "");
}

static void notify__abstract_name__is_reached(void **state)
{
	struct manager *manager = *state;
	char name[64];

	close(manager->fd);
	snprintf(name, sizeof name, "@usherd-test-%d", (int)getpid());
	manager_listen(manager, name);
	assert_int_equal(notify_open(&manager->notify), 0);
	notify_ready(&manager->notify);
	expect_told(manager, "READY=1");
}

static void notify__full_queue__is_tried_again(void **state)
{
	struct manager *manager = *state;
	struct notify *notify = &manager->notify;
	int sent = 0;

	assert_int_equal(notify_open(notify), 0);
	for (; sent < 100000 && !*notify->state; sent++)
		notify_ready(notify);
	assert_true(*notify->state);
	notify_status(notify, "late");
	assert_true(notify_retry(notify));
	for (int i = 0; i < sent - 1; i++)
		expect_told(manager, "READY=1");
	expect_told(manager, "");
	assert_false(notify_retry(notify));
	expect_told(manager, "READY=1");
	expect_told(manager, "STATUS=late");
}

static void notify__manager_gone__is_no_trouble(void **state)
{
	struct manager *manager = *state;
	struct notify *notify = &manager->notify;

	assert_int_equal(notify_open(notify), 0);
	close(manager->fd);
	(void)unlink(manager->path);
	notify_ready(notify);
	assert_false(notify_retry(notify));
	/* It was replaced: the next word reaches the new one. */
	manager_listen(manager, manager->path);
	notify_stopping(notify);
	expect_told(manager, "STOPPING=1");
}

static void notify__without_a_manager__does_nothing(void **state)
{
	static const char *const bad[] = {"vsock:2:1234", "relative", "x"};
	struct notify notify;
	char longer[200] = "/";

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_open(&notify), 0);
	assert_int_equal(notify.fd, -1);
	notify_ready(&notify);
	notify_status(&notify, "x");
	notify_watchdog(&notify);
	assert_false(notify_retry(&notify));
	notify_close(&notify);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		setenv("NOTIFY_SOCKET", bad[i], 1);
		assert_int_equal(notify_open(&notify), -1);
		assert_int_equal(notify.fd, -1);
		notify_ready(&notify);
		notify_close(&notify);
	}
	memset(longer + 1, 'x', sizeof longer - 2);
	setenv("NOTIFY_SOCKET", longer, 1);
	assert_int_equal(notify_open(&notify), -1);
	unsetenv("NOTIFY_SOCKET");
}

static void watchdog__is_ours_alone(void **state)
{
	static const struct {
		const char *usec, *pid;
		msec_t want;
	} row[] = {{"3000000", NULL, 3000}, {"3000000", "", 3000}, {"3000000", "1", 0},
	           {"-1", NULL, 0},         {"3s", NULL, 0},       {"", NULL, 0}};
	struct manager *manager = *state;
	char self[24];

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		snprintf(self, sizeof self, "%d", (int)getpid());
		setenv("WATCHDOG_USEC", row[i].usec, 1);
		if (row[i].pid)
			setenv("WATCHDOG_PID", *row[i].pid ? row[i].pid : self, 1);
		else
			unsetenv("WATCHDOG_PID");
		assert_int_equal(notify_open(&manager->notify), 0);
		assert_true(manager->notify.watchdog_msec == row[i].want);
		notify_close(&manager->notify);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	    TEST(notify__each_state__is_one_datagram),
	    TEST(notify__status__is_told_when_it_differs),
	    TEST(notify__abstract_name__is_reached),
	    TEST(notify__full_queue__is_tried_again),
	    TEST(notify__manager_gone__is_no_trouble),
	    TEST(notify__without_a_manager__does_nothing),
	    TEST(watchdog__is_ours_alone),
#undef TEST
	};

	return cmocka_run_group_tests_name("net/notify", tests, NULL, NULL);
}
