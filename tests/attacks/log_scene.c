/* SPDX-License-Identifier: Apache-2.0 */
#include "attacks.h"

#include "log_scene.h"

const struct digest unknown_digest = { .alg = DIGEST_SHA256, .value = { 0x66, 0x66 } };

void log_expect_found(struct scene *s, const char *code, enum trust_tier tier)
{
	scene_expect(s, code, CLAIM_EXECUTABLES, tier);
}

/* An entry that the quote covers: it goes on record, and what was bad stays bad. */
void log_expect_entry(struct scene *s, const char *code, enum trust_tier tier)
{
	log_expect_found(s, code, tier);
	assert_false(s->result.is_retryable);
	assert_true(s->result.entries > 0);
	scene_commit(s);
	assert_true(s->first > 0);
	log_expect_found(s, code, tier);
	assert_int_equal(s->result.prefix_bytes, 0);
}

/* The log as it is: nothing of it counts, and it is asked for again from 0. */
void log_expect(struct scene *s, const char *code, bool is_retryable)
{
	log_expect_found(s, code, is_retryable ? TIER_NONE : TIER_CONTRAINDICATED);
	assert_int_equal(s->result.findings.count, 1);
	assert_int_equal(s->result.is_retryable, is_retryable);
	assert_int_equal(s->result.entries, 0);
	assert_int_equal(s->result.prefix_bytes, 0);
	scene_commit(s);
	assert_int_equal(s->first, 0);
}

/* Twice it may have been read too early, the third time it was not. */
void log_expect_never_reached(struct scene *s)
{
	log_expect(s, "ima-log-short", true);
	log_expect(s, "ima-log-short", true);
	log_expect(s, "ima-pcr-mismatch", false);
	log_expect(s, "ima-pcr-mismatch", false);
}

struct made_entry log_entry_of(const struct digest *digest, struct span path)
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

struct ima_entry log_entry_at(const struct scene *s, uint64_t index)
{
	struct ima_log log;
	struct ima_entry entry = { 0 };

	assert_int_equal(ima_log_open(span_of(&s->golden.ima_log), DIGEST_SHA1, 0, &log), OK);
	do
		assert_int_equal(ima_log_next(&log, &entry), OK);
	while (entry.index < index);
	return entry;
}
