#include "control/commands.h"

#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "core/service.h"

static const struct command {
	struct control_command is;
	void (*run)(struct answer *answer);
} commands[] = {
#define ROW(id, name, args, least, most, rights, help) \
	{{name, args, help, least, most, rights}, id##_answer},
    CONTROL_COMMANDS(ROW)
#undef ROW
};

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].is.name, name) == 0)
			return &commands[i];
	return NULL;
}

void answer_refuse(struct answer *answer, const char *status, const char *format, ...)
{
	va_list ap;

	buf_addf(answer->report.out, "%s ", status);
	va_start(ap, format);
	buf_vaddf(answer->report.out, format, ap);
	va_end(ap);
	buf_addc(answer->report.out, '\n');
	answer->done = true;
}

void answer_ok(struct answer *answer, const char *form)
{
	buf_addf(answer->report.out, "ok %s\n", answer->report.as_json ? "json" : form);
}

void answer_failed(struct answer *answer, const char *form)
{
	buf_addf(answer->report.out, "failed %s\n", answer->report.as_json ? "json" : form);
}

void answer_end(struct answer *answer)
{
	buf_adds(answer->report.out, CONTROL_END);
	answer->done = true;
}

bool answer_is_full(struct answer *answer)
{
	return ++answer->rows >= COMMAND_ROWS || answer->report.out->len >= COMMAND_PIECE;
}

void answer_table(struct answer *answer, const char *name, const struct report_column *column,
                  size_t columns)
{
	if (answer->begun)
		return;
	answer->begun = true;
	answer_ok(answer, "table");
	report_table(&answer->report, name, column, columns);
}

bool answer_lacks_service(struct answer *answer, const char *name)
{
	if (answer->begun || !name || service_find(answer->sup, name))
		return false;
	answer_refuse(answer, "error", "there is no service \"%s\"", name);
	return true;
}

void command_begin(struct answer *answer)
{
	const struct request *request = answer->request;
	const struct command *command = command_find(request->command);

	if (!command) {
		answer_refuse(answer, "usage", "there is no command \"%s\"", request->command);
	} else if (request->args < command->is.least || request->args > command->is.most) {
		answer_refuse(answer, "usage", "%s%s%s", command->is.name,
		              *command->is.args ? " " : " takes no arguments", command->is.args);
	} else if (command->is.rights == CONTROL_CHANGE && !answer->may_change) {
		log_info("control: %s refused to uid %u, pid %ld", command->is.name,
		         answer->peer.uid, (long)answer->peer.pid);
		answer_refuse(answer, "denied",
		              "%s is for root, for the account of usherd and for its "
		              "control_group",
		              command->is.name);
	} else {
		answer->run = command->run;
		answer->generation = answer->sup->generation;
		command_continue(answer);
	}
}

void command_continue(struct answer *answer)
{
	answer->rows = 0;
	/* Where it stood in the list of services means nothing any more: it is cut off. */
	if (answer->generation != answer->sup->generation && answer->begun)
		answer->done = true;
	else if (!answer->pending)
		answer->run(answer);
}

void command_abandon(struct answer *answer)
{
	if (answer->pending)
		answer->abandon(answer);
	answer->pending = false;
}
