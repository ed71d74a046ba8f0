/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/options.h"

#include <stdio.h>

#include "daemon/command_line.h"

int options_next(int argc, char **argv, const char *letters, const struct option *known)
{
	return command_line_next(argc, argv, letters, known);
}

static enum answer wrong(const struct command_options *command)
{
	return unusable("%s: see --help", command->usage);
}

bool options_take(const struct command_options *command, int argc, char **argv,
		  const char **directory, enum answer *answer)
{
	int option;

	*answer = ANSWER_UNUSABLE;
	while ((option = options_next(argc, argv, "", command->options)) != -1) {
		if (option == OPTION_HELP) {
			fputs(command->help, stdout);
			fputs(command->more_help == NULL ? "" : command->more_help, stdout);
			*answer = ANSWER_YES;
			return false;
		}
		if (option != '?' && command->take(command->self, option, optarg))
			continue;
		if (optarg != NULL)
			(void)unusable("an option is wrong: %s", optarg);
		*answer = wrong(command);
		return false;
	}
	if (optind != argc - 1 ||
	    (command->is_whole != NULL && !command->is_whole(command->self))) {
		*answer = wrong(command);
		return false;
	}
	*directory = argv[optind];
	return true;
}
