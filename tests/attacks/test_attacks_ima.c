/* SPDX-License-Identifier: Apache-2.0 */
/* The IMA log: which part of it the quote covers, and what its entries say. */
#include "attacks.h"

#include <string.h>

#include "appraisal_scene.h"
#include "log_bytes.h"

#define ENTRIES 158
#define POLICY_ENTRY 36
#define CAT "/usr/bin/cat"
#define AUTOFS "/usr/lib/modules/6.1.0-56-cloud-amd64/kernel/fs/autofs/autofs4.ko"
#define PATH(s) ((struct span){ (const uint8_t *)(s), sizeof(s) })

static const struct digest unknown = { .alg = DIGEST_SHA256, .value = { 0x66, 0x66 } };

static void expect_found(struct scene *s, const char *code, enum trust_tier tier)
{
	scene_expect(s, code, CLAIM_EXECUTABLES, tier);
}

/* An entry that the quote covers: it goes on record, and what was bad stays bad. */
static void expect_entry(struct scene *s, const char *code, enum trust_tier tier)
{
	expect_found(s, code, tier);
	assert_false(s->result.is_retryable);
	assert_true(s->result.entries > 0);
	scene_commit(s);
	assert_true(s->first > 0);
	expect_found(s, code, tier);
	assert_int_equal(s->result.prefix_bytes, 0);
}

/* The log as it is: nothing of it counts, and it is asked for again from 0. */
static void expect_log(struct scene *s, const char *code, bool is_retryable)
{
	expect_found(s, code, is_retryable ? TIER_NONE : TIER_CONTRAINDICATED);
	assert_int_equal(s->result.findings.count, 1);
	assert_int_equal(s->result.is_retryable, is_retryable);
	assert_int_equal(s->result.entries, 0);
	assert_int_equal(s->result.prefix_bytes, 0);
	scene_commit(s);
	assert_int_equal(s->first, 0);
}

/* Twice it may have been read too early, the third time it was not. */
static void expect_never_reached(struct scene *s)
{
	expect_log(s, "ima-log-short", true);
	expect_log(s, "ima-log-short", true);
	expect_log(s, "ima-pcr-mismatch", false);
	expect_log(s, "ima-pcr-mismatch", false);
}

static struct made_entry entry_of(const struct digest *digest, struct span path)
{
	return (struct made_entry){
		.pcr = 10,
		.template = "ima-sigv2",
		.digest_prefix = "ima:sha256:",
		.digest = digest_span(digest),
		.path = path,
		.has_last = true,
	};
}

static struct ima_entry entry_at(const struct scene *s, uint64_t index)
{
	struct ima_log log;
	struct ima_entry entry = { 0 };

	assert_int_equal(ima_log_open(span_of(&s->golden.ima_log), DIGEST_SHA1, 0, &log), OK);
	do
		assert_int_equal(ima_log_next(&log, &entry), OK);
	while (entry.index < index);
	return entry;
}

/* In the file's digest, and with care: what is recorded is made to fit. */
static void edit(struct scene *s)
{
	struct ima_entry entry = entry_at(s, 100);
	uint8_t *log = s->golden.ima_log.data;
	struct digest recorded;

	log[entry.file_digest.data - log] ^= 1;
	assert_int_equal(digest_of(DIGEST_SHA1, entry.template_data, &recorded), OK);
	memcpy(log + (entry.template_hash.data - log), recorded.value, entry.template_hash.len);
}

static void drop(struct scene *s)
{
	struct bytes *log = &s->golden.ima_log;
	struct ima_entry entry = entry_at(s, 100);

	log->len -= entry.size;
	memmove(log->data + entry.offset, log->data + entry.offset + entry.size,
		log->len - entry.offset);
}

