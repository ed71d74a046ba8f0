/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/text.h"
#include "image_maker.h"
#include "log_bytes.h"
#include "policies/artifacts/cpio_archive.h"
#include "policies/artifacts/elf_image.h"
#include "policies/artifacts/firmware_variables.h"
#include "policies/artifacts/uki_image.h"
#include "policies/artifacts/variable_data.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
