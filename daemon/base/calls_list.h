/* base/calls_list.h - the system calls of Linux, by purpose; for base/calls.c alone.
 *
 * X is put around each name. A new call goes into its group, and to the end of
 * CALLS_SAME; CALLS_LAST (base/calls.h) goes along. */
#ifndef BASE_CALLS_LIST_H
#define BASE_CALLS_LIST_H

/* clang-format off */

#define CALLS_OF_IO(X) \
	X(read) X(write) X(readv) X(writev) X(pread64) X(pwrite64) X(preadv) X(pwritev) \
	X(preadv2) X(pwritev2) X(lseek) X(close) X(close_range) X(dup) X(dup2) X(dup3) \
	X(fcntl) X(ioctl) X(flock) X(pipe) X(pipe2) X(poll) X(ppoll) X(select) X(pselect6) \
	X(epoll_create) X(epoll_create1) X(epoll_ctl) X(epoll_wait) X(epoll_pwait) \
	X(epoll_pwait2) X(eventfd) X(eventfd2) X(sendfile) X(splice) X(tee) X(copy_file_range) \
	X(fsync) X(fdatasync) X(sync_file_range) X(sync_file_range2) X(fadvise64) X(readahead) \
	X(ftruncate) X(fallocate) X(getdents) X(getdents64) X(cachestat)

#define CALLS_OF_FILES(X) \
	X(open) X(openat) X(openat2) X(creat) X(stat) X(lstat) X(fstat) X(newfstatat) X(statx) \
	X(access) X(faccessat) X(faccessat2) X(statfs) X(fstatfs) X(truncate) X(mkdir) \
	X(mkdirat) X(rmdir) X(rename) X(renameat) X(renameat2) X(link) X(linkat) X(unlink) \
	X(unlinkat) X(symlink) X(symlinkat) X(readlink) X(readlinkat) X(mknod) X(mknodat) \
	X(chmod) X(fchmod) X(fchmodat) X(fchmodat2) X(chown) X(fchown) X(lchown) X(fchownat) \
	X(utime) X(utimes) X(futimesat) X(utimensat) X(chdir) X(fchdir) X(getcwd) X(chroot) \
	X(umask) X(sync) X(syncfs) X(getxattr) X(lgetxattr) X(fgetxattr) X(getxattrat) \
	X(setxattr) X(lsetxattr) X(fsetxattr) X(setxattrat) X(listxattr) X(llistxattr) \
	X(flistxattr) X(listxattrat) X(removexattr) X(lremovexattr) X(fremovexattr) \
	X(removexattrat) X(file_getattr) X(file_setattr) X(inotify_init) X(inotify_init1) \
	X(inotify_add_watch) X(inotify_rm_watch)

#define CALLS_OF_PROCESS(X) \
	X(fork) X(vfork) X(clone) X(clone3) X(execve) X(execveat) X(exit) X(exit_group) \
	X(wait4) X(waitid) X(getpid) X(getppid) X(gettid) X(getpgid) X(setpgid) X(getpgrp) \
	X(getsid) X(setsid) X(prctl) X(arch_prctl) X(personality) X(unshare) X(getrlimit) \
	X(setrlimit) X(prlimit64) X(getrusage) X(getpriority) X(setpriority) X(ioprio_get) \
	X(ioprio_set) X(pidfd_open) X(uname) X(sysinfo) X(getcpu) X(getrandom) X(sched_yield) \
	X(sched_getaffinity) X(sched_setaffinity) X(sched_getparam) X(sched_setparam) \
	X(sched_getscheduler) X(sched_setscheduler) X(sched_getattr) X(sched_setattr) \
	X(sched_get_priority_max) X(sched_get_priority_min) X(sched_rr_get_interval) \
	X(uretprobe) X(uprobe)

#define CALLS_OF_CREDENTIALS(X) \
	X(getuid) X(geteuid) X(getgid) X(getegid) X(getresuid) X(getresgid) X(getgroups) \
	X(setuid) X(setgid) X(setreuid) X(setregid) X(setresuid) X(setresgid) X(setfsuid) \
	X(setfsgid) X(setgroups) X(capget) X(capset)

#define CALLS_OF_SIGNALS(X) \
	X(kill) X(tkill) X(tgkill) X(pidfd_send_signal) X(rt_sigaction) X(rt_sigprocmask) \
	X(rt_sigpending) X(rt_sigsuspend) X(rt_sigtimedwait) X(rt_sigqueueinfo) \
	X(rt_tgsigqueueinfo) X(rt_sigreturn) X(sigaltstack) X(pause) X(signalfd) X(signalfd4) \
	X(restart_syscall)

#define CALLS_OF_TIME(X) \
	X(time) X(gettimeofday) X(clock_gettime) X(clock_getres) X(nanosleep) \
	X(clock_nanosleep) X(times) X(alarm) X(getitimer) X(setitimer) X(timer_create) \
	X(timer_settime) X(timer_gettime) X(timer_getoverrun) X(timer_delete) \
	X(timerfd_create) X(timerfd_settime) X(timerfd_gettime)

