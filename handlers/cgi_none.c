/* Scripts are answered by 501 until there is something that runs them. */
#include "cgi.h"
#include "httpd_reply.h"

enum cgi_result cgi_run(struct httpd_conn *conn, const struct cgi_script *script,
                        char location[CGI_LOCATION_MAX + 1])
{
	(void)script;
	(void)location;
	(void)httpd_reply_status(conn, 501);
	return CGI_DONE;
}
