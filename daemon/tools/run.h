/* tools/run.h - "usherctl run": a service's handler on this terminal.
 *
 * Needs no usherd: reads the configuration itself and starts the handler by
 * spawn/, exactly as usherd would, on one end of a connection made for it
 * (tools/pair.h); the other end is carried to and from the terminal. */
#ifndef TOOLS_RUN_H
#define TOOLS_RUN_H

/* argv[0] is "run". Returns what usherctl exits with: the handler's status, 128
 * and the signal that ended it, 1 if it could not be started, 2 for wrong usage. */
int run_main(int argc, char **argv);

#endif
