/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "image_maker.h"
#include "log_bytes.h"
#include "policies/artifacts/cpio_archive.h"
#include "policies/artifacts/elf_image.h"
#include "policies/artifacts/fat_image.h"
#include "policies/artifacts/firmware_variables.h"
#include "policies/artifacts/grub_image.h"
#include "policies/artifacts/shim_image.h"
#include "policies/artifacts/uki_image.h"
#include "policies/artifacts/variable_data.h"
#include "base/text.h"

static void make_two_sections(struct bytes *out)
{
	const struct made_section sections[] = {
		{ ".text", span_text("code") },
		{ ".a-long-name", span_text("data of the second section") },
	};

	make_image(sections, 2, out);
}

static struct digest authenticode(struct span file)
{
	struct pe_image image;
	struct digest digest;

	assert_int_equal(pe_image_parse(file, &image), OK);
	assert_int_equal(pe_image_authenticode(&image, DIGEST_SHA256, &digest), OK);
	return digest;
}

static void an_image_is_read_with_its_long_names(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	struct pe_image image;
	struct pe_section section;
	(void)state;

	make_two_sections(&file);
	assert_int_equal(pe_image_parse(span_of(&file), &image), OK);
	assert_int_equal(image.section_count, 2);
	assert_int_equal(pe_image_section(&image, ".a-long-name", &section), OK);
	assert_true(span_equal(section.content, span_text("data of the second section")));
	assert_int_equal(pe_image_section(&image, ".none", &section), STATUS_NOT_FOUND);
}

static void signing_an_image_leaves_its_digest(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	AUTO_DONE(bytes) signed_file = { 0 };
	(void)state;

	make_two_sections(&file);
	make_signed(span_of(&file), &signed_file);
	struct digest before = authenticode(span_of(&file));
	struct digest after = authenticode(span_of(&signed_file));
	assert_true(digest_equal(&before, &after));
}

static bool is_left_out(size_t at)
{
	return (at >= MADE_CHECKSUM_AT && at < MADE_CHECKSUM_AT + 4) ||
	       (at >= MADE_SIGNATURES_AT && at < MADE_SIGNATURES_AT + 8);
}

static void every_other_byte_counts(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	struct pe_image image;
	struct digest digest;
	(void)state;

	make_two_sections(&file);
	struct digest good = authenticode(span_of(&file));
	for (size_t at = 0; at < file.len; at++) {
		file.data[at] ^= 0xff;
		enum status status = pe_image_parse(span_of(&file), &image);

		if (status == OK)
			status = pe_image_authenticode(&image, DIGEST_SHA256, &digest);
		if (status == OK && is_left_out(at))
			assert_true(digest_equal(&digest, &good));
		if (status == OK && !is_left_out(at))
			assert_false(digest_equal(&digest, &good));
		file.data[at] ^= 0xff;
	}
}

static void every_truncation_of_an_image_is_refused_or_another_image(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	AUTO_DONE(bytes) signed_file = { 0 };
	struct pe_image image;
	struct digest digest;
	(void)state;

	make_two_sections(&file);
	make_signed(span_of(&file), &signed_file);
	struct digest good = authenticode(span_of(&signed_file));
	for (size_t len = 0; len < signed_file.len; len++) {
		struct span part = { signed_file.data, len };

		/* Signatures end where the file ends: cut, they are not there. */
		if (pe_image_parse(part, &image) != OK)
			continue;
		if (pe_image_authenticode(&image, DIGEST_SHA256, &digest) == OK)
			assert_false(digest_equal(&digest, &good));
	}
}

