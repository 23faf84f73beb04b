#include "base/caps.h"

#include <linux/capability.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By number, as linux/capability.h has them. */
static const char *const names[] = {
    "cap_chown",
    "cap_dac_override",
    "cap_dac_read_search",
    "cap_fowner",
    "cap_fsetid",
    "cap_kill",
    "cap_setgid",
    "cap_setuid",
    "cap_setpcap",
    "cap_linux_immutable",
    "cap_net_bind_service",
    "cap_net_broadcast",
    "cap_net_admin",
    "cap_net_raw",
    "cap_ipc_lock",
    "cap_ipc_owner",
    "cap_sys_module",
    "cap_sys_rawio",
    "cap_sys_chroot",
    "cap_sys_ptrace",
    "cap_sys_pacct",
    "cap_sys_admin",
    "cap_sys_boot",
    "cap_sys_nice",
    "cap_sys_resource",
    "cap_sys_time",
    "cap_sys_tty_config",
    "cap_mknod",
    "cap_lease",
    "cap_audit_write",
    "cap_audit_control",
    "cap_setfcap",
    "cap_mac_override",
    "cap_mac_admin",
    "cap_syslog",
    "cap_wake_alarm",
    "cap_block_suspend",
    "cap_audit_read",
    "cap_perfmon",
    "cap_bpf",
    "cap_checkpoint_restore",
};

enum { NAMES = sizeof names / sizeof *names, PREFIX = sizeof "cap_" - 1 };

int caps_find(const char *name)
{
	for (int cap = 0; cap < NAMES; cap++)
		if (strcasecmp(name, names[cap]) == 0 || strcasecmp(name, names[cap] + PREFIX) == 0)
			return cap;
	return -1;
}

const char *caps_name(int cap)
{
	return cap >= 0 && cap < NAMES ? names[cap] : NULL;
}

void caps_format(uint64_t set, struct buf *out)
{
	const char *space = "";

	if (set == 0)
		buf_adds(out, "none");
	for (int cap = 0; cap < 64; cap++) {
		if (!(set & CAPS_BIT(cap)))
			continue;
		if (cap < NAMES)
			buf_addf(out, "%s%s", space, names[cap]);
		else
			buf_addf(out, "%s%d", space, cap);
		space = " ";
	}
}

uint64_t caps_permitted(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	memset(data, 0, sizeof data);
	if (syscall(SYS_capget, &head, data) < 0)
		return 0;
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}
