/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_SHIM_IMAGE_H
#define POLICIES_ARTIFACTS_SHIM_IMAGE_H

#include "policies/artifacts/pe_image.h"

/* What shim carries and measures. Spans borrow from the image. */
struct shim_image {
	struct span vendor_keys; /* a certificate, or an EFI_SIGNATURE_LIST of several */
	struct span vendor_forbidden; /* EFI_SIGNATURE_LIST */
	/* The revocation level that it enforces where nobody asked for the latest
	 * (shim, SBAT.md); empty before shim 15.7. */
	struct span sbat_level;
};

/* STATUS_NOT_FOUND for an image that is no shim. */
enum status shim_image_parse(const struct pe_image *image, struct shim_image *out);

/* MokList as shim measures it into PCR 14 on a machine where nobody enrolled a
 * key: its vendor's keys as an EFI_SIGNATURE_LIST. */
enum status shim_mok_list(const struct shim_image *shim, struct bytes *out);

/* UEFI_VARIABLE_DATA of the authority that shim measures into PCR 7 when a
 * vendor's certificate verified an image; name is where it looked it up:
 * "MokListRT", "MokList" or "Shim". STATUS_UNSUPPORTED for a list of keys. */
enum status shim_vendor_authority(const struct shim_image *shim, const char *name,
				  struct bytes *out);

#endif
