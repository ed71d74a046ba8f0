/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <getopt.h>

#include "tools/command.h"

/* What every table of options ends with. */
#define OPTION_HELP 1024
#define LAST_OPTIONS                                                                               \
	{ "help", no_argument, NULL, OPTION_HELP },                                                \
	{                                                                                          \
		NULL, 0, NULL, 0                                                                   \
	}

/* How a command reads its options: each goes to take, which says false where its value is
 * wrong; one argument is left, DIR. */
struct command_options {
	const char *usage; /* "release rollback DIR --to VERSION --reason TEXT" */
	const char *help, *more_help; /* a text may be too long for one literal; NULL: none */
	const struct option *options;
	bool (*take)(void *self, int option, const char *value);
	bool (*is_whole)(const void *self); /* of all that were given; NULL: always */
	void *self;
};

/* command_line_next(), which each command without such a table goes by itself. */
int options_next(int argc, char **argv, const char *letters, const struct option *known);

/* False with *answer where that is all there is to do: help was asked for and printed, or
 * an option is wrong, or they do not fit together, which was said. */
bool options_take(const struct command_options *command, int argc, char **argv,
		  const char **directory, enum answer *answer);

#endif
