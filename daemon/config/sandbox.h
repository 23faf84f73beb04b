/* config/sandbox.h - how far the handler of a service is shut in.
 *
 * The one place where `sandbox` (none, standard, strict) and the options of
 * confinement become the values of single measures in the model, and where the
 * machine is asked whether it can do them. An option that is set by itself goes
 * before what the level implies. Where `sandbox` is not set it is standard, as far
 * as a program written for inetd can run in it: not for root, nor for a program
 * that is setuid or has capabilities of its own. */
#ifndef CONFIG_SANDBOX_H
#define CONFIG_SANDBOX_H

#include "base/buf.h"
#include "config/builder.h"

/* To be called when it is known who the handler will be. */
void sandbox_build(struct builder *b);

/* For who builds a part: does the level alone ask for what this option is about,
 * since nobody has set it? */
bool sandbox_implies(const struct builder *b, const char *option);

/* The machine cannot do what this option, or else the level, asks for: an error,
 * or with sandbox_required = no a warning, and nothing where the level was not set
 * but chosen. Then the caller leaves it out of the model. */
void sandbox_lacks(struct builder *b, const char *option, const char *why);

/* Why system calls cannot be filtered here; NULL: they can. */
const char *sandbox_lacks_filter(void);

const char *sandbox_level(const struct conf_service *service); /* "none" and so on */

/* In one line: "none", "standard: no new privileges, no capabilities, ...". */
void sandbox_format(const struct conf_service *service, struct buf *out);

#endif
