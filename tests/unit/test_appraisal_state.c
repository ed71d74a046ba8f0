/* SPDX-License-Identifier: Apache-2.0 */
/* What one appraisal leaves to the next comes back from a store: each field has its bounds. */
#include "unit.h"

#include <string.h>

#include "appraisal_scene.h"
#include "verifier/appraisal/state.h"

/* Of the golden capture, with one finding of a detail. */
static void make_state(struct appraisal_state *state)
{
	AUTO_DONE(scene) s = { 0 };
	struct finding finding = finding_of(REASON_IMA_ENTRY_UNKNOWN);

	scene_init(&s);
	scene_judge(&s);
	scene_commit(&s);
	assert_int_equal(appraisal_state_read(span_of(&s.state), state), OK);
	assert_int_equal(state->ima.findings.count, 0);
	finding_detail(&finding, NULL, span_text("/tmp/x"));
	findings_add(&state->ima.findings, &finding);
}

static enum status read_back(const struct appraisal_state *state)
{
	AUTO_DONE(bytes) bytes = { 0 };
	struct appraisal_state read;

	assert_int_equal(appraisal_state_write(state, &bytes), OK);
	return appraisal_state_read(span_of(&bytes), &read);
}

static void what_was_written_is_read_back(void **state)
{
	AUTO_DONE(bytes) first = { 0 };
	AUTO_DONE(bytes) second = { 0 };
	struct appraisal_state golden, read;
	(void)state;

	make_state(&golden);
	assert_int_equal(appraisal_state_write(&golden, &first), OK);
	assert_int_equal(appraisal_state_read(span_of(&first), &read), OK);
	assert_int_equal(appraisal_state_write(&read, &second), OK);
	assert_true(span_equal(span_of(&first), span_of(&second)));
	for (size_t len = 0; len < first.len; len++)
		assert_int_not_equal(appraisal_state_read((struct span){ first.data, len }, &read),
				     OK);
	assert_int_equal(bytes_append_byte(&first, 0), OK);
	assert_int_not_equal(appraisal_state_read(span_of(&first), &read), OK);
	first.len--;
	first.data[0]++;
	assert_int_equal(appraisal_state_read(span_of(&first), &read), STATUS_UNSUPPORTED);
	assert_int_equal(
		appraisal_state_read((struct span){ first.data, APPRAISAL_STATE_MAX + 1 }, &read),
		STATUS_TOO_LARGE);
}

static void too_late(struct appraisal_state *s)
{
	s->valid_until = -1;
}

static void no_such_pcr(struct appraisal_state *s)
{
	s->boot.explained |= PCR_MASK_ALL + 1;
}

static void no_such_digest(struct appraisal_state *s)
{
	s->boot.manifest = (struct digest){ 0 };
}

static void no_such_bank(struct appraisal_state *s)
{
	s->ima.progress.bank.alg = DIGEST_NONE;
	s->ima.progress.named = 0;
	s->ima.progress.entries = s->ima.proven = 0;
	s->ima.phase = IMA_PHASE_START;
}

static void entries_into_no_pcr(struct appraisal_state *s)
{
	s->ima.progress.named = 0;
}

static void proven_beyond_the_entries(struct appraisal_state *s)
{
	s->ima.proven = s->ima.progress.entries + 1;
	s->ima.unproven_bytes = 1;
}

static void unproven_bytes_of_no_entries(struct appraisal_state *s)
{
	s->ima.unproven_bytes = 1;
}

static void a_phase_beyond_the_last(struct appraisal_state *s)
{
	s->ima.phase = (enum ima_phase)(IMA_PHASE_IN_FORCE + 1);
}

static void at_the_start_after_entries(struct appraisal_state *s)
{
	s->ima.phase = IMA_PHASE_START;
}

static void incomplete_since_before_time(struct appraisal_state *s)
{
	s->ima.incomplete_since = -1;
}

/* One that was given up is not kept. */
static void lost(struct appraisal_state *s)
{
	s->ima.proven--;
	s->ima.unproven_bytes = 100;
	while (!ima_state_is_lost(&s->ima))
		s->ima.unreached++;
}

static void a_finding_of_nothing(struct appraisal_state *s)
{
	s->ima.findings.list[0].reason = REASON_NONE;
	memset(s->ima.findings.seen, 0xf, sizeof(s->ima.findings.seen));
}

