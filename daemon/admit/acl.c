#include "admit/acl.h"

static const struct net *find(const struct conf_nets *nets, const struct addr *peer)
{
	return nets_find(nets->net, nets->count, peer);
}

static bool is_user(const struct conf_user *user, const struct addr *peer)
{
	if (!user->is_group)
		return user->uid == peer->uid;
	if (user->gid == peer->gid)
		return true;
	for (size_t i = 0; i < user->member_count; i++)
		if (user->member[i] == peer->uid)
			return true;
	return false;
}

static struct acl_answer ask_users(const struct conf_service *conf, const struct addr *peer)
{
	struct acl_answer answer = {.refuses = conf->allow_users_set};

	if (conf->allow_users_set)
		answer.option = "allow_users";
	/* Whose credentials the kernel did not tell is nobody on a list. */
	for (size_t i = 0; peer->uid != (uid_t)-1 && i < conf->allow_users_count; i++) {
		if (!is_user(&conf->allow_users[i], peer))
			continue;
		answer.refuses = false;
		answer.user = &conf->allow_users[i];
		break;
	}
	return answer;
}

struct acl_answer acl_ask(const struct conf_service *conf, const struct addr *peer)
{
	const struct net *lets, *bars;

	if (peer->len == 0)
		return (struct acl_answer){.refuses = false};
	if (peer->sa.sa_family == AF_UNIX)
		return ask_users(conf, peer);
	lets = find(&conf->only_from, peer);
	bars = find(&conf->no_access, peer);
	if (bars && (!lets || bars->prefix.len >= lets->prefix.len))
		return (struct acl_answer){.refuses = true, .option = "no_access", .net = bars};
	if (!conf->only_from_set)
		return (struct acl_answer){.refuses = false};
	return (struct acl_answer){.refuses = !lets, .option = "only_from", .net = lets};
}

const struct net *acl_exempt(const struct conf_service *conf, const struct addr *peer)
{
	return find(&conf->exempt, peer);
}
