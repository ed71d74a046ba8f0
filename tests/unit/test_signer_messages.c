/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/loader_messages.h"
#include "verifier/signer_messages.h"

static const enum frame_type request_types[] = { FRAME_ENROL,	  FRAME_ACTIVATE,
						 FRAME_CHALLENGE, FRAME_AUTHENTICATE,
						 FRAME_COMMIT,	  FRAME_ADMIN,
						 FRAME_BUNDLE,	  FRAME_HEALTH };
#define TYPES (sizeof(request_types) / sizeof(request_types[0]))

static uint8_t bytes32[32] = "thirty-two bytes of no meaning.";
static const struct span thirty_two = { bytes32, sizeof(bytes32) };

static struct signer_request sample_request(enum frame_type type)
{
	struct signer_request q = { .type = type };

	if (type == FRAME_ENROL)
		q.enrol = (struct enrol_request){ .spki = span_text("spki"),
						  .ek_public = span_text("ek"),
						  .ak_public = span_text("ak"),
						  .is_software_tpm = true,
						  .hostname = span_text("host") };
	if (type == FRAME_ACTIVATE)
		q.activate = (struct activate_request){ .received = 5,
							.record = span_text("record"),
							.secret = thirty_two };
	if (type == FRAME_AUTHENTICATE)
		q.authenticate = (struct authenticate_request){ .evidence_digest = thirty_two,
								.pcrs = span_text("values"),
								.attest = span_text("attest") };
	if (type == FRAME_COMMIT) {
		struct finding finding = finding_of(REASON_IMA_ENTRY_UNKNOWN);

		q.commit = (struct commit_request){ .generation = thirty_two,
						    .entries = 12,
						    .state = span_text("state") };
		finding_detail(&finding, "path", span_text("/x"));
		findings_add(&q.commit.findings, &finding);
		q.commit.claims.tier[CLAIM_EXECUTABLES] = TIER_WARNING;
	}
	if (type == FRAME_ADMIN)
		q.admin = (struct admin_request){ .verb = ADMIN_LIST, .limit = 10 };
	if (type == FRAME_BUNDLE)
		q.bundle.trust_domain = span_text("prod.example");
	return q;
}

static struct signer_answer sample_answer(enum frame_type type)
{
	struct signer_answer a = { .type = type };

	if (type == FRAME_ENROL || type == FRAME_CHALLENGE) {
		struct challenge *c = type == FRAME_ENROL ? &a.enrol.challenge : &a.challenge;

		*c = (struct challenge){ .nonce = thirty_two,
					 .bank = DIGEST_SHA256,
					 .select = 0x6fff };
	}
	if (type == FRAME_AUTHENTICATE) {
		a.authenticate.generation = thirty_two;
		a.authenticate.class_name = span_text("server");
	}
	if (type == FRAME_COMMIT) {
		a.commit.verdict = span_text("verdict");
		a.commit.reasons.count = 1;
		a.commit.reasons.items[0].code = span_text("code");
		a.commit.chain.count = 1;
		a.commit.chain.items[0] = span_text("der");
	}
	if (type == FRAME_ADMIN) {
		a.admin.verb = ADMIN_AUDIT;
		a.admin.audit.count = 1;
		a.admin.audit.items[0].hash = thirty_two;
	}
	return a;
}

/* Encoding what was decoded gives the same bytes: nothing was lost or invented. */
static void requests_come_back_as_they_went(void **state)
{
	(void)state;
	for (size_t i = 0; i < TYPES; i++) {
		struct signer_request q = sample_request(request_types[i]), back;
		AUTO_DONE(bytes) first = { 0 };
		AUTO_DONE(bytes) second = { 0 };

		assert_int_equal(signer_request_encode(&q, &first), OK);
		assert_int_equal(signer_request_decode(q.type, span_of(&first), &back), OK);
		assert_int_equal(signer_request_encode(&back, &second), OK);
		assert_true(span_equal(span_of(&first), span_of(&second)));
	}
}

static void answers_come_back_as_they_went(void **state)
{
	(void)state;
	for (size_t i = 0; i < TYPES; i++) {
		struct signer_answer a = sample_answer(request_types[i]), back;
		AUTO_DONE(bytes) first = { 0 };
		AUTO_DONE(bytes) second = { 0 };

		assert_int_equal(signer_answer_encode(&a, &first), OK);
		assert_int_equal(signer_answer_decode(a.type, span_of(&first), &back), OK);
		assert_int_equal(signer_answer_encode(&back, &second), OK);
		assert_true(span_equal(span_of(&first), span_of(&second)));
	}
}