static void reorder(struct scene *s)
{
	AUTO_DONE(bytes) first = { 0 };
	struct ima_entry a = entry_at(s, 100);
	struct ima_entry b = entry_at(s, 101);
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
		expect_never_reached(&s);
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
	expect_found(&s, "ima-required-missing", TIER_NONE);
	assert_int_equal(bytes_copy(span_of(&s.result.state), &without), OK);

	/* Good or bad, what the tail says changes neither verdict nor state. */
	quoted = s.golden.values;
	len = s.golden.ima_log.len;
	ima_log_add(&s.golden, "ima-sigv2", "/usr/sbin/attestd", &attestd);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown);
	later = s.golden.values;
	s.golden.values = quoted;
	expect_found(&s, "ima-required-missing", TIER_NONE);
	assert_int_equal(s.result.findings.count, 1);
	assert_int_equal(s.result.entries, ENTRIES);
	assert_int_equal(s.result.prefix_bytes, len);
	assert_true(span_equal(span_of(&s.result.state), span_of(&without)));

	/* It waits for the quote that covers it. */
	scene_commit(&s);
	s.golden.values = later;
	expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
}

static void i03_a_log_shorter_than_the_quote_is_asked_for_again(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct pcr_values quoted;
	(void)state;

	scene_init(&s);
	quoted = s.golden.values;
	ima_log_cut(&s.golden, ENTRIES - 1);
	s.golden.values = quoted;
	expect_never_reached(&s);
	/* In the middle of an entry */
	s.golden.ima_log.len -= 10;
	expect_log(&s, "ima-pcr-mismatch", false);
	/* The log as it is heals it. */
	ima_log_cut(&s.golden, ENTRIES - 2);
	scene_expect_nothing(&s);
}

static void i04_a_violation_ends_the_right(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed(CAT);
	struct made_entry entry = entry_of(&cat, PATH(CAT));
	(void)state;

	scene_init(&s);
	entry.is_violation = true;
	ima_log_add_made(&s.golden, &entry);
	expect_entry(&s, "ima-violation", TIER_CONTRAINDICATED);
	assert_int_equal(s.result.violations, 1);

	/* Tolerated it is a warning, which gives no right. */
	AUTO_DONE(scene) tolerant = { 0 };

	scene_init(&tolerant);
	tolerant.golden.manifest[0].tolerate_violations = true;
	golden_build(&tolerant.golden);
	ima_log_add_made(&tolerant.golden, &entry);
	expect_entry(&tolerant, "ima-violation-tolerated", TIER_WARNING);
}

/* An approved file's data, where the TPM has been told something else. */
static void i05_a_template_hash_is_that_of_the_data(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed(CAT);
	struct made_entry entry = entry_of(&cat, PATH(CAT));
	struct pcr_values quoted;
	struct digest recorded = { .alg = DIGEST_SHA256 };
	(void)state;

	scene_init(&s);
	quoted = s.golden.values;
	entry.has_wrong_hash = true;
	ima_log_add_made(&s.golden, &entry);
	memcpy(recorded.value, entry_at(&s, ENTRIES).template_hash.data, 20);
	s.golden.values = quoted;
	golden_extend(&s.golden, 10, &recorded);
	expect_log(&s, "ima-log-short", true);
	expect_log(&s, "ima-log-short", true);
	expect_found(&s, "ima-pcr-mismatch", TIER_CONTRAINDICATED);
	/* It is also the entry that is named. */
	expect_found(&s, "ima-template-hash-mismatch", TIER_CONTRAINDICATED);
	assert_int_equal(s.result.findings.count, 2);
	assert_int_equal(s.result.findings.list[1].entry, ENTRIES);
	assert_int_equal(s.result.prefix_bytes, 0);
}

/* What is recorded is no evidence, for or against (decision 044). */
static void i05_a_recorded_hash_decides_nothing(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed(CAT);
	struct made_entry entry = entry_of(&cat, PATH(CAT));
	(void)state;

	scene_init(&s);
	entry.has_wrong_hash = true;
	ima_log_add_made(&s.golden, &entry);
	scene_expect_nothing(&s);
	assert_int_equal(s.result.entries, ENTRIES + 1);
	/* But zeros: those stand for a violation, which extends something else. */
	memset(s.golden.ima_log.data + entry_at(&s, ENTRIES).offset + 4, 0, 20);
	expect_never_reached(&s);
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
		expect_never_reached(&s);
	}
}

