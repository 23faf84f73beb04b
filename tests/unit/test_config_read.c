/* config/read.h: from text to a model, by way of values.c, build.c, assemble.c. */
#include <sys/resource.h>
#include <syslog.h>

#include "config/values.h"
#include "unit/config_case.h"

static void read__smallest_service__has_every_default(void **state)
{
	const struct conf_service *s =
	    config_only("service hello { listen = 4000 exec = \"" PROGRAM "\" }\n", false);
	const struct conf *conf = config_case.conf;

	(void)state;
	assert_string_equal(s->name, "hello");
	assert_int_equal(s->where.line, 1);
	assert_true(s->enabled);
	assert_int_equal(s->listen_count, 1);
	assert_int_equal(s->listen[0].kind, CONF_TCP);
	assert_true(s->listen[0].dual);
	assert_int_equal(addr_port(&s->listen[0].addr), 4000);
	assert_string_equal(s->path, PROGRAM);
	assert_string_equal(s->argv[0], PROGRAM);
	assert_null(s->argv[1]);
	assert_false(s->wait || s->v6only || s->nodelay || s->keepalive);
	/* Of the sandbox of an ordinary user. */
	assert_int_equal(s->no_new_privs, geteuid() != 0);
	assert_int_equal(s->backlog, 4096);
	assert_int_equal(s->keepalive_time_sec, -1);
	assert_int_equal(s->keepalive_interval_sec, -1);
	assert_int_equal(s->keepalive_probes, -1);
	assert_int_equal(s->user_timeout_msec, 0);
	assert_false(s->listen_fds || s->reuse_port || s->freebind || s->transparent);
	assert_int_equal(s->defer_accept_sec + s->fast_open + s->sndbuf + s->rcvbuf, 0);
	assert_int_equal(s->tos | s->mark | s->priority, 0);
	assert_null(s->congestion);
	assert_null(s->listen[0].device);
	assert_int_equal(s->listen[0].type, SOCK_STREAM);
	assert_int_equal(s->socket_uid, (uid_t)-1);
	assert_int_equal(s->socket_gid, (gid_t)-1);
	assert_int_equal(s->socket_mode, 0666);
	assert_int_equal(s->uid, geteuid());
	assert_int_equal(s->gid, getegid());
	assert_string_equal(s->directory, "/");
	assert_int_equal(s->umask, 022);
	assert_int_equal(s->stderr_to, CONF_STDERR_LOG);
	assert_false(s->nice_set);
	for (int i = 0; i < CONF_RLIMITS; i++)
		assert_false(s->rlimit[i].set);
	assert_int_equal(s->instances, 512);
	assert_int_equal(s->per_source, 128);
	assert_int_equal(s->when_full, CONF_FULL_WAIT);
	assert_int_equal(s->queue, 4096);
	assert_int_equal(s->queue_per_source, 2048);
	assert_int_equal(s->queue_timeout_msec, 60000);
	assert_int_equal(s->source_prefix_v4, 32);
	assert_int_equal(s->source_prefix_v6, 64);
	assert_int_equal(s->stop_timeout_msec, 5000);
	assert_null(s->banner);
	assert_null(s->banner_fail);
	assert_int_equal(s->log_on_success, CONF_RECORD_ALL);
	assert_int_equal(s->log_on_failure, CONF_RECORD_ALL);
	assert_int_equal(s->quiet_from_count, 0);
	assert_false(s->anonymize);
	assert_null(conf->user);
	assert_true(conf->user_is_default);
	assert_string_equal(conf->control, "/run/usherd/control");
	assert_int_equal(conf->control_gid, (gid_t)-1);
	assert_int_equal(conf->max_sessions, 0);
	assert_int_equal(conf->log.to, CONF_LOG_AUTO);
	assert_int_equal(conf->log.format, CONF_LOG_TEXT);
	assert_int_equal(conf->log.level, LOG_INFO);
	assert_string_equal(conf->file, "t");
	assert_string_equal(conf->files[0], "t");
	assert_null(conf->files[1]);
	assert_string_equal(config_case.said, "");
}

