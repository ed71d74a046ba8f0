/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ARTIFACTS_BUILT_PROGRAMS_H
#define TOOLS_ARTIFACTS_BUILT_PROGRAMS_H

#include "base/digest.h"
#include "policies/artifacts/elf_image.h"

/*
 * What the programs and libraries of a root have loaded with them, noted while their
 * bytes pass by on the way to SHA-256: which of them init needs is known only when the
 * whole root is there, and then no archive is read again. A note is found by its file's
 * digest, wherever links and diversions put the file.
 */
struct built_programs;

enum status built_programs_new(struct built_programs **out);
void built_programs_free(struct built_programs *programs);

AUTO_FREE(built_programs, struct built_programs, built_programs_free);

/* One file: begin, its bytes, end. Of what is no program only the first bytes are kept. */
void built_programs_begin(struct built_programs *programs);
enum status built_programs_add(struct built_programs *programs, struct span content);
enum status built_programs_end(struct built_programs *programs, const uint8_t *sha256);

/* STATUS_NOT_FOUND for a file that has nothing loaded with it; what elf_image_parse() said of
 * one that is broken. Spans borrow until the next file. */
enum status built_programs_find(struct built_programs *programs, const uint8_t *sha256,
				struct elf_image *out);

#endif