/* What is stored of a verdict is read back as an answer (a lost one, asked for again). */
static void a_stored_result_is_an_answer_to_a_commit(void **state)
{
	struct signer_answer a = sample_answer(FRAME_COMMIT);
	AUTO_DONE(bytes) answer = { 0 };
	AUTO_DONE(bytes) stored = { 0 };
	(void)state;

	assert_int_equal(signer_answer_encode(&a, &answer), OK);
	assert_int_equal(signer_result_encode(&a.commit, &stored), OK);
	assert_true(span_equal(span_of(&answer), span_of(&stored)));
}

/* Beyond a list's count there is what was there before, and no more is written. */
static void an_empty_list_costs_no_more_than_its_head(void **state)
{
	static struct signer_answer a;
	const uint8_t *items = (const uint8_t *)a.commit.reasons.items;
	AUTO_DONE(bytes) body = { 0 };
	struct signer_answer one = sample_answer(FRAME_COMMIT);
	(void)state;

	one.commit.reasons.count = 0;
	memset(&a, 0xee, sizeof(a));
	assert_int_equal(signer_answer_encode(&one, &body), OK);
	assert_int_equal(signer_answer_decode(FRAME_COMMIT, span_of(&body), &a), OK);
	assert_int_equal(a.commit.reasons.count, 0);
	for (size_t i = 0; i < sizeof(a.commit.reasons.items); i++)
		assert_int_equal(items[i], 0xee);
}

static void every_truncation_and_every_extra_byte_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < TYPES; i++) {
		struct signer_request q = sample_request(request_types[i]);
		struct signer_answer a = sample_answer(request_types[i]);
		AUTO_DONE(bytes) request = { 0 };
		AUTO_DONE(bytes) answer = { 0 };

		assert_int_equal(signer_request_encode(&q, &request), OK);
		assert_int_equal(signer_answer_encode(&a, &answer), OK);
		for (size_t len = 0; len < request.len; len++)
			assert_int_not_equal(
				signer_request_decode(request_types[i],
						      (struct span){ request.data, len }, &q),
				OK);
		for (size_t len = 0; len < answer.len; len++)
			assert_int_not_equal(signer_answer_decode(request_types[i],
								  (struct span){ answer.data, len },
								  &a),
					     OK);
		assert_int_equal(bytes_append_byte(&request, 0), OK);
		assert_int_equal(bytes_append_byte(&answer, 0), OK);
		assert_int_not_equal(signer_request_decode(request_types[i], span_of(&request), &q),
				     OK);
		assert_int_not_equal(signer_answer_decode(request_types[i], span_of(&answer), &a),
				     OK);
	}
}

static void a_length_over_its_cap_is_refused_on_both_sides(void **state)
{
	uint8_t long_text[SIGNER_TEXT_MAX + 1];
	struct signer_request q = { .type = FRAME_BUNDLE };
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, 1024);
	(void)state;

	memset(long_text, 'a', sizeof(long_text));
	q.bundle.trust_domain = (struct span){ long_text, sizeof(long_text) };
	assert_int_equal(signer_request_encode(&q, &body), STATUS_TOO_LARGE);
	body.len = 0;
	writer_sized(&w, q.bundle.trust_domain);
	assert_int_equal(signer_request_decode(FRAME_BUNDLE, span_of(&body), &q), STATUS_TOO_LARGE);
}

static void a_tier_that_is_none_is_refused(void **state)
{
	struct signer_request q = sample_request(FRAME_COMMIT);
	AUTO_DONE(bytes) body = { 0 };
	(void)state;

	assert_int_equal(signer_request_encode(&q, &body), OK);
	/* node 32, generation 2 + 32, then the first claim */
	body.data[66] = 3;
	assert_int_equal(signer_request_decode(FRAME_COMMIT, span_of(&body), &q), STATUS_MALFORMED);
}

static void a_detail_with_a_nul_inside_is_refused(void **state)
{
	struct signer_request q = sample_request(FRAME_COMMIT);
	AUTO_DONE(bytes) body = { 0 };
	uint8_t *at;
	(void)state;

	assert_int_equal(signer_request_encode(&q, &body), OK);
	at = memmem(body.data, body.len, "/x", 2);
	assert_non_null(at);
	*at = 0;
	assert_int_equal(signer_request_decode(FRAME_COMMIT, span_of(&body), &q), STATUS_MALFORMED);
}

static void every_refusal_has_a_name_and_an_http_status(void **state)
{
	(void)state;
	for (unsigned i = 0; i < REFUSALS; i++) {
		assert_non_null(refusal_name((enum refusal)i));
		assert_in_range(refusal_http_status((enum refusal)i), 200, 503);
	}
	assert_null(refusal_name(REFUSALS));
	assert_int_equal(refusal_http_status(REFUSALS), 500);
}

