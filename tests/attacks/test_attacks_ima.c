/* SPDX-License-Identifier: Apache-2.0 */
/* The IMA log: which part of it the quote covers, and what its entries are. */
#include "attacks.h"

#include <string.h>

#include "log_bytes.h"
#include "log_scene.h"

/* In the file's digest, and with care: what is recorded is made to fit. */
static void edit(struct scene *s)
{
	struct ima_entry entry = log_entry_at(s, 100);
	uint8_t *log = s->golden.ima_log.data;
	struct digest recorded;

	log[entry.file_digest.data - log] ^= 1;
	assert_int_equal(digest_of(DIGEST_SHA1, entry.template_data, &recorded), OK);
	memcpy(log + (entry.template_hash.data - log), recorded.value, entry.template_hash.len);
}

static void drop(struct scene *s)
{
	struct bytes *log = &s->golden.ima_log;
	struct ima_entry entry = log_entry_at(s, 100);

	log->len -= entry.size;
	memmove(log->data + entry.offset, log->data + entry.offset + entry.size,
		log->len - entry.offset);
}

static void reorder(struct scene *s)
{
	AUTO_DONE(bytes) first = { 0 };
	struct ima_entry a = log_entry_at(s, 100);
	struct ima_entry b = log_entry_at(s, 101);
	uint8_t *at = s->golden.ima_log.data + a.offset;

	assert_int_equal(bytes_copy((struct span){ at, a.size }, &first), OK);
	memmove(at, at + a.size, b.size);
	memcpy(at + b.size, first.data, first.len);
}

static void i01_an_edited_log_leads_nowhere(void **state)
{
	static void (*const lies[])(struct scene *) = { edit, drop, reorder };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		lies[i](&s);
		log_expect_never_reached(&s);
	}
}

static void i02_entries_past_the_quoted_prefix_decide_nothing(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(bytes) without = { 0 };
	struct pcr_values quoted, later;
	struct digest attestd = { .alg = DIGEST_SHA256, .value = { 1 } };
	size_t len;
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].must_appear[0] = "/usr/sbin/attestd";
	golden_set_add(&s.golden.manifest[0].base, &attestd, "/usr/sbin/attestd");
	golden_build(&s.golden);
	log_expect_found(&s, "ima-required-missing", TIER_NONE);
	assert_int_equal(bytes_copy(span_of(&s.result.state), &without), OK);

	/* Good or bad, what the tail says changes neither verdict nor state. */
	quoted = s.golden.values;
	len = s.golden.ima_log.len;
	ima_log_add(&s.golden, "ima-sigv2", "/usr/sbin/attestd", &attestd);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown_digest);
	later = s.golden.values;
	s.golden.values = quoted;
	log_expect_found(&s, "ima-required-missing", TIER_NONE);
	assert_int_equal(s.result.findings.count, 1);
	assert_int_equal(s.result.entries, LOG_ENTRIES);
	assert_int_equal(s.result.prefix_bytes, len);
	assert_true(span_equal(span_of(&s.result.state), span_of(&without)));

	/* It waits for the quote that covers it. */
	scene_commit(&s);
	s.golden.values = later;
	log_expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
}

static void i03_a_log_shorter_than_the_quote_is_asked_for_again(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct pcr_values quoted;
	(void)state;

	scene_init(&s);
	quoted = s.golden.values;
	ima_log_cut(&s.golden, LOG_ENTRIES - 1);
	s.golden.values = quoted;
	log_expect_never_reached(&s);
	/* In the middle of an entry */
	s.golden.ima_log.len -= 10;
	log_expect(&s, "ima-pcr-mismatch", false);
	/* The log as it is heals it. */
	ima_log_cut(&s.golden, LOG_ENTRIES - 2);
	scene_expect_nothing(&s);
}

static void i04_a_violation_ends_the_right(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed(LOG_CAT);
	struct made_entry entry = log_entry_of(&cat, LOG_PATH(LOG_CAT));
	(void)state;

	scene_init(&s);
	entry.is_violation = true;
	ima_log_add_made(&s.golden, &entry);
	log_expect_entry(&s, "ima-violation", TIER_CONTRAINDICATED);
	assert_int_equal(s.result.violations, 1);

	/* Tolerated it is a warning, which gives no right. */
	AUTO_DONE(scene) tolerant = { 0 };

	scene_init(&tolerant);
	tolerant.golden.manifest[0].tolerate_violations = true;
	golden_build(&tolerant.golden);
	ima_log_add_made(&tolerant.golden, &entry);
	log_expect_entry(&tolerant, "ima-violation-tolerated", TIER_WARNING);
}

