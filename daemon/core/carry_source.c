/* Sources with their buckets, and bans. */
#include <string.h>

#include "admit/adopt.h"
#include "core/carry.h"
#include "core/service.h"
#include "core/supervisor.h"

enum { SOURCE_SERVICE = 1, SOURCE_PREFIX, SOURCE_EXEMPT, SOURCE_TURN, SOURCE_TAKEN, SOURCE_AT };
enum { BAN_PREFIX = 1, BAN_BY, BAN_SINCE, BAN_UNTIL, BAN_NUMBER, BAN_REFUSED };

void carry_write_prefix(const struct prefix *prefix, unsigned tag, struct state_writer *state)
{
	unsigned char bytes[sizeof prefix->bytes + 2];

	memcpy(bytes, prefix->bytes, sizeof prefix->bytes);
	bytes[sizeof prefix->bytes] = prefix->len;
	bytes[sizeof prefix->bytes + 1] = prefix->family;
	state_add_bytes(state, tag, bytes, sizeof bytes);
}

bool carry_read_prefix(struct state_reader *state, unsigned tag, struct prefix *prefix)
{
	size_t len;
	const unsigned char *bytes = state_get_bytes(state, tag, &len);

	memset(prefix, 0, sizeof *prefix);
	if (!bytes || len != sizeof prefix->bytes + 2)
		return state_fail(state, "a source has no address");
	memcpy(prefix->bytes, bytes, sizeof prefix->bytes);
	prefix->len = bytes[sizeof prefix->bytes];
	prefix->family = bytes[sizeof prefix->bytes + 1];
	if (prefix->len > 128)
		return state_fail(state, "a source's prefix is too long");
	return true;
}

static void write_source(const struct service *service, const struct source *source,
                         struct state_writer *state)
{
	state_record(state, CARRY_SOURCE);
	state_add(state, SOURCE_SERVICE, service->carried);
	carry_write_prefix(&source->prefix, SOURCE_PREFIX, state);
	state_add(state, SOURCE_EXEMPT, source->exempt);
	state_add(state, SOURCE_TURN, source->turn);
	state_add(state, SOURCE_TAKEN, source->bucket.taken);
	state_add(state, SOURCE_AT, (uint64_t)source->bucket.at);
}

static const struct service *service_of(const struct supervisor *sup, const struct source *source)
{
	for (size_t i = 0; i < sup->service_count; i++)
		if (&sup->services[i]->admit.sources == source->pool)
			return sup->services[i];
	return NULL;
}

/* Those that are idle come last, the longest idle first. */
void carry_write_sources(const struct supervisor *sup, struct state_writer *state)
{
	const struct hash *hash = &sup->admit.sources.hash;

	for (size_t i = 0; i < hash->buckets; i++) {
		for (struct hash_node *node = hash->bucket[i]; node; node = node->next) {
			const struct source *source = list_entry(node, struct source, hash);

			if (source->running > 0 || source->waiting > 0)
				write_source(service_of(sup, source), source, state);
		}
	}
	for (size_t i = 0; i < sup->service_count; i++)
		list_each (link, &sup->services[i]->admit.sources.idle)
			write_source(sup->services[i], list_entry(link, struct source, idle),
			             state);
}

bool carry_read_source(struct carry *carry)
{
	struct state_reader *state = carry->state;
	struct service *service = carry_find_service(carry, SOURCE_SERVICE);
	struct adopt_source source;

	if (!service || !carry_read_prefix(state, SOURCE_PREFIX, &source.prefix))
		return false;
	source.exempt = state_get(state, SOURCE_EXEMPT);
	source.turn = state_get(state, SOURCE_TURN);
	source.bucket.taken = state_get(state, SOURCE_TAKEN);
	source.bucket.at = (msec_t)state_get(state, SOURCE_AT);
	if (!state_done(state))
		return false;
	if (adopt_source(&service->admit, &source, loop_now(carry->sup->loop)) < 0)
		return carry_no_memory(carry);
	return true;
}

void carry_write_bans(const struct supervisor *sup, struct state_writer *state)
{
	for (const struct ban *ban = NULL; (ban = ban_each(&sup->admit.bans, ban));) {
		state_record(state, CARRY_BAN);
		carry_write_prefix(&ban->prefix, BAN_PREFIX, state);
		state_add(state, BAN_BY, ban->by);
		state_add(state, BAN_SINCE, (uint64_t)ban->since);
		state_add(state, BAN_UNTIL, (uint64_t)ban->until);
		state_add(state, BAN_NUMBER, ban->number);
		state_add(state, BAN_REFUSED, ban->refused);
	}
}

bool carry_read_ban(struct carry *carry)
{
	struct state_reader *state = carry->state;
	struct ban_table *bans = &carry->sup->admit.bans;
	struct prefix prefix;
	enum ban_by by;
	msec_t since, until;
	uint64_t number, refused;
	struct ban *ban;

	if (!carry_read_prefix(state, BAN_PREFIX, &prefix))
		return false;
	if (prefix.family != AF_INET && prefix.family != AF_INET6)
		return state_fail(state, "a ban is of no address");
	by = (enum ban_by)state_get_below(state, BAN_BY, BAN_BY_SENSOR + 1);
	since = (msec_t)state_get(state, BAN_SINCE);
	until = (msec_t)state_get(state, BAN_UNTIL);
	number = state_get(state, BAN_NUMBER);
	refused = state_get(state, BAN_REFUSED);
	if (!state_done(state))
		return false;
	ban = ban_set(bans, &prefix, by, until, since);
	if (!ban)
		return carry_no_memory(carry);
	ban->number = number;
	ban->refused = refused;
	if (number > bans->last_number)
		bans->last_number = number;
	return true;
}