static void marks_and_refusals_of_loads_come_back(void **state)
{
	struct release_marks marks = { .time = 9 }, back;
	struct load_refusal refusal = { .code = span_text("code") }, again;
	AUTO_DONE(bytes) first = { 0 };
	AUTO_DONE(bytes) second = { 0 };
	(void)state;

	marks.index.version = 4;
	marks.index.digest = digest_filled(DIGEST_SHA256, 7);
	marks.rejected = digest_filled(DIGEST_SHA256, 8);
	assert_int_equal(release_marks_encode(&marks, &first), OK);
	assert_int_equal(release_marks_decode(span_of(&first), &back), OK);
	assert_true(digest_equal(&back.index.digest, &marks.index.digest));
	assert_true(digest_equal(&back.rejected, &marks.rejected));
	assert_int_equal(back.root.digest.alg, DIGEST_NONE);
	assert_int_equal(load_refusal_encode(&refusal, &second), OK);
	assert_int_equal(load_refusal_decode(span_of(&second), &again), OK);
	assert_true(span_equal(again.code, refusal.code));
	for (size_t len = 0; len < first.len; len++)
		assert_int_not_equal(release_marks_decode((struct span){ first.data, len }, &back),
				     OK);
}

/* Root, timestamp, index, revocations, each with a version and no digest; time. */
static void marks_that_were_stored_before_there_was_a_log_are_read(void **state)
{
	uint8_t stored[4 * (8 + 2) + 8] = { 0 };
	struct release_marks marks = { .log.version = 5 };
	(void)state;

	stored[7] = 3;
	stored[sizeof(stored) - 1] = 9;
	assert_int_not_equal(release_marks_decode((struct span){ stored, sizeof(stored) }, &marks),
			     OK);
	assert_int_equal(
		release_marks_decode_stored((struct span){ stored, sizeof(stored) }, &marks), OK);
	assert_int_equal(marks.root.version, 3);
	assert_int_equal(marks.log.version, 0);
	assert_int_equal(marks.time, 9);
	assert_int_not_equal(
		release_marks_decode_stored((struct span){ stored, sizeof(stored) - 1 }, &marks),
		OK);
}

/* The same and the log's. */
static void marks_that_were_stored_before_emergencies_were_remembered_are_read(void **state)
{
	uint8_t stored[5 * (8 + 2) + 8] = { 0 };
	struct release_marks marks = { 0 };
	(void)state;

	stored[4 * 10 + 7] = 6;
	stored[sizeof(stored) - 1] = 9;
	assert_int_equal(
		release_marks_decode_stored((struct span){ stored, sizeof(stored) }, &marks), OK);
	assert_int_equal(marks.log.version, 6);
	assert_int_equal(marks.time, 9);
	assert_int_equal(marks.rejected.alg, DIGEST_NONE);
}

struct outer {
	struct node_id node;
};

/* The compiler can't see it: the table of a longer struct would write behind the member. */
static void a_table_of_another_struct_is_refused(void **state)
{
	static const struct wire_field fields[] = {
		WIRE_STRUCT(outer, node, enrol_request_wire),
	};
	static const struct wire_table table = WIRE_TABLE(struct outer, fields);
	struct outer m = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	(void)state;

	assert_int_equal(wire_encode(&table, &m, SIGNER_FRAME_MAX, &body), STATUS_UNSUPPORTED);
	assert_int_equal(wire_decode(&table, thirty_two, &m), STATUS_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_come_back_as_they_went),
		cmocka_unit_test(answers_come_back_as_they_went),
		cmocka_unit_test(a_stored_result_is_an_answer_to_a_commit),
		cmocka_unit_test(an_empty_list_costs_no_more_than_its_head),
		cmocka_unit_test(every_truncation_and_every_extra_byte_is_refused),
		cmocka_unit_test(a_length_over_its_cap_is_refused_on_both_sides),
		cmocka_unit_test(a_tier_that_is_none_is_refused),
		cmocka_unit_test(a_detail_with_a_nul_inside_is_refused),
		cmocka_unit_test(every_refusal_has_a_name_and_an_http_status),
		cmocka_unit_test(marks_and_refusals_of_loads_come_back),
		cmocka_unit_test(marks_that_were_stored_before_there_was_a_log_are_read),
		cmocka_unit_test(
			marks_that_were_stored_before_emergencies_were_remembered_are_read),
		cmocka_unit_test(a_table_of_another_struct_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
