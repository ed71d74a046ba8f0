/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_line.h"

#include <stdio.h>
#include <string.h>

bool command_line_has(int argc, char **argv, const char *word)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

bool command_line_wants_help(int argc, char **argv)
{
	return command_line_has(argc, argv, "--help") || command_line_has(argc, argv, "-h");
}

static const struct option *find(const struct option *known, const char *name)
{
	while (known->name != NULL && strcmp(known->name, name) != 0)
		known++;
	return known->name == NULL ? NULL : known;
}

int command_line_next(int argc, char **argv, const char *letters, const struct option *known)
{
	const struct option *help = find(known, "help");
	int which = -1;

	if (optind == 1 && help != NULL && command_line_wants_help(argc, argv))
		return help->val;

	int option = getopt_long(argc, argv, letters, known, &which);

	if (option == -1 || option == '?' || optarg == NULL || optarg != argv[optind - 1] ||
	    strncmp(optarg, "--", 2) != 0)
		return option;
	(void)fprintf(stderr, "%s: option '--%s' wants a value, not '%s'\n", argv[0],
		      which < 0 ? "" : known[which].name, optarg);
	optarg = NULL;
	return '?';
}
