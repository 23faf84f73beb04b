#include "cgi_meta.h"
#include "text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void set_server(struct cgi_env *env, const struct httpd_conn *conn)
{
	const char *local = getenv("TCPLOCALIP"), *port = getenv("TCPLOCALPORT");
	const char *https = getenv("HTTPS");
	bool secure = https && strcmp(https, "off") != 0;
	char name[64];

	cgi_env_set(env, "SERVER_ADDR", local);
	if (*conn->head.host) {
		cgi_env_set(env, "SERVER_NAME", conn->head.host);
	} else {
		snprintf(name, sizeof name, local && strchr(local, ':') ? "[%s]" : "%s",
		         local ? local : "localhost");
		cgi_env_set(env, "SERVER_NAME", name);
	}
	cgi_env_set(env, "SERVER_PORT", port ? port : secure ? "443" : "80");
	cgi_env_set(env, "SERVER_PROTOCOL", conn->head.minor ? "HTTP/1.1" : "HTTP/1.0");
	cgi_env_set(env, "SERVER_SOFTWARE", "usherd/" PACKAGE_VERSION);
	cgi_env_set(env, "GATEWAY_INTERFACE", "CGI/1.1");
	cgi_env_set(env, "REQUEST_SCHEME", secure ? "https" : "http");
	cgi_env_set(env, "HTTPS", secure ? "on" : NULL);
}

static void set_client(struct cgi_env *env, const struct httpd_conn *conn)
{
	const char *address = getenv("REMOTE_ADDR"), *host = getenv("REMOTE_HOST");

	/* On a unix socket there is none, and a script may expect that there is. */
	cgi_env_set(env, "REMOTE_ADDR", address ? address : "unix:");
	cgi_env_set(env, "REMOTE_HOST", host ? host : address);
	cgi_env_set(env, "REMOTE_PORT", getenv("REMOTE_PORT"));
	cgi_env_set(env, "AUTH_TYPE", conn->user ? "Basic" : NULL);
	cgi_env_set(env, "REMOTE_USER", conn->user);
}

/* The body's length is said only where there is a body, and is what can be read then. */
static void set_request(struct cgi_env *env, const struct httpd_head *head, uint64_t length)
{
	char digits[24];

	cgi_env_set(env, "REQUEST_METHOD", head->method);
	cgi_env_set(env, "REQUEST_URI", head->target);
	cgi_env_set(env, "QUERY_STRING", head->query ? head->query : "");
	if (head->framing != HTTPD_NO_BODY) {
		*text_decimal(digits, length) = '\0';
		cgi_env_set(env, "CONTENT_LENGTH", digits);
		cgi_env_set(env, "CONTENT_TYPE", httpd_head_field(head, "Content-Type"));
	}
	/* php-cgi wants to be told that it was not asked for by its own path. */
	cgi_env_set(env, "REDIRECT_STATUS", "200");
	cgi_env_fields(env, head->field, head->fields);
}

static void set_script(struct cgi_env *env, const struct cgi_script *script)
{
	char path[2 * HTTPD_PATH_MAX + 2];
	int len = snprintf(path, sizeof path, "%s%s", script->root, script->path_info);

	cgi_env_set(env, "DOCUMENT_ROOT", script->root);
	cgi_env_set(env, "SCRIPT_FILENAME", script->file);
	cgi_env_set(env, "SCRIPT_NAME", script->name);
	if (*script->path_info) {
		cgi_env_set(env, "PATH_INFO", script->path_info);
		if (len > 0 && (size_t)len < sizeof path)
			cgi_env_set(env, "PATH_TRANSLATED", path);
	}
}

char *const *cgi_meta(struct cgi_env *env, const struct httpd_conn *conn,
                      const struct cgi_script *script, uint64_t length)
{
	cgi_env_begin(env, environ);
	set_script(env, script);
	set_request(env, &conn->head, length);
	set_client(env, conn);
	set_server(env, conn);
	return cgi_env_end(env);
}
