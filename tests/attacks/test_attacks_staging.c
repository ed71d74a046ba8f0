/* SPDX-License-Identifier: Apache-2.0 */
/* An IMA log that comes in parts, in the signer: what waits beside a session, and
 * what nobody gets out of it. */
#include "attacks.h"

#include <string.h>

#include "attack_scene.h"
#include "log_maker.h"
#include "tpm/policy_digest.h"
#include "verifier/appraisal/appraise.h"
#include "verifier/store/sqlite.h"

#define ENTRIES CAPTURE_IMA_ENTRIES /* of scene_prepare_commit() */

/* The appraiser's word on what the node sent now: a part of its log. */
static void prepare_part(struct signer_scene *s, uint64_t entries, const char *state)
{
	scene_prepare_commit(s);
	s->request.commit.is_unproven = true;
	s->request.commit.is_retry = true;
	s->request.commit.first_entry = s->answer.authenticate.entries;
	s->request.commit.entries = entries;
	s->request.commit.state = span_text(state);
	s->request.commit.ima_log = span_text("a part");
	s->request.commit.boot_log = (struct span){ 0 };
}

static void begin(struct signer_scene *s)
{
	scene_authenticate(s);
	assert_false(s->answer.authenticate.is_final);
}

static void send_part(struct signer_scene *s, uint64_t entries, const char *state)
{
	begin(s);
	prepare_part(s, entries, state);
	scene_expect(s, FRAME_COMMIT, REFUSAL_NONE);
}

static void expect_state(struct signer_scene *s, const char *state, uint64_t entries)
{
	begin(s);
	assert_true(span_equal(s->answer.authenticate.state, span_text(state)));
	assert_int_equal(s->answer.authenticate.entries, entries);
}

static struct session_row session_of(struct signer_scene *s)
{
	struct session_row session;

	assert_int_equal(store_session(s->signer.store, &s->node, &s->keep, &session), OK);
	return session;
}

static void expect_log(struct signer_scene *s, const char *text)
{
	struct span log;

	assert_int_equal(store_session_log(s->signer.store, &s->node, false, &s->keep, &log), OK);
	if (!span_equal(log, span_text(text)))
		fail_msg("%.*s, not %s", (int)log.len, (const char *)log.data, text);
}

