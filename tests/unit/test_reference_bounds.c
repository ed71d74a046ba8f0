/* SPDX-License-Identifier: Apache-2.0 */
/* An image comes from a role that others may have taken over: every row's references are
 * checked when it is opened, since nobody checks them after that. */
#include "unit.h"

#include <string.h>

#include "policies/reference/image.h"
#include "policies/reference/image_layout.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char two_files[] = A "  /usr/bin/cat\n" A "  /usr/bin/ls\n";

/* One row of each kind; all their ranges are empty, but for what release and set need. */
struct rows {
	struct node_class node_class;
	struct boot_rule rule;
	struct reference_set set;
	struct release release;
};

static void init(struct rows *r)
{
	*r = (struct rows){
		.node_class = { .name = span_text("server"),
				.trust_domain = span_text("prod.example"),
				.bank = DIGEST_SHA256,
				.select = 0x6fff,
				.policy_pcrs = 0x4090,
				.cap = 13,
				.grant_lifetime_s = 600,
				.attest_interval_s = 300 },
		.rule = { .pcr = 4, .type = 0x80000003, .name = span_text("shim") },
		.set = { .name = span_text("base.files"),
			 .digest = digest_filled(DIGEST_SHA256, 3),
			 .class = SET_IDENTITY,
			 .files = 2 },
		.release = { .manifest = digest_filled(DIGEST_SHA256, 9),
			     .line = span_text("line"),
			     .version = 42,
			     .state = RELEASE_CURRENT,
			     .platform = span_text("q35"),
			     .kernel = span_text("6.1.0"),
			     .accept_until = INT64_MAX,
			     .ima.hash = DIGEST_SHA256 },
	};
}

static void build(const struct rows *r, struct bytes *out)
{
	const struct reference_facts facts = { .root_version = 1, .index_version = 1 };
	const struct layer_owner owner = { span_text("team"), span_text("backup"),
					   span_text("phone") };
	const struct digest set = digest_filled(DIGEST_SHA256, 3);
	AUTO_DONE(image_builder) image = { 0 };
	struct file_table_result result;

	bytes_done(out);
	assert_int_equal(image_builder_init(&image), OK);
	for (int i = 0; i < LAYERS; i++)
		(void)image_owner(&image, &owner);
	assert_int_equal(image_file_table(&image, span_text(two_files), &set, &result), OK);
	(void)image_class(&image, &r->node_class);
	(void)image_boot_rule(&image, &r->rule);
	(void)image_set(&image, &r->set);
	(void)image_release(&image, &r->release);
	assert_int_equal(image_finish(&image, &facts, out), OK);
}

static enum status open_rows(const struct rows *r)
{
	AUTO_DONE(bytes) image = { 0 };
	struct reference reference;

	build(r, &image);
	return reference_open(span_of(&image), &reference);
}

static void each_range_lies_in_its_section(void **state)
{
	struct rows golden, r;
	struct ref_range *const ranges[] = {
		&r.node_class.id_patterns, &r.node_class.cells,
		&r.node_class.blocked,	   &r.node_class.firmware_deny,
		&r.rule.digests,	   &r.set.must_appear,
		&r.release.scope.classes,  &r.release.scope.nodes,
		&r.release.boot.pk,	   &r.release.boot.kek,
		&r.release.boot.db,	   &r.release.boot.dbx_minimum,
		&r.release.boot.chain,	   &r.release.boot.events,
		&r.release.boot.ignore,	   &r.release.boot.cmdline,
		&r.release.boot.initrd,	   &r.release.boot.pcrs,
		&r.release.ima.templates,  &r.release.ima.policy_digests,
		&r.release.ima.keyrings,   &r.release.ima.keyring_digests,
		&r.release.ima.sets,	   &r.release.ima.early,
		&r.release.ima.exclude,
	};
	(void)state;

	init(&golden);
	assert_int_equal(open_rows(&golden), OK);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		r = golden;
		*ranges[i] = (struct ref_range){ .first = 1000 };
		if (open_rows(&r) != STATUS_MALFORMED)
			fail_msg("range %zu begins behind the last row", i);
		*ranges[i] = (struct ref_range){ .first = 0, .count = UINT32_MAX };
		if (open_rows(&r) != STATUS_MALFORMED)
			fail_msg("range %zu ends behind the last row", i);
	}
}

static void each_row_is_whole(void **state)
{
	struct rows r;
	(void)state;

	init(&r);
	r.node_class.bank = DIGEST_NONE;
	assert_int_equal(open_rows(&r), STATUS_MALFORMED);
	init(&r);
	r.release.manifest = digest_filled(DIGEST_SHA384, 9);
	r.release.manifest.alg = DIGEST_NONE;
	assert_int_equal(open_rows(&r), STATUS_MALFORMED);
	init(&r);
	r.release.ima.hash = DIGEST_NONE;
	assert_int_equal(open_rows(&r), STATUS_MALFORMED);
	init(&r);
	r.set.table = 1;
	assert_int_equal(open_rows(&r), STATUS_MALFORMED);
	init(&r);
	r.set.class = (enum set_class)99;
	assert_int_equal(open_rows(&r), STATUS_MALFORMED);
	init(&r);
	r.rule.layer = (enum layer)99;
	assert_int_equal(open_rows(&r), STATUS_MALFORMED);
	init(&r);
	r.release.state = (enum release_state)99;
	assert_int_equal(open_rows(&r), STATUS_MALFORMED);
	init(&r);
	r.release.boot.lockdown = (enum lockdown)99;
	assert_int_equal(open_rows(&r), STATUS_MALFORMED);
	/* A keyring for each digest. */
	init(&r);
	r.release.ima.keyrings.count = 1;
	assert_int_equal(open_rows(&r), STATUS_MALFORMED);
}

