/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_ELF_IMAGE_H
#define POLICIES_ARTIFACTS_ELF_IMAGE_H

#include "base/reader.h"

/* What a 64-bit little-endian ELF file has loaded with it (System V ABI, chapter
 * 5; gABI "Dynamic Section"). Spans borrow from the file. */

#define ELF_NEEDED_MAX 256

struct elf_image {
	struct span interpreter; /* the loader's path; empty without one */
	struct span run_path; /* DT_RUNPATH, or else DT_RPATH: "DIR:DIR" */
	size_t needed_count;
	struct span needed[ELF_NEEDED_MAX]; /* names of libraries */
};

/* STATUS_NOT_FOUND for a file that is no ELF file, STATUS_UNSUPPORTED for one of
 * another class. */
enum status elf_image_parse(struct span file, struct elf_image *out);

#endif