/* An approved file's data, where the TPM has been told something else. */
static void i05_a_template_hash_is_that_of_the_data(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed(LOG_CAT);
	struct made_entry entry = log_entry_of(&cat, LOG_PATH(LOG_CAT));
	struct pcr_values quoted;
	struct digest recorded = { .alg = DIGEST_SHA256 };
	(void)state;

	scene_init(&s);
	quoted = s.golden.values;
	entry.has_wrong_hash = true;
	ima_log_add_made(&s.golden, &entry);
	memcpy(recorded.value, log_entry_at(&s, LOG_ENTRIES).template_hash.data, 20);
	s.golden.values = quoted;
	golden_extend(&s.golden, 10, &recorded);
	log_expect(&s, "ima-log-short", true);
	log_expect(&s, "ima-log-short", true);
	log_expect_found(&s, "ima-pcr-mismatch", TIER_CONTRAINDICATED);
	/* It is also the entry that is named. */
	log_expect_found(&s, "ima-template-hash-mismatch", TIER_CONTRAINDICATED);
	assert_int_equal(s.result.findings.count, 2);
	assert_int_equal(s.result.findings.list[1].entry, LOG_ENTRIES);
	assert_int_equal(s.result.prefix_bytes, 0);
}

/* What is recorded is no evidence, for or against (decision 044). */
static void i05_a_recorded_hash_decides_nothing(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed(LOG_CAT);
	struct made_entry entry = log_entry_of(&cat, LOG_PATH(LOG_CAT));
	(void)state;

	scene_init(&s);
	entry.has_wrong_hash = true;
	ima_log_add_made(&s.golden, &entry);
	scene_expect_nothing(&s);
	assert_int_equal(s.result.entries, LOG_ENTRIES + 1);
	/* But zeros: those stand for a violation, which extends something else. */
	memset(s.golden.ima_log.data + log_entry_at(&s, LOG_ENTRIES).offset + 4, 0, 20);
	log_expect_never_reached(&s);
}

/* PCR 10 as a kernel before 5.8 fills it, from this entry on. */
static struct digest padded_from(const struct scene *s, uint64_t from)
{
	AUTO_DONE(hasher) hasher = { 0 };
	AUTO_DONE(hasher) sha1 = { 0 };
	struct digest pcr = digest_filled(DIGEST_SHA256, 0);
	struct ima_log log;
	struct ima_entry entry;

	assert_int_equal(hasher_init(&hasher, DIGEST_SHA256), OK);
	assert_int_equal(hasher_init(&sha1, DIGEST_SHA1), OK);
	assert_int_equal(ima_log_open(span_of(&s->golden.ima_log), DIGEST_SHA1, 0, &log), OK);
	while (ima_log_next(&log, &entry) == OK)
		assert_int_equal(
			ima_extend(&pcr, &entry,
				   entry.index < from ? IMA_BANK_PROPER : IMA_BANK_SHA1_PADDED,
				   &hasher, &sha1),
			OK);
	return pcr;
}

static void i06_a_bank_of_padded_sha1_is_not_taken_for_another(void **state)
{
	static const uint64_t from[] = { 0, 100 };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(scene) s = { 0 };
		struct digest padded;

		scene_init(&s);
		padded = padded_from(&s, from[i]);
		assert_int_equal(pcr_value_set(&s.golden.values, 10, &padded), OK);
		log_expect_never_reached(&s);
	}
}

static void i07_a_path_is_its_bytes(void **state)
{
	static const struct {
		const char *path;
		size_t len;
	} malformed[] = {
		{ LOG_CAT "\0evil", sizeof(LOG_CAT "\0evil") }, /* two NULs */
		{ LOG_CAT, sizeof(LOG_CAT) - 1 }, /* none */
		{ LOG_CAT "\0\0", sizeof(LOG_CAT) + 1 },
		{ "", 0 },
	};
	struct digest cat = scene_listed(LOG_CAT);
	(void)state;

	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		struct made_entry entry =
			log_entry_of(&cat, (struct span){ (const uint8_t *)malformed[i].path,
							  malformed[i].len });

		scene_init(&s);
		ima_log_add_made(&s.golden, &entry);
		log_expect(&s, "ima-log-malformed", false);
	}
	/* A name is shown escaped, and listed is the name, not what is shown. */
	AUTO_DONE(scene) s = { 0 };

	scene_init(&s);
	golden_set_add(&s.golden.manifest[0].base, &unknown_digest, "/tmp/a%0Ab");
	golden_build(&s.golden);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/a\nb", &unknown_digest);
	log_expect_entry(&s, "ima-entry-elsewhere", TIER_WARNING);
	assert_memory_equal(s.result.findings.list[0].detail, "/tmp/a%0Ab", 10);
}