static void i07_a_path_is_its_bytes(void **state)
{
	static const struct {
		const char *path;
		size_t len;
	} malformed[] = {
		{ CAT "\0evil", sizeof(CAT "\0evil") }, /* two NULs */
		{ CAT, sizeof(CAT) - 1 }, /* none */
		{ CAT "\0\0", sizeof(CAT) + 1 },
		{ "", 0 },
	};
	struct digest cat = scene_listed(CAT);
	(void)state;

	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		struct made_entry entry =
			entry_of(&cat, (struct span){ (const uint8_t *)malformed[i].path,
						      malformed[i].len });

		scene_init(&s);
		ima_log_add_made(&s.golden, &entry);
		expect_log(&s, "ima-log-malformed", false);
	}
	/* A name is shown escaped, and listed is the name, not what is shown. */
	AUTO_DONE(scene) s = { 0 };

	scene_init(&s);
	golden_set_add(&s.golden.manifest[0].base, &unknown, "/tmp/a%0Ab");
	golden_build(&s.golden);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/a\nb", &unknown);
	expect_entry(&s, "ima-entry-elsewhere", TIER_WARNING);
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
	struct digest cat = scene_listed(CAT);
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		struct made_entry entry = entry_of(&cat, PATH(CAT));

		scene_init(&s);
		entry.digest_prefix = rows[i].prefix;
		entry.digest.len = rows[i].len;
		ima_log_add_made(&s.golden, &entry);
		if (strcmp(rows[i].code, "ima-log-malformed") == 0)
			expect_log(&s, rows[i].code, false);
		else
			expect_entry(&s, rows[i].code, TIER_CONTRAINDICATED);
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
	expect_entry(&s, "ima-digest-zero", TIER_CONTRAINDICATED);
}

static void i10_a_template_is_read_by_its_name_or_refused(void **state)
{
	static const char *const unknown_names[] = { "ima-new", "d-ng|n-ng|sig|", "d-ng|d-ng|n-ng",
						     "n-ng", "ima-modsig" };
	struct digest cat = scene_listed(CAT);
	(void)state;

	for (size_t i = 0; i < sizeof(unknown_names) / sizeof(unknown_names[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		struct made_entry entry = entry_of(&cat, PATH(CAT));

		scene_init(&s);
		entry.template = unknown_names[i];
		ima_log_add_made(&s.golden, &entry);
		expect_log(&s, "ima-log-malformed", false);
	}
	{ /* Well formed, and none of the release's. */
		AUTO_DONE(scene) s = { 0 };
		struct made_entry entry = entry_of(&cat, PATH(CAT));

		scene_init(&s);
		entry.template = "ima-ngv2";
		entry.has_last = false;
		ima_log_add_made(&s.golden, &entry);
		expect_entry(&s, "ima-template-unknown", TIER_CONTRAINDICATED);
	}
	{ /* A field that reaches over the entry's end */
		AUTO_DONE(scene) s = { 0 };
		struct ima_entry last;

		scene_init(&s);
		last = entry_at(&s, 100);
		s.golden.ima_log.data[last.template_data.data - s.golden.ima_log.data + 1] ^= 0x10;
		expect_log(&s, "ima-log-malformed", false);
	}
}

static void i11_boot_aggregate_is_computed_from_the_quote(void **state)
{
	struct digest right = scene_listed("boot_aggregate");
	struct digest wrong = right;
	struct digest zero = digest_filled(DIGEST_SHA256, 0);
	struct digest cat = scene_listed(CAT);
	struct digest sha1 = digest_filled(DIGEST_SHA1, 0x44);
	const struct {
		const char *path;
		const struct digest *digest;
		const char *code;
	} rows[] = {
		{ "boot_aggregate", &wrong, "ima-aggregate-mismatch" },
		{ "boot_aggregate", &zero, "ima-aggregate-mismatch" },
		{ "boot_aggregate", &sha1, "ima-aggregate-mismatch" },
		{ CAT, &cat, "ima-aggregate-missing" },
	};
	(void)state;

	wrong.value[0] ^= 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		struct made_entry entry =
			entry_of(rows[i].digest, (struct span){ (const uint8_t *)rows[i].path,
								strlen(rows[i].path) + 1 });

		scene_init(&s);
		entry.template = "ima-sig";
		entry.digest_prefix = rows[i].digest->alg == DIGEST_SHA1 ? "sha1:" : "sha256:";
		ima_log_cut(&s.golden, 0);
		ima_log_add_made(&s.golden, &entry);
		expect_entry(&s, rows[i].code, TIER_CONTRAINDICATED);
	}
	/* A second one is a kernel that nobody measured. */
	AUTO_DONE(scene) s = { 0 };

	scene_init(&s);
	ima_log_add(&s.golden, "ima-sig", "boot_aggregate", &right);
	expect_entry(&s, "ima-aggregate-again", TIER_CONTRAINDICATED);
}

static void i12_an_extend_that_is_not_ima_s_has_its_own_reason(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	scene_expect_nothing(&s);
	scene_commit(&s);
	golden_extend(&s.golden, 10, &unknown);
	for (unsigned i = 0; i < 4; i++) {
		expect_found(&s, i < 2 ? "ima-log-short" : "ima-pcr-mismatch",
			     i < 2 ? TIER_NONE : TIER_CONTRAINDICATED);
		assert_int_equal(s.result.is_retryable, i < 2);
		assert_int_equal(s.result.entries, ENTRIES);
		scene_commit(&s);
		assert_int_equal(s.first, ENTRIES);
	}
	/* No further entry makes up for it. */
	struct digest cat = scene_listed(CAT);

	ima_log_add(&s.golden, "ima-sigv2", CAT, &cat);
	expect_found(&s, "ima-pcr-mismatch", TIER_CONTRAINDICATED);
}

static void i13_the_required_policy_is_seen_loaded(void **state)
{
	AUTO_DONE(scene) missing = { 0 };
	AUTO_DONE(scene) other = { 0 };
	AUTO_DONE(scene) early = { 0 };
	(void)state;

	scene_init(&missing);
	ima_log_cut(&missing.golden, POLICY_ENTRY);
	expect_found(&missing, "ima-policy-missing", TIER_CONTRAINDICATED);

	scene_init(&other);
	other.golden.manifest[0].policy.item[0].value[0] ^= 1;
	golden_build(&other.golden);
	expect_entry(&other, "ima-policy-unknown", TIER_CONTRAINDICATED);

	/* Before it, early files alone. */
	scene_init(&early);
	golden_set_drop(&early.golden.manifest[0].early,
			"/usr/lib/x86_64-linux-gnu/libseccomp.so.2.5.4");
	golden_build(&early.golden);
	expect_entry(&early, "ima-entry-before-policy", TIER_CONTRAINDICATED);
}

static void i14_files_that_must_appear_are_waited_for_a_while(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest digest = { .alg = DIGEST_SHA256, .value = { 1 } };
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].must_appear[0] = "/usr/sbin/attestd";
	golden_set_add(&s.golden.manifest[0].base, &digest, "/usr/sbin/attestd");
	golden_build(&s.golden);
	for (unsigned i = 0; i < 2; i++) {
		expect_found(&s, "ima-required-missing", TIER_NONE);
		assert_true(s.result.is_retryable);
		scene_commit(&s);
	}
	expect_entry(&s, "ima-required-absent", TIER_CONTRAINDICATED);
}

