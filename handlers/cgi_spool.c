#include "cgi_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PIECE = 65536 };

int cgi_spool_open(void)
{
	const char *directory = getenv("TMPDIR");
	int fd = open(directory ? directory : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd >= 0 ? fd : memfd_create("spool", MFD_CLOEXEC);
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		data += put;
		len -= (size_t)put;
	}
	return true;
}

static bool gather(struct httpd_conn *conn, int fd, uint64_t *length)
{
	static char data[PIECE];
	ssize_t got;

	*length = 0;
	while ((got = httpd_body_read(conn, data, sizeof data, true)) > 0) {
		*length += (uint64_t)got;
		if (*length > CGI_SPOOL_MAX) {
			conn->body_error = EFBIG;
			conn->keep = false;
			return false;
		}
		if (!write_all(fd, data, (size_t)got))
			return false;
	}
	return got == 0 && lseek(fd, 0, SEEK_SET) == 0;
}

int cgi_spool_body(struct httpd_conn *conn, uint64_t *length)
{
	int fd = cgi_spool_open(), error;

	if (fd < 0 || gather(conn, fd, length))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}
