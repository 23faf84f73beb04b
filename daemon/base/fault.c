#include "base/fault.h"

#ifdef USHERD_FAULTS

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fault {
	char call[32];
	int error;
	unsigned long first, count; /* count 0: every first-th call */
	unsigned long calls;
};

static struct fault fault[16];
static size_t faults;

static int fault_errno(const char *name)
{
	static const struct {
		const char *name;
		int value;
	} known[] = {{"EMFILE", EMFILE}, {"ENFILE", ENFILE},    {"ENOMEM", ENOMEM},
	             {"EAGAIN", EAGAIN}, {"EINTR", EINTR},      {"ECONNABORTED", ECONNABORTED},
	             {"EPERM", EPERM},   {"EACCES", EACCES},    {"ENOSPC", ENOSPC},
	             {"EIO", EIO},       {"EINVAL", EINVAL},    {"ENOBUFS", ENOBUFS},
	             {"ESRCH", ESRCH},   {"ECHILD", ECHILD},    {"EADDRINUSE", EADDRINUSE},
	             {"ENOSYS", ENOSYS}, {"ENOENT", ENOENT},    {"EPIPE", EPIPE},
	             {"EPROTO", EPROTO}, {"ENOTCONN", ENOTCONN}};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].value;
	fprintf(stderr, "USHERD_FAULTS: unknown error %s\n", name);
	exit(2);
}

static void fault_add(const char *item)
{
	struct fault *f = &fault[faults];
	char name[32];
	int n = sscanf(item, "%31[^:]:%31[^:]:%lu+%lu", f->call, name, &f->first, &f->count);

	if (n < 3 || f->first == 0) {
		fprintf(stderr, "USHERD_FAULTS: cannot read %s\n", item);
		exit(2);
	}
	f->error = fault_errno(name);
	faults++;
}

__attribute__((constructor)) static void fault_init(void)
{
	const char *env = getenv("USHERD_FAULTS");
	char *list = env ? strdup(env) : NULL, *save = NULL;

	if (!list)
		return;
	for (char *item = strtok_r(list, ",", &save); item; item = strtok_r(NULL, ",", &save))
		if (faults < sizeof fault / sizeof *fault)
			fault_add(item);
	free(list);
}

bool fault_wanted(const char *call)
{
	for (struct fault *f = fault; f < fault + faults; f++) {
		if (strcmp(f->call, call) != 0)
			continue;
		f->calls++;
		if (f->count ? f->calls >= f->first && f->calls < f->first + f->count
		             : f->calls % f->first == 0) {
			errno = f->error;
			return true;
		}
	}
	return false;
}

#endif
