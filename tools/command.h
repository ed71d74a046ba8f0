/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/* What every subcommand of attestctl answers with. */
enum answer {
	ANSWER_YES = 0,
	ANSWER_NO = 1, /* a negative verdict */
	ANSWER_UNUSABLE = 2, /* unusable input, wrong usage, failure */
};

/* One subcommand. argv[0] is the program's name, with which getopt's messages begin. It
 * prints its own --help. */
struct command {
	const char *name;
	const char *summary;
	enum answer (*run)(int argc, char **argv);
};

/* Runs the one that argv[1] names, with the arguments from there on. */
enum answer command_run(const struct command *command, int argc, char **argv);

/* Says "attestctl: " and the message on standard error, gives ANSWER_UNUSABLE. */
enum answer unusable(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "help" first, or --help anywhere before "--". */
bool wants_help(int argc, char **argv);

/* An option's number, digits only. False after a message that names the bounds. */
bool option_number(const char *name, const char *text, int64_t min, int64_t max, int64_t *out);

#endif
