/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/reference/image.h"
#include "policies/reference/image_layout.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static const char set_text[] = A "  /usr/bin/cat\n" B "  /opt/two words\n" C "  /usr/bin/ls\n";

static struct ref_range add_texts(struct image_builder *image, const char *text)
{
	struct ref_range range = image_texts_from_here(image);

	(void)image_text(image, span_text(text));
	range.count = 1;
	return range;
}

static struct ref_range add_digests(struct image_builder *image, uint8_t value)
{
	struct ref_range range = image_digests_from_here(image);
	struct digest digest = digest_filled(DIGEST_SHA256, value);

	(void)image_digest(image, &digest);
	range.count = 1;
	return range;
}

static void add_class(struct image_builder *image)
{
	struct node_class row = { .name = span_text("server"),
				  .trust_domain = span_text("prod.example"),
				  .bank = DIGEST_SHA256,
				  .select = 0x6fff,
				  .policy_pcrs = 0x4090,
				  .cap = 13,
				  .grant_lifetime_s = 600,
				  .attest_interval_s = 300 };
	struct firmware_deny deny = { .vendor = "IFX", .from = 7, .to = 9 };

	row.id_patterns = add_texts(image, "spiffe://prod.example/**");
	row.cells = add_texts(image, "q35/6.1.0");
	row.firmware_deny = image_firmware_deny_from_here(image);
	(void)image_firmware_deny(image, &deny);
	row.firmware_deny.count = 1;
	(void)image_class(image, &row);
}

static void add_release(struct image_builder *image, uint32_t table)
{
	struct release row = { .manifest = digest_filled(DIGEST_SHA256, 9),
			       .line = span_text("line"),
			       .version = 42,
			       .state = RELEASE_CURRENT,
			       .platform = span_text("q35"),
			       .kernel = span_text("6.1.0"),
			       .not_before = -1,
			       .accept_until = INT64_MAX };
	struct boot_rule rule = { .pcr = 4, .type = 0x80000003, .name = span_text("shim") };
	struct reference_set set = { .name = span_text("base.files"),
				     .digest = digest_filled(DIGEST_SHA256, 3),
				     .class = SET_IDENTITY,
				     .files = 3,
				     .table = table };

	rule.digests = add_digests(image, 5);
	row.boot.chain = image_boot_rules_from_here(image);
	(void)image_boot_rule(image, &rule);
	row.boot.chain.count = 1;
	row.boot.cmdline = add_texts(image, "ro");
	row.ima.hash = DIGEST_SHA256;
	set.must_appear = add_texts(image, "/usr/bin/cat");
	(void)image_set(image, &set);
	row.ima.sets = (struct ref_range){ 0, 1 };
	(void)image_release(image, &row);
}

static void build(struct bytes *out)
{
	AUTO_DONE(image_builder) image = { 0 };
	struct reference_facts facts = { .root_version = 1, .index_version = 2, .valid_until = 3 };
	struct layer_owner owner = { span_text("team"), span_text("backup"), span_text("phone") };
	struct digest digest = digest_filled(DIGEST_SHA256, 3);
	struct digest revoked = digest_filled(DIGEST_SHA256, 0xee);
	struct file_table_result result;

	assert_int_equal(image_builder_init(&image), OK);
	for (int i = 0; i < LAYERS; i++)
		(void)image_owner(&image, &owner);
	add_class(&image);
	assert_int_equal(image_file_table(&image, span_text(set_text), &digest, &result), OK);
	assert_int_equal(result.files, 3);
	add_release(&image, result.table);
	struct digest node_c = digest_filled(DIGEST_SHA256, 0xcc);
	struct digest node_a = digest_filled(DIGEST_SHA256, 0xaa);
	image_revoked_file(&image, digest_span(&revoked));
	image_revoked_node(&image, digest_span(&node_c));
	image_revoked_node(&image, digest_span(&node_a));
	assert_int_equal(image_finish(&image, &facts, out), OK);
}

/* Two changes of a name, the second of which took back in the hash what the first
 * had done to it, whatever the key: so many names for one slot. */
