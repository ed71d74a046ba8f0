/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_UKI_IMAGE_H
#define POLICIES_ARTIFACTS_UKI_IMAGE_H

#include "policies/artifacts/pe_image.h"

/* A unified kernel image: systemd's stub and what it starts (UAPI Group
 * Specification "Unified Kernel Image"). Spans borrow from the image. */
struct uki_image {
	unsigned stub_version; /* 252; 0: it does not say */
	struct span kernel;
	struct span initrd; /* empty without one */
	struct span command_line; /* without closing NULs */
	bool adds_to_initrd; /* PCR signatures or their key, which it packs itself */
};

/* STATUS_NOT_FOUND for an image without a kernel in it, STATUS_MALFORMED where a section
 * stands twice, STATUS_UNSUPPORTED where one is longer in memory than in the file. */
enum status uki_image_parse(const struct pe_image *image, struct uki_image *out);

/* The stub measures each part that it knows, its name and its content, into PCR
 * 11; then systemd goes through its phases (systemd-pcrphase.service(8)). */
#define UKI_PHASES_MAX 8

struct uki_values {
	size_t count;
	struct digest value[UKI_PHASES_MAX];
};

/* PCR 11 after the stub and after each phase, up to "ready"; with and without
 * those of an initrd that runs systemd. */
enum status uki_predict(const struct pe_image *image, enum digest_alg bank, struct uki_values *out);

#endif
