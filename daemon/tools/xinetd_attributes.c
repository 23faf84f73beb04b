/* What becomes of the attributes of xinetd, one by one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/legacy.h"
#include "tools/xinetd_access.h"
#include "tools/xinetd_attributes.h"

enum { UNLIMITED = 10000000 };

static const char without_clients[] =
    "%s is left out: with wait the handler meets the clients, and usherd does not.";

void xinetd_carry_disable(struct xinetd_move *move, const struct xinetd_said *said)
{
	if (strcasecmp(said->value[0], "yes") == 0)
		draft_set(move->draft, move->service, "enabled", "no");
}

/* ---- limits ---- */

static void carry_count(struct xinetd_move *move, const struct xinetd_said *said,
                        const char *option)
{
	bool unlimited = strcasecmp(said->value[0], "UNLIMITED") == 0;
	long number = legacy_number(said->value[0], UNLIMITED);

	if (!unlimited && number < 1) {
		xinetd_spoil(move, said, option, said->value[0]);
		return;
	}
	if (move->wait)
		return;
	draft_set(move->draft, move->service, option, "%ld", unlimited ? (long)UNLIMITED : number);
	if (unlimited)
		draft_beside(move->draft, move->service, option, "UNLIMITED");
	if (draft_value(move->service, "when_full"))
		return;
	draft_text(move->draft, move->service, "when_full", "refuse");
	draft_beside(move->draft, move->service, "when_full",
	             "as xinetd does; \"wait\": they wait for their turn");
}

void xinetd_carry_instances(struct xinetd_move *move, const struct xinetd_said *said)
{
	carry_count(move, said, "instances");
}

void xinetd_carry_per_source(struct xinetd_move *move, const struct xinetd_said *said)
{
	if (move->wait)
		xinetd_remark(move, said, without_clients, "per_source");
	carry_count(move, said, "per_source");
}

void xinetd_carry_cps(struct xinetd_move *move, const struct xinetd_said *said)
{
	long rate = legacy_number(said->value[0], UNLIMITED);

	if (rate < 1) {
		xinetd_spoil(move, said, "cps", said->value[0]);
		return;
	}
	if (move->wait) {
		xinetd_remark(move, said, without_clients, "cps");
		return;
	}
	draft_set(move->draft, move->service, "rate", "%ld/s", rate);
	draft_beside(move->draft, move->service, "rate",
	             arena_format(move->draft->arena,
	                          "above it: refused; xinetd closed the service for %s s",
	                          said->value[1]));
}

void xinetd_carry_max_load(struct xinetd_move *move, const struct xinetd_said *said)
{
	const char *load = said->value[0];

	if (!*load || load[strspn(load, "0123456789.")] || strlen(load) > 8)
		xinetd_spoil(move, said, "max_load", load);
	else if (move->wait)
		xinetd_remark(move, said, without_clients, "max_load");
	else
		draft_text(move->draft, move->service, "max_load", load);
}

static void carry_rlimit(struct xinetd_move *move, const struct xinetd_said *said,
                         const char *option)
{
	const char *value = strcasecmp(said->value[0], "UNLIMITED") == 0
	                        ? "unlimited"
	                        : legacy_size(move->draft, said->value[0]);

	if (!value)
		xinetd_spoil(move, said, option, said->value[0]);
	else if (draft_value(move->service, "exec"))
		draft_set(move->draft, move->service, option, "%s", value);
}

