/* core/machine.h - looks how busy the machine is, for the services that ask. */
#ifndef CORE_MACHINE_H
#define CORE_MACHINE_H

struct service;
struct supervisor;

void machine_init(struct supervisor *sup);
void machine_free(struct supervisor *sup);

/* Opens what the services want to know; what is not there limits nothing, as the
 * check of the configuration has said. To be called again when they change. */
void machine_open(struct supervisor *sup);

/* A client of the service has come: what admit knows becomes a second old at most. */
void machine_look(const struct service *service);

#endif
