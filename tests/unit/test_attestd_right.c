/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "attestd/frames.h"
#include "attestd/mint/identity/right.h"
#include "attestd_grant.h"
#include "base/writer.h"

#define ENTRIES                                                                                    \
	"attestd-entries/1\nclass server\n"                                                        \
	"entry web spiffe://example.org/web/1 /usr/bin/web uid=1000\nend\n"
#define OF_ANOTHER_CLASS                                                                           \
	"attestd-entries/1\nclass router\n"                                                        \
	"entry web spiffe://example.org/web/1 /usr/bin/web uid=1000\nend\n"
#define WIDER                                                                                      \
	"attestd-entries/1\nclass server\n"                                                        \
	"entry web spiffe://example.org/web/1 /usr/bin/web\nend\n"

static struct granted granted;

static int make(void **state)
{
	(void)state;
	granted_init_at(&granted, (int64_t)time(NULL));
	bytes_done(&granted.entries);
	assert_int_equal(bytes_append(&granted.entries, span_text(ENTRIES)), OK);
	granted_sign(&granted, "trusted", granted.now + LIFETIME_S, "spiffe://example.org/web/*");
	return 0;
}

static int drop(void **state)
{
	(void)state;
	granted_done(&granted);
	return 0;
}

/* What an agent hands on; bundle: its text and signature, as they stand in the frame. */
static enum status give_with(struct right *r, struct span entries, struct span bundle)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_RIGHT_MAX);

	writer_sized32(&w, span_of(&granted.text));
	writer_sized(&w, span_of(&granted.signature));
	writer_sized32(&w, span_of(&granted.certificate));
	writer_put(&w, bundle);
	writer_sized32(&w, entries);
	assert_int_equal(writer_end(&w), OK);

	struct reader in = reader_over(span_of(&body));

	return right_take(r, &in, granted.result);
}

static void make_bundle(const struct granted *by, uint64_t sequence, struct bytes *out)
{
	struct writer w = writer_to(out, FRAME_RIGHT_MAX);

	granted_put_bundle(by, &w, sequence);
	assert_int_equal(writer_end(&w), OK);
}

static enum status give_all(struct right *r, struct span entries, uint64_t sequence)
{
	AUTO_DONE(bytes) bundle = { 0 };

	make_bundle(&granted, sequence, &bundle);
	return give_with(r, entries, span_of(&bundle));
}

static enum status give(struct right *r, struct span entries)
{
	return give_all(r, entries, 1);
}

static void a_right_comes_with_the_entries_that_its_verdict_names(void **state)
{
	struct right right = { 0 };
	(void)state;

	assert_int_equal(give(&right, span_text(ENTRIES)), OK);
	assert_true(right.has_entries);
	assert_non_null(entries_find(&right.entries, span_text("web")));
	right_end(&right);
	assert_int_equal(right.entries.count, 0);
}

/* Whoever hands them on can keep them back, and bring none of their own; files'
 * identities go on. */
static void other_entries_than_the_verdicts_are_none(void **state)
{
	static const char *const others[] = { "", OF_ANOTHER_CLASS, WIDER, "x" };
	(void)state;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct right right = { 0 };

		assert_int_equal(give(&right, span_text(ENTRIES)), OK);
		assert_int_equal(give(&right, span_text(others[i])), OK);
		assert_true(right_is_held(&right));
		assert_false(right.has_entries);
		assert_int_equal(right.entries.count, 0);
		right_end(&right);
	}
}

static void entries_over_their_limit_are_no_right(void **state)
{
	AUTO_DONE(bytes) text = { 0 };
	struct right right = { 0 };
	(void)state;

	for (size_t i = 0; i <= ENTRIES_TEXT_MAX; i++)
		assert_int_equal(bytes_append_byte(&text, 'x'), OK);
	assert_int_not_equal(give(&right, span_of(&text)), OK);
	assert_false(right_is_held(&right));
}

