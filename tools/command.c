/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "daemon/command_line.h"

enum answer unusable(const char *format, ...)
{
	va_list args;

	fputs("attestctl: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
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