static void changes_of_a_name_never_balance(void **state)
{
	uint8_t name[] = "/usr/share/locale/a-name-long-enough";
	const struct span path = { name, sizeof(name) - 1 };
	(void)state;

	for (uint64_t key = 1; key != 0; key <<= 1) {
		uint64_t before = image_file_hash(key, path);

		name[7] ^= 0x80;
		name[19] ^= 0x80;
		name[23] ^= 0x80;
		assert_int_not_equal(image_file_hash(key, path), before);
	}
}

static void every_byte_of_a_name_moves_its_slot_and_its_tag(void **state)
{
	uint8_t name[] = "/usr/share/locale/a-name-long-enough";
	const uint64_t key = UINT64_C(0x3f84d5b5b5470917);
	(void)state;

	for (size_t len = 1; len < sizeof(name); len++) {
		for (size_t i = 0; i < len; i++) {
			uint64_t before = image_file_hash(key, (struct span){ name, len });

			name[i] ^= 0x80;
			uint64_t after = image_file_hash(key, (struct span){ name, len });
			assert_true((uint16_t)before != (uint16_t)after);
			assert_true(before >> 32 != after >> 32);
		}
	}
}

static void an_image_gives_back_what_was_written(void **state)
{
	AUTO_DONE(bytes) image = { 0 };
	struct reference ref;
	struct release release;
	struct node_class class;
	struct boot_rule rule;
	struct firmware_deny deny;
	(void)state;

	build(&image);
	assert_int_equal(reference_open(span_of(&image), &ref), OK);
	struct reference_facts facts = reference_facts(&ref);
	assert_int_equal(facts.valid_until, 3);
	assert_int_equal(facts.release_count, 1);
	assert_int_equal(facts.generation.len, 32);
	assert_true(span_equal(reference_owner(&ref, LAYER_NODE).escalation, span_text("phone")));

	assert_int_equal(reference_class_named(&ref, span_text("server"), &class), OK);
	assert_int_equal(class.select, 0x6fff);
	assert_int_equal(class.cap, 13);
	assert_true(reference_range_has_text(&ref, class.cells, span_text("q35/6.1.0")));
	assert_int_equal(reference_firmware_deny(&ref, class.firmware_deny.first, &deny), OK);
	assert_string_equal(deny.vendor, "IFX");
	assert_int_equal(reference_class_named(&ref, span_text("serve"), &class), STATUS_NOT_FOUND);

	assert_int_equal(reference_release(&ref, 0, &release), OK);
	assert_int_equal(release.version, 42);
	assert_true(release.not_before == -1 && release.accept_until == INT64_MAX);
	assert_int_equal(reference_boot_rule(&ref, release.boot.chain.first, &rule), OK);
	struct digest five = digest_filled(DIGEST_SHA256, 5);
	assert_true(reference_range_has_digest(&ref, rule.digests, &five));
	five.value[0] = 0;
	assert_false(reference_range_has_digest(&ref, rule.digests, &five));
	assert_int_equal(reference_release(&ref, 1, &release), STATUS_NOT_FOUND);
	assert_int_equal(reference_text(&ref, 10000).len, 0);
}

static void a_file_matches_by_path_and_digest(void **state)
{
	AUTO_DONE(bytes) image = { 0 };
	struct digest a = digest_filled(DIGEST_SHA256, 0xaa);
	struct digest b = digest_filled(DIGEST_SHA256, 0xbb);
	struct digest old = { .alg = DIGEST_SHA1 };
	struct reference ref;
	(void)state;

	build(&image);
	assert_int_equal(reference_open(span_of(&image), &ref), OK);
	assert_int_equal(reference_file_lookup(&ref, 0, span_text("/usr/bin/cat"), &a), OK);
	assert_int_equal(reference_file_lookup(&ref, 0, span_text("/usr/bin/cat"), &b),
			 STATUS_MISMATCH);
	assert_int_equal(reference_file_lookup(&ref, 0, span_text("/usr/bin/cat"), &old),
			 STATUS_MISMATCH);
	assert_int_equal(reference_file_lookup(&ref, 0, span_text("/usr/bin/ca"), &a),
			 STATUS_NOT_FOUND);
	assert_int_equal(reference_file_lookup(&ref, 0, span_text("memfd:cat"), &a),
			 STATUS_NOT_FOUND);
	assert_int_equal(reference_file_lookup(&ref, 0, span_text("/opt/two_words"), &b), OK);
	assert_int_not_equal(reference_file_lookup(&ref, 7, span_text("/usr/bin/cat"), &a), OK);
}

