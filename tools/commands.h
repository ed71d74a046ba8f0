/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

#include "tools/command.h"

/* One file a subcommand, command_NAME.c, in the folder of what it is about. */
enum answer command_appraise(int argc, char **argv);
enum answer command_audit(int argc, char **argv);
enum answer command_bootlog(int argc, char **argv);
enum answer command_bundle(int argc, char **argv);
enum answer command_ek(int argc, char **argv);
enum answer command_entry(int argc, char **argv);
enum answer command_imalog(int argc, char **argv);
enum answer command_mint(int argc, char **argv);
enum answer command_node(int argc, char **argv);
enum answer command_quote(int argc, char **argv);
enum answer command_release(int argc, char **argv);

#endif
