/* nano - a handler without a C library, so that a benchmark sees the server
 * and not the handler.
 *
 *   nano       says its text and ends
 *   nano -r    reads a byte first; after an 'h' it stays until the end of
 *              input (a held connection)
 *   nano MSEC  sleeps so long first, and says "done"
 *
 * Nothing of it may need thread-local storage, which nobody has set up: no
 * address of a local variable is taken, so that no compiler puts a canary. */
#if defined(__x86_64__) || defined(__aarch64__)
#include <asm/unistd.h>

#ifdef __x86_64__
static long call(long number, long fd, const void *data, long len)
{
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(fd), "S"(data), "d"(len)
	                 : "rcx", "r11", "memory");
	return result;
}

__asm__(".globl _start\n"
        "_start:\n"
        "	xorl %ebp, %ebp\n"
        "	movq %rsp, %rdi\n"
        "	andq $-16, %rsp\n"
        "	call begin\n");
#else
static long call(long number, long fd, const void *data, long len)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = fd;
	register const void *x1 __asm__("x1") = data;
	register long x2 __asm__("x2") = len;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}

__asm__(".globl _start\n"
        "_start:\n"
        "	mov x29, xzr\n"
        "	mov x0, sp\n"
        "	bl begin\n");
#endif

static long read(int fd, void *data, long len)
{
	return call(__NR_read, fd, data, len);
}

static long write(int fd, const void *data, long len)
{
	return call(__NR_write, fd, data, len);
}

struct timespec {
	long tv_sec, tv_nsec;
};

static void nanosleep(const struct timespec *time, void *left)
{
	call(__NR_nanosleep, (long)time, left, 0);
}

static int run(int argc, char **argv);

__attribute__((noreturn)) void begin(const long *stack);

void begin(const long *stack)
{
	call(__NR_exit_group, run((int)stack[0], (char **)(stack + 1)), 0, 0);
	__builtin_unreachable();
}
#else
#include <time.h>
#include <unistd.h>

static int run(int argc, char **argv);

int main(int argc, char **argv)
{
	return run(argc, argv);
}
#endif

static const char text[] = "Hello, World!\n";
static char first, rest;

static struct timespec rest_time;

static int nap(const char *msec)
{
	long wanted = 0;

	for (; *msec >= '0' && *msec <= '9'; msec++)
		wanted = 10 * wanted + *msec - '0';
	rest_time.tv_sec = wanted / 1000;
	rest_time.tv_nsec = wanted % 1000 * 1000000;
	nanosleep(&rest_time, 0);
	return write(1, "done\n", 5) != 5;
}

static int run(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] != '-')
		return nap(argv[1]);
	if (argc > 1 && read(0, &first, 1) != 1)
		return 1;
	if (write(1, text, sizeof(text) - 1) != sizeof(text) - 1)
		return 1;
	while (first == 'h' && read(0, &rest, 1) == 1)
		;
	return 0;
}