static int frames_stored(struct signer_scene *s)
{
	sqlite3_stmt *stmt = NULL;
	int count;

	assert_int_equal(sqlite3_prepare_v2(s->signer.store->db,
					    "SELECT count(*) FROM session_logs WHERE is_boot = 0",
					    -1, &stmt, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	count = sqlite3_column_int(stmt, 0);
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
	return count;
}

/* Whatever the appraiser claims with it, as one that was taken over may. */
static void i30_a_part_of_a_log_gives_no_right(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct node_row before, after;
	(void)state;

	attack_scene_init(&s);
	assert_int_equal(store_node(s.signer.store, &s.node, &s.keep, &before), OK);
	for (unsigned is_retry = 0; is_retry < 2; is_retry++) {
		s.now += 10;
		begin(&s);
		prepare_part(&s, ENTRIES + 10, "staged");
		s.request.commit.is_retry = is_retry == 1;
		scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
		assert_true(s.answer.commit.is_retry);
		assert_int_equal(s.answer.commit.certificate.len, 0);
		assert_int_equal(s.answer.commit.verdict.len, 0);
		assert_int_equal(s.signer.grants, 1);
		/* What it held runs out when it would have. */
		assert_int_equal(store_node(s.signer.store, &s.node, &s.keep, &after), OK);
		assert_int_equal(after.expires, before.expires);
		assert_int_equal(after.attested, before.attested);
		assert_int_equal(after.verdict, NODE_TRUSTED);
	}
}

/* The release that a node may not go back behind is one that it was trusted with. */
static void i30_a_part_of_a_log_ratchets_nothing(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct node_row row;
	(void)state;

	signer_scene_approved(&s);
	begin(&s);
	prepare_part(&s, 10, "staged");
	assert_int_not_equal(s.request.commit.release_version, 0);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_int_equal(store_node(s.signer.store, &s.node, &s.keep, &row), OK);
	assert_int_equal(row.release_version, 0);
}

static void i30_what_is_bad_in_a_part_ends_the_right(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct finding bad = finding_of(REASON_IMA_ENTRY_UNKNOWN);
	(void)state;

	attack_scene_init(&s);
	begin(&s);
	prepare_part(&s, ENTRIES + 10, "staged");
	s.request.commit.is_retry = false;
	s.request.commit.claims.tier[CLAIM_EXECUTABLES] = TIER_CONTRAINDICATED;
	findings_add(&s.request.commit.findings, &bad);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_false(s.answer.commit.is_retry);
	assert_int_equal(s.answer.commit.certificate.len, 0);
	assert_int_equal(state_in_store(&s), NODE_UNTRUSTED);
	/* The part waits all the same; what was proven stays what it was. */
	expect_state(&s, "staged", ENTRIES + 10);
	assert_true(span_equal(session_of(&s).state, span_text("the appraiser's state")));
}

/* Retries that are never counted would put ima-pcr-mismatch off for ever. */
static void i31_what_was_undecided_goes_on_with_its_count(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	begin(&s);
	scene_prepare_commit(&s);
	s.request.commit.is_retry = true;
	s.request.commit.first_entry = ENTRIES;
	s.request.commit.ima_log = s.request.commit.boot_log = (struct span){ 0 };
	s.request.commit.state = span_text("one strike");
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_true(s.answer.commit.is_retry);
	expect_state(&s, "one strike", ENTRIES);
	expect_log(&s, "a compressed IMA log");
}

/* Both halves, as they are: an appraisal of the golden log, then the signer. */
static void attest_with_logs(struct signer_scene *s)
{
	AUTO_DONE(appraisal) a = { 0 };
	bool is_known;

	begin(s);
	is_known = !s->challenge.want_boot_log;
	const struct appraisal_input input = {
		.reference = &s->golden.reference,
		.node_class = &s->golden.built,
		.values = &s->golden.values,
		.boot_log = is_known ? (struct span){ 0 } : span_of(&s->golden.boot_log),
		.ima_log = is_known ? (struct span){ 0 } : span_of(&s->golden.ima_log),
		.ima_first = s->challenge.next_entry,
		.state = s->answer.authenticate.state,
		.now = s->now,
		.ratchet = s->answer.authenticate.release_version,
	};

	assert_int_equal(appraise(&input, &a), OK);
	s->request.commit = (struct commit_request){
		.node = s->node,
		.generation = s->answer.authenticate.generation,
		.claims = a.claims,
		.is_retry = a.is_retryable,
		.is_unproven = a.is_unproven,
		.findings = a.findings,
		.manifest = digest_span(&a.manifest),
		.release_version = a.version,
		.entries = a.entries,
		.state = span_of(&a.state),
		.first_entry = s->challenge.next_entry,
		.ima_log = a.prefix_bytes > 0 ? span_text("frame") : (struct span){ 0 },
	};
	scene_expect(s, FRAME_COMMIT, REFUSAL_NONE);
}

static void i31_an_extend_outside_ima_is_untrusted_the_third_time(void **state)
{
	static const struct digest foreign = { .alg = DIGEST_SHA256, .value = { 0x66 } };
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	attest_with_logs(&s);
	assert_int_equal(state_in_store(&s), NODE_TRUSTED);
	assert_int_equal(s.signer.grants, 1);
	golden_extend(&s.golden, 10, &foreign);
	for (unsigned i = 0; i < 2; i++) {
		attest_with_logs(&s);
		assert_true(s.answer.commit.is_retry);
		assert_int_equal(state_in_store(&s), NODE_TRUSTED);
	}
	for (unsigned i = 0; i < 2; i++) {
		attest_with_logs(&s);
		assert_false(s.answer.commit.is_retry);
		assert_true(span_equal(s.answer.commit.reasons.items[0].code,
				       span_text("ima-pcr-mismatch")));
		assert_int_equal(state_in_store(&s), NODE_UNTRUSTED);
	}
	assert_int_equal(s.signer.grants, 1);
	assert_int_equal(s.challenge.next_entry, ENTRIES);
}

static void i31_parts_wait_beside_what_is_proven(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	send_part(&s, ENTRIES + 10, "first part");
	send_part(&s, ENTRIES + 20, "second part");
	expect_state(&s, "second part", ENTRIES + 20);
	assert_true(span_equal(session_of(&s).state, span_text("the appraiser's state")));
	assert_int_equal(session_of(&s).entries, ENTRIES);
	expect_log(&s, "a compressed IMA log");
	assert_int_equal(frames_stored(&s), 3);
	/* They lead nowhere: as if they had never come. */
	scene_prepare_commit(&s);
	s.request.commit.is_unproven = true;
	s.request.commit.first_entry = ENTRIES + 20;
	s.request.commit.state = s.request.commit.ima_log = (struct span){ 0 };
	s.request.commit.claims.tier[CLAIM_EXECUTABLES] = TIER_CONTRAINDICATED;

	struct finding bad = finding_of(REASON_IMA_PCR_MISMATCH);

	findings_add(&s.request.commit.findings, &bad);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_int_equal(state_in_store(&s), NODE_UNTRUSTED);
	assert_int_equal(frames_stored(&s), 1);
	expect_state(&s, "the appraiser's state", ENTRIES);
}

static void i31_parts_become_the_log_when_a_quote_is_reached(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	send_part(&s, ENTRIES + 10, "first part");
	begin(&s);
	scene_prepare_commit(&s);
	s.request.commit.first_entry = ENTRIES + 10;
	s.request.commit.entries = ENTRIES + 15;
	s.request.commit.ima_log = span_text(", the end");
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_int_equal(state_in_store(&s), NODE_TRUSTED);
	assert_int_equal(s.signer.grants, 2);
	expect_log(&s, "a compressed IMA loga part, the end");
	assert_int_equal(session_of(&s).staged_state.len, 0);
	assert_int_equal(session_of(&s).entries, ENTRIES + 15);

	/* From entry 0 on, in parts: the old log stays until the new one is proven. */
	begin(&s);
	prepare_part(&s, 20, "from 0");
	s.request.commit.first_entry = 0;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	expect_log(&s, "a compressed IMA loga part, the end");
	begin(&s);
	scene_prepare_commit(&s);
	s.request.commit.first_entry = 20;
	s.request.commit.ima_log = (struct span){ 0 };
	s.request.commit.entries = 20;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	expect_log(&s, "a part");
	assert_int_equal(frames_stored(&s), 1);
}

/* Evidence that is shown is what the verdict is about, and nothing of an appraisal before. */
static void i31_a_boot_that_was_not_known_has_no_log_of_another(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct finding bad = finding_of(REASON_BOOT_REPLAY_MISMATCH);
	(void)state;

	attack_scene_init(&s);
	expect_log(&s, "a compressed IMA log");
	begin(&s);
	scene_prepare_commit(&s);
	s.request.commit.state = s.request.commit.ima_log = (struct span){ 0 };
	s.request.commit.entries = 0;
	s.request.commit.boot_log = span_text("another boot log");
	s.request.commit.claims.tier[CLAIM_EXECUTABLES] = TIER_CONTRAINDICATED;
	findings_add(&s.request.commit.findings, &bad);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_int_equal(state_in_store(&s), NODE_UNTRUSTED);
	assert_int_equal(frames_stored(&s), 0);
	expect_log(&s, "");
	expect_state(&s, "", 0);
}

static void i32_a_part_goes_on_where_the_last_one_ended(void **state)
{
	static const uint64_t elsewhere[] = { 1, ENTRIES, ENTRIES + 9, ENTRIES + 11, UINT64_MAX };
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request replayed;
	(void)state;

	attack_scene_init(&s);
	begin(&s);
	replayed = scene_record(&s, FRAME_AUTHENTICATE);
	prepare_part(&s, ENTRIES + 10, "staged");
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
		begin(&s);
		prepare_part(&s, ENTRIES + 20, "forged");
		s.request.commit.first_entry = elsewhere[i];
		expect_refused_unchanged(&s, FRAME_COMMIT, REFUSAL_MALFORMED);
	}
	expect_state(&s, "staged", ENTRIES + 10);
	/* Byte for byte again, as after a lost answer: the same answer, nothing more. */
	s.request = replayed;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_true(s.answer.authenticate.is_final);
	assert_true(s.answer.authenticate.result.is_retry);
	/* Its quote with other bytes around it. */
	static const uint8_t other[SHA256_SIZE] = { 7 };

	s.request = replayed;
	s.request.authenticate.evidence_digest = (struct span){ other, sizeof(other) };
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_EVIDENCE_REPLAYED);
}

