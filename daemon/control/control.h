/* control/control.h - the control socket: where usherctl asks (control/protocol.h).
 *
 * main opens it as root and before any listener: it is what tells that no other
 * usherd serves the same configuration. From then on the loop serves it. A user
 * of it can hold nothing up: so many connections at once and the others stay in
 * the backlog until one of those has not got on for a while and gives way, so long
 * a request, so much time to send it and to take the answer, one bounded piece of
 * work a turn. control_close() comes before
 * supervisor_free(). */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "base/clock.h"
#include "control/claim.h"
#include "core/carry.h"
#include "core/privileges.h"
#include "core/supervisor.h"

struct control;

struct control_options {
	/* Told by "status"; may be filled in until the loop runs. NULL: not known. */
	const struct privileges *privileges;
	msec_t request_msec; /* for a request to come; 0: 5 s */
	msec_t answer_msec;  /* for its answer to be taken; 0: 30 s */
};

/* Claims sup->conf->control and watches it. NULL, with failure filled in and
 * nothing said in the log. Keeps sup->control_fds from here on. */
struct control *control_open(struct supervisor *sup, const struct control_options *options,
                             struct claim_failure *failure);

/* For an upgrade: writes down the socket and its lock ... */
void control_carry(const struct control *control, struct state_writer *state);
/* ... and goes on with them. In two halves, as core/carry.h has it: the first only
 * reads. NULL where the state has failed, or memory lacks. */
struct control *control_adopt(struct supervisor *sup, const struct control_options *options,
                              struct state_reader *state);
int control_attach(struct control *control);

/* Closes all connections and removes the socket. */
void control_close(struct control **control);

#endif
