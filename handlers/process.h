/* process.h - what /proc tells of somebody's process. */
#ifndef HANDLERS_PROCESS_H
#define HANDLERS_PROCESS_H

#include <stdint.h>

/* Processor time of the process and of its children that have ended, or -1 where it is not known.
 */
int64_t process_cpu_msec(unsigned long pid);

/* The same from the text of /proc/PID/stat, for a clock of so many ticks a second. */
int64_t process_parse_cpu(const char *stat, long ticks);

#endif
