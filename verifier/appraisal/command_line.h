/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_COMMAND_LINE_H
#define VERIFIER_APPRAISAL_COMMAND_LINE_H

#include "policies/reference/reference.h"

/*
 * Kernel command lines as GRUB measures them into PCR 8: the kernel's path,
 * then its arguments. What stands before a measured text ("grub_cmd: ",
 * "kernel_cmdline: ") is not hashed, so a host may write there what it likes:
 * the text alone decides what it is.
 */

/* Every text that shows it: from a disk, GRUB takes no kernel path but with '/', '(', a
 * quoting mark or an escape in front, or blocks, "0+2048" or "+1", white space before
 * them included; and no GRUB command starts so. */
bool command_line_is_one(struct span text);
/* For "linux PATH ARGUMENTS", the command that GRUB was given, gives the rest. */
bool command_line_of_grub(struct span text, struct span *line);
/* Is it a GRUB command by which arguments reach a program, and the text of which they
 * are part then may read like any other command, or there is none? A file from a server
 * has whatever name its owner likes ("linux set init=/bin/sh"), and what EFI programs are
 * given only the command says. */
bool command_line_is_handed_on(struct span text);
/* Files that the GRUB command "initrd FILE..." opens; 0 for any other text. */
size_t command_line_initrds(struct span text);

/* Does one of the texts fit, with or without the kernel's path in front?
 * "{uuid}" stands for 36 characters 8-4-4-4-12, and for nothing else. */
bool command_line_is_allowed(const struct reference *ref, struct ref_range texts, struct span line);

/* What the line says about lockdown: the last word counts, as in the kernel. */
struct lockdown_words {
	bool is_named;
	enum lockdown level; /* LOCKDOWN_NONE for a word that no kernel knows */
};

struct lockdown_words command_line_lockdown(struct span line);

#endif
