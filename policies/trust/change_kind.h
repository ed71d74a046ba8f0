/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRUST_CHANGE_KIND_H
#define POLICIES_TRUST_CHANGE_KIND_H

#include "base/bytes.h"

/* What a change needs: approvals of platform, or of both teams. */
enum change_class {
	CHANGE_LOW_RISK,
	CHANGE_TRUST_IMPACTING,
};

extern const char *const change_class_names[];

/* What can differ between two manifests and their sets. */
enum change_kind {
	CHANGE_FIRST_RELEASE, /* nothing to compare with */
	CHANGE_OTHER, /* a field that nobody has classed */
	CHANGE_LINE,
	CHANGE_PLATFORM,
	CHANGE_KERNEL,
	CHANGE_EPOCH,
	CHANGE_LIFETIME,
	CHANGE_ROLLBACK_TO,
	CHANGE_EVIDENCE,
	CHANGE_SECURE_BOOT,
	CHANGE_LOCKDOWN,
	CHANGE_FIRMWARE_KEY,
	CHANGE_FIRMWARE_MINIMUM,
	CHANGE_BOOT_IMAGE,
	CHANGE_BOOT_EVENT,
	CHANGE_IGNORE_WIDENED,
	CHANGE_IGNORE_NARROWED,
	CHANGE_COMMAND_LINE,
	CHANGE_INITRD,
	CHANGE_PCR_VALUE,
	CHANGE_IMA_TEMPLATE,
	CHANGE_IMA_POLICY,
	CHANGE_VIOLATIONS,
	CHANGE_BUILTIN_POLICY,
	CHANGE_MODULES_DISABLED,
	CHANGE_EARLY_SET,
	CHANGE_KEYRING,
	CHANGE_EXCLUDE_WIDENED,
	CHANGE_EXCLUDE_NARROWED,
	CHANGE_SET_CLASS,
	CHANGE_MUST_APPEAR,
	CHANGE_BASE_FILE_ADDED,
	CHANGE_BASE_FILE_REMOVED,
	CHANGE_BASE_FILE_CHANGED,
	CHANGE_PRIVILEGED_FILE, /* in a base set, and what privilege rests on */
	CHANGE_IDENTITY_FILE,
	CHANGE_ENFORCEMENT_FILE,
	CHANGE_KERNEL_FILE,
	CHANGE_VENDOR_FILE,
	CHANGE_EARLY_FILE, /* of a set that may run before the IMA policy */
};

#define CHANGE_KINDS 40

/* "command-line" */
const char *change_kind_name(enum change_kind kind);
/* "the kernel's command line" */
const char *change_kind_words(enum change_kind kind);
enum status change_kind_named(struct span name, enum change_kind *out);

/* May a root let it pass with platform's approval alone? RELEASES.md names what
 * never may: kernel, initrd, command line, firmware and Secure Boot, keys, IMA
 * policy, identity, enforcement, excludes, the privilege boundary. */
bool change_kind_may_be_low_risk(enum change_kind kind);

/* What a difference in a manifest's field is: "boot.cmdline". The longest field
 * that it lies within decides; is_wider where an element was added. */
enum change_kind change_kind_of_field(struct span field, bool is_wider);

/* Does privilege rest on this file: who changes it can become root or reach the
 * kernel (dynamic loader, init, sudo, PAM, modules, firmware ...)? The usual
 * places of a Linux system, with or without /usr in front; a root adds its own
 * by class_rules. */
bool path_is_privileged(struct span path);

#endif