static void i08_a_digest_says_what_it_is_of(void **state)
{
	static const struct {
		const char *prefix;
		size_t len;
		const char *code;
	} rows[] = {
		{ "verity:sha256:", 32, "ima-digest-algorithm" },
		{ "ima:sha1:", 20, "ima-digest-algorithm" },
		{ "ima:sm3:", 32, "ima-digest-algorithm" },
		{ "ima:sha256:", 20, "ima-log-malformed" },
		{ "ima:sha1:", 32, "ima-log-malformed" },
		{ "ima:sha999:", 32, "ima-log-malformed" },
		{ "ima:SHA256:", 32, "ima-log-malformed" },
		{ "ima:sha256", 32, "ima-log-malformed" },
		{ "fuse:sha256:", 32, "ima-log-malformed" },
		{ ":sha256:", 32, "ima-log-malformed" },
		{ "sha256:", 32, "ima-log-malformed" },
	};
	struct digest cat = scene_listed(LOG_CAT);
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		struct made_entry entry = log_entry_of(&cat, LOG_PATH(LOG_CAT));

		scene_init(&s);
		entry.digest_prefix = rows[i].prefix;
		entry.digest.len = rows[i].len;
		ima_log_add_made(&s.golden, &entry);
		if (strcmp(rows[i].code, "ima-log-malformed") == 0)
			log_expect(&s, rows[i].code, false);
		else
			log_expect_entry(&s, rows[i].code, TIER_CONTRAINDICATED);
	}
}

static void i09_a_digest_of_zeros_is_nobody_s(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest zero = digest_filled(DIGEST_SHA256, 0);
	(void)state;

	/* Listed by mistake, or by malice. */
	scene_init(&s);
	golden_set_add(&s.golden.manifest[0].base, &zero, "/usr/bin/zero");
	golden_build(&s.golden);
	ima_log_add(&s.golden, "ima-sigv2", "/usr/bin/zero", &zero);
	log_expect_entry(&s, "ima-digest-zero", TIER_CONTRAINDICATED);
}

