/* SPDX-License-Identifier: Apache-2.0 */
/* Images for UEFI: their digests, and what shim carries. */
#include "unit.h"

#include "image_maker.h"
#include "log_bytes.h"
#include "policies/artifacts/grub_image.h"
#include "policies/artifacts/shim_image.h"
#include "policies/artifacts/uki_image.h"

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
		cmocka_unit_test(an_image_without_a_kernel_is_no_unified_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
