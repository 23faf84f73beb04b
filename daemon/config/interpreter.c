#include "config/interpreter.h"

#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "config/beneath.h"

/* As many bytes of a script's first line as the kernel looks at. */
enum { LINE_BYTES = 256, HEADERS_MAX = 64 };

/* A program of our own word size, or of the other one. */
union header {
	unsigned char ident[EI_NIDENT];
	Elf32_Ehdr small;
	Elf64_Ehdr large;
	char line[LINE_BYTES];
};

struct span {
	uint64_t offset, size;
};

static bool read_at(int fd, void *data, size_t size, uint64_t offset)
{
	return sys_pread(fd, data, size, (off_t)offset) == (ssize_t)size;
}

static bool find_script(const union header *header, size_t len, char path_r[PATH_MAX])
{
	size_t at = 2, end;

	while (at < len && (header->line[at] == ' ' || header->line[at] == '\t'))
		at++;
	for (end = at; end < len && !strchr(" \t\n", header->line[end]); end++)
		continue;
	if (end == at || end == len || header->line[at] != '/')
		return false;
	memcpy(path_r, header->line + at, end - at);
	path_r[end - at] = '\0';
	return true;
}

static bool find_small(int fd, const Elf32_Ehdr *elf, struct span *span)
{
	Elf32_Phdr part;

	for (unsigned i = 0; i < elf->e_phnum && i < HEADERS_MAX; i++) {
		if (!read_at(fd, &part, sizeof part, elf->e_phoff + i * sizeof part))
			return false;
		*span = (struct span){part.p_offset, part.p_filesz};
		if (part.p_type == PT_INTERP)
			return true;
	}
	return false;
}

static bool find_large(int fd, const Elf64_Ehdr *elf, struct span *span)
{
	Elf64_Phdr part;

	for (unsigned i = 0; i < elf->e_phnum && i < HEADERS_MAX; i++) {
		if (!read_at(fd, &part, sizeof part, elf->e_phoff + i * sizeof part))
			return false;
		*span = (struct span){part.p_offset, part.p_filesz};
		if (part.p_type == PT_INTERP)
			return true;
	}
	return false;
}

static bool find_loader(int fd, const union header *header, char path_r[PATH_MAX])
{
	struct span span = {0, 0};
	bool found = header->ident[EI_CLASS] == ELFCLASS64 ? find_large(fd, &header->large, &span)
	                                                   : find_small(fd, &header->small, &span);

	if (!found || span.size < 2 || span.size > PATH_MAX ||
	    !read_at(fd, path_r, span.size, span.offset))
		return false;
	return path_r[0] == '/' && path_r[span.size - 1] == '\0';
}

bool interpreter_find(const char *root, const char *program, char path_r[PATH_MAX])
{
	union header header = {.ident = {0}};
	int fd = beneath_open(root, program, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t len = -1;
	bool found = false;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		len = sys_pread(fd, &header, sizeof header, 0);
	if (len > 2 && memcmp(header.line, "#!", 2) == 0)
		found = find_script(&header, (size_t)len, path_r);
	else if (len >= (ssize_t)sizeof header.large && memcmp(header.ident, ELFMAG, SELFMAG) == 0)
		found = find_loader(fd, &header, path_r);
	fd_close(&fd);
	return found;
}