static void a_finding_of_no_layer(struct appraisal_state *s)
{
	s->ima.findings.list[0].layer = LAYERS;
}

static void a_detail_with_an_escape(struct appraisal_state *s)
{
	s->ima.findings.list[0].detail[1] = '\033';
}

static void a_detail_of_other_bytes(struct appraisal_state *s)
{
	s->ima.findings.list[0].detail[1] = '\177';
}

static void listed_and_not_seen(struct appraisal_state *s)
{
	memset(s->ima.findings.seen, 0, sizeof(s->ima.findings.seen));
}

static void seen_of_no_severity(struct appraisal_state *s)
{
	s->ima.findings.seen[0] |= 0x10;
}

static void each_field_has_its_bounds(void **state)
{
	void (*const rows[])(struct appraisal_state *) = {
		too_late,
		no_such_pcr,
		no_such_digest,
		no_such_bank,
		entries_into_no_pcr,
		proven_beyond_the_entries,
		unproven_bytes_of_no_entries,
		a_phase_beyond_the_last,
		at_the_start_after_entries,
		incomplete_since_before_time,
		lost,
		a_finding_of_nothing,
		a_finding_of_no_layer,
		a_detail_with_an_escape,
		a_detail_of_other_bytes,
		listed_and_not_seen,
		seen_of_no_severity,
	};
	struct appraisal_state golden, spoilt;
	(void)state;

	make_state(&golden);
	assert_int_equal(read_back(&golden), OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		spoilt = golden;
		rows[i](&spoilt);
		if (read_back(&spoilt) != STATUS_MALFORMED)
			fail_msg("row %zu", i);
	}
}

/* Where two states differ first. */
static size_t place_of(const struct bytes *a, const struct bytes *b)
{
	size_t at = 0;

	assert_int_equal(a->len, b->len);
	while (at < a->len && a->data[at] == b->data[at])
		at++;
	assert_true(at < a->len);
	return at;
}

static void a_truth_is_one_or_none(void **state)
{
	AUTO_DONE(bytes) one = { 0 };
	AUTO_DONE(bytes) other = { 0 };
	struct appraisal_state golden, read;
	(void)state;

	make_state(&golden);
	assert_int_equal(appraisal_state_write(&golden, &one), OK);
	golden.ima.uses_emergency = !golden.ima.uses_emergency;
	assert_int_equal(appraisal_state_write(&golden, &other), OK);
	one.data[place_of(&one, &other)] = 2;
	assert_int_equal(appraisal_state_read(span_of(&one), &read), STATUS_MALFORMED);
}

/* Well formed, each of them. */
static void findings_beyond_the_most_are_refused(void **state)
{
	static const char code[] = "ima-entry-unknown";
	const size_t size = 2 + sizeof(code) - 1 + 1 + 8 + 2 + strlen("/tmp/x");
	AUTO_DONE(bytes) full = { 0 };
	AUTO_DONE(bytes) more = { 0 };
	struct appraisal_state golden, read;
	const uint8_t *first;
	size_t at;
	(void)state;

	make_state(&golden);
	for (size_t i = 1; i < FINDINGS_MAX; i++)
		golden.ima.findings.list[i] = golden.ima.findings.list[0];
	golden.ima.findings.count = FINDINGS_MAX;
	assert_int_equal(appraisal_state_write(&golden, &full), OK);
	assert_int_equal(appraisal_state_read(span_of(&full), &read), OK);
	first = memmem(full.data, full.len, code, sizeof(code) - 1);
	assert_non_null(first);
	at = (size_t)(first - full.data) - 2;
	assert_int_equal(full.data[at - 1], FINDINGS_MAX);
	full.data[at - 1]++;
	assert_int_equal(bytes_append(&more, (struct span){ full.data, at + size }), OK);
	assert_int_equal(bytes_append(&more, (struct span){ full.data + at, full.len - at }), OK);
	assert_int_equal(appraisal_state_read(span_of(&more), &read), STATUS_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(each_field_has_its_bounds),
		cmocka_unit_test(a_truth_is_one_or_none),
		cmocka_unit_test(findings_beyond_the_most_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
