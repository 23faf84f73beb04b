/* core/supervisor.h - the state of the whole, and its life.
 *
 * supervisor_new() builds it from a model, supervisor_start() opens what the
 * model names, supervisor_run() serves until a signal or supervisor_stop() ends
 * it. The other files of core work on this struct; control reads it and asks
 * for changes by the functions below and those of core/service.h. */
#ifndef CORE_SUPERVISOR_H
#define CORE_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "admit/admit.h"
#include "base/list.h"
#include "base/loop.h"
#include "config/model.h"
#include "core/bans.h"
#include "core/group.h"
#include "core/pulse.h"
#include "core/reap.h"
#include "core/resources.h"
#include "core/stderr.h"
#include "net/linger.h"
#include "spawn/spawn.h"

enum supervisor_state {
	SUPERVISOR_RUNNING,
	SUPERVISOR_DRAINING, /* accepts nobody new; those who wait are served */
	SUPERVISOR_STOPPING, /* handlers were told to end */
	SUPERVISOR_DONE      /* nothing is left to wait for */
};

struct fold;
struct privileges;
struct reload;
struct service;
struct upgrade;

/* What only main can do, since it knows the command line. */
struct supervisor_hooks {
	void *context;
	void (*reopen)(void *context); /* USR1: the log's files anew */
	/* Logs as this model says; -1 with errno, and then as before. */
	int (*relog)(void *context, const struct conf *conf);
};

struct supervisor {
	struct loop *loop;
	struct conf *conf;
	enum supervisor_state state;
	usec_t started_wall;
	usec_t loaded_wall; /* when this configuration was */

	/* In the order of the configuration, and then those that are in none any more. */
	struct service **services;
	size_t service_count;

	struct admit admit;
	struct bans bans;
	struct proc machine; /* how busy it is (core/machine.h) */
	struct spawner *spawner;
	struct lingerers *linger;
	struct reaper reaper;
	struct groups groups;
	struct resources resources;
	struct pulse pulse;
	struct fold *fold;
	struct stderr_pool stderr_pool;

	struct list ready;   /* clients that were let in and wait for a slot */
	struct list waiting; /* services in whose queues somebody waits */
	struct list headers; /* clients whose proxy's header is awaited */
	unsigned header_count;
	bool pump_wanted;       /* somebody of those might be able to start now */
	bool held_back;         /* somebody could have started but for the slots */
	struct conn *spare;     /* so that an accepted client never lacks memory */
	unsigned conn_count;    /* connections whose descriptor we hold */
	unsigned session_count; /* handlers that run, each with a pidfd */
	unsigned fixed_fds;     /* descriptors that are open all the time */
	unsigned port_count;    /* ports: one that is not open will take a descriptor once */
	unsigned control_fds;   /* set by control: its connections */
	uint64_t last_session;  /* the number given last */
	uint64_t upgrades;      /* that have succeeded */
	int live_log_level;     /* asked for over control, stays over a reload; 0: none */

	struct rlimit original_files; /* RLIMIT_NOFILE at the start, for handlers */
	struct loop_watch signal_watch;
	struct loop_timer stop_timer;
	const struct privileges *privileges; /* set by main once they are final, else NULL */
	struct supervisor_hooks hooks;
	struct reload *reload;   /* NULL until main has said how to read the configuration */
	struct upgrade *upgrade; /* the same: how to go on as another program */
	bool holding;            /* nobody is accepted or started, for a moment (core/upgrade.h) */
	uint64_t generation;     /* of the list of services: every switchover is another */
	bool collect_wanted;     /* a service that is configured no more may be gone */
};

struct supervisor_options {
	struct rlimit original_files;
};

/* NULL with errno, and said in the log. Keeps a reference on the model. */
struct supervisor *supervisor_new(struct conf *conf, const struct supervisor_options *options);
void supervisor_free(struct supervisor **sup);

/* Opens the listeners of all services; those that fail are tried again later. */
void supervisor_start(struct supervisor *sup);

/* At the end of the list; it is freed where there is no memory (ENOMEM). */
int supervisor_add_service(struct supervisor *sup, struct service *service);

/* After an upgrade, once everything has its descriptors. */
void supervisor_resume(struct supervisor *sup);

/* To be called once our ids are final: what children need not do is left out. */
void supervisor_settle_plans(struct supervisor *sup);

/* After another model has taken over: what all services share follows. */
void supervisor_adopted(struct supervisor *sup);

/* Serves until the end; 0, or 1 if the loop itself failed. */
int supervisor_run(struct supervisor *sup);

/* TERM to the handlers, KILL after each service's stop_timeout, then the end.
 * Those who wait are refused with REASON_STOPPING. Twice: KILL at once. */
void supervisor_stop(struct supervisor *sup);

/* Accepts nobody new, lets all end by itself, then ends. */
void supervisor_drain(struct supervisor *sup);

/* Descriptors in use, and whether one more client may take some. */
unsigned supervisor_fds(const struct supervisor *sup);
bool supervisor_has_fds(const struct supervisor *sup);

const char *supervisor_state_name(enum supervisor_state state);

#endif