static void read__every_option__reaches_its_field(void **state)
{
	const struct conf_service *s = config_only(
	    "max_sessions = 77\ncontrol = \"/x/c\"\nlog { to = \"/var/log/u\" format = json level "
	    "= error }\n"
	    "service s {\n"
	    "listen = {\"4000\", \"127.0.0.1:4001\"} exec = {\"" PROGRAM "\", \"-c\", \"a b\"}\n"
	    "argv0 = \"me\" enabled = no backlog = 7 v6only = yes nodelay = yes\n"
	    "keepalive = yes keepalive_time = 1m keepalive_interval = 3s keepalive_probes = 4\n"
	    "user_timeout = 2500ms socket_mode = 0600\n"
	    "directory = \"/tmp\" umask = 077 nice = 5 stderr = client\n"
	    "rlimit_core = 0 rlimit_cpu = 10:20 rlimit_files = 9\n"
	    "instances = 11 per_source = 10 when_full = refuse queue = 13 queue_per_source = 12\n"
	    "queue_timeout = 0 source_prefix_v4 = 24 source_prefix_v6 = 48 stop_timeout = 1m\n"
	    "banner_fail = \"no\\n\" no_new_privs = yes log_on_success = {pid, exit}\n"
	    "log_on_failure = {} quiet_from = {\"10.0.0.0/8\", \"::1\"} anonymize = yes\n"
	    "}\n",
	    false);
	const struct conf *conf = config_case.conf;

	(void)state;
	assert_int_equal(conf->max_sessions, 77);
	assert_string_equal(conf->control, "/x/c");
	assert_int_equal(conf->log.to, CONF_LOG_FILE);
	assert_string_equal(conf->log.path, "/var/log/u");
	assert_int_equal(conf->log.format, CONF_LOG_JSON);
	assert_int_equal(conf->log.level, LOG_ERR);
	assert_int_equal(s->listen_count, 2);
	assert_false(s->listen[0].dual);
	assert_string_equal(s->path, PROGRAM);
	assert_string_equal(s->argv[0], "me");
	assert_string_equal(s->argv[1], "-c");
	assert_string_equal(s->argv[2], "a b");
	assert_null(s->argv[3]);
	assert_false(s->enabled);
	assert_true(s->v6only && s->nodelay && s->keepalive && s->no_new_privs);
	assert_int_equal(s->backlog, 7);
	assert_int_equal(s->keepalive_time_sec, 60);
	assert_int_equal(s->keepalive_interval_sec, 3);
	assert_int_equal(s->keepalive_probes, 4);
	assert_int_equal(s->user_timeout_msec, 2500);
	assert_int_equal(s->socket_mode, 0600);
	assert_string_equal(s->directory, "/tmp");
	assert_int_equal(s->umask, 077);
	assert_true(s->nice_set);
	assert_int_equal(s->nice, 5);
	assert_int_equal(s->stderr_to, CONF_STDERR_CLIENT);
	assert_true(s->rlimit[CONF_RLIMIT_CORE].set);
	assert_int_equal(s->rlimit[CONF_RLIMIT_CORE].resource, RLIMIT_CORE);
	assert_int_equal(s->rlimit[CONF_RLIMIT_CPU].soft, 10);
	assert_int_equal(s->rlimit[CONF_RLIMIT_CPU].hard, 20);
	assert_int_equal(s->rlimit[CONF_RLIMIT_FILES].resource, RLIMIT_NOFILE);
	assert_int_equal(s->rlimit[CONF_RLIMIT_FILES].hard, 9);
	assert_false(s->rlimit[CONF_RLIMIT_AS].set);
	assert_int_equal(s->instances, 11);
	assert_int_equal(s->per_source, 10);
	assert_int_equal(s->when_full, CONF_FULL_REFUSE);
	assert_int_equal(s->queue, 13);
	assert_int_equal(s->queue_per_source, 12);
	assert_int_equal(s->queue_timeout_msec, 0);
	assert_int_equal(s->source_prefix_v4, 24);
	assert_int_equal(s->source_prefix_v6, 48);
	assert_int_equal(s->stop_timeout_msec, 60000);
	assert_string_equal(s->banner_fail, "no\n");
	assert_int_equal(s->banner_fail_len, 3);
	assert_int_equal(s->log_on_success, CONF_RECORD_PID | CONF_RECORD_EXIT);
	assert_int_equal(s->log_on_failure, CONF_RECORD_NONE);
	assert_int_equal(s->quiet_from_count, 2);
	assert_int_equal(s->quiet_from[0].len, 8);
	assert_int_equal(s->quiet_from[1].family, AF_INET6);
	assert_true(s->anonymize);
}

