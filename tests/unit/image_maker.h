/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_IMAGE_MAKER_H
#define TESTS_IMAGE_MAKER_H

/* Small artifacts made by hand. Include unit.h first. */

#include "base/bytes.h"

struct made_section {
	const char *name; /* long ones go into the string table */
	struct span content;
};

#define MADE_PE_AT 0x40u
#define MADE_CHECKSUM_AT (MADE_PE_AT + 24 + 64)
#define MADE_SIGNATURES_AT (MADE_PE_AT + 24 + 112 + 32)
#define MADE_HEADER_LEN 0x400u

/* A PE32+ image with these sections, unsigned. */
void make_image(const struct made_section *sections, size_t count, struct bytes *out);
/* The image as a signer leaves it: signatures behind it, checksum set. */
void make_signed(struct span image, struct bytes *out);

/* A FAT12 file system with one file in its root directory. */
void make_fat(const char name[11], struct span content, struct bytes *out);
/* .mods of a GRUB image: prefix, first configuration, memory disk. */
void make_grub_modules(const char *prefix, const char *config, struct span memdisk,
		       struct bytes *out);
/* .vendor_cert and .sbatlevel of a shim. */
void make_vendor(struct span keys, struct span forbidden, struct bytes *out);
void make_sbat_level(const char *always, const char *latest, struct bytes *out);

#define MADE_MEMBER 0100755u
#define MADE_SYMLINK 0120777u
#define MADE_DIRECTORY 0040755u

void make_cpio_member(const char *name, uint32_t mode, struct span content, struct bytes *out);
void make_cpio_link(const char *name, uint32_t inode, uint32_t links, struct span content,
		    struct bytes *out);

/* A variable store; state 0x3f is a variable that is there. */
void make_store(struct bytes *out);
void make_variable(const char *name, uint8_t state, struct span content, struct bytes *store);
/* What flash holds behind them; sizes in the headers become right. */
void make_store_end(struct bytes *store);

/* An ELF file with a loader, two libraries and a run path. */
void make_elf(struct bytes *out);
/* One with that many dynamic sections, all over one list of libraries. */
void make_crowded_elf(size_t dynamic_sections, size_t libraries, struct bytes *out);

#endif