static void i15_approved_content_elsewhere_gives_no_right(void **state)
{
	static const char *const paths[] = { "memfd:cat",     "/usr/bin/tac",
					     "usr/bin/cat",   "/overlay/usr/bin/cat",
					     "/usr/bin/cat/", "/USR/BIN/CAT" };
	struct digest cat = scene_listed(CAT);
	(void)state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		golden_set_drop(&s.golden.manifest[0].base, "/usr/bin/tac");
		golden_build(&s.golden);
		ima_log_add(&s.golden, "ima-sigv2", paths[i], &cat);
		expect_entry(&s, "ima-entry-elsewhere", TIER_WARNING);
	}
}

static void i16_an_exclude_is_whole_components(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].exclude = "/opt/app";
	golden_build(&s.golden);
	ima_log_add(&s.golden, "ima-sigv2", "/opt/app/one", &unknown);
	expect_found(&s, "ima-entry-excluded", TIER_WARNING);
	assert_int_equal(s.result.excluded, 1);
	ima_log_cut(&s.golden, ENTRIES);
	ima_log_add(&s.golden, "ima-sigv2", "/opt/apple", &unknown);
	expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
	assert_int_equal(s.result.excluded, 0);
}

static void i17_an_offset_is_the_verifier_s_to_choose(void **state)
{
	static const uint64_t forged[] = { 0, 5, ENTRIES - 1, ENTRIES + 1, UINT64_MAX };
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(bytes) before = { 0 };
	(void)state;

	scene_init(&s);
	s.first = 5;
	expect_log(&s, "ima-log-gap", true);
	scene_expect_nothing(&s);
	scene_commit(&s);
	assert_int_equal(bytes_copy(span_of(&s.state), &before), OK);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown);
	for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		s.first = forged[i];
		expect_found(&s, "ima-log-gap", TIER_NONE);
		assert_int_equal(s.result.entries, ENTRIES);
		assert_int_equal(s.result.prefix_bytes, 0);
		assert_true(span_equal(span_of(&s.result.state), span_of(&before)));
	}
	/* Evil is skipped under no number. */
	s.first = ENTRIES;
	expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
}

