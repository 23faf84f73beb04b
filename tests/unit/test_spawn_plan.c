/* spawn/plan.h: from a service of the model to what a child needs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sys.h"
#include "spawn/plan.h"
#include "unit/test.h"

static const struct rlimit original = {512, 4096};
static const char *const argv[] = {"name", "one", NULL};
static const char *const env[] = {"A=1", "B=2", "C=3", NULL};
static const gid_t groups[] = {5, 6};
static struct conf conf;
static struct conf_service service;

/* The model is not ours: only its count is looked at. */
struct conf *__wrap_conf_ref(struct conf *c);
void __wrap_conf_unref(struct conf **c);

struct conf *__wrap_conf_ref(struct conf *c)
{
	c->refs++;
	return c;
}

void __wrap_conf_unref(struct conf **c)
{
	(*c)->refs--;
	*c = NULL;
}

static int set_up(void **state)
{
	(void)state;
	conf = (struct conf){.refs = 1};
	service = (struct conf_service){.name = "test",
	                                .path = "/bin/program",
	                                .argv = argv,
	                                .env = env,
	                                .directory = "/srv",
	                                .umask = 027,
	                                .uid = 11,
	                                .gid = 12,
	                                .groups = groups,
	                                .group_count = 2};
	return 0;
}

static struct plan *make(void)
{
	struct plan *plan = plan_new(&conf, &service, &original);

	assert_non_null(plan);
	return plan;
}

static void plan__new__is_what_the_service_says(void **state)
{
	struct plan *plan;

	(void)state;
	service.change_user = service.no_new_privs = service.nice_set = true;
	service.nice = -3;
	service.cpus = &original;
	service.cpus_size = 8;
	plan = make();
	assert_ptr_equal(plan->cpus, &original);
	assert_int_equal(plan->cpus_size, 8);
	assert_string_equal(plan->path, "/bin/program");
	assert_ptr_equal(plan->argv, argv);
	assert_ptr_equal(plan->env, env);
	assert_int_equal(plan->env_count, 3);
	assert_string_equal(plan->directory, "/srv");
	assert_int_equal(plan->umask, 027);
	assert_true(plan->change_user && plan->no_new_privs && plan->nice_set);
	assert_int_equal(plan->nice, -3);
	assert_int_equal(plan->uid, 11);
	assert_int_equal(plan->gid, 12);
	assert_ptr_equal(plan->groups, groups);
	assert_int_equal(plan->group_count, 2);
	plan_unref(&plan);
}

static void plan__oom_score_adj__wants_a_memory_of_its_own(void **state)
{
	struct plan *plan = make();

	(void)state;
	assert_false(plan->own_memory);
	assert_int_equal(plan->oom_score_adj_len, 0);
	plan_unref(&plan);
	service.oom_score_adj_set = true;
	plan = make();
	assert_true(plan->own_memory);
	assert_string_equal(plan->oom_score_adj, "0");
	plan_unref(&plan);
	service.oom_score_adj = -1000;
	plan = make();
	assert_string_equal(plan->oom_score_adj, "-1000");
	assert_int_equal(plan->oom_score_adj_len, 5);
	plan_unref(&plan);
}

static void plan__stderr__follows_the_service(void **state)
{
	static const struct {
		enum conf_stderr from;
		enum plan_stderr to;
	} map[] = {{CONF_STDERR_LOG, PLAN_STDERR_LOG},
	           {CONF_STDERR_CLIENT, PLAN_STDERR_CLIENT},
	           {CONF_STDERR_NULL, PLAN_STDERR_NULL}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(map); i++) {
		struct plan *plan;

		service.stderr_to = map[i].from;
		plan = make();
		assert_int_equal(plan->stderr_to, map[i].to);
		plan_unref(&plan);
	}
}

static void plan__root__is_open_as_long_as_the_plan(void **state)
{
	struct plan *plan = make();
	int fd;

	(void)state;
	assert_null(plan->root);
	plan_unref(&plan);
	service.root = "/";
	plan = make();
	fd = plan->root_fd;
	assert_return_code(fcntl(fd, F_GETFD), errno);
	plan_unref(&plan);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	service.root = "/dev/null";
	assert_null(plan_new(&conf, &service, &original));
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(conf.refs, 1);
}

static void limits__none__gives_the_original_files_back(void **state)
{
	struct plan *plan = make();

	(void)state;
	assert_int_equal(plan->rlimit_count, 1);
	assert_int_equal(plan->rlimit[0].resource, RLIMIT_NOFILE);
	assert_int_equal(plan->rlimit[0].value.rlim_cur, 512);
	assert_int_equal(plan->rlimit[0].value.rlim_max, 4096);
	plan_unref(&plan);
}

