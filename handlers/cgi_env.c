#include "cgi_env.h"

#include <string.h>
#include <strings.h>

static const char *const ours[] = {
    "AUTH_TYPE",      "CONTENT_LENGTH", "CONTENT_TYPE",    "DOCUMENT_ROOT",   "GATEWAY_INTERFACE",
    "HTTPS",          "PATH_INFO",      "PATH_TRANSLATED", "QUERY_STRING",    "REMOTE_ADDR",
    "REMOTE_HOST",    "REMOTE_IDENT",   "REMOTE_PORT",     "REMOTE_USER",     "REDIRECT_STATUS",
    "REQUEST_METHOD", "REQUEST_SCHEME", "REQUEST_URI",     "SCRIPT_FILENAME", "SCRIPT_NAME",
    "SERVER_ADDR",    "SERVER_NAME",    "SERVER_PORT",     "SERVER_PROTOCOL", "SERVER_SOFTWARE",
};

static bool is_ours(const char *variable)
{
	size_t len = strcspn(variable, "=");

	if (strncmp(variable, "HTTP_", 5) == 0)
		return true;
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strlen(ours[i]) == len && memcmp(variable, ours[i], len) == 0)
			return true;
	return false;
}

static void add(struct cgi_env *env, char *variable)
{
	if (env->count == CGI_ENV_MAX)
		env->full = true;
	else
		env->list[env->count++] = variable;
}

/* What is put goes to the end of the room; NUL ends a variable. */
static void put(struct cgi_env *env, const char *bytes, size_t len)
{
	if (len > CGI_ENV_ROOM - env->used) {
		env->full = true;
		return;
	}
	memcpy(env->room + env->used, bytes, len);
	env->used += len;
}

static void put_text(struct cgi_env *env, const char *text)
{
	put(env, text, strlen(text));
}

void cgi_env_begin(struct cgi_env *env, char *const list[])
{
	env->count = env->used = 0;
	env->full = false;
	for (; *list; list++)
		if (!is_ours(*list))
			add(env, *list);
}

void cgi_env_set(struct cgi_env *env, const char *name, const char *value)
{
	if (!value)
		return;
	add(env, env->room + env->used);
	put_text(env, name);
	put_text(env, "=");
	put_text(env, value);
	put(env, "", 1);
}

static bool is_left_out(const char *name)
{
	static const char *const names[] = {
	    "Authorization",    "Connection", "Content-Length", "Content-Type",
	    "Expect",           "Keep-Alive", "Proxy",          "Proxy-Authorization",
	    "Proxy-Connection", "TE",         "Trailer",        "Transfer-Encoding",
	    "Upgrade",
	};

	for (const char *at = name; *at; at++)
		if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
		      (*at >= '0' && *at <= '9') || *at == '-'))
			return true;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return *name == '\0';
}

/* Not toupper(3), which asks a locale. */
static void put_name(struct cgi_env *env, const char *name)
{
	put_text(env, "HTTP_");
	for (; *name; name++) {
		char c = *name;

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		put(env, c == '-' ? "_" : &c, 1);
	}
}

/* Cookies are a list of another kind (RFC 6265, 5.4). */
static void put_fields(struct cgi_env *env, const struct httpd_field *first, size_t count)
{
	const char *between = strcasecmp(first->name, "Cookie") == 0 ? "; " : ", ";

	add(env, env->room + env->used);
	put_name(env, first->name);
	put_text(env, "=");
	put_text(env, first->value);
	for (const struct httpd_field *at = first + 1; at < first + count; at++) {
		if (strcasecmp(at->name, first->name) != 0)
			continue;
		put_text(env, between);
		put_text(env, at->value);
	}
	put(env, "", 1);
}

static bool was_before(const struct httpd_field fields[], size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcasecmp(fields[i].name, fields[at].name) == 0)
			return true;
	return false;
}

void cgi_env_fields(struct cgi_env *env, const struct httpd_field fields[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_left_out(fields[i].name) && !was_before(fields, i))
			put_fields(env, &fields[i], count - i);
}

char *const *cgi_env_end(struct cgi_env *env)
{
	if (env->full)
		return NULL;
	env->list[env->count] = NULL;
	return env->list;
}
