/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_H
#define TOOLS_RELEASE_RELEASE_H

#include "tools/command.h"
#include "tools/release/release_line.h"

/* attestctl release SUBCOMMAND: one file each, command_release_NAME.c. argv[0]
 * is the subcommand. */
enum answer release_init(int argc, char **argv);
enum answer release_import(int argc, char **argv);
enum answer release_collect(int argc, char **argv);
enum answer release_check(int argc, char **argv);
enum answer release_provenance(int argc, char **argv);
enum answer release_diff(int argc, char **argv);
enum answer release_sign(int argc, char **argv);
enum answer release_approve(int argc, char **argv);
enum answer release_canary(int argc, char **argv);
enum answer release_matrix(int argc, char **argv);
enum answer release_publish(int argc, char **argv);
enum answer release_rollback(int argc, char **argv);
enum answer release_root(int argc, char **argv);
enum answer release_emergency(int argc, char **argv);
enum answer release_review(int argc, char **argv);
enum answer release_revoke(int argc, char **argv);
enum answer release_status(int argc, char **argv);
enum answer release_witness(int argc, char **argv);

/* Would a verifier read this manifest? Says why not. */
enum status draft_check(const char *path, struct span payload);

#endif