static void i10_a_template_is_read_by_its_name_or_refused(void **state)
{
	static const char *const unknown_names[] = { "ima-new", "d-ng|n-ng|sig|", "d-ng|d-ng|n-ng",
						     "n-ng", "ima-modsig" };
	struct digest cat = scene_listed(LOG_CAT);
	(void)state;

	for (size_t i = 0; i < sizeof(unknown_names) / sizeof(unknown_names[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		struct made_entry entry = log_entry_of(&cat, LOG_PATH(LOG_CAT));

		scene_init(&s);
		entry.template = unknown_names[i];
		ima_log_add_made(&s.golden, &entry);
		log_expect(&s, "ima-log-malformed", false);
	}
	{ /* Well formed, and none of the release's. */
		AUTO_DONE(scene) s = { 0 };
		struct made_entry entry = log_entry_of(&cat, LOG_PATH(LOG_CAT));

		scene_init(&s);
		entry.template = "ima-ngv2";
		entry.has_last = false;
		ima_log_add_made(&s.golden, &entry);
		log_expect_entry(&s, "ima-template-unknown", TIER_CONTRAINDICATED);
	}
	{ /* A field that reaches over the entry's end */
		AUTO_DONE(scene) s = { 0 };
		struct ima_entry last;

		scene_init(&s);
		last = log_entry_at(&s, 100);
		s.golden.ima_log.data[last.template_data.data - s.golden.ima_log.data + 1] ^= 0x10;
		log_expect(&s, "ima-log-malformed", false);
	}
}

static void i11_boot_aggregate_is_computed_from_the_quote(void **state)
{
	struct digest right = scene_listed("boot_aggregate");
	struct digest wrong = right;
	struct digest zero = digest_filled(DIGEST_SHA256, 0);
	struct digest cat = scene_listed(LOG_CAT);
	struct digest sha1 = digest_filled(DIGEST_SHA1, 0x44);
	const struct {
		const char *path;
		const struct digest *digest;
		const char *code;
	} rows[] = {
		{ "boot_aggregate", &wrong, "ima-aggregate-mismatch" },
		{ "boot_aggregate", &zero, "ima-aggregate-mismatch" },
		{ "boot_aggregate", &sha1, "ima-aggregate-mismatch" },
		{ LOG_CAT, &cat, "ima-aggregate-missing" },
	};
	(void)state;

	wrong.value[0] ^= 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		struct made_entry entry =
			log_entry_of(rows[i].digest, (struct span){ (const uint8_t *)rows[i].path,
								    strlen(rows[i].path) + 1 });

		scene_init(&s);
		entry.template = "ima-sig";
		entry.digest_prefix = rows[i].digest->alg == DIGEST_SHA1 ? "sha1:" : "sha256:";
		ima_log_cut(&s.golden, 0);
		ima_log_add_made(&s.golden, &entry);
		log_expect_entry(&s, rows[i].code, TIER_CONTRAINDICATED);
	}
	/* A second one is a kernel that nobody measured. */
	AUTO_DONE(scene) s = { 0 };

	scene_init(&s);
	ima_log_add(&s.golden, "ima-sig", "boot_aggregate", &right);
	log_expect_entry(&s, "ima-aggregate-again", TIER_CONTRAINDICATED);
}

static void i12_an_extend_that_is_not_ima_s_has_its_own_reason(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	scene_expect_nothing(&s);
	scene_commit(&s);
	golden_extend(&s.golden, 10, &unknown_digest);
	for (unsigned i = 0; i < 4; i++) {
		log_expect_found(&s, i < 2 ? "ima-log-short" : "ima-pcr-mismatch",
				 i < 2 ? TIER_NONE : TIER_CONTRAINDICATED);
		assert_int_equal(s.result.is_retryable, i < 2);
		assert_int_equal(s.result.entries, LOG_ENTRIES);
		scene_commit(&s);
		assert_int_equal(s.first, LOG_ENTRIES);
	}
	/* No further entry makes up for it. */
	struct digest cat = scene_listed(LOG_CAT);

	ima_log_add(&s.golden, "ima-sigv2", LOG_CAT, &cat);
	log_expect_found(&s, "ima-pcr-mismatch", TIER_CONTRAINDICATED);
}

static void i17_an_offset_is_the_verifier_s_to_choose(void **state)
{
	static const uint64_t forged[] = { 0, 5, LOG_ENTRIES - 1, LOG_ENTRIES + 1, UINT64_MAX };
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.first = 5;
	log_expect(&s, "ima-log-gap", true);
	scene_expect_nothing(&s);
	scene_commit(&s);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown_digest);
	for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		s.first = forged[i];
		log_expect_found(&s, "ima-log-gap", TIER_NONE);
		assert_int_equal(s.result.entries, LOG_ENTRIES);
		assert_int_equal(s.result.prefix_bytes, 0);
	}
	/* Evil is skipped under no number. */
	s.first = LOG_ENTRIES;
	log_expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
}

static void i17_nor_does_it_put_a_verdict_off(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	scene_expect_nothing(&s);
	scene_commit(&s);
	for (int i = 0; i < 3; i++) {
		s.first = 0;
		log_expect_found(&s, i < 2 ? "ima-log-gap" : "ima-pcr-mismatch",
				 i < 2 ? TIER_NONE : TIER_CONTRAINDICATED);
		assert_int_equal(s.result.is_retryable, i < 2);
		scene_commit(&s);
		assert_int_equal(s.first, LOG_ENTRIES);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(i01_an_edited_log_leads_nowhere),
	cmocka_unit_test(i02_entries_past_the_quoted_prefix_decide_nothing),
	cmocka_unit_test(i03_a_log_shorter_than_the_quote_is_asked_for_again),
	cmocka_unit_test(i04_a_violation_ends_the_right),
	cmocka_unit_test(i05_a_template_hash_is_that_of_the_data),
	cmocka_unit_test(i05_a_recorded_hash_decides_nothing),
	cmocka_unit_test(i06_a_bank_of_padded_sha1_is_not_taken_for_another),
	cmocka_unit_test(i07_a_path_is_its_bytes),
	cmocka_unit_test(i08_a_digest_says_what_it_is_of),
	cmocka_unit_test(i09_a_digest_of_zeros_is_nobody_s),
	cmocka_unit_test(i10_a_template_is_read_by_its_name_or_refused),
	cmocka_unit_test(i11_boot_aggregate_is_computed_from_the_quote),
	cmocka_unit_test(i12_an_extend_that_is_not_ima_s_has_its_own_reason),
	cmocka_unit_test(i17_an_offset_is_the_verifier_s_to_choose),
	cmocka_unit_test(i17_nor_does_it_put_a_verdict_off),
};

ATTACKS_MAIN(tests)
