#include "control/request.h"

#include <string.h>

static bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return true;
}

/* The next word, NUL-terminated in place; NULL at the end. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, " ");
	size_t len = strcspn(word, " ");

	if (len == 0)
		return NULL;
	*at = word + len;
	if (**at)
		*(*at)++ = '\0';
	return word;
}

int request_parse(struct request *request, const char *line, size_t len, const char **why_r)
{
	char *at = request->text, *word;

	*why_r = "the request is too long";
	if (len >= sizeof request->text)
		return -1;
	*why_r = "the request has a byte that is not printable ASCII";
	if (!is_printable(line, len))
		return -1;
	memcpy(request->text, line, len);
	request->text[len] = '\0';
	word = next_word(&at);
	request->json = word && strcmp(word, CONTROL_JSON) == 0;
	if (request->json)
		word = next_word(&at);
	*why_r = "the request names no command";
	if (!word)
		return -1;
	request->command = word;
	*why_r = "the request has too many words";
	for (request->args = 0; (word = next_word(&at)); request->args++) {
		if (request->args == CONTROL_WORDS_MAX - 1)
			return -1;
		request->arg[request->args] = word;
	}
	request->arg[request->args] = NULL;
	return 0;
}