/* Two of a node's quotes at two appraisers: what the first one stored stays, and
 * the other one is appraised again from there. */
static void i32_of_two_in_flight_the_later_goes_on_from_the_first(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct pending later;
	(void)state;

	attack_scene_init(&s);
	begin(&s);
	struct pending earlier = s.pending;

	s.pending = (struct pending){ 0 };
	begin(&s);
	later = s.pending;
	s.pending = earlier;
	prepare_part(&s, ENTRIES + 10, "staged");
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);

	struct signer_request again = s.request;

	s.pending = later;
	s.request = again;
	s.request.commit.entries = ENTRIES;
	s.request.commit.state = span_text("of before");
	s.request.commit.ima_log = (struct span){ 0 };
	expect_refused_unchanged(&s, FRAME_COMMIT, REFUSAL_GENERATION_CHANGED);
	expect_state(&s, "staged", ENTRIES + 10);
	prepare_part(&s, ENTRIES + 20, "further");
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	expect_state(&s, "further", ENTRIES + 20);
	assert_int_equal(frames_stored(&s), 3);
}

static void i32_parts_end_with_their_boot_session(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct digest policy;
	(void)state;

	attack_scene_init(&s);
	send_part(&s, ENTRIES + 10, "staged");
	s.reset_count++;
	s.clock = 10;
	software_key_done(&s.minting);
	assert_int_equal(minting_policy(DIGEST_SHA256, 0x4090 | 1u << 13, &s.golden.values,
					s.reset_count, s.restart_count, &policy),
			 OK);
	make_minting_key(digest_span(&policy), &s.minting);
	scene_evidence(&s);
	assert_int_equal(s.challenge.next_entry, 0);
	assert_true(s.challenge.want_boot_log);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_false(s.answer.authenticate.is_final);
	assert_int_equal(s.answer.authenticate.state.len, 0);
	assert_int_equal(s.answer.authenticate.entries, 0);
	prepare_part(&s, 20, "of the new boot");
	s.request.commit.first_entry = 0;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_int_equal(session_of(&s).state.len, 0);
	assert_int_equal(frames_stored(&s), 1);
}

