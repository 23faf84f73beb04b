/* tools/xinetd_carry.h - one service of xinetd.conf on its way to usherd.conf. */
#ifndef TOOLS_XINETD_CARRY_H
#define TOOLS_XINETD_CARRY_H

#include "tools/convert.h"
#include "tools/xinetd_conf.h"

/* What an entry, or defaults, says of one attribute. */
struct xinetd_said {
	const char *const *value;
	size_t count;
	struct draft_where where;
	bool inherited; /* defaults said it */
};

enum xinetd_flag {
	XINETD_INTERNAL = 1 << 0,
	XINETD_RPC = 1 << 1,
	XINETD_TCPMUX = 1 << 2,
	XINETD_UNLISTED = 1 << 3,
	XINETD_NAMEINARGS = 1 << 5,
	XINETD_NODELAY = 1 << 6,
	XINETD_KEEPALIVE = 1 << 7,
	XINETD_SENSOR = 1 << 8,
	XINETD_IPV4 = 1 << 9,
	XINETD_IPV6 = 1 << 10,
	XINETD_NOTHING = 1 << 11, /* said, and without a meaning here */
};

struct xinetd_move {
	struct draft *draft;
	const struct xinetd_conf *conf;
	const struct xinetd_entry *entry;
	struct draft_service *service;
	unsigned flags; /* of type and of flags */
	bool wait, dgram;
	bool refuse; /* a sensor that bans nobody */
};

struct xinetd_attribute {
	struct convert_row row;
	int values;   /* how many it must have; -1: any number */
	bool inherit; /* defaults may say it */
	bool set;     /* += and -= are for it */
	/* NULL: it is left out, and row.becomes says why. */
	void (*carry)(struct xinetd_move *move, const struct xinetd_said *said);
};

/* The word behind `type` and `flags`, in one list. */
struct xinetd_word {
	struct convert_row row;
	unsigned flag; /* 0: it is left out */
};

const struct xinetd_attribute *xinetd_attribute(const char *name);
const struct xinetd_attribute *xinetd_attributes(size_t *count);
const struct xinetd_word *xinetd_find_word(const char *word);

/* false: nobody says it. */
bool xinetd_get(const struct xinetd_move *move, const char *name, struct xinetd_said *said);
/* The first value, or NULL. */
const char *xinetd_first(const struct xinetd_move *move, const char *name);

/* A comment in the service, and a warning unless defaults said it. */
void xinetd_remark(struct xinetd_move *move, const struct xinetd_said *said, const char *format,
                   ...) __attribute__((format(printf, 3, 4)));
/* A value that makes no sense: xinetd does not start the service either. */
void xinetd_spoil(struct xinetd_move *move, const struct xinetd_said *said, const char *name,
                  const char *what);

/* Socket, program and account: what several attributes decide together. */
void xinetd_carry_core(struct xinetd_move *move);

#endif
