/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COLLECT_RELEASE_ARTIFACTS_H
#define TOOLS_COLLECT_RELEASE_ARTIFACTS_H

#include "policies/artifacts/pe_image.h"
#include "tools/collect/boot_draft.h"
#include "tools/collect/boot_files.h"
#include "tools/artifacts/file_list.h"
#include "tools/release/release_line.h"

/* What a machine was built from, as collect's options name it; NULL: not given. */
struct boot_artifacts {
	const char *esp; /* directory with the EFI system partition's files */
	const char *firmware_variables; /* the firmware's variable store */
	const char *platform_log; /* boot log of another boot of the same firmware */
	const char *image; /* what the firmware starts: "/EFI/BOOT/BOOTX64.EFI" */
	const char *device; /* GRUB's name of the ESP: "hd0,gpt1" */
	const char *initramfs; /* the one that GRUB has to load */
	const char *uki; /* unified kernel image that the firmware starts, without an ESP */
};

/* The manifest's "boot" from artifacts; NULL after a message. */
json_t *collect_boot_artifacts(const struct boot_artifacts *artifacts, const char *lockdown);

/* Its parts, each in a file of its own. They say what failed. */

/* Keys and minimums from the variable store. */
enum status draft_firmware_variables(struct boot_draft *d, const char *path);
/* What no artifact explains, from a log: the firmware's own PCRs. */
enum status draft_platform(struct boot_draft *d, const char *path);
/* The chain that starts with the image: shim, GRUB, the kernel; or a unified
 * kernel image. */
enum status draft_boot_chain(struct boot_draft *d, const struct boot_artifacts *artifacts);
enum status draft_grub(struct boot_draft *d, const struct boot_artifacts *artifacts,
		       struct span directory, const struct pe_image *image);
/* STATUS_NOT_FOUND, quietly, for an image without a kernel in it. */
enum status draft_uki(struct boot_draft *d, const struct pe_image *image, const char *name);

/* Every file in an initramfs, by the path that the kernel will report; of a
 * unified kernel image, in its own. */
enum status initramfs_files(const char *path, struct file_list *out);
enum status uki_files(const char *path, struct file_list *out);
enum status initramfs_content_files(const char *name, struct span content, struct file_list *out);

/* Events of the log that the manifest does not explain, said one by one by the
 * rules of a verifier; *unexplained counts them. */
enum status check_boot_log(struct span manifest, const char *path, size_t *unexplained);

#endif
