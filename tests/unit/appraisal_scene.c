/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "appraisal_scene.h"

#include <string.h>

void scene_init(struct scene *s)
{
	*s = (struct scene){ .now = GOLDEN_NOW };
	golden_init(&s->golden);
	golden_build(&s->golden);
	boot_log_take(&s->golden, &s->log);
}

void scene_done(struct scene *s)
{
	golden_done(&s->golden);
	made_boot_log_done(&s->log);
	appraisal_done(&s->result);
	bytes_done(&s->state);
	bytes_done(&s->proven);
}

/* What the host sends: whole entries from s->sent on. */
static struct span log_part(const struct scene *s)
{
	struct span rest = { s->golden.ima_log.data + s->sent, s->golden.ima_log.len - s->sent };
	struct ima_log log;
	struct ima_entry entry;
	size_t len = 0;

	if (s->part == 0 || rest.len <= s->part)
		return rest;
	assert_int_equal(ima_log_open(rest, DIGEST_SHA1, 0, &log), OK);
	while (ima_log_next(&log, &entry) == OK && entry.offset + entry.size <= s->part)
		len = entry.offset + entry.size;
	return (struct span){ rest.data, len };
}

void scene_judge(struct scene *s)
{
	struct span part = log_part(s);
	struct appraisal_input input = {
		.reference = &s->golden.reference,
		.node_class = &s->golden.built,
		.node = digest_span(&s->node),
		.values = &s->golden.values,
		.boot_log = span_of(&s->golden.boot_log),
		.ima_log = part,
		.ima_first = s->first,
		.ima_has_more = s->claims_more || s->sent + part.len < s->golden.ima_log.len,
		.state = span_of(&s->state),
		.now = s->now,
		.asked = s->asked != 0 ? s->asked : s->now,
		.in_use_since = s->in_use_since,
		.ratchet = s->ratchet,
	};

	if (s->leaves_out_boot_log)
		input.boot_log = (struct span){ 0 };
	appraisal_done(&s->result);
	assert_int_equal(appraise(&input, &s->result), OK);
	s->is_judged = true;
}

void scene_ask(struct scene *s)
{
	struct appraisal_wants wants =
		appraisal_wants(&s->golden.reference, &s->golden.built, span_of(&s->state), s->now);

	s->leaves_out_boot_log = !wants.boot_log;
	s->sent = wants.next_entry == 0 ? 0 : s->sent;
	s->first = wants.next_entry;
}

void scene_commit(struct scene *s)
{
	bool is_staged = s->result.is_unproven || s->result.is_retryable;

	assert_true(s->is_judged);
	s->is_judged = false;
	bytes_done(&s->state);
	s->state = s->result.state;
	s->result.state = (struct bytes){ 0 };
	s->sent += s->result.prefix_bytes;
	if (!is_staged) {
		bytes_done(&s->proven);
		assert_int_equal(bytes_copy(span_of(&s->state), &s->proven), OK);
		s->proven_sent = s->sent;
	} else if (s->state.len == 0) {
		assert_int_equal(bytes_copy(span_of(&s->proven), &s->state), OK);
		s->sent = s->proven_sent;
	}
	scene_ask(s);
}

bool scene_has(const struct scene *s, const char *code)
{
	for (size_t i = 0; i < s->result.findings.count; i++)
		if (strcmp(reason_facts(s->result.findings.list[i].reason)->code, code) == 0)
			return true;
	return false;
}

const char *scene_first_code(const struct scene *s)
{
	if (s->result.findings.count == 0)
		return "nothing";
	return reason_facts(s->result.findings.list[0].reason)->code;
}

void scene_expect(struct scene *s, const char *code, enum claim claim, enum trust_tier tier)
{
	scene_judge(s);
	if (!scene_has(s, code))
		fail_msg("wanted %s, got %s %s", code, scene_first_code(s),
			 s->result.findings.list[0].detail);
	assert_int_equal(s->result.claims.tier[claim], tier);
}

void scene_expect_nothing(struct scene *s)
{
	scene_judge(s);
	if (s->result.findings.count != 0)
		fail_msg("%s %s", scene_first_code(s), s->result.findings.list[0].detail);
	assert_int_equal(s->result.claims.tier[CLAIM_EXECUTABLES], TIER_AFFIRMING);
	assert_int_equal(s->result.claims.tier[CLAIM_CONFIGURATION], TIER_AFFIRMING);
}

struct digest scene_listed(const char *path)
{
	AUTO_DONE(golden) g = { 0 };
	struct digest digest = { 0 };
	struct ima_log log;
	struct ima_entry entry;

	golden_init(&g);
	assert_int_equal(ima_log_open(span_of(&g.ima_log), DIGEST_SHA1, 0, &log), OK);
	while (ima_log_next(&log, &entry) == OK)
		if (span_equal(entry.path, span_text(path)))
			assert_int_equal(digest_from(DIGEST_SHA256, entry.file_digest, &digest),
					 OK);
	assert_int_equal(digest.alg, DIGEST_SHA256);
	return digest;
}

void scene_judge_anew(struct scene *s)
{
	golden_build(&s->golden);
	scene_judge(s);
}

void scene_expect_executables(struct scene *s, const char *code)
{
	scene_expect(s, code, CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
	assert_false(s->result.is_retryable);
}

void scene_expect_boot(struct scene *s, const char *code)
{
	golden_build(&s->golden);
	scene_expect(s, code, CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
}

void scene_expect_put(struct scene *s, const char *code)
{
	boot_log_put(&s->log, &s->golden);
	scene_expect_boot(s, code);
}

void scene_expect_configured(struct scene *s)
{
	scene_judge_anew(s);
	if (s->result.claims.tier[CLAIM_CONFIGURATION] != TIER_AFFIRMING)
		fail_msg("%s %s", scene_first_code(s), s->result.findings.list[0].detail);
}