static void hostile_images_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		size_t size;
	} faults[] = {
		{ 0, 0x5a5a, 2 }, /* magic */
		{ 0x3c, 0xfffffff0, 4 }, /* e_lfanew */
		{ MADE_PE_AT, 0x5045, 2 },
		{ MADE_PE_AT + 6, PE_SECTIONS_MAX + 1, 2 },
		{ MADE_PE_AT + 20, 0xffff, 2 }, /* optional header's length */
		{ MADE_PE_AT + 24, 0x107, 2 }, /* a ROM image */
		{ MADE_PE_AT + 24 + 60, 0xffffffff, 4 }, /* headers' length */
		{ MADE_PE_AT + 24 + 60, 0x10, 4 }, /* headers end in the section table */
		{ MADE_PE_AT + 24 + 108, 17, 4 }, /* directories */
		{ MADE_SIGNATURES_AT + 4, 8, 4 }, /* signatures elsewhere than at the end */
		{ MADE_SIGNATURES_AT + 4, 0xffffffff, 4 },
		{ MADE_PE_AT + 24 + 240 + 20, 0xfffffff0, 4 }, /* a section's offset */
		{ MADE_PE_AT + 24 + 240 + 16, 0xfffffff0, 4 }, /* its size */
	};
	(void)state;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		AUTO_DONE(bytes) file = { 0 };
		struct pe_image image;

		make_two_sections(&file);
		for (size_t b = 0; b < faults[i].size; b++)
			file.data[faults[i].at + b] = (uint8_t)(faults[i].value >> 8 * b);
		assert_int_not_equal(pe_image_parse(span_of(&file), &image), OK);
	}
}

static void signatures_elsewhere_than_at_the_end_are_refused(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	AUTO_DONE(bytes) signed_file = { 0 };
	struct pe_image image;
	(void)state;

	make_two_sections(&file);
	make_signed(span_of(&file), &signed_file);
	assert_int_equal(pe_image_parse(span_of(&signed_file), &image), OK);
	signed_file.data[MADE_SIGNATURES_AT] ^= 8;
	assert_int_equal(pe_image_parse(span_of(&signed_file), &image), STATUS_MALFORMED);
}

static void more_sections_than_any_image_has_are_refused(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	struct pe_image image;
	(void)state;

	make_image(NULL, 0, &file);
	put_filled(&file, 0, 0x4000 - file.len);
	file.data[MADE_PE_AT + 24 + 61] = 0x40; /* headers all over */
	file.data[MADE_PE_AT + 6] = PE_SECTIONS_MAX;
	assert_int_equal(pe_image_parse(span_of(&file), &image), OK);
	file.data[MADE_PE_AT + 6] = PE_SECTIONS_MAX + 1;
	assert_int_equal(pe_image_parse(span_of(&file), &image), STATUS_TOO_LARGE);
}

static void sections_that_claim_more_than_the_file_have_no_digest(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	struct pe_image image;
	struct digest digest;
	(void)state;

	make_two_sections(&file);
	/* Both are the second one, three times as long. */
	for (size_t i = 0; i < 2; i++) {
		uint8_t *header = file.data + MADE_PE_AT + 24 + 240 + 40 * i;

		header[17] = 6;
		header[20] = header[22] = header[23] = 0;
		header[21] = 2;
	}
	assert_int_equal(pe_image_parse(span_of(&file), &image), OK);
	assert_int_equal(pe_image_authenticode(&image, DIGEST_SHA256, &digest), STATUS_MALFORMED);
}

static void a_name_that_stands_twice_names_nothing(void **state)
{
	const struct made_section sections[] = { { ".linux", span_text("one") },
						 { ".linux", span_text("two") } };
	AUTO_DONE(bytes) file = { 0 };
	struct pe_image image;
	struct pe_section section;
	(void)state;

	make_image(sections, 2, &file);
	assert_int_equal(pe_image_parse(span_of(&file), &image), OK);
	assert_int_equal(pe_image_section(&image, ".linux", &section), STATUS_MALFORMED);
}

static void make_shim(struct span keys, struct bytes *file)
{
	AUTO_DONE(bytes) vendor = { 0 };
	AUTO_DONE(bytes) level = { 0 };

	make_vendor(keys, span_text("forbidden"), &vendor);
	make_sbat_level("sbat,1,2025021800\nshim,4\n", "sbat,1,2025051000\nshim,5\n", &level);

	const struct made_section sections[] = { { ".vendor_cert", span_of(&vendor) },
						 { ".sbatlevel", span_of(&level) } };
	make_image(sections, 2, file);
}

