#include "logging.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Does the journal read our standard error? It says which file it is. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

static void log_as_configured(const struct conf_log *conf, bool background, struct log_options *log)
{
	static const enum log_to to[] = {[CONF_LOG_STDERR] = LOG_TO_STDERR,
	                                 [CONF_LOG_FILE] = LOG_TO_FILE,
	                                 [CONF_LOG_SYSLOG] = LOG_TO_SYSLOG,
	                                 [CONF_LOG_JOURNAL] = LOG_TO_JOURNAL};

	log->path = conf->path;
	if (conf->to != CONF_LOG_AUTO) {
		log->to = to[conf->to];
	} else if (background) {
		log->to = LOG_TO_SYSLOG;
	} else {
		log->to = LOG_TO_STDERR;
		log->prefix = stderr_is_journal();
	}
}

struct log_options logging_options(const struct conf *conf, const struct options *opt)
{
	struct log_options log = {
	    .format = conf->log.format == CONF_LOG_JSON ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT,
	    .level = opt->verbose ? LOG_DEBUG : conf->log.level,
	    .uid = conf->user ? conf->uid : (uid_t)-1,
	    .gid = conf->user ? conf->gid : (gid_t)-1,
	};

	if (opt->log)
		(void)options_where(opt->log, &log);
	else
		log_as_configured(&conf->log, opt->background, &log);
	return log;
}

int logging_open(const struct conf *conf, const struct options *opt)
{
	struct log_options log = logging_options(conf, opt);

	if (log_open(&log) < 0) {
		fprintf(stderr, "usherd: log: %s: %s\n", log.path, strerror(errno));
		return -1;
	}
	if (log_trouble())
		fprintf(stderr, "usherd: log: %s: %s; it is waited for\n",
		        log.to == LOG_TO_SYSLOG ? LOG_SYSLOG_PATH : LOG_JOURNAL_PATH,
		        strerror(log_trouble()));
	return 0;
}

int logging_follow(void *context, const struct conf *conf)
{
	struct log_options log = logging_options(conf, context);

	return log_open(&log);
}

void logging_reopen(void *context)
{
	(void)context;
	if (log_reopen() < 0)
		log_error("the log cannot be reopened, going on as before: %m");
	else
		log_info("the log was reopened");
}

bool logging_is_stderr(const struct conf *conf, const struct options *opt)
{
	return opt->log ? strcmp(opt->log, "stderr") == 0 : conf->log.to == CONF_LOG_STDERR;
}
