/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

/* What every subcommand of attestctl answers with. */
enum answer {
	ANSWER_YES = 0,
	ANSWER_NO = 1, /* a negative verdict */
	ANSWER_UNUSABLE = 2, /* unusable input, wrong usage, failure */
};

/* One subcommand. argv[0] is its name. It prints its own --help. */
struct command {
	const char *name;
	const char *summary;
	enum answer (*run)(int argc, char **argv);
};

/* Says "attestctl: " and the message on standard error, gives ANSWER_UNUSABLE. */
enum answer unusable(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
