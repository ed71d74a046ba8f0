/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/command_line.h"

/* What servers and files say is a text for a terminal, and no command to it. */
static void put_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		bool is_command = ((unsigned char)*text < ' ' && *text != '\n') || *text == 0x7f;

		(void)fputc(is_command ? '?' : *text, stderr);
	}
}

enum answer unusable(const char *format, ...)
{
	AUTO(char) text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	fputs("attestctl: ", stderr);
	put_plain(text == NULL ? "no memory" : text);
	fputc('\n', stderr);
	return ANSWER_UNUSABLE;
}

bool wants_help(int argc, char **argv)
{
	return (argc > 1 && strcmp(argv[1], "help") == 0) || command_line_wants_help(argc, argv);
}

bool option_number(const char *name, const char *text, int64_t min, int64_t max, int64_t *out)
{
	uint64_t number = 0;

	if (decimal_parse(span_text(text), (uint64_t)max, &number) != OK || (int64_t)number < min) {
		(void)unusable("--%s wants a number from %" PRId64 " to %" PRId64 ", not '%s'",
			       name, min, max, text);
		return false;
	}
	*out = (int64_t)number;
	return true;
}

enum answer command_run(const struct command *command, int argc, char **argv)
{
	static char program[] = "attestctl";

	argv[1] = program;
	return command->run(argc - 1, argv + 1);
}
