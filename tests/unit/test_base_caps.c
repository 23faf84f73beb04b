/* base/caps.h: names of capabilities, and what this process has. */
#include <linux/capability.h>
#include <stdio.h>
#include <sys/capability.h>

#include "base/caps.h"
#include "unit/test.h"

static void caps__find__takes_both_forms_of_a_name(void **state)
{
	(void)state;
	assert_int_equal(caps_find("net_raw"), CAP_NET_RAW);
	assert_int_equal(caps_find("cap_net_raw"), CAP_NET_RAW);
	assert_int_equal(caps_find("CAP_Sys_Admin"), CAP_SYS_ADMIN);
	assert_int_equal(caps_find("chown"), 0);
	assert_int_equal(caps_find("checkpoint_restore"), 40);
	assert_int_equal(caps_find(""), -1);
	assert_int_equal(caps_find("cap_"), -1);
	assert_int_equal(caps_find("cap_cap_chown"), -1);
	assert_int_equal(caps_find("net_ra"), -1);
}

/* The library has the names from the same source as the kernel. */
static void caps__each_number__is_named_as_by_libcap(void **state)
{
	int known = 0;

	(void)state;
	for (int cap = 0; cap < 64; cap++) {
		char *name = caps_name(cap) ? cap_to_name(cap) : NULL;

		if (!name)
			continue;
		/* An older one has a number for what it does not know. */
		if (strncmp(name, "cap_", 4) == 0)
			assert_string_equal(caps_name(cap), name);
		assert_int_equal(caps_find(caps_name(cap)), cap);
		known++;
		cap_free(name);
	}
	assert_in_range(known, 37, 64);
	assert_null(caps_name(-1));
	assert_null(caps_name(known));
}

static void caps__format__lists_names(void **state)
{
	struct buf out = BUF_INIT(4096);

	(void)state;
	caps_format(0, &out);
	assert_string_equal(out.data, "none");
	buf_clear(&out);
	caps_format(CAPS_BIT(CAP_SETUID) | CAPS_BIT(CAP_CHOWN) | CAPS_BIT(63), &out);
	assert_string_equal(out.data, "cap_chown cap_setuid 63");
	buf_free(&out);
}

static void caps__permitted__is_what_the_kernel_tells(void **state)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long long own = 0;
	char line[256];

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof line, file))
		if (sscanf(line, "CapPrm: %llx", &own) == 1)
			break;
	fclose(file);
	assert_true(caps_permitted() == own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(caps__find__takes_both_forms_of_a_name),
	    cmocka_unit_test(caps__each_number__is_named_as_by_libcap),
	    cmocka_unit_test(caps__format__lists_names),
	    cmocka_unit_test(caps__permitted__is_what_the_kernel_tells),
	};

	return cmocka_run_group_tests_name("base/caps", tests, NULL, NULL);
}
