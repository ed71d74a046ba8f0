/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_GRUB_IMAGE_H
#define POLICIES_ARTIFACTS_GRUB_IMAGE_H

#include "policies/artifacts/pe_image.h"

/* What grub-mkimage put into a GRUB for 64-bit UEFI (GRUB, kernel.h). Spans
 * borrow from the image. */
struct grub_image {
	struct span prefix; /* "/EFI/debian"; empty without one */
	struct span config; /* what it runs first, in its simplest language */
	struct span memdisk; /* a file system in memory */
};

/* STATUS_NOT_FOUND for an image that is no GRUB. */
enum status grub_image_parse(const struct pe_image *image, struct grub_image *out);

/* The script that this GRUB starts with: of its memory disk where the
 * configuration in it says "normal (memdisk)/grub.cfg". STATUS_NOT_FOUND: none,
 * it starts with grub.cfg of its prefix. STATUS_UNSUPPORTED: something else. */
enum status grub_image_script(const struct grub_image *grub, struct bytes *out);

#endif