/* From the weakest to the strongest: schema, defaults, templates in their order, service. */
static void read__layers__override_each_other_wherever_they_stand(void **state)
{
	const struct conf_service *s = config_only(
	    "service s { use(\"a\", \"b\") listen = 4000 exec = \"" PROGRAM "\" queue = 5 }\n"
	    "template b { instances = 3 nice = 3 }\n"
	    "template a { instances = 2 nice = 2 backlog = 2 queue = 2 }\n"
	    "defaults { instances = 1 nice = 1 backlog = 1 per_source = 1 queue = 1 }\n",
	    false);

	(void)state;
	assert_int_equal(s->queue, 5);
	assert_int_equal(s->instances, 3);
	assert_int_equal(s->nice, 3);
	assert_int_equal(s->backlog, 2);
	assert_int_equal(s->per_source, 1);
	s = config_only(
	    "defaults { log_on_success = {} }\nservice s { use = \"t\" listen = 4000 }\n"
	    "template t { exec = \"" PROGRAM "\" }\n",
	    false);
	assert_int_equal(s->log_on_success, CONF_RECORD_NONE);
	assert_string_equal(s->path, PROGRAM);
}

static void read__lists__are_replaced_by_equals_and_added_to_by_plus_equals(void **state)
{
	const struct conf_service *s;

	(void)state;
	s = config_only("defaults { listen = {\"4000\"} exec = {\"" PROGRAM "\", \"a\"} }\n"
	                "service s { listen += {\"4001\"} listen += 4002 exec = \"" PROGRAM
	                "\" }\n",
	                false);
	assert_int_equal(s->listen_count, 3);
	assert_int_equal(addr_port(&s->listen[0].addr), 4000);
	assert_int_equal(s->listen[0].where.line, 1);
	assert_int_equal(addr_port(&s->listen[2].addr), 4002);
	assert_int_equal(s->listen[2].where.line, 2);
	assert_null(s->argv[1]);
	s = config_only("defaults { listen = {\"4000\"} exec = \"" PROGRAM "\" }\n"
	                "service s { listen = {\"4001\"} listen += 4002 }\n",
	                false);
	assert_int_equal(s->listen_count, 2);
	assert_int_equal(addr_port(&s->listen[0].addr), 4001);
}

static void read__values__may_be_any_text(void **state)
{
	const struct conf_service *s = config_only(
	    config_service("argv0 = \"\"\nenv = {\"A= # \\\"'{}\\\\=b\", 'B=${X}\\n'}\n"), false);

	(void)state;
	assert_string_equal(s->argv[0], "");
	assert_string_equal(s->env[1], "A= # \"'{}\\=b");
	assert_string_equal(s->env[2], "B=${X}\\n");
}

static void read__records__are_sets_of_fields(void **state)
{
	const struct conf_service *s = config_only(
	    "service s { listen = 4000 exec = \"" PROGRAM "\" log_on_success += {usage}\n"
	    "log_on_failure = {attempt} }\n"
	    "defaults { log_on_success = {host, duration} quiet_from = {\"192.0.2.0/24\"} }\n",
	    false);

	(void)state;
	assert_int_equal(s->log_on_success,
	                 CONF_RECORD_HOST | CONF_RECORD_DURATION | CONF_RECORD_USAGE);
	assert_int_equal(s->log_on_failure, CONF_RECORD_ATTEMPT);
	assert_int_equal(s->quiet_from_count, 1);
	config_expect_in_service(
	    "log_on_success = {\"exits\",\n\"peer\"}\nlog_on_failure = {pid}\n"
	    "quiet_from = {\"10.0.0.1/8\", \"::1\",\n\"here\"}\n",
	    "t:2: service \"s\": log_on_success: \"exits\" is not one of: all pid host local exit "
	    "duration usage (did you mean \"exit\"?)\n"
	    "t:3: service \"s\": log_on_success: \"peer\" is not one of: all pid host local exit "
	    "duration usage\n"
	    "t:4: service \"s\": log_on_failure: \"pid\" is not one of: all attempt host local "
	    "duration\n"
	    "t:5: service \"s\": quiet_from: \"10.0.0.1/8\" has bits set past its length\n"
	    "t:6: service \"s\": quiet_from: \"here\" is not an address\n");
}