static void limits__files__take_the_place_of_the_original(void **state)
{
	struct plan *plan;

	(void)state;
	service.rlimit[CONF_RLIMIT_CPU] = (struct conf_rlimit){true, RLIMIT_CPU, 1, 2};
	service.rlimit[CONF_RLIMIT_FILES] = (struct conf_rlimit){true, RLIMIT_NOFILE, 64, 128};
	service.rlimit[CONF_RLIMIT_STACK] = (struct conf_rlimit){true, RLIMIT_STACK, 3, 4};
	plan = make();
	assert_int_equal(plan->rlimit_count, 3);
	assert_int_equal(plan->rlimit[0].resource, RLIMIT_NOFILE);
	assert_int_equal(plan->rlimit[0].value.rlim_cur, 64);
	assert_int_equal(plan->rlimit[0].value.rlim_max, 128);
	assert_int_equal(plan->rlimit[1].resource, RLIMIT_CPU);
	assert_int_equal(plan->rlimit[2].resource, RLIMIT_STACK);
	plan_unref(&plan);
}

static void limits__all__have_room(void **state)
{
	struct plan *plan;

	(void)state;
	for (int i = 0; i < CONF_RLIMITS; i++)
		service.rlimit[i] = (struct conf_rlimit){true, i, 1, 2};
	/* None of these is that of the files. */
	service.rlimit[RLIMIT_NOFILE].resource = RLIMIT_NICE;
	plan = make();
	assert_int_equal(plan->rlimit_count, CONF_RLIMITS + 1);
	plan_unref(&plan);
}

static void references__last_one__frees_plan_and_model(void **state)
{
	struct plan *plan = make(), *other = plan_ref(plan);

	(void)state;
	assert_int_equal(conf.refs, 2);
	plan_unref(&plan);
	assert_null(plan);
	assert_int_equal(conf.refs, 2);
	assert_string_equal(other->path, "/bin/program");
	plan_unref(&other);
	assert_int_equal(conf.refs, 1);
	plan_unref(&other);
}

static void trim__same_ids__leaves_the_user_out(void **state)
{
	gid_t own[64];
	int count = getgroups(64, own);
	struct plan *plan;

	(void)state;
	assert_true(count >= 0);
	service.change_user = true;
	service.uid = geteuid();
	service.gid = getegid();
	service.groups = own;
	service.group_count = (size_t)count;
	plan = make();
	plan_trim(plan);
	assert_false(plan->change_user);
	plan_unref(&plan);
}

/* What differs in anything must be set: in one group alone too. */
static void trim__other_ids__keeps_the_user(void **state)
{
	gid_t own[65];
	int count = getgroups(64, own);

	(void)state;
	assert_true(count >= 0);
	for (int which = 0; which < 3; which++) {
		struct plan *plan;

		service.change_user = true;
		service.uid = geteuid() + (which == 0);
		service.gid = getegid() + (which == 1);
		service.groups = own;
		own[count] = 4242;
		service.group_count = (size_t)count + (which == 2);
		plan = make();
		plan_trim(plan);
		assert_true(plan->change_user);
		plan_unref(&plan);
	}
}

static void trim__files__only_where_they_are_the_same(void **state)
{
	struct rlimit now;
	struct plan *plan;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
	service.rlimit[CONF_RLIMIT_CPU] = (struct conf_rlimit){true, RLIMIT_CPU, 1, 2};
	plan = plan_new(&conf, &service, &now);
	plan_trim(plan);
	assert_int_equal(plan->rlimit_count, 1);
	assert_int_equal(plan->rlimit[0].resource, RLIMIT_CPU);
	plan_trim(plan);
	assert_int_equal(plan->rlimit_count, 1);
	plan_unref(&plan);

	now.rlim_cur--;
	plan = plan_new(&conf, &service, &now);
	plan_trim(plan);
	assert_int_equal(plan->rlimit_count, 2);
	plan_unref(&plan);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(plan__new__is_what_the_service_says),
	    TEST(plan__oom_score_adj__wants_a_memory_of_its_own),
	    TEST(plan__stderr__follows_the_service),
	    TEST(plan__root__is_open_as_long_as_the_plan),
	    TEST(limits__none__gives_the_original_files_back),
	    TEST(limits__files__take_the_place_of_the_original),
	    TEST(limits__all__have_room),
	    TEST(references__last_one__frees_plan_and_model),
	    TEST(trim__same_ids__leaves_the_user_out),
	    TEST(trim__other_ids__keeps_the_user),
	    TEST(trim__files__only_where_they_are_the_same),
	};

	return cmocka_run_group_tests_name("spawn/plan", tests, NULL, NULL);
}