static void a_shim_gives_its_keys_and_the_level_of_always(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	AUTO_DONE(bytes) list = { 0 };
	AUTO_DONE(bytes) authority = { 0 };
	struct pe_image image;
	struct shim_image shim;
	(void)state;

	make_shim(span_text("0certificate"), &file);
	assert_int_equal(pe_image_parse(span_of(&file), &image), OK);
	assert_int_equal(shim_image_parse(&image, &shim), OK);
	assert_true(span_equal(shim.vendor_keys, span_text("0certificate")));
	assert_true(span_equal(shim.vendor_forbidden, span_text("forbidden")));
	assert_true(span_equal(shim.sbat_level, span_text("sbat,1,2025021800\nshim,4\n")));
	assert_int_equal(shim_mok_list(&shim, &list), OK);
	assert_int_equal(list.len, 28 + 16 + 12);
	assert_int_equal(list.data[16], 28 + 16 + 12);
	assert_int_equal(list.data[24], 16 + 12);
	assert_int_equal(shim_vendor_authority(&shim, "Shim", &authority), OK);
	assert_int_equal(authority.len, 16 + 16 + 8 + 16 + 12);
}

static void a_shim_with_a_list_of_keys_measures_the_list(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	AUTO_DONE(bytes) list = { 0 };
	struct pe_image image;
	struct shim_image shim;
	(void)state;

	make_shim(span_text("\xa1list"), &file);
	assert_int_equal(pe_image_parse(span_of(&file), &image), OK);
	assert_int_equal(shim_image_parse(&image, &shim), OK);
	assert_int_equal(shim_mok_list(&shim, &list), OK);
	assert_true(span_equal(span_of(&list), span_text("\xa1list")));
	assert_int_equal(shim_vendor_authority(&shim, "Shim", &list), STATUS_UNSUPPORTED);
}

static void a_shim_whose_parts_lie_outside_is_refused(void **state)
{
	static const size_t at[] = { 0, 4, 8, 12 }; /* sizes, offsets */
	(void)state;

	for (size_t i = 0; i < 4; i++) {
		AUTO_DONE(bytes) vendor = { 0 };
		AUTO_DONE(bytes) file = { 0 };
		struct pe_image image;
		struct shim_image shim;

		make_vendor(span_text("0key"), span_text("dbx"), &vendor);
		vendor.data[at[i] + 3] = 0xff;
		const struct made_section sections[] = { { ".vendor_cert", span_of(&vendor) } };
		make_image(sections, 1, &file);
		assert_int_equal(pe_image_parse(span_of(&file), &image), OK);
		assert_int_not_equal(shim_image_parse(&image, &shim), OK);
	}
}

static void a_level_without_an_end_is_refused(void **state)
{
	AUTO_DONE(bytes) vendor = { 0 };
	AUTO_DONE(bytes) level = { 0 };
	(void)state;

	make_vendor(span_text("0key"), span_text("dbx"), &vendor);
	make_sbat_level("sbat,1", "sbat,2", &level);
	for (size_t len = 0; len < level.len; len++) {
		const struct made_section sections[] = {
			{ ".vendor_cert", span_of(&vendor) },
			{ ".sbatlevel", { level.data, len } },
		};
		AUTO_DONE(bytes) file = { 0 };
		struct pe_image image;
		struct shim_image shim;

		make_image(sections, 2, &file);
		assert_int_equal(pe_image_parse(span_of(&file), &image), OK);
		bool has_first = len >= 12 + sizeof("sbat,1");
		assert_int_equal(shim_image_parse(&image, &shim) == OK, has_first);
	}
}

static void make_grub(const char *config, struct bytes *file)
{
	AUTO_DONE(bytes) script = { 0 };
	AUTO_DONE(bytes) disk = { 0 };
	AUTO_DONE(bytes) modules = { 0 };

	for (int i = 0; i < 60; i++)
		put(&script, span_text("echo more than two clusters\n"));
	make_fat("GRUB    CFG", span_of(&script), &disk);
	make_grub_modules("/EFI/debian", config, span_of(&disk), &modules);
	const struct made_section sections[] = { { "mods", span_of(&modules) } };
	make_image(sections, 1, file);
}

static enum status grub_script_of(const struct bytes *file, struct grub_image *grub,
				  struct bytes *script)
{
	struct pe_image image;

