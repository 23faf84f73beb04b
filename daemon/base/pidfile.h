/* base/pidfile.h - a file with the pid of the daemon.
 *
 * main writes it when the start has succeeded, before privileges are dropped, and
 * removes it at the end. It appears whole or not at all, belongs to whom we were
 * then, and whatever was there before is replaced if it was a plain file. */
#ifndef BASE_PIDFILE_H
#define BASE_PIDFILE_H

/* Fails with errno, ENOTSUP: there is something that is no plain file. The path
 * and a descriptor of the file are kept for pidfile_remove(). */
int pidfile_write(const char *path);

/* Removes the file that pidfile_write() made, if it is still the one; where the
 * directory does not let us any more, the file is emptied. */
void pidfile_remove(void);

/* For an upgrade: the descriptor, -1 without a file; and both taken over. */
int pidfile_fd(void);
void pidfile_adopt(const char *path, int fd);

#endif