#define RLIMIT(name)                                                                              \
	void xinetd_carry_rlimit_##name(struct xinetd_move *move, const struct xinetd_said *said) \
	{                                                                                         \
		carry_rlimit(move, said, "rlimit_" #name);                                        \
	}
RLIMIT(as)
RLIMIT(cpu)
RLIMIT(data)
RLIMIT(files)
RLIMIT(rss)
RLIMIT(stack)

/* ---- the process ---- */

void xinetd_carry_umask(struct xinetd_move *move, const struct xinetd_said *said)
{
	const char *mask = said->value[0];

	if (!*mask || mask[strspn(mask, "01234567")] || strlen(mask) > 4)
		xinetd_spoil(move, said, "umask", mask);
	else
		draft_set(move->draft, move->service, "umask", "%03lo",
		          strtol(mask, NULL, 8) & 0777);
}

void xinetd_carry_nice(struct xinetd_move *move, const struct xinetd_said *said)
{
	const char *digits = said->value[0] + (*said->value[0] == '-' || *said->value[0] == '+');
	long number = legacy_number(digits, 20);

	if (number < 0) {
		xinetd_spoil(move, said, "nice", said->value[0]);
		return;
	}
	number = *said->value[0] == '-' ? -number : number > 19 ? 19 : number;
	draft_set(move->draft, move->service, "nice", "%ld", number);
}

static void carry_names(struct xinetd_move *move, const struct xinetd_said *said,
                        const char *option)
{
	for (size_t i = 0; i < said->count; i++)
		if (draft_is_variable(said->value[i]) &&
		    !strchr(said->value[i], '=') == (strcmp(option, "env") != 0))
			draft_add(move->draft, move->service, option, said->value[i]);
		else
			xinetd_remark(move, said,
			              "%s is left out: it is no name of a variable, or "
			              "usherd sets it itself.",
			              said->value[i]);
}

void xinetd_carry_env(struct xinetd_move *move, const struct xinetd_said *said)
{
	for (size_t i = 0; i < said->count; i++)
		if (!strchr(said->value[i], '=')) {
			xinetd_spoil(move, said, "env", said->value[i]);
			return;
		}
	carry_names(move, said, "env");
}

void xinetd_carry_passenv(struct xinetd_move *move, const struct xinetd_said *said)
{
	carry_names(move, said, "pass_env");
}

/* ---- access ---- */

static void carry_addresses(struct xinetd_move *move, const struct xinetd_said *said,
                            const char *option, bool keeps_out)
{
	if (move->wait) {
		draft_off(move->draft, move->service, &said->where,
		          "It is off: %s cannot be kept where the handler meets the clients. Have "
		          "the program, or a firewall, do it.",
		          option);
		return;
	}
	if (move->refuse && !keeps_out)
		return;
	/* Whoever is not named is refused, so an empty list is one, too. */
	if (!keeps_out)
		draft_add(move->draft, move->service, option, NULL);
	for (size_t i = 0; i < said->count; i++) {
		if (xinetd_access(move->draft, move->service, option, said->value[i]))
			continue;
		if (keeps_out)
			draft_off(move->draft, move->service, &said->where,
			          "It is off: %s has a name, %s, and usherd looks none up. Write "
			          "the address.",
			          option, said->value[i]);
		else
			xinetd_remark(
			    move, said,
			    "only_from: the name %s is left out, for usherd looks none up. "
			    "Write the address.",
			    said->value[i]);
	}
}

void xinetd_carry_only_from(struct xinetd_move *move, const struct xinetd_said *said)
{
	carry_addresses(move, said, "only_from", false);
}

void xinetd_carry_no_access(struct xinetd_move *move, const struct xinetd_said *said)
{
	carry_addresses(move, said, "no_access", true);
}

/* "8:00-17:30" */
static const char *make_time(struct draft *draft, const char *text)
{
	unsigned hour[2], minute[2];
	char rest;

	if (sscanf(text, "%2u:%2u-%2u:%2u%c", &hour[0], &minute[0], &hour[1], &minute[1], &rest) !=
	    4)
		return NULL;
	for (int i = 0; i < 2; i++)
		if (hour[i] > 24 || minute[i] > 59 || (hour[i] == 24 && (minute[i] || i == 0)))
			return NULL;
	return arena_format(draft->arena, "%02u:%02u-%02u:%02u", hour[0], minute[0], hour[1],
	                    minute[1]);
}

void xinetd_carry_times(struct xinetd_move *move, const struct xinetd_said *said)
{
	if (move->wait) {
		draft_off(move->draft, move->service, &said->where,
		          "It is off: access_times cannot be kept where the handler meets the "
		          "clients.");
		return;
	}
	for (size_t i = 0; i < said->count; i++) {
		const char *time = make_time(move->draft, said->value[i]);

		if (time)
			draft_add(move->draft, move->service, "access_times", time);
		else
			xinetd_spoil(move, said, "access_times", said->value[i]);
	}
}

/* ---- messages and records ---- */

static void carry_text(struct xinetd_move *move, const struct xinetd_said *said, const char *name,
                       const char *option)
{
	if (move->wait)
		xinetd_remark(move, said, without_clients, name);
	else if (said->value[0][0] != '/')
		xinetd_remark(move, said, "%s is left out: %s is no full path.", name,
		              said->value[0]);
	else if (draft_value(move->service, option))
		xinetd_remark(move, said, "%s is left out: there is one such text.", name);
	else
		draft_text(move->draft, move->service, option,
		           arena_format(move->draft->arena, "@%s", said->value[0]));
}

void xinetd_carry_banner_success(struct xinetd_move *move, const struct xinetd_said *said)
{
	carry_text(move, said, "banner_success", "banner");
}

void xinetd_carry_banner_fail(struct xinetd_move *move, const struct xinetd_said *said)
{
	carry_text(move, said, "banner_fail", "banner_fail");
}

void xinetd_carry_banner(struct xinetd_move *move, const struct xinetd_said *said)
{
	carry_text(move, said, "banner", "banner");
	if (!draft_value(move->service, "banner_fail") && !move->wait)
		carry_text(move, said, "banner", "banner_fail");
}

static void carry_log(struct xinetd_move *move, const struct xinetd_said *said, const char *option,
                      const char *const known[])
{
	size_t left = 0;

	for (size_t i = 0; i < said->count; i++) {
		bool found = false;

		for (size_t j = 0; known[j] && !found; j += 2)
			if (strcmp(said->value[i], known[j]) == 0) {
				draft_add(move->draft, move->service, option, known[j + 1]);
				found = true;
			}
		if (found)
			continue;
		left++;
		xinetd_remark(move, said, "%s: %s is left out: usherd %s.", option, said->value[i],
		              strcmp(said->value[i], "USERID") == 0    ? "asks no identd"
		              : strcmp(said->value[i], "TRAFFIC") == 0 ? "does not see what is sent"
		                                                       : "has no such field");
	}
	if (!left && !said->count)
		draft_add(move->draft, move->service, option, NULL);
}

void xinetd_carry_log_success(struct xinetd_move *move, const struct xinetd_said *said)
{
	static const char *const known[] = {"PID",  "pid",      "HOST",     "host", "EXIT",
	                                    "exit", "DURATION", "duration", NULL};

	carry_log(move, said, "log_on_success", known);
}

void xinetd_carry_log_failure(struct xinetd_move *move, const struct xinetd_said *said)
{
	static const char *const known[] = {"HOST", "host", "ATTEMPT", "attempt", NULL};

	carry_log(move, said, "log_on_failure", known);
}