static void revocations_are_found(void **state)
{
	AUTO_DONE(bytes) image = { 0 };
	struct digest file = digest_filled(DIGEST_SHA256, 0xee);
	uint8_t node[SHA256_SIZE];
	struct span id = { .data = node, .len = sizeof(node) };
	struct reference ref;
	(void)state;

	build(&image);
	assert_int_equal(reference_open(span_of(&image), &ref), OK);
	assert_true(reference_is_revoked_file(&ref, &file));
	file.value[31] = 0;
	assert_false(reference_is_revoked_file(&ref, &file));
	/* May be the one that is revoked: its SHA-256 is not known. */
	file = digest_filled(DIGEST_SHA384, 0x11);
	assert_true(reference_is_revoked_file(&ref, &file));
	for (uint8_t digit = 0xa; digit <= 0xc; digit++) {
		memset(node, 0x11 * digit, sizeof(node));
		assert_int_equal(reference_is_revoked_node(&ref, id), digit != 0xb);
	}
	assert_true(reference_is_revoked_node(&ref, span_text("no id")));
}

static void every_truncation_of_an_image_is_refused(void **state)
{
	AUTO_DONE(bytes) image = { 0 };
	struct reference ref;
	(void)state;

	build(&image);
	for (size_t len = 0; len + 64 < image.len; len++)
		assert_int_not_equal(reference_open((struct span){ image.data, len }, &ref), OK);
}

static void another_image_has_another_generation(void **state)
{
	AUTO_DONE(bytes) one = { 0 };
	AUTO_DONE(bytes) two = { 0 };
	AUTO_DONE(image_builder) builder = { 0 };
	struct layer_owner owner = { 0 };
	struct reference_facts facts = { 0 };
	struct reference ref[2];
	(void)state;

	build(&one);
	assert_int_equal(image_builder_init(&builder), OK);
	for (int i = 0; i < LAYERS; i++)
		(void)image_owner(&builder, &owner);
	assert_int_equal(image_finish(&builder, &facts, &two), OK);
	assert_int_equal(reference_open(span_of(&one), &ref[0]), OK);
	assert_int_equal(reference_open(span_of(&two), &ref[1]), OK);
	assert_false(span_equal(reference_facts(&ref[0]).generation,
				reference_facts(&ref[1]).generation));
}

static void r22_set_files_have_one_form(void **state)
{
	static const struct {
		const char *text;
		const char *fault;
	} cases[] = {
		{ B "  /b\n" A "  /a\n", "set-unsorted" },
		{ A "  /a\n" A "  /a\n", "set-unsorted" },
		{ A "  /a\n" B "  /a\n", "set-path-twice" },
		{ A "  /a b\n" B "  /a b\n", "set-path-twice" },
		{ A "  /a b_c\n" B "  /a_b c\n", "set-path-twice" },
		{ A "  /usr/../a\n", "set-path-malformed" },
		{ A "  /usr/./a\n", "set-path-malformed" },
		{ A "  /usr//a\n", "set-path-malformed" },
		{ A "  /usr/\n", "set-path-malformed" },
		{ A "  usr/a\n", "set-path-malformed" },
		{ A "  memfd:a\n", "set-path-malformed" },
		{ "\\" A "  /a\\n\n", "set-line-malformed" },
		{ A "  /a\tb\n", "set-path-malformed" },
		{ A "  /a", "set-line-malformed" },
		{ A " */a\n", "set-line-malformed" },
		{ A "\n", "set-line-malformed" },
		{ "\n", "set-line-malformed" },
		{ "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA  /a\n",
		  "set-line-malformed" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DONE(image_builder) image = { 0 };
		struct digest digest = digest_filled(DIGEST_SHA256, 1);
		struct file_table_result result = { 0 };

		assert_int_equal(image_builder_init(&image), OK);
		assert_int_equal(
			image_file_table(&image, span_text(cases[i].text), &digest, &result),
			STATUS_MALFORMED);
		assert_string_equal(result.fault, cases[i].fault);
		assert_int_not_equal(result.line, 0);
	}
}

static void i27_a_set_cannot_list_what_kexec_would_load(void **state)
{
	static const char *const kernels[] = {
		A "  /boot/vmlinuz\n",
		A "  /usr/lib/modules/6.1/vmlinuz\n",
		A "  /lib/modules/6.1/deeper/vmlinux.gz\n",
	};
	static const char *const others[] = {
		A "  /bootstrap\n",
		A "  /usr/lib/modules/vmlinuz/a.ko\n",
		A "  /usr/lib/modules-load.d/vmlinuz\n",
		A "  /usr/share/doc/vmlinuz\n",
	};
	struct set_entry entry;
	(void)state;

	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		struct set_reader reader = set_reader_over(span_text(kernels[i]));

		assert_int_equal(set_reader_next(&reader, &entry), STATUS_MALFORMED);
		assert_string_equal(reader.fault, "set-path-in-boot");
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct set_reader reader = set_reader_over(span_text(others[i]));

		assert_int_equal(set_reader_next(&reader, &entry), OK);
	}
}

