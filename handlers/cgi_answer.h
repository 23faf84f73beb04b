/* cgi_answer.h - from what a script says to the answer of its client.
 *
 * The script runs, and the pump is started. Takes the script's header apart, or, where its name
 * begins with "nph-", does not; sends what there is to send; and sees to the script's end. */
#ifndef HANDLERS_CGI_ANSWER_H
#define HANDLERS_CGI_ANSWER_H

#include "cgi_fail.h"

/* As cgi_run(). */
enum cgi_result cgi_answer(struct cgi_job *job, char location[CGI_LOCATION_MAX + 1]);

#endif
