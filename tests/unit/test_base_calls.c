/* base/calls.h: the names and numbers of system calls, held against the headers. */
#include <stdio.h>
#include <sys/syscall.h>

#include "base/calls.h"
#include "unit/test.h"

static void calls__names__are_there_once(void **state)
{
	static const char *number[CALLS_LAST + 1];

	(void)state;
	for (enum calls_group_id id = 0; id < CALLS_GROUPS; id++) {
		const struct calls_group *group = calls_group(id);

		assert_non_null(group->help);
		assert_ptr_equal(calls_find_group(group->name), group);
		for (size_t i = 0; i < group->count; i++) {
			int n = call_number(&group->call[i]);

			/* A second one would not be found. */
			assert_ptr_equal(calls_find(group->call[i].name), &group->call[i]);
			if (n < 0)
				continue;
			assert_null(number[n]);
			number[n] = group->call[i].name;
		}
	}
	assert_non_null(number[CALLS_LAST]);
}

static void calls__numbers__are_those_of_this_machine(void **state)
{
	static const struct {
		const char *name;
		int number;
	} row[] = {
	    {"read", SYS_read},         {"newfstatat", SYS_newfstatat},
	    {"mmap", SYS_mmap},         {"fcntl", SYS_fcntl},
	    {"umount2", SYS_umount2},   {"rseq", SYS_rseq},
	    {"pidfd_send_signal", 424}, {"clone3", 435},
	    {"futex_waitv", 449},       {"mseal", 462},
	    {"file_setattr", 469},      {"sync_file_range2", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct call *call = calls_find(row[i].name);

		assert_non_null(call);
#ifndef __x86_64__
		if (row[i].number < 0)
			continue;
#endif
		assert_int_equal(call_number(call), row[i].number);
	}
	assert_null(calls_find("nonsense"));
	assert_null(calls_find(""));
	assert_null(calls_find_group("nonsense"));
}

/* What the headers have up to our last number, we have: else it could not be named. */
static void calls__headers__have_no_other(void **state)
{
	FILE *file = fopen("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "re");
	char line[200], name[64];
	int number, known = 0;

	(void)state;
	if (!file)
		skip_because("there are no headers of the kernel with numbers in them");
	while (fgets(line, sizeof line, file)) {
		const struct call *call;

		if (sscanf(line, "#define __NR_%63s %d", name, &number) != 2 || number > CALLS_LAST)
			continue;
		call = calls_find(name);
		if (!call)
			fail_msg("%s is missing", name);
		else
			assert_int_equal(call_number(call), number);
		known++;
	}
	fclose(file);
	assert_true(known > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(calls__names__are_there_once),
	    cmocka_unit_test(calls__numbers__are_those_of_this_machine),
	    cmocka_unit_test(calls__headers__have_no_other),
	};

	return cmocka_run_group_tests_name("base/calls", tests, NULL, NULL);
}
