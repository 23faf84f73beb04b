#include "tools/completion.h"

#include <stdbool.h>
#include <string.h>

/* What may stand for a word of a command's `args`, as the shells' text has it. */
static const struct kind {
	const char *name; /* as it stands there, without brackets */
	const char *bash, *zsh, *fish;
} kinds[] = {
    {"SERVICE", "$(_usherctl_ask services)", "_usherctl_names services",
     "(__usherctl_ask services)"},
    {"SESSION|SERVICE", "$(_usherctl_ask sessions services)", "_usherctl_names sessions services",
     "(__usherctl_ask sessions services)"},
    {"SIGNAL", "$(compgen -A signal -- SIG | sed s/^SIG//)", "_signals",
     "TERM KILL HUP INT USR1 USR2"},
    {"LEVEL", "error warning notice info debug", "_values level error warning notice info debug",
     "error warning notice info debug"},
    {"FORM", "inetd xinetd systemd", "_values form inetd xinetd systemd", "inetd xinetd systemd"},
    {"FILE...", "$(compgen -f -- \"$cur\")", "_files", "(__fish_complete_path)"},
    {"--dry-run", "--dry-run", "_values option --dry-run", "--dry-run"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* The first column of a table, and of that only what can do a shell no harm. */
#define NAMES "awk 'NR > 1 && $1 ~ /^[A-Za-z0-9_.-]+$/ {print $1}'"

static const char options[] = "-h --help -j --json -s --socket -V --version";

/* The next word of `args`, brackets left out; false at the end. */
static bool next_kind(const char **args, const struct kind **kind)
{
	const char *word = *args + strspn(*args, " [");
	size_t len = strcspn(word, " ]");

	*kind = NULL;
	for (size_t i = 0; i < KINDS; i++)
		if (strlen(kinds[i].name) == len && strncmp(kinds[i].name, word, len) == 0)
			*kind = &kinds[i];
	*args = word + len + strspn(word + len, "]");
	return len > 0;
}

/* In single quotes for all three; `also` is escaped by a backslash. */
static void print_quoted(FILE *to, const char *text, char also)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", to);
		else if (*text == also)
			fprintf(to, "\\%c", *text);
		else
			putc(*text, to);
	}
}

static void print_bash(FILE *to, const struct control_command *command, size_t count)
{
	fputs("# bash completion for usherctl, made from its table of commands.\n"
	      "_usherctl_ask() {\n"
	      "\tlocal what\n"
	      "\tfor what; do\n"
	      "\t\tusherctl \"${_usherctl_socket[@]}\" \"$what\" 2>/dev/null | " NAMES "\n"
	      "\tdone\n"
	      "}\n"
	      "_usherctl() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} command= at=0 i words=\n"
	      "\tlocal -a _usherctl_socket=()\n"
	      "\tCOMPREPLY=()\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t-s|--socket)\n"
	      "\t\t\tif ((++i == COMP_CWORD)); then\n"
	      "\t\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	      "\t\t\t\treturn\n"
	      "\t\t\tfi\n"
	      "\t\t\t_usherctl_socket=(-s \"${COMP_WORDS[i]}\") ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*)\n"
	      "\t\t\tif [[ $command ]]; then ((++at)); else command=${COMP_WORDS[i]}; fi ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tcase $command:$at in\n"
	      "\t:*) words=\"",
	      to);
	fputs(options, to);
	for (size_t i = 0; i < count; i++)
		fprintf(to, " %s", command[i].name);
	fputs("\" ;;\n", to);
	for (size_t i = 0; i < count; i++) {
		const char *args = command[i].args;
		const struct kind *kind;

		for (int at = 0; next_kind(&args, &kind); at++)
			if (kind)
				fprintf(to, "\t%s:%d) words=\"%s\" ;;\n", command[i].name, at,
				        kind->bash);
	}
	fputs("\tesac\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	      "}\n"
	      "complete -F _usherctl usherctl\n",
	      to);
}