/* Work is counted, not timed: the linker sends these calls through here. */
static uint64_t entries_read, sets_searched;

/* NOLINTBEGIN(bugprone-reserved-identifier): names that ld --wrap prescribes */
enum status __real_ima_log_next(struct ima_log *log, struct ima_entry *out);
enum status __wrap_ima_log_next(struct ima_log *log, struct ima_entry *out);
bool __real_reference_set_has_digest(const struct reference *ref, uint32_t table,
				     const struct digest *digest);
bool __wrap_reference_set_has_digest(const struct reference *ref, uint32_t table,
				     const struct digest *digest);

enum status __wrap_ima_log_next(struct ima_log *log, struct ima_entry *out)
{
	entries_read++;
	return __real_ima_log_next(log, out);
}

bool __wrap_reference_set_has_digest(const struct reference *ref, uint32_t table,
				     const struct digest *digest)
{
	sets_searched++;
	return __real_reference_set_has_digest(ref, table, digest);
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* Unknown entries, all of them quoted. */
static uint64_t work_for(unsigned more_entries)
{
	AUTO_DONE(scene) s = { 0 };
	uint64_t work;

	scene_init(&s);
	for (unsigned i = 0; i < more_entries; i++)
		ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown);
	entries_read = 0;
	sets_searched = 0;
	scene_judge(&s);
	assert_int_equal(s.result.entries, ENTRIES + more_entries);
	assert_in_range(sets_searched, 0, 64);
	work = entries_read;
	if (more_entries == 0)
		return work;
	/* What is said of it is bounded. */
	assert_int_equal(s.result.findings.count, FINDINGS_MAX);
	assert_int_equal(s.result.findings.more, more_entries - FINDINGS_MAX);
	assert_true(s.result.state.len <= APPRAISAL_STATE_MAX);
	expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
	assert_int_equal(s.result.findings.more, more_entries - FINDINGS_MAX);
	return work;
}

/* A tail that names one PCR after the other, so that a prefix is looked for
 * again and again. */
static uint64_t tail_work_for(unsigned more_entries)
{
	AUTO_DONE(scene) s = { 0 };
	struct made_entry entry = entry_of(&unknown, PATH("/tmp/evil"));
	struct pcr_values quoted;

	scene_init(&s);
	quoted = s.golden.values;
	for (unsigned i = 0; i < more_entries; i++) {
		entry.pcr = i % PCR_COUNT;
		ima_log_add_made(&s.golden, &entry);
	}
	s.golden.values = quoted;
	entries_read = 0;
	scene_judge(&s);
	return entries_read;
}

/* The fuzz targets fuzz_ima_log and fuzz_ima_appraisal go over bytes that no
 * hand would write. */
static void i19_a_long_log_costs_what_it_is_long(void **state)
{
	uint64_t none = work_for(0);
	uint64_t some = work_for(1000);
	uint64_t twice = work_for(2000);
	(void)state;

	assert_int_equal(twice - some, 1000 * ((some - none) / 1000));
	assert_true(some - none <= (uint64_t)1000 * 4);
	assert_true(tail_work_for(2000) <= (uint64_t)(2000 + ENTRIES) * PCR_COUNT);
}

static void i19_no_set_is_searched_for_what_no_quote_covers(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct pcr_values quoted;
	(void)state;

	scene_init(&s);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown);
	quoted = s.golden.values;
	golden_extend(&s.golden, 10, &unknown);
	sets_searched = 0;
	expect_log(&s, "ima-log-short", true);
	assert_int_equal(sets_searched, 0);
	s.golden.values = quoted;
	expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
	assert_true(sets_searched > 0);
}