	assert_int_equal(pe_image_parse(span_of(file), &image), OK);
	assert_int_equal(grub_image_parse(&image, grub), OK);
	return grub_image_script(grub, script);
}

static void a_grub_gives_the_script_of_its_memory_disk(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	AUTO_DONE(bytes) script = { 0 };
	struct grub_image grub;
	(void)state;

	make_grub("normal (memdisk)/grub.cfg\n", &file);
	assert_int_equal(grub_script_of(&file, &grub, &script), OK);
	assert_true(span_equal(grub.prefix, span_text("/EFI/debian")));
	assert_int_equal(script.len, 60 * 28);
	assert_memory_equal(script.data + 59 * 28, "echo more than two clusters\n", 28);
}

static void a_grub_that_starts_otherwise_is_not_predicted(void **state)
{
	AUTO_DONE(bytes) odd = { 0 };
	AUTO_DONE(bytes) none = { 0 };
	AUTO_DONE(bytes) script = { 0 };
	struct grub_image grub;
	(void)state;

	make_grub("search.fs_uuid 1234 root\n", &odd);
	make_grub(NULL, &none);
	assert_int_equal(grub_script_of(&odd, &grub, &script), STATUS_UNSUPPORTED);
	assert_int_equal(grub_script_of(&none, &grub, &script), STATUS_NOT_FOUND);
}

static void a_memory_disk_that_goes_in_circles_ends(void **state)
{
	AUTO_DONE(bytes) disk = { 0 };
	AUTO_DONE(bytes) out = { 0 };
	struct fat_image fat;
	(void)state;

	make_fat("GRUB    CFG", span_text("content"), &disk);
	/* The file claims more than its one cluster, which is its own successor. */
	disk.data[512 + 3] = 2;
	disk.data[512 + 4] &= 0xf0;
	disk.data[1024 + 32 + 30] = 0xff;
	assert_int_equal(fat_image_open(span_of(&disk), &fat), OK);
	assert_int_equal(fat_image_read(&fat, "GRUB    CFG", 1 << 16, &out), STATUS_TOO_LARGE);
	assert_int_equal(fat_image_read(&fat, "OTHER   CFG", 1 << 16, &out), STATUS_NOT_FOUND);
	disk.data[1024 + 32 + 30] = 0;
	disk.data[1024 + 32 + 29] = 0x10;
	assert_int_equal(fat_image_read(&fat, "GRUB    CFG", 1 << 16, &out), OK);
	assert_int_equal(out.len, 0x1000 + 7);
}

static void every_truncation_of_a_memory_disk_is_refused(void **state)
{
	AUTO_DONE(bytes) disk = { 0 };
	(void)state;

	make_fat("GRUB    CFG", span_text("content"), &disk);
	for (size_t len = 0; len < disk.len; len++) {
		struct fat_image fat;

		assert_int_not_equal(fat_image_open((struct span){ disk.data, len }, &fat), OK);
	}
}

static void an_archive_gives_files_and_links_and_then_the_rest(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	struct cpio_member m;
	(void)state;

	make_cpio_member("kernel", MADE_DIRECTORY, (struct span){ 0 }, &file);
	make_cpio_member("TRAILER!!!", 0, (struct span){ 0 }, &file);
	put_filled(&file, 0, 512 - file.len % 512);
	make_cpio_member("bin", MADE_SYMLINK, span_text("usr/bin"), &file);
	make_cpio_member("init", MADE_MEMBER, span_text("#!/bin/sh"), &file);
	make_cpio_member("TRAILER!!!", 0, (struct span){ 0 }, &file);
	put(&file, span_text("\x1f\x8b packed"));

	struct cpio_archive archive = cpio_archive_over(span_of(&file));
	assert_int_equal(cpio_archive_next(&archive, &m), OK);
	assert_int_equal(m.kind, CPIO_OTHER);
	assert_int_equal(cpio_archive_next(&archive, &m), OK);
	assert_int_equal(m.kind, CPIO_LINK);
	assert_true(span_equal(m.content, span_text("usr/bin")));
	assert_int_equal(cpio_archive_next(&archive, &m), OK);
	assert_int_equal(m.kind, CPIO_FILE);
	assert_true(span_equal(m.name, span_text("init")));
	assert_int_equal(cpio_archive_next(&archive, &m), STATUS_NOT_FOUND);
	assert_true(span_equal(cpio_archive_rest(&archive), span_text("\x1f\x8b packed")));
}

