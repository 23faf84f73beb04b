#include "base/calls.h"

#include <asm/unistd.h>
#include <stdlib.h>
#include <string.h>

#include "base/calls_list.h"

/* The number of a call that the headers do not have is the text of its name,
 * with __NR_ still in front: so none needs an #ifdef. */
#define TEXT_OF(text) #text
#define TEXT(macro)   TEXT_OF(macro)
#define CALL(call)    {#call, TEXT(__NR_##call)},
#define NAME(call)    #call,

static const struct call io_calls[] = {CALLS_OF_IO(CALL)};
static const struct call files_calls[] = {CALLS_OF_FILES(CALL)};
static const struct call process_calls[] = {CALLS_OF_PROCESS(CALL)};
static const struct call credentials_calls[] = {CALLS_OF_CREDENTIALS(CALL)};
static const struct call signals_calls[] = {CALLS_OF_SIGNALS(CALL)};
static const struct call time_calls[] = {CALLS_OF_TIME(CALL)};
static const struct call memory_calls[] = {CALLS_OF_MEMORY(CALL)};
static const struct call threads_calls[] = {CALLS_OF_THREADS(CALL)};
static const struct call sockets_calls[] = {CALLS_OF_SOCKETS(CALL)};
static const struct call sandbox_calls[] = {CALLS_OF_SANDBOX(CALL)};
static const struct call ipc_calls[] = {CALLS_OF_IPC(CALL)};
static const struct call numa_calls[] = {CALLS_OF_NUMA(CALL)};
static const struct call aio_calls[] = {CALLS_OF_AIO(CALL)};
static const struct call rare_calls[] = {CALLS_OF_RARE(CALL)};
static const struct call mount_calls[] = {CALLS_OF_MOUNT(CALL)};
static const struct call admin_calls[] = {CALLS_OF_ADMIN(CALL)};
static const struct call clock_calls[] = {CALLS_OF_CLOCK(CALL)};
static const struct call debug_calls[] = {CALLS_OF_DEBUG(CALL)};
static const struct call keys_calls[] = {CALLS_OF_KEYS(CALL)};
static const struct call kernel_calls[] = {CALLS_OF_KERNEL(CALL)};
static const char *const same[] = {CALLS_SAME(NAME)};

#define GROUP(n, h, list)                                                                        \
	{                                                                                        \
		.name = (n), .help = (h), .call = (list), .count = sizeof(list) / sizeof *(list) \
	}

static const struct calls_group groups[] = {
    [CALLS_IO] = GROUP("io", "what is open already", io_calls),
    [CALLS_FILES] = GROUP("files", "files by name", files_calls),
    [CALLS_PROCESS] = GROUP("process", "its own processes and programs", process_calls),
    [CALLS_CREDENTIALS] = GROUP("credentials", "who it is", credentials_calls),
    [CALLS_SIGNALS] = GROUP("signals", "signals, and waiting for them", signals_calls),
    [CALLS_TIME] = GROUP("time", "the time, and timers", time_calls),
    [CALLS_MEMORY] = GROUP("memory", "its own memory", memory_calls),
    [CALLS_THREADS] = GROUP("threads", "its own threads", threads_calls),
    [CALLS_SOCKETS] = GROUP("sockets", "sockets", sockets_calls),
    [CALLS_SANDBOX] = GROUP("sandbox", "to shut itself in further", sandbox_calls),
    [CALLS_IPC] =
	GROUP("ipc", "queues, semaphores and memory that have a key or a name", ipc_calls),
    [CALLS_NUMA] = GROUP("numa", "where memory is", numa_calls),
    [CALLS_AIO] = GROUP("aio", "input and output in the background, of old", aio_calls),
    [CALLS_RARE] = GROUP("rare", "what few programs use, or none any more", rare_calls),
    [CALLS_MOUNT] = GROUP("mount", "file systems, and the namespaces of others", mount_calls),
    [CALLS_ADMIN] = GROUP("admin", "the machine", admin_calls),
    [CALLS_CLOCK] = GROUP("clock", "to set the clock", clock_calls),
    [CALLS_DEBUG] = GROUP("debug", "other processes", debug_calls),
    [CALLS_KEYS] = GROUP("keys", "the kernel's keys", keys_calls),
    [CALLS_KERNEL] = GROUP("kernel", "large parts of the kernel", kernel_calls),
};

const struct calls_group *calls_group(enum calls_group_id id)
{
	return &groups[id];
}

const struct calls_group *calls_find_group(const char *name)
{
	for (int id = 0; id < CALLS_GROUPS; id++)
		if (strcmp(groups[id].name, name) == 0)
			return &groups[id];
	return NULL;
}

const struct call *calls_find(const char *name)
{
	for (int id = 0; id < CALLS_GROUPS; id++)
		for (size_t i = 0; i < groups[id].count; i++)
			if (strcmp(groups[id].call[i].name, name) == 0)
				return &groups[id].call[i];
	return NULL;
}

int call_number(const struct call *call)
{
	char *end;
	long number = strtol(call->number, &end, 10);

	if (end > call->number && *end == '\0')
		return number >= 0 && number <= CALLS_LAST ? (int)number : -1;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (strcmp(same[i], call->name) == 0)
			return CALLS_SAME_FIRST + (int)i;
	return -1;
}