static void a_truth_is_one_or_none(void **state)
{
	AUTO_DONE(bytes) one = { 0 };
	AUTO_DONE(bytes) other = { 0 };
	struct reference reference;
	struct rows r;
	size_t at = 0;
	(void)state;

	init(&r);
	build(&r, &one);
	r.node_class.require_safe = true;
	build(&r, &other);
	assert_int_equal(one.len, other.len);
	/* The generation is in the facts, which come first. */
	at = (size_t)image_be64(one.data + sizeof(IMAGE_MAGIC) - 1 + 4 + IMAGE_CLASSES * 16);
	while (at < one.len && one.data[at] == other.data[at])
		at++;
	assert_true(at < one.len && other.data[at] == 1);
	other.data[at] = 2;
	assert_int_equal(reference_open(span_of(&other), &reference), STATUS_MALFORMED);
}

static void put_be64(uint8_t *at, uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		at[i] = (uint8_t)value;
}

/* Where the header says that the section lies; its length is behind it. */
static uint8_t *header_of(struct bytes *image, enum image_section section)
{
	return image->data + sizeof(IMAGE_MAGIC) - 1 + 4 + (size_t)section * 16;
}

static uint8_t *section_of(struct bytes *image, enum image_section section)
{
	return image->data + image_be64(header_of(image, section));
}

static enum status open_image(const struct bytes *image)
{
	struct reference reference;

	return reference_open(span_of(image), &reference);
}

static void each_section_lies_in_the_image(void **state)
{
	AUTO_DONE(bytes) image = { 0 };
	struct rows r;
	(void)state;

	init(&r);
	for (unsigned i = 0; i < IMAGE_SECTIONS; i++) {
		build(&r, &image);
		put_be64(header_of(&image, i), image.len + 1);
		put_be64(header_of(&image, i) + 8, 0);
		assert_int_equal(open_image(&image), STATUS_TRUNCATED);
		build(&r, &image);
		put_be64(header_of(&image, i) + 8, image.len);
		assert_int_equal(open_image(&image), STATUS_TRUNCATED);
		build(&r, &image);
		if (image_row_size[i] == 1 || image_be64(header_of(&image, i) + 8) == 0)
			continue;
		put_be64(header_of(&image, i) + 8, image_row_size[i] - 1);
		assert_int_equal(open_image(&image), STATUS_MALFORMED);
	}
	build(&r, &image);
	image.data[0] ^= 1;
	assert_int_equal(open_image(&image), STATUS_UNSUPPORTED);
	image.data[0] ^= 1;
	image.data[sizeof(IMAGE_MAGIC) - 1 + 3] ^= 1;
	assert_int_equal(open_image(&image), STATUS_UNSUPPORTED);
}

/* The layers' owners are found by the layer, without asking. */
static void facts_and_owners_are_there(void **state)
{
	AUTO_DONE(bytes) image = { 0 };
	struct rows r;
	(void)state;

	init(&r);
	build(&r, &image);
	put_be64(header_of(&image, IMAGE_FACTS) + 8, 0);
	assert_int_equal(open_image(&image), STATUS_MALFORMED);
	build(&r, &image);
	put_be64(header_of(&image, IMAGE_OWNERS) + 8, (LAYERS - 1) * image_row_size[IMAGE_OWNERS]);
	assert_int_equal(open_image(&image), STATUS_MALFORMED);
}

static void each_text_lies_in_the_pool(void **state)
{
	AUTO_DONE(bytes) image = { 0 };
	struct rows r;
	(void)state;

	init(&r);
	build(&r, &image);
	/* Offset beyond, of nothing. */
	memset(section_of(&image, IMAGE_TEXTS), 0xff, 4);
	memset(section_of(&image, IMAGE_TEXTS) + 4, 0, 4);
	assert_int_equal(open_image(&image), STATUS_MALFORMED);
	build(&r, &image);
	memset(section_of(&image, IMAGE_TEXTS) + 4, 0xff, 4);
	assert_int_equal(open_image(&image), STATUS_MALFORMED);
}

/* Key, slots, how many, records, their length. */
static void each_table_lies_in_its_sections(void **state)
{
	static const struct {
		size_t field;
		uint64_t value;
	} rows[] = {
		{ 1, 1 << 20 },
		{ 1, 1 },
		{ 2, 0 },
		{ 2, 3 },
		{ 2, 1 << 20 },
		{ 3, 1 << 20 },
		{ 4, 1 << 20 },
		{ 1, UINT64_MAX - 7 },
		{ 2, (uint64_t)1 << 61 },
		{ 3, UINT64_MAX },
		{ 4, UINT64_MAX },
	};
	AUTO_DONE(bytes) image = { 0 };
	struct rows r;
	(void)state;

	init(&r);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		build(&r, &image);
		put_be64(section_of(&image, IMAGE_FILE_TABLES) + 8 * rows[i].field, rows[i].value);
		if (open_image(&image) != STATUS_MALFORMED)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_range_lies_in_its_section),
		cmocka_unit_test(each_row_is_whole),
		cmocka_unit_test(a_truth_is_one_or_none),
		cmocka_unit_test(each_section_lies_in_the_image),
		cmocka_unit_test(facts_and_owners_are_there),
		cmocka_unit_test(each_text_lies_in_the_pool),
		cmocka_unit_test(each_table_lies_in_its_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
