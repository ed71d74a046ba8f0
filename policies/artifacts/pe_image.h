/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_PE_IMAGE_H
#define POLICIES_ARTIFACTS_PE_IMAGE_H

#include "base/digest.h"
#include "base/reader.h"

/* An image that firmware or shim starts: PE32 or PE32+ (Microsoft PE and COFF
 * Specification). Spans borrow from the file. */

#define PE_SECTIONS_MAX 96 /* what Windows' loader takes; ours have a dozen */

struct pe_section {
	struct span name; /* as long as it is written: up to 8 bytes, or of the string table */
	struct span content; /* in the file, without the padding behind it */
	uint32_t offset; /* of what is in the file, */
	uint32_t raw_size; /* padding included */
	uint32_t virtual_size; /* in memory: what the file lacks is zeros there */
};

struct pe_image {
	struct span file;
	size_t checksum_at; /* CheckSum: 4 bytes that no digest covers */
	size_t signatures_at; /* the directory's 8 bytes for them; 0: it has none */
	size_t signatures_len; /* at the end of the file */
	size_t header_len;
	size_t section_count;
	struct pe_section section[PE_SECTIONS_MAX];
};

enum status pe_image_parse(struct span file, struct pe_image *out);

/* STATUS_NOT_FOUND without one, STATUS_MALFORMED with two. */
enum status pe_image_section(const struct pe_image *image, const char *name,
			     struct pe_section *out);

/* The Authenticode digest, as firmware and shim measure it (TCG PFP 10.2.3;
 * Windows Authenticode PE Signature Format, "Calculating the PE Image Hash"). */
enum status pe_image_authenticode(const struct pe_image *image, enum digest_alg alg,
				  struct digest *out);

#endif