/* 40 MiB of it, and a host that measures more than anyone wants to keep. */
static void i33_a_log_that_outgrows_its_store_is_not_kept(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) frame = { 0 };
	size_t size = SESSION_LOG_MAX / 4;
	(void)state;

	assert_int_equal(bytes_reserve(&frame, size), OK);
	memset(frame.data, 7, size);
	frame.len = size;
	attack_scene_init(&s);
	for (unsigned i = 1; i <= 5; i++) {
		begin(&s);
		scene_prepare_commit(&s);
		s.request.commit.first_entry = s.answer.authenticate.entries;
		s.request.commit.entries = ENTRIES + i;
		s.request.commit.ima_log = span_of(&frame);
		scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
		/* The host is as good as it was. */
		assert_int_equal(state_in_store(&s), NODE_TRUSTED);
		assert_int_equal(s.signer.grants, 1 + i);
		assert_int_equal(frames_stored(&s), i < 4 ? 1 + i : 0);
		assert_true(session_of(&s).log_bytes <= SESSION_LOG_MAX);
	}
	/* Nobody takes a part of it for the whole. */
	s.request.admin = (struct admin_request){ .verb = ADMIN_EVIDENCE,
						  .role = ROLE_AUDITOR,
						  .node = s.node };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_LOG_NOT_KEPT);
	/* Parts that wait are bounded in the same way. */
	for (unsigned i = 1; i <= 5; i++) {
		begin(&s);
		prepare_part(&s, i == 1 ? 1 : ENTRIES + i, "staged");
		s.request.commit.first_entry = i == 1 ? 0 : s.answer.authenticate.entries;
		s.request.commit.ima_log = span_of(&frame);
		scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
		assert_int_equal(frames_stored(&s), i < 4 ? i : 0);
	}
	/* Another log from entry 0 on, small enough, is kept again. */
	begin(&s);
	scene_commit(&s);
	expect_log(&s, "a compressed IMA log");
	assert_int_equal(frames_stored(&s), 1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(i30_a_part_of_a_log_gives_no_right),
	cmocka_unit_test(i30_a_part_of_a_log_ratchets_nothing),
	cmocka_unit_test(i30_what_is_bad_in_a_part_ends_the_right),
	cmocka_unit_test(i31_what_was_undecided_goes_on_with_its_count),
	cmocka_unit_test(i31_an_extend_outside_ima_is_untrusted_the_third_time),
	cmocka_unit_test(i31_parts_wait_beside_what_is_proven),
	cmocka_unit_test(i31_parts_become_the_log_when_a_quote_is_reached),
	cmocka_unit_test(i31_a_boot_that_was_not_known_has_no_log_of_another),
	cmocka_unit_test(i32_a_part_goes_on_where_the_last_one_ended),
	cmocka_unit_test(i32_of_two_in_flight_the_later_goes_on_from_the_first),
	cmocka_unit_test(i32_parts_end_with_their_boot_session),
	cmocka_unit_test(i33_a_log_that_outgrows_its_store_is_not_kept),
};

ATTACKS_MAIN(tests)
