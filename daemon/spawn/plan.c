#include "spawn/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "spawn/landlock.h"
#include "spawn/namespace.h"
#include "spawn/seccomp.h"

static void plan_limits(struct plan *plan, const struct conf_service *service,
                        const struct rlimit *original_files)
{
	plan->rlimit[plan->rlimit_count++] =
	    (struct plan_rlimit){.resource = RLIMIT_NOFILE, .value = *original_files};
	for (size_t i = 0; i < CONF_RLIMITS; i++) {
		const struct conf_rlimit *rl = &service->rlimit[i];
		size_t at = rl->resource == RLIMIT_NOFILE ? 0 : plan->rlimit_count;

		if (!rl->set)
			continue;
		plan->rlimit[at] = (struct plan_rlimit){
		    .resource = rl->resource,
		    .value = {.rlim_cur = rl->soft, .rlim_max = rl->hard},
		};
		plan->rlimit_count += at != 0;
	}
}

static enum plan_stderr plan_stderr(const struct conf_service *service)
{
	if (service->stderr_to == CONF_STDERR_CLIENT)
		return PLAN_STDERR_CLIENT;
	return service->stderr_to == CONF_STDERR_NULL ? PLAN_STDERR_NULL : PLAN_STDERR_LOG;
}

static void plan_oom(struct plan *plan, const struct conf_service *service)
{
	if (!service->oom_score_adj_set)
		return;
	snprintf(plan->oom_score_adj, sizeof plan->oom_score_adj, "%d", service->oom_score_adj);
	plan->oom_score_adj_len = strlen(plan->oom_score_adj);
	plan->own_memory = true;
}

static int plan_filter(struct plan *plan, const struct conf_service *service)
{
	struct filter filter;

	if (!service->filter)
		return 0;
	filters_make(service, &filter);
	plan->filter = seccomp_get(&filter);
	return plan->filter ? 0 : -1;
}

static int plan_root(struct plan *plan)
{
	if (!plan->root)
		return 0;
	plan->root_fd = fd_up(sys_open(plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
	return plan->root_fd < 0 ? -1 : 0;
}

static int plan_landlock(struct plan *plan, const struct conf_service *service)
{
	const char *path;
	int error;

	if (!service->landlock.on)
		return 0;
	plan->landlock = landlock_new(service, plan->root_fd, &path);
	if (plan->landlock)
		return 0;
	error = errno;
	log_error("service \"%s\": files cannot be confined: %s%s%s", service->name,
	          path ? path : "", path ? ": " : "", strerror(error));
	errno = error;
	return -1;
}

static int plan_namespaces(struct plan *plan, const struct conf_service *service)
{
	bool failed;

	plan->namespaces = namespaces_get(service, &failed);
	return failed ? -1 : 0;
}

static void plan_group(struct subtree_limits *group, const struct conf_service *service)
{
	group->wanted = service->grouped;
	group->required = service->sandbox_required;
	if (service->memory_max) {
		group->controllers |= CGROUP_MEMORY;
		snprintf(group->memory_max, sizeof group->memory_max, "%llu",
		         (unsigned long long)service->memory_max);
	}
	if (service->pids_max) {
		group->controllers |= CGROUP_PIDS;
		snprintf(group->pids_max, sizeof group->pids_max, "%u", service->pids_max);
	}
	if (service->cpu_quota_usec) {
		group->controllers |= CGROUP_CPU;
		snprintf(group->cpu_max, sizeof group->cpu_max, "%llu %u",
		         (unsigned long long)service->cpu_quota_usec, service->cpu_period_usec);
	}
}

struct plan *plan_new(struct conf *conf, const struct conf_service *service,
                      const struct rlimit *original_files)
{
	struct plan *plan = sys_calloc(1, sizeof *plan);

	if (!plan)
		return NULL;
	plan->refs = 1;
	plan->conf = conf_ref(conf);
	plan->name = service->name;
	plan->path = service->path;
	plan->cell = service->private_pids ? service->cell : NULL;
	plan->user_space = service->user_space;
	plan->argv = service->argv;
	plan->env = service->env;
	while (plan->env[plan->env_count])
		plan->env_count++;
	plan->root = service->root;
	plan->root_fd = -1;
	plan->directory = service->directory;
	plan->umask = service->umask;
	plan->stderr_to = plan_stderr(service);
	plan->change_user = service->change_user;
	plan->uid = service->uid;
	plan->gid = service->gid;
	plan->groups = service->groups;
	plan->group_count = service->group_count;
	plan->listen_fds = service->listen_fds;
	plan->no_new_privs = service->no_new_privs;
	if (service->capabilities_set)
		privs_prepare(&plan->privs, service->capabilities, service->uid == 0,
		              !service->no_new_privs);
	if (mounts_prepare(&plan->mounts, service) < 0 || plan_root(plan) < 0 ||
	    plan_filter(plan, service) < 0 || plan_landlock(plan, service) < 0 ||
	    plan_namespaces(plan, service) < 0) {
		int error = errno;

		plan_unref(&plan);
		errno = error;
		return NULL;
	}
	plan->nice_set = service->nice_set;
	plan->nice = service->nice;
	plan->cpus = service->cpus;
	plan->cpus_size = service->cpus_size;
	plan_oom(plan, service);
	plan_limits(plan, service, original_files);
	plan_group(&plan->group, service);
	return plan;
}

static bool has_same_groups(const struct plan *plan)
{
	gid_t group[64];
	int count = getgroups(sizeof group / sizeof *group, group);

	return count >= 0 && (size_t)count == plan->group_count &&
	       memcmp(group, plan->groups, plan->group_count * sizeof *group) == 0;
}

static bool has_same_ids(const struct plan *plan)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (getresuid(&ruid, &euid, &suid) < 0 || getresgid(&rgid, &egid, &sgid) < 0)
		return false;
	return ruid == plan->uid && euid == plan->uid && suid == plan->uid && rgid == plan->gid &&
	       egid == plan->gid && sgid == plan->gid && has_same_groups(plan);
}

void plan_trim(struct plan *plan)
{
	const struct rlimit *files = &plan->rlimit[0].value;
	const char *call;
	struct rlimit now;

	if (plan->namespaces)
		(void)namespaces_make(plan->namespaces, &call);
	if (plan->change_user && has_same_ids(plan))
		plan->change_user = false;
	if (plan->rlimit_count > 0 && plan->rlimit[0].resource == RLIMIT_NOFILE &&
	    getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == files->rlim_cur &&
	    now.rlim_max == files->rlim_max)
		plan->rlimit[0] = plan->rlimit[--plan->rlimit_count];
}

struct plan *plan_ref(struct plan *plan)
{
	plan->refs++;
	return plan;
}

void plan_unref(struct plan **plan)
{
	struct plan *p = *plan;

	*plan = NULL;
	if (!p || --p->refs > 0)
		return;
	seccomp_put(&p->filter);
	if (p->root)
		fd_close(&p->root_fd);
	landlock_free(&p->landlock);
	namespaces_put(&p->namespaces);
	conf_unref(&p->conf);
	free(p);
}
