/* The request parser: any line is either refused with a reason or cut into words
 * that would make the same request again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool is_word(const char *word)
{
	return word && *word && !strchr(word, ' ') && strlen(word) < CONTROL_REQUEST_MAX;
}

static size_t join(const struct request *request, char *line)
{
	char *to = line;

	if (request->json)
		to = stpcpy(to, CONTROL_JSON " ");
	to = stpcpy(to, request->command);
	for (int i = 0; i < request->args; i++) {
		*to++ = ' ';
		to = stpcpy(to, request->arg[i]);
	}
	return (size_t)(to - line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request request, again;
	char line[CONTROL_REQUEST_MAX];
	const char *why = NULL;

	if (request_parse(&request, (const char *)data, size, &why) < 0) {
		check(why != NULL);
		return 0;
	}
	check(size < CONTROL_REQUEST_MAX && is_word(request.command));
	check(request.args < CONTROL_WORDS_MAX && !request.arg[request.args]);
	for (int i = 0; i < request.args; i++)
		check(is_word(request.arg[i]));
	check(request_parse(&again, line, join(&request, line), &why) == 0);
	check(again.json == request.json && again.args == request.args);
	check(strcmp(again.command, request.command) == 0);
	for (int i = 0; i < request.args; i++)
		check(strcmp(again.arg[i], request.arg[i]) == 0);
	return 0;
}
