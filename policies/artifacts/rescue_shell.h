/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_RESCUE_SHELL_H
#define POLICIES_ARTIFACTS_RESCUE_SHELL_H

#include "base/bytes.h"

/*
 * Shells that an approved initramfs opens by itself, on the console, where something fails: who
 * is at one writes IMA's first policy as text, which leaves no entry (i22). What rules them out
 * stands on the kernel's command line: initramfs-tools(7), dracut.cmdline(7),
 * systemd-debug-generator(8), SYSTEMD_SULOGIN_FORCE of systemd's ENVIRONMENT.md.
 */
enum rescue_shell {
	RESCUE_INITRAMFS_TOOLS, /* gives one unless panic= has it reboot or halt */
	RESCUE_DRACUT, /* gives one unless rd.shell=0 */
	RESCUE_ASKED, /* a word has one started whatever else is said */
};

#define RESCUE_SHELLS 3

/* Words between white space. One behind a quoting mark, which not all readers take for one,
 * rules nothing out; of two that contradict each other the one counts that gives a shell. */
bool rescue_shell_is_left(enum rescue_shell shell, struct span command_line);
/* "rescue-shell-dracut"; static, as the advice. */
const char *rescue_shell_code(enum rescue_shell shell);
const char *rescue_shell_advice(enum rescue_shell shell);

#endif