static void read__log__goes_to_one_of_five(void **state)
{
	static const struct {
		const char *text;
		enum conf_log_to to;
	} row[] = {{"auto", CONF_LOG_AUTO},
	           {"stderr", CONF_LOG_STDERR},
	           {"syslog", CONF_LOG_SYSLOG},
	           {"journal", CONF_LOG_JOURNAL},
	           {"/var/log/syslog", CONF_LOG_FILE}};
	char text[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		snprintf(text, sizeof(text),
		         "log { to = \"%s\" }\nservice s { listen = 4000 exec = \"" PROGRAM
		         "\" }\n",
		         row[i].text);
		(void)config_only(text, false);
		assert_int_equal(config_case.conf->log.to, row[i].to);
		if (row[i].to == CONF_LOG_FILE)
			assert_string_equal(config_case.conf->log.path, row[i].text);
		else
			assert_null(config_case.conf->log.path);
	}
}

static void read__bad_values__are_reported_where_they_stand(void **state)
{
	(void)state;
	config_expect("defaults {\nnice = 99\nuser = \"no-such-user\"\n}\n"
	              "service a { listen = 4000 exec = \"" PROGRAM "\" }\n"
	              "service b { listen = 4001 exec = \"" PROGRAM "\" }\n",
	              "t:2: defaults: nice: \"99\" is out of range (-20 to 19)\n"
	              "t:3: defaults: user: there is no user \"no-such-user\"\n");
	config_expect_in_service("env = {\"A=1\",\n\n\"B\",\n\"C\"}\n",
	                         "t:4: service \"s\": env: \"B\" is not NAME=VALUE\n"
	                         "t:5: service \"s\": env: \"C\" is not NAME=VALUE\n");
	config_expect("log { level = loud to = \"x\" }\ncontrol = \"x\"\n",
	              "t:1: log: level: \"loud\" is not one of: error warning notice info debug\n"
	              "t:1: log: to: \"x\" is none of auto, stderr, syslog, journal, "
	              "and not the full path of a file\n"
	              "t:2: control: must be a full path\n");
}

static void read__missing_options__are_not_reported_after_a_slip(void **state)
{
	(void)state;
	config_expect(
	    "service s {\n}\n",
	    "t:1: service \"s\": listen: is missing (which address shall the service have?)\n"
	    "t:1: service \"s\": exec: is missing (which program shall be started?)\n");
	config_expect("service s {\nexce = x\nlisten 80\n}\n",
	              "t:2: service \"s\": exce: unknown option (did you mean \"exec\"?)\n"
	              "t:3: service \"s\": listen: '=' is missing\n");
	config_expect("service s {\nexec = *\nlisten = {\n+ }\n}\n",
	              "t:2: service \"s\": exec: * must stand in quotes\n"
	              "t:4: service \"s\": listen: + must stand in quotes\n");
	config_expect(
	    "service s {\nlisten = {}\nexec = {}\n}\n",
	    "t:1: service \"s\": listen: is missing (which address shall the service have?)\n"
	    "t:1: service \"s\": exec: is missing (which program shall be started?)\n");
}

static void read__templates__must_exist_and_do_not_nest(void **state)
{
	(void)state;
	config_expect(
	    "service s { use(\"webs\") listen = 4000 exec = \"" PROGRAM "\" }\n"
	    "template web { }\ntemplate x { use(\"web\") }\n",
	    "t:1: service \"s\": use: there is no template \"webs\" (did you mean \"web\"?)\n"
	    "t:3: template \"x\": use: only a service uses templates\n");
}

static void read__ordinary_user__cannot_be_somebody_else(void **state)
{
	const struct passwd *self = getpwuid(geteuid());
	char text[300], said[400];

	(void)state;
	if (!self)
		skip_because("this user has no account");
	snprintf(text, sizeof(text), "user = \"%s\"\ngroup = \"%u\"\n", self->pw_name,
	         (unsigned)getegid());
	if (getegid() == 0)
		snprintf(text, sizeof(text), "user = \"%s\"\ngroup = \"root\"\n", self->pw_name);
	config_expect_in_service(text, "");
	if (!getpwnam("nobody") || geteuid() == getpwnam("nobody")->pw_uid)
		skip_because("there is no other account nobody");
	snprintf(
	    said, sizeof(said),
	    "t:2: service \"s\": user: usherd was not started by root: a handler can only run as "
	    "%s (remove it)\n"
	    "t:3: service \"s\": groups: usherd was not started by root: groups cannot be changed "
	    "(remove it)\n",
	    self->pw_name);
	config_read(config_service("user = nobody\ngroups = no\n"), false);
	snprintf(text, sizeof(text), "%.*s", (int)sizeof(text) - 1, config_case.said);
	assert_non_null(strstr(said, strchr(text, '\n') + 1));
	assert_memory_equal(text, said, 60);
}

