#include "core/statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/sys.h"
#include "core/state.h"

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = sys_write(fd, data, len);

		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int statefile_make(const void *data, size_t len)
{
	int fd = fault_wanted("memfd")
	             ? -1
	             : memfd_create("usherd state", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && (write_all(fd, data, len) < 0 || fcntl(fd, F_ADD_SEALS, SEALS) < 0))
		fd_close(&fd);
	return fd_up(fd);
}

int statefile_map(int fd, struct statefile *file, const char **why_r)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	void *data;

	*why_r = "it cannot be sealed, so it is none";
	if (seals < 0 || fstat(fd, &st) < 0)
		return -1;
	*why_r = "it is not sealed";
	if ((seals & SEALS) != SEALS)
		return -1;
	*why_r = "it is empty, or too long";
	if (st.st_size <= 0 || st.st_size > STATE_MAX_BYTES)
		return -1;
	*why_r = "it cannot be mapped";
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return -1;
	*file = (struct statefile){.data = data, .len = (size_t)st.st_size};
	return 0;
}

void statefile_unmap(struct statefile *file)
{
	if (file->data)
		munmap((void *)(uintptr_t)file->data, file->len);
	*file = (struct statefile){.data = NULL};
}