static void a_cut_archive_gives_no_member_more(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	struct cpio_member m;
	(void)state;

	make_cpio_member("init", MADE_MEMBER, span_text("#!/bin/sh"), &file);
	/* Its padding may be missing, its content not. */
	for (size_t len = 6; len < file.len - 3; len++) {
		struct cpio_archive archive = cpio_archive_over((struct span){ file.data, len });

		assert_int_not_equal(cpio_archive_next(&archive, &m), OK);
	}
}

static void odd_archive_members_are_refused(void **state)
{
	static const struct {
		size_t at;
		char c;
	} faults[] = {
		{ 6, 'x' }, /* a digit */
		{ 54, 'f' }, /* size */
		{ 94, 'f' }, /* length of the name */
		{ 101, '0' }, /* an empty name */
		{ 110 + 2, '\0' }, /* a NUL in the name */
	};
	(void)state;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		AUTO_DONE(bytes) file = { 0 };
		struct cpio_member m;

		make_cpio_member("init", MADE_MEMBER, span_text("#!/bin/sh"), &file);
		file.data[faults[i].at] = (uint8_t)faults[i].c;
		struct cpio_archive archive = cpio_archive_over(span_of(&file));
		assert_int_not_equal(cpio_archive_next(&archive, &m), OK);
	}
}

static void an_elf_file_names_what_is_loaded_with_it(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	struct elf_image elf;
	(void)state;

	make_elf(&file);
	assert_int_equal(elf_image_parse(span_of(&file), &elf), OK);
	assert_true(span_equal(elf.interpreter, span_text("/lib64/ld.so.2")));
	assert_true(span_equal(elf.run_path, span_text("$ORIGIN/more")));
	assert_int_equal(elf.needed_count, 2);
	assert_true(span_equal(elf.needed[0], span_text("libone.so.1")));
	assert_true(span_equal(elf.needed[1], span_text("libtwo.so")));
	assert_int_equal(elf_image_parse(span_text("#!/bin/sh"), &elf), STATUS_NOT_FOUND);
	for (size_t len = 0; len < file.len; len++)
		assert_int_not_equal(elf_image_parse((struct span){ file.data, len }, &elf), OK);
}

static void a_hostile_elf_file_is_refused(void **state)
{
	static const size_t at[] = {
		4, /* class */
		54, /* size of a segment's header */
		56, /* how many */
		64 + 56 + 8 + 7, /* where the loader's name is */
		64 + 2 * 56 + 32 + 7, /* size of the dynamic section */
		64 + 3 * 56 + 16 + 8 + 7, /* a library's name */
	};
	(void)state;

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		AUTO_DONE(bytes) file = { 0 };
		struct elf_image elf;

		make_elf(&file);
		file.data[at[i]] = 0xff;
		assert_int_not_equal(elf_image_parse(span_of(&file), &elf), OK);
	}
}

/* What is counted section by section has to fit in one list. */
static void an_elf_file_with_two_dynamic_sections_is_refused(void **state)
{
	static const struct {
		size_t sections, libraries;
		enum status expected;
	} files[] = {
		{ 1, ELF_NEEDED_MAX, OK },
		{ 1, ELF_NEEDED_MAX + 1, STATUS_TOO_LARGE },
		{ 2, 1, STATUS_MALFORMED },
		{ 2, ELF_NEEDED_MAX, STATUS_MALFORMED },
		{ 63, ELF_NEEDED_MAX, STATUS_MALFORMED },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		AUTO_DONE(bytes) file = { 0 };
		struct elf_image elf;

		make_crowded_elf(files[i].sections, files[i].libraries, &file);
		assert_int_equal(elf_image_parse(span_of(&file), &elf), files[i].expected);
	}
}

