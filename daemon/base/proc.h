/* base/proc.h - how busy the machine is: the load average, and pressure.
 *
 * Pressure is the kernel's PSI: the part of the last 10 seconds in which somebody
 * had to wait for a processor, for memory or for a disk ("some avg10" in
 * /proc/pressure). Only what was opened is read, by proc_refresh(), whose caller
 * says what time it is. Descriptors stay open, so neither another uid nor a lack
 * of descriptors matters later. What cannot be read is 0: not busy. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include "base/clock.h"

enum proc_figure { PROC_LOAD, PROC_CPU, PROC_MEMORY, PROC_IO, PROC_FIGURES };

struct proc {
	int fd[PROC_FIGURES];         /* -1: not open */
	unsigned value[PROC_FIGURES]; /* in hundredths: of 1, or of a per cent */
	msec_t read;                  /* when they were */
};

#define PROC_DIR "/proc"

void proc_init(struct proc *proc);
void proc_close(struct proc *proc);

/* Below `dir`; one that is open stays as it is. Fails with errno where the kernel
 * does not have it. */
int proc_open(struct proc *proc, const char *dir, enum proc_figure figure);

/* Reads what is open, if the last time was a second ago or more. */
void proc_refresh(struct proc *proc, msec_t now);

/* Its file, below the directory. */
const char *proc_file(enum proc_figure figure);

/* "4", "0.5" or "12.25", below 10 million, in hundredths; *end_r is what follows
 * it. Fails where there is no number. */
int proc_hundredths(const char *text, const char **end_r, unsigned *value_r);

#endif
