/* core/state_form.h - how a state looks: for core/state.c and core/state_read.c. */
#ifndef CORE_STATE_FORM_H
#define CORE_STATE_FORM_H

#include <stdint.h>

#include "core/state.h"

#define STATE_MAGIC "usherd\n" /* with its NUL 8 bytes */

/* In the byte order of the machine, which does not change under a running kernel. */
struct state_header {
	char magic[8];
	uint32_t format;
	int32_t pid;
	uint64_t len; /* of all */
	struct state_nonce nonce;
	uint64_t check; /* over all, with 0 in this place */
};

struct state_record_head {
	uint16_t kind, zero;
	uint32_t len; /* of its fields */
};

struct state_field_head {
	uint16_t tag;
	uint8_t type, zero;
	uint32_t len; /* of its value */
};

/* The kernel's own form, behind its length and the ids. */
struct state_addr_head {
	uint32_t len, uid, gid;
};

uint64_t state_checksum(const unsigned char *data, size_t len, const struct state_nonce *nonce);

#endif
