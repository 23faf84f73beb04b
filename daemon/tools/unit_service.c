/* The options of service units, and what becomes of them. */
#include <string.h>

#include "tools/unit_move.h"

static void carry_type(struct unit_move *move, const struct unit_said *said)
{
	if (strcmp(said->value->text, "forking") == 0 || strcmp(said->value->text, "dbus") == 0)
		unit_remark(move, said, "usherd follows the process that it starts, no other");
}

static void carry_kill_mode(struct unit_move *move, const struct unit_said *said)
{
	if (strcmp(said->value->text, "control-group") != 0 &&
	    strcmp(said->value->text, "mixed") != 0)
		unit_remark(move, said, "usherd signals the handler's process group");
}

static const struct unit_option options[] = {
    {{"Type", "nothing, unless it is forking or dbus"}, false, carry_type},
    {{"Environment", "env"}, true, unit_environment},
    {{"EnvironmentFile", "usherd reads no file of variables (write them into env)"}, true, NULL},
    {{"PassEnvironment", "pass_env"}, true, unit_carry_pass_env},
    {{"UnsetEnvironment", "usherd passes nothing on but what pass_env names"}, true, unit_nothing},
    {{"ExecStart", "exec and argv0, with the variables that the unit sets"}, true, unit_exec_start},
    {{"ExecCondition, ExecStartPre, ExecStartPost, ExecReload, ExecStop, ExecStopPost",
      "usherd runs nothing but the handler (a script as exec can)"},
     true,
     NULL},
    {{"StandardInput", "socket: descriptors 0 and 1 are the client's; without it, and with "
                       "Accept=yes, the service is off"},
     false,
     unit_nothing},
    {{"StandardOutput", "descriptor 1 is the client's"}, false, unit_nothing},
    {{"StandardError", "stderr: client, null, else log"}, false, unit_nothing},
    {{"StandardInputText, StandardInputData, TTYPath, TTYReset, TTYVHangup, TTYVTDisallocate, "
      "TTYRows, TTYColumns",
      "descriptor 0 is the client's"},
     false,
     NULL},
    {{"SyslogIdentifier, SyslogFacility, SyslogLevel, SyslogLevelPrefix, LogLevelMax, "
      "LogExtraFields, LogRateLimitIntervalSec, LogRateLimitBurst, LogNamespace",
      "where the log goes is said once, in log { } of usherd.conf"},
     true,
     NULL},
    {{"User", "user; without it root, with groups = no"}, false, unit_carry_user},
    {{"Group", "group"}, false, unit_carry_group},
    {{"SupplementaryGroups", "groups; those of the account must be named, too"},
     true,
     unit_carry_groups},
    {{"DynamicUser", "usherd makes no accounts: user = nobody without User (give it its own)"},
     false,
     NULL},
    {{"PAMName, UtmpIdentifier, UtmpMode", "usherd opens no PAM session"}, false, NULL},
    {{"WorkingDirectory", "directory, if it is a full path"}, false, unit_carry_directory},
    {{"RootDirectory", "root"}, false, unit_carry_root},
    {{"RootImage, RootImageOptions, RootHash, RootVerity, RootHashSignature, MountImages, "
      "ExtensionImages, ExtensionDirectories, MountAPIVFS, BindPaths, BindReadOnlyPaths, "
      "TemporaryFileSystem, MountFlags, PrivateMounts",
      "usherd mounts nothing (prepare the directory for root)"},
     true,
     NULL},
    {{"RuntimeDirectory, StateDirectory, CacheDirectory, LogsDirectory, ConfigurationDirectory, "
      "RuntimeDirectoryMode, StateDirectoryMode, CacheDirectoryMode, LogsDirectoryMode, "
      "ConfigurationDirectoryMode, RuntimeDirectoryPreserve",
      "usherd makes no directories (systemd-tmpfiles can)"},
     true,
     NULL},
    {{"LoadCredential, LoadCredentialEncrypted, SetCredential, SetCredentialEncrypted",
      "usherd hands out no credentials (let the account read the file)"},
     true,
     NULL},
    {{"UMask", "umask"}, false, unit_carry_umask},
    {{"Nice", "nice"}, false, unit_carry_nice},
    {{"OOMScoreAdjust", "oom_score_adj"}, false, unit_carry_oom_score},
    {{"CPUAffinity", "cpu_affinity"}, true, unit_carry_cpu_affinity},
    {{"CPUSchedulingPolicy, CPUSchedulingPriority, CPUSchedulingResetOnFork, IOSchedulingClass, "
      "IOSchedulingPriority, NUMAPolicy, NUMAMask, TimerSlackNSec, Personality, CoredumpFilter, "
      "KeyringMode, IgnoreSIGPIPE, OOMPolicy, NonBlocking",
      "usherd does not set it (chrt, ionice, numactl and others in front of the program can)"},
     false,
     NULL},
    {{"LimitAS, LimitCORE, LimitCPU, LimitDATA, LimitFSIZE, LimitMEMLOCK, LimitNOFILE, LimitNPROC, "
      "LimitRSS, LimitSTACK",
      "rlimit_as and its kin; LimitNOFILE is rlimit_files"},
     false,
     unit_carry_limit},
    {{"LimitLOCKS, LimitSIGPENDING, LimitMSGQUEUE, LimitNICE, LimitRTPRIO, LimitRTTIME",
      "usherd has no such limit (prlimit in front of the program can)"},
     false,
     NULL},
    {{"RuntimeMaxSec", "max_runtime"}, false, unit_carry_runtime_max},
    {{"TimeoutStopSec, TimeoutSec", "stop_timeout"}, false, unit_carry_stop_timeout},
    {{"TimeoutStartSec, TimeoutAbortSec, TimeoutStartFailureMode, TimeoutStopFailureMode, "
      "RuntimeRandomizedExtraSec, RemainAfterExit, ExitType, NotifyAccess, PIDFile, GuessMainPID, "
      "BusName, WatchdogSec, WatchdogSignal, Sockets, FileDescriptorStoreMax, Restart, RestartSec, "
      "RestartMode, RestartSteps, RestartMaxDelaySec, RestartPreventExitStatus, "
      "RestartForceExitStatus, SuccessExitStatus, StartLimitIntervalSec, StartLimitBurst, "
      "RootDirectoryStartOnly, SendSIGHUP, SendSIGKILL, FinalKillSignal, RestartKillSignal",
      "nothing: a handler is started for a client, and when it has ended it is done"},
     true,
     unit_nothing},
    {{"KillMode", "nothing, unless it is process or none"}, false, carry_kill_mode},
    {{"KillSignal", "the first signal is TERM"}, false, NULL},
    {{"IPAddressAllow, IPAddressDeny", "only_from and no_access; where wait is yes the service is "
                                       "off"},
     true,
     unit_carry_addresses},
    {{"IPAccounting, IPIngressFilterPath, IPEgressFilterPath, BPFProgram, SocketBindAllow, "
      "SocketBindDeny, RestrictNetworkInterfaces",
      "usherd does not filter what a program sends"},
     true,
     NULL},
    {{"MemoryMax, MemoryLimit", "memory_max"}, false, unit_carry_memory_max},
    {{"TasksMax", "pids_max"}, false, unit_carry_tasks_max},
    {{"CPUQuota", "cpu_max"}, false, unit_carry_cpu_quota},
    {{"CPUAccounting, MemoryAccounting, TasksAccounting, IOAccounting, BlockIOAccounting",
      "nothing: usherd counts for each session"},
     false,
     unit_nothing},
    {{"Slice, Delegate, DisableControllers, CPUWeight, StartupCPUWeight, CPUShares, "
      "StartupCPUShares, CPUQuotaPeriodSec, AllowedCPUs, StartupAllowedCPUs, AllowedMemoryNodes, "
      "StartupAllowedMemoryNodes, MemoryMin, MemoryLow, MemoryHigh, MemorySwapMax, MemoryZSwapMax, "
      "DefaultMemoryMin, DefaultMemoryLow, IOWeight, StartupIOWeight, IODeviceWeight, "
      "IOReadBandwidthMax, IOWriteBandwidthMax, IOReadIOPSMax, IOWriteIOPSMax, "
      "IODeviceLatencyTargetSec, BlockIOWeight, StartupBlockIOWeight, BlockIODeviceWeight, "
      "BlockIOReadBandwidth, BlockIOWriteBandwidth, ManagedOOMSwap, ManagedOOMMemoryPressure, "
      "ManagedOOMMemoryPressureLimit, ManagedOOMPreference",
      "usherd limits memory_max, pids_max and cpu_max, nothing else of a control group"},
     true,
     NULL},
    {{"NoNewPrivileges", "no_new_privs"}, false, unit_carry_no_new_privs},
    {{"CapabilityBoundingSet", "capabilities of root"}, true, unit_carry_capabilities},
    {{"AmbientCapabilities", "capabilities of others than root"}, true, unit_carry_capabilities},
    {{"SecureBits, SELinuxContext, AppArmorProfile, SmackProcessLabel, PrivateUsers, "
      "NetworkNamespacePath, IPCNamespacePath, RestrictFileSystems, SystemCallErrorNumber, "
      "SystemCallLog, RemoveIPC",
      "usherd has nothing like it"},
     true,
     NULL},
    {{"ProtectKernelTunables, ProtectKernelModules, ProtectKernelLogs, ProtectControlGroups, "
      "ProtectClock, ProtectHostname, RestrictNamespaces, RestrictRealtime, RestrictSUIDSGID, "
      "LockPersonality, SystemCallArchitectures, SystemCallFilter, RestrictAddressFamilies, "
      "MemoryDenyWriteExecute, PrivateDevices, DevicePolicy, DeviceAllow, ProtectProc, ProcSubset",
      "sandbox = standard where the unit bears it: its user is not root, or NoNewPrivileges and a "
      "CapabilityBoundingSet say what is left; that sandbox is one list of system calls for all"},
     true,
     unit_nothing},
    {{"ProtectSystem, ProtectHome, ReadWritePaths, ReadOnlyPaths, InaccessiblePaths, "
      "ReadWriteDirectories, ReadOnlyDirectories, InaccessibleDirectories",
      "ProtectSystem=strict with ReadWritePaths: read_paths, exec_paths and write_paths; others "
      "are left out, for usherd names what a handler may and not what it may not"},
     true,
     unit_nothing},
    {{"ExecPaths, NoExecPaths", "exec_paths says what a handler may execute"}, true, NULL},
    {{"PrivateTmp", "private_tmp"}, false, unit_nothing},
    {{"PrivateNetwork", "network = no"}, false, unit_nothing},
    {{"PrivatePIDs", "private_pids"}, false, unit_nothing},
    {{"PrivateIPC", "sandbox = strict has it, and more: try that"}, false, NULL},
};

const struct unit_option *unit_service_options(size_t *count)
{
	*count = sizeof options / sizeof *options;
	return options;
}

static const struct convert_row *row_at(size_t i)
{
	return &options[i].row;
}

const struct convert_table systemd_service = {"systemd-service", row_at,
                                              sizeof options / sizeof *options};