static void read__ordinary_user__cannot_raise_limits(void **state)
{
	const struct rlimit core = {.rlim_cur = 0, .rlim_max = 1000}, nice = {0, 0};

	(void)state;
	assert_return_code(setrlimit(RLIMIT_CORE, &core), errno);
	assert_return_code(setrlimit(RLIMIT_NICE, &nice), errno);
	config_expect_in_service("rlimit_core = 1000\nnice = 19\n", "");
	config_expect_in_service(
	    "rlimit_core = 10:1001\nnice = -5\n",
	    "t:2: service \"s\": rlimit_core: above the hard limit that usherd was started with "
	    "(lower it)\n"
	    "t:3: service \"s\": nice: usherd was not started by root: handlers cannot come before "
	    "others\n");
	config_read(config_service("rlimit_core = 10:1001\nnice = -5\n"), true);
	assert_null(strstr(config_case.said, "rlimit_core"));
	assert_null(strstr(config_case.said, "nice"));
}

/* A model keeps living while somebody holds it. */
static void read__ref_and_unref__keep_the_model(void **state)
{
	struct conf *one, *other;

	(void)state;
	config_only(config_service(""), false);
	one = config_case.conf;
	config_case.conf = NULL;
	other = conf_ref(one);
	conf_unref(&one);
	assert_null(one);
	assert_string_equal(other->services[0]->name, "s");
	conf_unref(&other);
	conf_unref(&other);
	assert_null(other);
}

static void read__a_thousand_failed_reads__leak_nothing(void **state)
{
	struct conf_options options = *config_case_options(false);
	const char *dir = config_make_dir();
	int before = config_open_descriptors();

	(void)state;
	config_write_text("main", "include(\"b.conf\")\ninclude(\".\")\ninclude(\"gone\")\n"
	                          "service s { exec = \"x\nlisten = {\nnice = \"x\" }\n");
	config_write_text("b.conf", "include(\"main\")\nnice = \"\nlog { to = { } /*");
	for (int i = 0; i < 1000; i++) {
		struct conf_problems problems = {0};

		assert_null(conf_read("main", &options, &problems));
		assert_int_equal(problems.errors, 10);
		conf_problems_free(&problems);
	}
	assert_int_equal(config_open_descriptors(), before);
	/* libconfuse's lexer is not left inside a string or a comment either. */
	config_expect(config_service(""), "");
	assert_int_equal(values_surprises, 0);
	config_remove_dir(dir, 1);
}

static void read__many_services__are_all_there(void **state)
{
	size_t size = 1000 * 100, len = 0;
	char *text = malloc(size);
	struct conf *conf;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < 1000; i++)
		len += (size_t)snprintf(text + len, size - len,
		                        "service s%d { listen = %d exec = \"" PROGRAM "\" }\n", i,
		                        2000 + i);
	conf = config_read(text, false);
	free(text);
	assert_non_null(conf);
	assert_int_equal(conf->service_count, 1000);
	assert_string_equal(conf->services[999]->name, "s999");
	assert_int_equal(conf->services[999]->where.line, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(read__smallest_service__has_every_default),
	    cmocka_unit_test(read__every_option__reaches_its_field),
	    cmocka_unit_test(read__layers__override_each_other_wherever_they_stand),
	    cmocka_unit_test(read__lists__are_replaced_by_equals_and_added_to_by_plus_equals),
	    cmocka_unit_test(read__values__may_be_any_text),
	    cmocka_unit_test(read__records__are_sets_of_fields),
	    cmocka_unit_test(read__log__goes_to_one_of_five),
	    cmocka_unit_test(read__bad_values__are_reported_where_they_stand),
	    cmocka_unit_test(read__missing_options__are_not_reported_after_a_slip),
	    cmocka_unit_test(read__templates__must_exist_and_do_not_nest),
	    cmocka_unit_test(read__ordinary_user__cannot_be_somebody_else),
	    cmocka_unit_test(read__ordinary_user__cannot_raise_limits),
	    cmocka_unit_test(read__ref_and_unref__keep_the_model),
	    cmocka_unit_test(read__a_thousand_failed_reads__leak_nothing),
	    cmocka_unit_test(read__many_services__are_all_there),
	};

	return cmocka_run_group_tests_name("config/read", tests, NULL, config_case_end);
}