static void print_zsh(FILE *to, const struct control_command *command, size_t count)
{
	fputs("#compdef usherctl\n"
	      "# zsh completion for usherctl, made from its table of commands.\n"
	      "_usherctl_names() {\n"
	      "\tlocal what\n"
	      "\tlocal -a names\n"
	      "\tfor what; do\n"
	      "\t\tnames+=(${(f)\"$(usherctl ${opt_args[-s]:+-s} ${opt_args[-s]} $what 2>/dev/null "
	      "|\n"
	      "\t\t\t" NAMES ")\"})\n"
	      "\tdone\n"
	      "\tcompadd -a names\n"
	      "}\n"
	      "_usherctl() {\n"
	      "\tlocal context state state_descr line\n"
	      "\ttypeset -A opt_args\n"
	      "\tlocal -a commands\n"
	      "\tcommands=(\n",
	      to);
	for (size_t i = 0; i < count; i++) {
		fprintf(to, "\t\t'%s:", command[i].name);
		print_quoted(to, command[i].help, ':');
		fputs("'\n", to);
	}
	fputs("\t)\n"
	      "\t_arguments -C '(-h --help)'{-h,--help}'[help]' \\\n"
	      "\t\t'(-j --json)'{-j,--json}'[answer in JSON]' \\\n"
	      "\t\t'(-s --socket)'{-s,--socket}'[the control socket]:socket:_files' \\\n"
	      "\t\t'(-V --version)'{-V,--version}'[the version]' \\\n"
	      "\t\t'1:command:->command' '*::argument:->argument'\n"
	      "\tcase $state in\n"
	      "\tcommand) _describe command commands ;;\n"
	      "\targument)\n"
	      "\t\tcase $words[1]:$CURRENT in\n",
	      to);
	for (size_t i = 0; i < count; i++) {
		const char *args = command[i].args;
		const struct kind *kind;

		for (int at = 2; next_kind(&args, &kind); at++)
			if (kind)
				fprintf(to, "\t\t%s:%d) %s ;;\n", command[i].name, at, kind->zsh);
	}
	fputs("\t\tesac ;;\n"
	      "\tesac\n"
	      "}\n"
	      "_usherctl \"$@\"\n",
	      to);
}

static void print_fish(FILE *to, const struct control_command *command, size_t count)
{
	fputs("# fish completion for usherctl, made from its table of commands.\n"
	      "function __usherctl_ask\n"
	      "\tfor what in $argv\n"
	      "\t\tusherctl $what 2>/dev/null | " NAMES "\n"
	      "\tend\n"
	      "end\n"
	      "complete -c usherctl -f\n"
	      "complete -c usherctl -s h -l help -d 'help'\n"
	      "complete -c usherctl -s j -l json -d 'answer in JSON'\n"
	      "complete -c usherctl -s s -l socket -r -F -d 'the control socket'\n"
	      "complete -c usherctl -s V -l version -d 'the version'\n",
	      to);
	for (size_t i = 0; i < count; i++) {
		const char *args = command[i].args;
		const struct kind *kind;

		fprintf(to, "complete -c usherctl -n __fish_use_subcommand -a %s -d '",
		        command[i].name);
		print_quoted(to, command[i].help, '\\');
		fputs("'\n", to);
		while (next_kind(&args, &kind))
			if (kind)
				fprintf(to,
				        "complete -c usherctl -n '__fish_seen_subcommand_from %s' "
				        "-a '%s'\n",
				        command[i].name, kind->fish);
	}
}

int completion_print(FILE *to, const char *shell, const struct control_command *command,
                     size_t count)
{
	if (strcmp(shell, "bash") == 0)
		print_bash(to, command, count);
	else if (strcmp(shell, "zsh") == 0)
		print_zsh(to, command, count);
	else if (strcmp(shell, "fish") == 0)
		print_fish(to, command, count);
	else
		return -1;
	return 0;
}