/* Else whoever hands it on gives every workload a trust root of its own. */
static void a_bundle_that_the_verifier_did_not_sign_is_no_right(void **state)
{
	enum { BY_ANOTHER_KEY, TEXT_BIT, SIGNATURE_BIT, NO_SIGNATURE, CASES };
	struct right right = { 0 };
	(void)state;

	assert_int_equal(give(&right, span_text(ENTRIES)), OK);
	for (int i = 0; i < CASES; i++) {
		AUTO_DONE(bytes) bundle = { 0 };
		struct granted by = granted;

		if (i == BY_ANOTHER_KEY)
			by.result = granted.minting;
		make_bundle(&by, 1, &bundle);

		const size_t text_len = (size_t)bundle.data[2] << 8 | bundle.data[3];

		if (i == TEXT_BIT)
			bundle.data[4 + text_len / 2] ^= 1;
		if (i == SIGNATURE_BIT)
			bundle.data[bundle.len - 1] ^= 1;
		if (i == NO_SIGNATURE) {
			bundle.len = 4 + text_len + 2;
			bundle.data[bundle.len - 1] = bundle.data[bundle.len - 2] = 0;
		}
		assert_int_not_equal(give_with(&right, span_text(ENTRIES), span_of(&bundle)), OK);
		assert_true(right_is_held(&right));
		assert_true(span_equal(span_of(&right.bundle.own.certificates[0]),
				       span_of(&granted.certificate)));
	}
	right_end(&right);
}

/* Who hands it on could keep a root that was taken out for ever, one signed bundle with
 * each new verdict. */
static void a_bundle_older_than_its_verdict_is_no_right(void **state)
{
	struct right right = { 0 };
	(void)state;

	granted.bundle = 7;
	granted_sign(&granted, "trusted", granted.now + LIFETIME_S, "spiffe://example.org/web/*");
	assert_int_equal(give_all(&right, span_text(ENTRIES), 6), STATUS_DENIED);
	assert_false(right_is_held(&right));
	assert_int_equal(give_all(&right, span_text(ENTRIES), 7), OK);
	right_end(&right);
	/* One that came while the answer was on its way. */
	assert_int_equal(give_all(&right, span_text(ENTRIES), 8), OK);
	right_end(&right);
	granted.bundle = 0;
	granted_sign(&granted, "trusted", granted.now + LIFETIME_S, "spiffe://example.org/web/*");
}

/* Another trust domain's verifier may have signed it with the same key. */
static void a_bundle_of_another_trust_domain_is_no_right(void **state)
{
	static const char *const domains[] = { "example.org", "example.net" };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(bundle) bundle = { .sequence = 1, .own.certificate_count = 1 };
		AUTO_DONE(bytes) text = { 0 };
		AUTO_DONE(bytes) signature = { 0 };
		AUTO_DONE(bytes) body = { 0 };
		struct writer w = writer_to(&body, FRAME_RIGHT_MAX);
		struct right right = { 0 };

		assert_int_equal(bytes_append(&bundle.own.trust_domain, span_text(domains[i])), OK);
		assert_int_equal(
			bytes_copy(span_of(&granted.certificate), &bundle.own.certificates[0]), OK);
		assert_int_equal(bundle_write(&bundle, &text), OK);
		sign_with(granted.result, span_of(&text), &signature);
		writer_sized32(&w, span_of(&granted.text));
		writer_sized(&w, span_of(&granted.signature));
		writer_sized32(&w, span_of(&granted.certificate));
		writer_sized32(&w, span_of(&text));
		writer_sized(&w, span_of(&signature));
		writer_sized32(&w, span_text(ENTRIES));
		assert_int_equal(writer_end(&w), OK);

		struct reader in = reader_over(span_of(&body));

		assert_int_equal(right_take(&right, &in, granted.result),
				 i == 0 ? OK : STATUS_MISMATCH);
		assert_int_equal(right_is_held(&right), i == 0);
		right_end(&right);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_comes_with_the_entries_that_its_verdict_names),
		cmocka_unit_test(other_entries_than_the_verdicts_are_none),
		cmocka_unit_test(entries_over_their_limit_are_no_right),
		cmocka_unit_test(a_bundle_that_the_verifier_did_not_sign_is_no_right),
		cmocka_unit_test(a_bundle_older_than_its_verdict_is_no_right),
		cmocka_unit_test(a_bundle_of_another_trust_domain_is_no_right),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