static void i19_a_log_over_the_cap_is_not_read(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct pcr_values quoted;
	(void)state;

	scene_init(&s);
	quoted = s.golden.values;
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown);

	struct ima_entry last = entry_at(&s, ENTRIES);
	AUTO_DONE(bytes) copy = { 0 };

	assert_int_equal(
		bytes_copy((struct span){ s.golden.ima_log.data + last.offset, last.size }, &copy),
		OK);
	while (s.golden.ima_log.len <= IMA_LOG_MAX)
		put(&s.golden.ima_log, span_of(&copy));
	s.golden.values = quoted;
	entries_read = 0;
	expect_log(&s, "ima-log-malformed", false);
	assert_int_equal(entries_read, 0);
}

static void i19_an_entry_of_4_gib_is_not_waited_for(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct pcr_values quoted;
	size_t at;
	(void)state;

	scene_init(&s);
	quoted = s.golden.values;
	at = s.golden.ima_log.len;
	golden_extend(&s.golden, 10, &unknown);
	quoted = s.golden.values;
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown);
	s.golden.values = quoted;
	/* PCR, hash, template's name; then its data's length. */
	memset(s.golden.ima_log.data + at + 4 + 20 + 4 + strlen("ima-sigv2"), 0xff, 4);
	expect_log(&s, "ima-log-malformed", false);
}

static void i19_every_truncation_is_short_or_malformed(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t len;
	(void)state;

	scene_init(&s);
	len = s.golden.ima_log.len;
	for (size_t cut = 1; cut < len; cut += 7) {
		s.golden.ima_log.len = cut;
		expect_found(&s, "ima-log-short", TIER_NONE);
		assert_int_equal(s.result.entries, 0);
	}
	s.golden.ima_log.len = 0;
	expect_log(&s, "ima-log-missing", false);
	s.golden.ima_log.len = len;
	scene_expect_nothing(&s);
}

static void i20_a_weaker_digest_does_not_stand_for_the_listed_one(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed(CAT);
	struct made_entry entry = entry_of(&cat, PATH(CAT));
	(void)state;

	/* SHA-1, or the first bytes of the right SHA-256 under its name. */
	scene_init(&s);
	entry.digest_prefix = "ima:sha1:";
	entry.digest.len = 20;
	ima_log_add_made(&s.golden, &entry);
	expect_entry(&s, "ima-digest-algorithm", TIER_CONTRAINDICATED);
}

static void i21_code_without_a_file_of_the_release_is_seen(void **state)
{
	static const char *const paths[] = { "/dev/shm/evil", "memfd:evil", "/run/evil" };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		ima_log_add(&s.golden, "ima-sigv2", paths[i], &unknown);
		expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
	}
}