#define CALLS_OF_MEMORY(X) \
	X(brk) X(mmap) X(munmap) X(mremap) X(mprotect) X(pkey_mprotect) X(pkey_alloc) \
	X(pkey_free) X(madvise) X(msync) X(mincore) X(mlock) X(mlock2) X(munlock) X(mlockall) \
	X(munlockall) X(mseal) X(map_shadow_stack)

#define CALLS_OF_THREADS(X) \
	X(futex) X(futex_waitv) X(futex_wake) X(futex_wait) X(futex_requeue) \
	X(set_robust_list) X(get_robust_list) X(set_tid_address) X(rseq) X(membarrier) \
	X(set_thread_area) X(get_thread_area)

#define CALLS_OF_SOCKETS(X) \
	X(socket) X(socketpair) X(bind) X(listen) X(connect) X(accept) X(accept4) \
	X(getsockname) X(getpeername) X(getsockopt) X(setsockopt) X(sendto) X(sendmsg) \
	X(sendmmsg) X(recvfrom) X(recvmsg) X(recvmmsg) X(shutdown)

#define CALLS_OF_SANDBOX(X) \
	X(seccomp) X(landlock_create_ruleset) X(landlock_add_rule) X(landlock_restrict_self)

#define CALLS_OF_IPC(X) \
	X(shmget) X(shmat) X(shmctl) X(shmdt) X(semget) X(semop) X(semtimedop) X(semctl) \
	X(msgget) X(msgsnd) X(msgrcv) X(msgctl) X(mq_open) X(mq_unlink) X(mq_timedsend) \
	X(mq_timedreceive) X(mq_notify) X(mq_getsetattr)

#define CALLS_OF_NUMA(X) \
	X(mbind) X(get_mempolicy) X(set_mempolicy) X(set_mempolicy_home_node) X(migrate_pages) \
	X(move_pages)

#define CALLS_OF_AIO(X) \
	X(io_setup) X(io_destroy) X(io_submit) X(io_cancel) X(io_getevents) X(io_pgetevents)

#define CALLS_OF_RARE(X) \
	X(memfd_create) X(memfd_secret) X(vmsplice) X(fanotify_init) X(fanotify_mark) \
	X(process_madvise) X(process_mrelease) X(statmount) X(listmount) X(lsm_get_self_attr) \
	X(lsm_set_self_attr) X(lsm_list_modules) X(modify_ldt) X(remap_file_pages) X(uselib) \
	X(ustat) X(sysfs) X(_sysctl) X(lookup_dcookie) X(epoll_ctl_old) X(epoll_wait_old) \
	X(create_module) X(get_kernel_syms) X(query_module) X(nfsservctl) X(getpmsg) \
	X(putpmsg) X(afs_syscall) X(tuxcall) X(security) X(vserver)

#define CALLS_OF_MOUNT(X) \
	X(mount) X(umount2) X(pivot_root) X(open_tree) X(open_tree_attr) X(move_mount) \
	X(fsopen) X(fsconfig) X(fsmount) X(fspick) X(mount_setattr) X(setns)

#define CALLS_OF_ADMIN(X) \
	X(swapon) X(swapoff) X(quotactl) X(quotactl_fd) X(name_to_handle_at) \
	X(open_by_handle_at) X(init_module) X(finit_module) X(delete_module) X(kexec_load) \
	X(kexec_file_load) X(reboot) X(acct) X(syslog) X(sethostname) X(setdomainname) X(iopl) \
	X(ioperm) X(vhangup)

#define CALLS_OF_CLOCK(X) \
	X(settimeofday) X(clock_settime) X(adjtimex) X(clock_adjtime)

#define CALLS_OF_DEBUG(X) \
	X(ptrace) X(process_vm_readv) X(process_vm_writev) X(kcmp) X(pidfd_getfd) \
	X(perf_event_open)

#define CALLS_OF_KEYS(X) \
	X(add_key) X(request_key) X(keyctl)

#define CALLS_OF_KERNEL(X) \
	X(bpf) X(userfaultfd) X(io_uring_setup) X(io_uring_enter) X(io_uring_register)

/* Those that have the same number everywhere, in its order. */
#define CALLS_SAME_FIRST 424
#define CALLS_SAME(X) \
	X(pidfd_send_signal) X(io_uring_setup) X(io_uring_enter) X(io_uring_register) \
	X(open_tree) X(move_mount) X(fsopen) X(fsconfig) X(fsmount) X(fspick) X(pidfd_open) \
	X(clone3) X(close_range) X(openat2) X(pidfd_getfd) X(faccessat2) X(process_madvise) \
	X(epoll_pwait2) X(mount_setattr) X(quotactl_fd) X(landlock_create_ruleset) \
	X(landlock_add_rule) X(landlock_restrict_self) X(memfd_secret) X(process_mrelease) \
	X(futex_waitv) X(set_mempolicy_home_node) X(cachestat) X(fchmodat2) \
	X(map_shadow_stack) X(futex_wake) X(futex_wait) X(futex_requeue) X(statmount) \
	X(listmount) X(lsm_get_self_attr) X(lsm_set_self_attr) X(lsm_list_modules) X(mseal) \
	X(setxattrat) X(getxattrat) X(listxattrat) X(removexattrat) X(open_tree_attr) \
	X(file_getattr) X(file_setattr)

#endif