/* Kernel and loader could each follow another one. */
static void an_elf_file_with_two_loaders_is_refused(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	struct elf_image elf;
	(void)state;

	make_elf(&file);
	file.data[64 + 2 * 56] = 3; /* PT_INTERP, where the dynamic section was */
	assert_int_equal(elf_image_parse(span_of(&file), &elf), STATUS_MALFORMED);
}

static void a_store_gives_the_variables_that_are_there(void **state)
{
	AUTO_DONE(bytes) store = { 0 };
	struct firmware_variable v;
	(void)state;

	make_store(&store);
	make_variable("PK", 0x3c, span_text("deleted"), &store);
	make_variable("PK", 0x3e, span_text("in transition"), &store);
	make_variable("PK", 0x3f, span_text("key"), &store);
	make_variable("db", 0x7f, span_text("half written"), &store);
	make_store_end(&store);
	assert_int_equal(firmware_variable_named(span_of(&store), guid_global, "PK", &v), OK);
	assert_true(span_equal(v.content, span_text("key")));
	assert_int_equal(firmware_variable_named(span_of(&store), guid_security, "PK", &v),
			 STATUS_NOT_FOUND);
	assert_int_equal(firmware_variable_named(span_of(&store), guid_global, "db", &v),
			 STATUS_NOT_FOUND);
	assert_int_equal(firmware_variable_named(span_of(&store), guid_global, "P", &v),
			 STATUS_NOT_FOUND);
}

static void a_broken_store_is_refused(void **state)
{
	AUTO_DONE(bytes) store = { 0 };
	struct firmware_variable v;
	static const size_t at[] = { 16,
				     40,
				     48,
				     0x48,
				     0x48 + 20,
				     0x48 + 21,
				     0x48 + 28,
				     0x48 + 28 + 36 + 3,
				     0x48 + 28 + 40 + 3 };
	(void)state;

	make_store(&store);
	make_variable("PK", 0x3f, span_text("key"), &store);
	make_store_end(&store);
	for (size_t len = 0; len < store.len; len++)
		assert_int_not_equal(firmware_variable_named((struct span){ store.data, len },
							     guid_global, "PK", &v),
				     OK);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		store.data[at[i]] ^= 0xf0;
		assert_int_not_equal(
			firmware_variable_named(span_of(&store), guid_global, "PK", &v), OK);
		store.data[at[i]] ^= 0xf0;
	}
	assert_int_equal(firmware_variable_named(span_of(&store), guid_global, "PK", &v), OK);
}

static void make_uki(struct bytes *file)
{
	const struct made_section sections[] = {
		{ ".sdmagic", span_text("#### LoaderInfo: systemd-stub 252.39-1 ####") },
		{ ".cmdline", span_text("root=/dev/vda2 ro") },
		{ ".initrd", span_text("initrd") },
		{ ".osrel", { 0 } }, /* to the stub, as if it were not there */
		{ ".linux", span_text("kernel") },
	};

	make_image(sections, 5, file);
}

/* printf '.linux\0', kernel, ... through sha256sum, as systemd-measure does. */
static const char *const uki_after[] = {
	"673bc5011cea55635efa9c6fa614ad596c15853769925fc52a6f11ce1618fe30",
	"cd78d6524bc223350417e5877c00fca5c0423d828f5a0e1f3b4541eb8640a5d0",
	"d6e694339b0f930f5c8a95b898238e9e1a820d4cf0e1f9555dcdd022b081ce01",
	"1943831222a66a93cab518a79faf82d55ab1b5bdf4c71ba80dcb841aed07e620",
	"88266da836eb102b9063ca1dce7bf1e031aba8df8a02cfa4bd8c0f137536754c",
	"c58ab532027631abe227a3c5c3b7b037d703bf203d0a44972f41b538aff14f0f",
	"41cda3d119a6d0b9554b9f44df4628a6159ccea0161b939c19655dc652b3ba01",
};

