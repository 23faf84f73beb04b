#include "spawn/privs.h"

#include <linux/securebits.h>
#include <sys/prctl.h>

#include "base/caps.h"
#include "spawn/rawcall.h"

enum { CAPS = 64, NOROOT = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED };

void privs_prepare(struct privs *privs, uint64_t set, bool root, bool gains)
{
	const uint32_t half[] = {(uint32_t)set, (uint32_t)(set >> 32)};

	*privs = (struct privs){.exact = true, .root = root, .gains = gains, .set = set};
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		privs->data[i] = (struct __user_cap_data_struct){
		    .effective = half[i], .permitted = half[i], .inheritable = half[i]};
}

IN_CHILD static long look(struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};

	return rawcall2(SYS_capget, &head, data);
}

IN_CHILD static long cut_bounding_set(const struct privs *privs)
{
	for (int cap = 0; cap < CAPS; cap++) {
		long r = privs->set & CAPS_BIT(cap)
		             ? 0
		             : rawcall(SYS_prctl, PR_CAPBSET_DROP, cap, 0, 0, 0);

		/* This kernel has no more. */
		if (r == -EINVAL)
			return 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Neither uid 0 nor a file gives capabilities any more. */
IN_CHILD static long close_ways(const struct privs *privs)
{
	struct __user_cap_data_struct own[_LINUX_CAPABILITY_U32S_3] = {{0}, {0}};
	long r = look(own);

	if (r < 0)
		return r;
	if (!(own[0].effective & CAPS_BIT(CAP_SETPCAP)))
		return privs->root ? -EPERM : 0;
	r = rawcall(SYS_prctl, PR_GET_SECUREBITS, 0, 0, 0, 0);
	if (r >= 0)
		r = rawcall(SYS_prctl, PR_SET_SECUREBITS, r | NOROOT, 0, 0, 0);
	return r >= 0 && privs->gains ? cut_bounding_set(privs) : r;
}

IN_CHILD long privs_bound(const struct privs *privs)
{
	long r = privs->root || privs->gains ? close_ways(privs) : 0;

	/* Else they would be gone with uid 0. Ends at the exec. */
	if (r >= 0 && privs->set)
		r = rawcall(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	return r;
}

IN_CHILD static long verify(const struct privs *privs)
{
	struct __user_cap_data_struct now[_LINUX_CAPABILITY_U32S_3] = {{0}, {0}};
	long r = look(now);

	if (r < 0)
		return r;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		if (now[i].effective != privs->data[i].effective ||
		    now[i].permitted != privs->data[i].permitted ||
		    now[i].inheritable != privs->data[i].inheritable)
			return -EPERM;
	r = privs->root ? rawcall(SYS_prctl, PR_GET_SECUREBITS, 0, 0, 0, 0) : SECBIT_NOROOT;
	return r < 0 ? r : r & SECBIT_NOROOT ? 0 : -EPERM;
}

/* No ambient one can be left that is not permitted and inheritable. */
IN_CHILD long privs_become(const struct privs *privs)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	long r = rawcall2(SYS_capset, &head, privs->data);

	for (int cap = 0; r >= 0 && cap < CAPS; cap++)
		if (privs->set & CAPS_BIT(cap))
			r = rawcall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return r < 0 ? r : verify(privs);
}
