/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_GRUB_SCRIPT_H
#define POLICIES_ARTIFACTS_GRUB_SCRIPT_H

#include "base/bytes.h"

/*
 * What GRUB 2 with its tpm module measures when it runs its scripts: each command
 * as it runs, its words expanded and joined by a space (PCR 8), each file that it
 * opens (PCR 9), and the kernel's command line (PCR 8).
 *
 * Only what is sure is predicted: variables, if, [, search --file, source,
 * configfile, menuentry, linux, initrd, boot and commands that read nothing. For
 * anything else the answer is STATUS_UNSUPPORTED and a fault that says where.
 */
enum grub_measured {
	GRUB_COMMAND, /* text: the command */
	GRUB_FILE, /* text: a file's path, as GRUB knows it */
	GRUB_KERNEL, /* such a file, which is then started */
	GRUB_INITRD, /* such a file */
	GRUB_COMMAND_LINE, /* text: the kernel's path and arguments */
};

#define GRUB_EVENTS_MAX 1024

struct grub_event {
	enum grub_measured kind;
	struct bytes text;
};

struct grub_events {
	size_t count;
	struct grub_event *event; /* room for GRUB_EVENTS_MAX */
};

struct grub_fault {
	size_t line; /* of the script; 0: of none */
	char script[128]; /* its path */
	char text[192]; /* what is not sure, and what to do */
};

enum grub_file_kind {
	GRUB_NO_FILE,
	GRUB_PLAIN_FILE,
	GRUB_EMPTY_FILE,
	GRUB_DIRECTORY,
};

/* The file system that GRUB was started from; paths from its root, "/EFI/...". */
struct grub_files {
	void *context;
	enum grub_file_kind (*kind)(void *context, struct span path);
	enum status (*read)(void *context, struct span path, struct bytes *out);
};

/* How GRUB was started. */
struct grub_start {
	const char *device; /* "hd0,gpt1" */
	struct span prefix; /* "/EFI/debian" */
	const char *directory; /* of its image: "/EFI/BOOT" */
	struct span script; /* that it carries; empty: grub.cfg of its prefix */
};

/* On failure too, fault is written and events are what came before. */
enum status grub_predict(const struct grub_start *start, const struct grub_files *files,
			 struct grub_events *events, struct grub_fault *fault);
void grub_events_done(struct grub_events *events);

AUTO_RELEASE(grub_events, grub_events_done);

#endif
