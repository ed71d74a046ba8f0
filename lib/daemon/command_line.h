/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_COMMAND_LINE_H
#define DAEMON_COMMAND_LINE_H

#include <getopt.h>
#include <stdbool.h>

/*
 * getopt_long() for people. --help and -h count wherever they stand, where known has help. A
 * value that stands by itself and opens with "--" was forgotten: '?', after a message as
 * getopt's own. Who means it writes --option=--value.
 */
int command_line_next(int argc, char **argv, const char *letters, const struct option *known);

/* Does it stand there, before a "--" that ends the options? */
bool command_line_has(int argc, char **argv, const char *word);
bool command_line_wants_help(int argc, char **argv);

#endif