static void i23_a_kernel_that_is_not_locked_down_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *m = &s.golden.manifest[0];
	(void)state;

	scene_init(&s);
	m->lockdown = LOCKDOWN_NONE;
	golden_build(&s.golden);
	scene_expect(&s, "lockdown-missing", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
	m->lockdown = LOCKDOWN_CONFIDENTIALITY;
	golden_build(&s.golden);
	scene_expect(&s, "lockdown-missing", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
	assert_int_equal(s.result.state.len, 0);
}

static void i24_the_path_of_a_violation_decides_nothing(void **state)
{
	static const char *const paths[] = { "/usr/sbin/attestd", "/opt/app/x", "boot_aggregate",
					     "/etc/ima/ima-policy", "/boot/vmlinuz" };
	struct digest digest = { .alg = DIGEST_SHA256, .value = { 1 } };
	struct digest pcr = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		struct golden_manifest *m = &s.golden.manifest[0];
		struct made_entry entry = entry_of(
			&digest, (struct span){ (const uint8_t *)paths[i], strlen(paths[i]) + 1 });

		scene_init(&s);
		m->must_appear[0] = "/usr/sbin/attestd";
		m->exclude = "/opt/app";
		golden_set_add(&m->base, &digest, "/usr/sbin/attestd");
		golden_build(&s.golden);
		entry.is_violation = true;
		ima_log_add_made(&s.golden, &entry);
		/* The TPM cannot tell one from the other. */
		if (i > 0)
			assert_true(
				digest_equal(&pcr, pcr_value(&s.golden.values, DIGEST_SHA256, 10)));
		pcr = *pcr_value(&s.golden.values, DIGEST_SHA256, 10);
		scene_expect(&s, "ima-violation", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
		/* It stands for no file that has to appear. */
		assert_true(scene_has(&s, "ima-required-missing"));
		assert_int_equal(s.result.findings.count, 2);
		assert_int_equal(s.result.excluded, 0);
	}
}

static void i25_content_rewritten_under_a_listed_path_is_seen(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed(CAT);
	(void)state;

	/* Copied, which gives no right, then rewritten and run. */
	scene_init(&s);
	ima_log_add(&s.golden, "ima-sigv2", "memfd:cat", &cat);
	expect_entry(&s, "ima-entry-elsewhere", TIER_WARNING);
	ima_log_add(&s.golden, "ima-sigv2", CAT, &unknown);
	scene_expect(&s, "ima-entry-changed", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
}

/* i22 too: the file's entry is there, its rules are not. */
static void i26_a_policy_that_was_only_read_is_not_in_force(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed(CAT);
	struct digest module = scene_listed(AUTOFS);
	(void)state;

	scene_init(&s);
	ima_log_cut(&s.golden, POLICY_ENTRY + 1);
	expect_found(&s, "ima-policy-not-in-force", TIER_CONTRAINDICATED);
	ima_log_add(&s.golden, "ima-sig", AUTOFS, &module);
	ima_log_add(&s.golden, "ima-sig", CAT, &cat);
	expect_entry(&s, "ima-policy-not-in-force", TIER_CONTRAINDICATED);
	/* A later entry in the policy's form does not make it good. */
	ima_log_add(&s.golden, "ima-sigv2", CAT, &cat);
	expect_entry(&s, "ima-policy-not-in-force", TIER_CONTRAINDICATED);
}

static void i27_kexec_is_refused(void **state)
{
	AUTO_DONE(scene) file = { 0 };
	AUTO_DONE(scene) line = { 0 };
	struct made_entry entry = entry_of(&unknown, PATH("kexec-cmdline"));
	(void)state;

	/* A set that lists it does not even load (r22). */
	scene_init(&file);
	ima_log_add(&file.golden, "ima-sigv2", "/boot/vmlinuz", &unknown);
	expect_entry(&file, "ima-kexec", TIER_CONTRAINDICATED);

	scene_init(&line);
	line.golden.manifest[0].templates[2] = "ima-buf";
	golden_build(&line.golden);
	entry.template = "ima-buf";
	entry.digest_prefix = "sha256:";
	entry.last = span_text("ro");
	ima_log_add_made(&line.golden, &entry);
	expect_entry(&line, "ima-kexec", TIER_CONTRAINDICATED);
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
	cmocka_unit_test(i13_the_required_policy_is_seen_loaded),
	cmocka_unit_test(i14_files_that_must_appear_are_waited_for_a_while),
	cmocka_unit_test(i15_approved_content_elsewhere_gives_no_right),
	cmocka_unit_test(i16_an_exclude_is_whole_components),
	cmocka_unit_test(i17_an_offset_is_the_verifier_s_to_choose),
	cmocka_unit_test(i19_a_long_log_costs_what_it_is_long),
	cmocka_unit_test(i19_no_set_is_searched_for_what_no_quote_covers),
	cmocka_unit_test(i19_a_log_over_the_cap_is_not_read),
	cmocka_unit_test(i19_an_entry_of_4_gib_is_not_waited_for),
	cmocka_unit_test(i19_every_truncation_is_short_or_malformed),
	cmocka_unit_test(i20_a_weaker_digest_does_not_stand_for_the_listed_one),
	cmocka_unit_test(i21_code_without_a_file_of_the_release_is_seen),
	cmocka_unit_test(i23_a_kernel_that_is_not_locked_down_is_refused),
	cmocka_unit_test(i24_the_path_of_a_violation_decides_nothing),
	cmocka_unit_test(i25_content_rewritten_under_a_listed_path_is_seen),
	cmocka_unit_test(i26_a_policy_that_was_only_read_is_not_in_force),
	cmocka_unit_test(i27_kexec_is_refused),
};

ATTACKS_MAIN(tests)