static void a_unified_image_gives_pcr_11_phase_by_phase(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	struct pe_image image;
	struct uki_image uki;
	struct uki_values values;
	(void)state;

	make_uki(&file);
	assert_int_equal(pe_image_parse(span_of(&file), &image), OK);
	assert_int_equal(uki_image_parse(&image, &uki), OK);
	assert_int_equal(uki.stub_version, 252);
	assert_false(uki.adds_to_initrd);
	assert_true(span_equal(uki.command_line, span_text("root=/dev/vda2 ro")));
	assert_int_equal(uki_predict(&image, DIGEST_SHA256, &values), OK);
	assert_int_equal(values.count, sizeof(uki_after) / sizeof(uki_after[0]));
	for (size_t i = 0; i < values.count; i++) {
		AUTO_DONE(bytes) hex = { 0 };

		assert_int_equal(hex_append(&hex, digest_span(&values.value[i])), OK);
		assert_true(span_equal(span_of(&hex), span_text(uki_after[i])));
	}
}

/* What the file lacks is zeros in memory, and measured there. */
static void a_section_longer_in_memory_than_in_the_file_is_refused(void **state)
{
	static const char *const names[] = { ".linux", ".cmdline", ".initrd", ".sdmagic" };
	(void)state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_DONE(bytes) file = { 0 };
		struct pe_image image;
		struct uki_image uki;

		make_uki(&file);
		uint8_t *header = memmem(file.data, file.len, names[i], strlen(names[i]));

		assert_non_null(header);
		header[10] = 1; /* VirtualSize: 64 KiB more */
		assert_int_equal(pe_image_parse(span_of(&file), &image), OK);
		assert_int_equal(uki_image_parse(&image, &uki), STATUS_UNSUPPORTED);
	}
}

static void an_image_without_a_kernel_is_no_unified_one(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	struct pe_image image;
	struct uki_image uki;
	struct shim_image shim;
	struct grub_image grub;
	(void)state;

	make_two_sections(&file);
	assert_int_equal(pe_image_parse(span_of(&file), &image), OK);
	assert_int_equal(uki_image_parse(&image, &uki), STATUS_NOT_FOUND);
	assert_int_equal(shim_image_parse(&image, &shim), STATUS_NOT_FOUND);
	assert_int_equal(grub_image_parse(&image, &grub), STATUS_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_is_read_with_its_long_names),
		cmocka_unit_test(signing_an_image_leaves_its_digest),
		cmocka_unit_test(every_other_byte_counts),
		cmocka_unit_test(every_truncation_of_an_image_is_refused_or_another_image),
		cmocka_unit_test(hostile_images_are_refused),
		cmocka_unit_test(signatures_elsewhere_than_at_the_end_are_refused),
		cmocka_unit_test(more_sections_than_any_image_has_are_refused),
		cmocka_unit_test(sections_that_claim_more_than_the_file_have_no_digest),
		cmocka_unit_test(a_name_that_stands_twice_names_nothing),
		cmocka_unit_test(a_shim_gives_its_keys_and_the_level_of_always),
		cmocka_unit_test(a_shim_with_a_list_of_keys_measures_the_list),
		cmocka_unit_test(a_shim_whose_parts_lie_outside_is_refused),
		cmocka_unit_test(a_level_without_an_end_is_refused),
		cmocka_unit_test(a_grub_gives_the_script_of_its_memory_disk),
		cmocka_unit_test(a_grub_that_starts_otherwise_is_not_predicted),
		cmocka_unit_test(a_memory_disk_that_goes_in_circles_ends),
		cmocka_unit_test(every_truncation_of_a_memory_disk_is_refused),
		cmocka_unit_test(an_archive_gives_files_and_links_and_then_the_rest),
		cmocka_unit_test(a_cut_archive_gives_no_member_more),
		cmocka_unit_test(odd_archive_members_are_refused),
		cmocka_unit_test(an_elf_file_names_what_is_loaded_with_it),
		cmocka_unit_test(a_hostile_elf_file_is_refused),
		cmocka_unit_test(an_elf_file_with_two_dynamic_sections_is_refused),
		cmocka_unit_test(an_elf_file_with_two_loaders_is_refused),
		cmocka_unit_test(a_store_gives_the_variables_that_are_there),
		cmocka_unit_test(a_broken_store_is_refused),
		cmocka_unit_test(a_unified_image_gives_pcr_11_phase_by_phase),
		cmocka_unit_test(a_section_longer_in_memory_than_in_the_file_is_refused),
		cmocka_unit_test(an_image_without_a_kernel_is_no_unified_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
