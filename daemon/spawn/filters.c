#include "spawn/filters.h"

#include <sys/syscall.h>

/* Newer than the headers may be. From 424 on all machines have the same numbers. */
enum {
	NR_io_uring_setup = 425,
	NR_io_uring_enter = 426,
	NR_io_uring_register = 427,
	NR_open_tree = 428,
	NR_move_mount = 429,
	NR_fsopen = 430,
	NR_fsconfig = 431,
	NR_fsmount = 432,
	NR_fspick = 433,
	NR_clone3 = 435,
	NR_pidfd_getfd = 438,
	NR_mount_setattr = 442,
	NR_quotactl_fd = 443,
	NR_open_tree_attr = 467,
	NR_file_setattr = 469,
};

const uint32_t filters_last = NR_file_setattr;

/* What administers a kernel, looks into other processes, or is there to reach
 * much of the kernel's code. A program written for inetd uses none of it, or
 * lacked the privilege anyway and goes on without. */
static const struct filter_rule standard[] = {
    /* File systems. */
    {SYS_mount, FILTER_DENY},
    {SYS_umount2, FILTER_DENY},
    {SYS_pivot_root, FILTER_DENY},
    {NR_open_tree, FILTER_DENY},
    {NR_open_tree_attr, FILTER_DENY},
    {NR_move_mount, FILTER_DENY},
    {NR_fsopen, FILTER_DENY},
    {NR_fsconfig, FILTER_DENY},
    {NR_fsmount, FILTER_DENY},
    {NR_fspick, FILTER_DENY},
    {NR_mount_setattr, FILTER_DENY},
    {SYS_swapon, FILTER_DENY},
    {SYS_swapoff, FILTER_DENY},
    {SYS_quotactl, FILTER_DENY},
    {NR_quotactl_fd, FILTER_DENY},
    {SYS_name_to_handle_at, FILTER_DENY},
    {SYS_open_by_handle_at, FILTER_DENY},

    /* The kernel itself, and the machine. */
    {SYS_init_module, FILTER_DENY},
    {SYS_finit_module, FILTER_DENY},
    {SYS_delete_module, FILTER_DENY},
    {SYS_kexec_load, FILTER_DENY},
#ifdef SYS_kexec_file_load
    {SYS_kexec_file_load, FILTER_DENY},
#endif
    {SYS_reboot, FILTER_DENY},
    {SYS_acct, FILTER_DENY},
    {SYS_syslog, FILTER_DENY},
    {SYS_sethostname, FILTER_DENY},
    {SYS_setdomainname, FILTER_DENY},
    {SYS_settimeofday, FILTER_DENY},
    {SYS_clock_settime, FILTER_DENY},
    {SYS_adjtimex, FILTER_DENY},
    {SYS_clock_adjtime, FILTER_DENY},
#ifdef SYS_iopl
    {SYS_iopl, FILTER_DENY},
    {SYS_ioperm, FILTER_DENY},
#endif

    /* Large parts of the kernel for who has no privilege. */
    {SYS_bpf, FILTER_DENY},
    {SYS_perf_event_open, FILTER_DENY},
    {SYS_userfaultfd, FILTER_DENY},
    {NR_io_uring_setup, FILTER_DENY},
    {NR_io_uring_enter, FILTER_DENY},
    {NR_io_uring_register, FILTER_DENY},
    {SYS_add_key, FILTER_DENY},
    {SYS_request_key, FILTER_DENY},
    {SYS_keyctl, FILTER_DENY},

    /* Other processes: those of the same account are not its own. */
    {SYS_ptrace, FILTER_DENY},
    {SYS_process_vm_readv, FILTER_DENY},
    {SYS_process_vm_writev, FILTER_DENY},
    {SYS_kcmp, FILTER_DENY},
    {NR_pidfd_getfd, FILTER_DENY},

    /* In a user namespace anybody is root, and may do most of the above. The flags
     * of clone3 are out of a filter's sight: who is told that there is no clone3
     * (glibc) uses clone. */
    {SYS_setns, FILTER_DENY},
    {SYS_unshare, FILTER_NAMESPACES},
    {SYS_clone, FILTER_NAMESPACES},
    {NR_clone3, FILTER_UNKNOWN},

    {SYS_personality, FILTER_PERSONALITY},
    {SYS_ioctl, FILTER_TERMINAL},
    {SYS_vhangup, FILTER_DENY},
};

const struct filter_rule *filters_standard(size_t *count)
{
	*count = sizeof standard / sizeof *standard;
	return standard;
}