/* Found by fuzz_set_file: no record at all, and an address reckoned from it. */
static void an_empty_set_lists_nothing(void **state)
{
	AUTO_DONE(image_builder) image = { 0 };
	struct digest digest = digest_filled(DIGEST_SHA256, 1);
	struct file_table_result result;
	(void)state;

	assert_int_equal(image_builder_init(&image), OK);
	assert_int_equal(image_file_table(&image, (struct span){ 0 }, &digest, &result), OK);
	assert_int_equal(result.files, 0);
	assert_false(image_table_has_path(&image, result.table, span_text("/bin/sh")));
}

static void a_large_set_is_found_whole(void **state)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(image_builder) image = { 0 };
	struct digest digest = digest_filled(DIGEST_SHA256, 1);
	struct file_table_result result;
	(void)state;

	for (unsigned i = 0; i < 20000; i++)
		assert_int_equal(bytes_printf(&text, "%064x  /usr/lib/f%u\n", i, i), OK);
	assert_int_equal(image_builder_init(&image), OK);
	assert_int_equal(image_file_table(&image, span_of(&text), &digest, &result), OK);
	for (unsigned i = 0; i < 20000; i += 7) {
		char path[32];

		(void)snprintf(path, sizeof(path), "/usr/lib/f%u", i);
		assert_true(image_table_has_path(&image, result.table, span_text(path)));
		(void)snprintf(path, sizeof(path), "/usr/lib/g%u", i);
		assert_false(image_table_has_path(&image, result.table, span_text(path)));
	}
}

static void layers_have_names(void **state)
{
	enum layer layer;
	(void)state;

	for (unsigned i = 0; i <= LAYER_VENDOR; i++) {
		assert_int_equal(layer_named(span_text(layer_name((enum layer)i)), &layer), OK);
		assert_int_equal(layer, i);
	}
	/* One word for all vendors; each has an owner of its own. */
	assert_string_equal(layer_name((enum layer)(LAYERS - 1)), "vendor");
	assert_null(layer_name((enum layer)LAYERS));
	assert_int_equal(layer_named(span_text("cloud"), &layer), STATUS_NOT_FOUND);
}

/* Where the fuzz corpus comes from: REFERENCE_IMAGE=FILE writes the image. */
static void an_image_can_be_kept(void **state)
{
	const char *path = getenv("REFERENCE_IMAGE");
	AUTO_DONE(bytes) image = { 0 };
	(void)state;

	if (path == NULL)
		return;
	build(&image);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(image.data, 1, image.len, file), image.len);
	assert_int_equal(fclose(file), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_of_a_name_never_balance),
		cmocka_unit_test(every_byte_of_a_name_moves_its_slot_and_its_tag),
		cmocka_unit_test(an_image_gives_back_what_was_written),
		cmocka_unit_test(a_file_matches_by_path_and_digest),
		cmocka_unit_test(revocations_are_found),
		cmocka_unit_test(every_truncation_of_an_image_is_refused),
		cmocka_unit_test(another_image_has_another_generation),
		cmocka_unit_test(r22_set_files_have_one_form),
		cmocka_unit_test(i27_a_set_cannot_list_what_kexec_would_load),
		cmocka_unit_test(an_empty_set_lists_nothing),
		cmocka_unit_test(a_large_set_is_found_whole),
		cmocka_unit_test(layers_have_names),
		cmocka_unit_test(an_image_can_be_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
