/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: what has to stand in the release log before it counts. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "line_log.h"
#include "policies/trust/log_trust.h"
#include "signed_text.h"

/* A line whose root asks for proofs, with a log of its manifest and approvals. Must not be
 * moved. */
struct logged {
	struct line line;
	struct line_log log;
};

static void logged_make(struct logged *l)
{
	line_make(&l->line, line_log_edits, 2);
	line_log_init(&l->log, &l->line);
	line_log_add_all(&l->log);
	line_log_publish(&l->log, "log", "witness");
}

static void logged_done(struct logged *l)
{
	line_log_done(&l->log);
	line_done(&l->line);
}

AUTO_RELEASE(logged, logged_done);

static void must_refuse(struct line *line, const struct release_marks *marks, const char *code)
{
	AUTO_DONE(outcome) out = { 0 };

	outcome_load_at(line, marks, LINE_NOW, &out);
	if (out.status == OK || strcmp(out.refusal.code, code) != 0)
		fail_msg("%s at %s, not %s", out.status == OK ? "loaded" : out.refusal.code,
			 out.refusal.document, code);
	assert_string_not_equal(out.refusal.advice,
				"docs/releases.md says what the document has to look like");
}

static void r24_what_is_proven_loads_and_is_remembered(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	logged_make(&l);
	outcome_load(&l.line, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(out.marks.log.version, 3);
	assert_memory_equal(out.marks.log.digest.value, l.log.head.root.value, SHA256_SIZE);
	/* The log goes on, and older proofs stay good. */
	line_log_add(&l.log, "index", "index/", "publish");
	AUTO_DONE(bytes) kept = { 0 };
	assert_int_equal(bytes_copy(span_of(line_file(&l.line, "proofs/")), &kept), OK);
	line_log_publish(&l.log, "log", "witness");
	struct release_marks marks = out.marks;
	AUTO_DONE(outcome) next = { 0 };
	char path[160];
	line_log_proof_path(&l.log, 0, path);
	line_put(&l.line, path, span_of(&kept));
	outcome_load_at(&l.line, &marks, LINE_NOW, &next);
	assert_int_equal(next.status, OK);
	assert_int_equal(next.marks.log.version, 4);
}

static void r24_a_root_that_asks_for_proofs_names_log_and_witness(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "root", "\"requireProofs\":false", "\"requireProofs\":true" },
		  "log-role-missing" },
		/* The witness is another team's, and another person than who it watches. */
		{ { "root", "\"publish\":{\"keys\":[\"publish\"],\"threshold\":1}",
		    "\"publish\":{\"keys\":[\"publish\"],\"threshold\":1},"
		    "\"witness\":{\"keys\":[\"log\"],\"threshold\":1}" },
		  "wrong-team" },
		{ { "root", "\"publish\":{\"keys\":[\"publish\"],\"threshold\":1}",
		    "\"publish\":{\"keys\":[\"publish\"],\"threshold\":1},"
		    "\"log\":{\"keys\":[\"witness\"],\"threshold\":1},"
		    "\"witness\":{\"keys\":[\"witness\"],\"threshold\":1}" },
		  "duties-not-separate" },
		{ { "root", "\"publish\":{\"keys\":[\"publish\"],\"threshold\":1}",
		    "\"publish\":{\"keys\":[\"publish\"],\"threshold\":1},"
		    "\"log\":{\"keys\":[\"sec-approve\"],\"threshold\":1}" },
		  "log-key-not-ed25519" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

static void r24_a_document_without_a_proof_is_refused(void **state)
{
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(logged) l = { 0 };
		char path[160];

		logged_make(&l);
		line_log_proof_path(&l.log, i, path);
		line_remove(&l.line, path);
		must_refuse(&l.line, NULL, "proof-missing");
	}
}

static void r24_the_proof_of_another_leaf_is_refused(void **state)
{
	char path[2][160];
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(logged) l = { 0 };

		logged_make(&l);
		line_log_proof_path(&l.log, i, path[0]);
		line_log_prove(&l.log, (i + 1) % 3, path[0], "log", "witness");
		must_refuse(&l.line, NULL, "proof-of-another");
	}
}

/* One signature on the record is no excuse for another under the same words. */
static void r24_a_signature_that_is_not_in_the_log_is_refused(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	char path[2][160];
	(void)state;

	logged_make(&l);
	line_log_proof_path(&l.log, 1, path[0]);
	(void)snprintf(path[1], sizeof(path[1]), "%s", path[0]);
	(void)snprintf(strrchr(path[1], '/'), 40, "/sec-approve");
	line_log_prove(&l.log, 1, path[1], "log", "witness");
	must_refuse(&l.line, NULL, "proof-of-another");
}

/* The right entry, and a way to the root that does not lead there. */
static void r24_a_proof_that_does_not_add_up_is_refused(void **state)
{
	static const char *const finds[] = { "\nindex 1\n", "\nindex 1\n", "\nextra " };
	static const char *const replaces[] = { "\nindex 0\n", "\nindex 2\n", "\nextra_ " };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(logged) l = { 0 };
		AUTO_DONE(bytes) text = { 0 };
		char path[160];

		logged_make(&l);
		line_log_proof_path(&l.log, 1, path);
		struct bytes *proof = line_file(&l.line, path);
		const uint8_t *at = memmem(proof->data, proof->len, finds[i], strlen(finds[i]));
		assert_non_null(at);
		size_t before = (size_t)(at - proof->data);
		size_t after = before + strlen(finds[i]);
		assert_int_equal(bytes_append(&text, (struct span){ proof->data, before }), OK);
		assert_int_equal(bytes_append(&text, span_text(replaces[i])), OK);
		assert_int_equal(bytes_append(&text, (struct span){ proof->data + after,
								    proof->len - after }),
				 OK);
		line_put(&l.line, path, span_of(&text));
		must_refuse(&l.line, NULL, "bad-proof");
	}
}

static void r24_a_checkpoint_without_its_witness_is_refused(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	char path[160];
	(void)state;

	logged_make(&l);
	line_log_publish(&l.log, "log", NULL);
	must_refuse(&l.line, NULL, "witness-missing");
	line_log_publish(&l.log, "log", "sec-root"); /* of the right team, without the role */
	must_refuse(&l.line, NULL, "witness-missing");
	line_log_publish(&l.log, NULL, "witness");
	must_refuse(&l.line, NULL, "log-signature-missing");
	line_log_publish(&l.log, "log", "witness");
	/* A digit of the cosignature that has no bits to spare. */
	struct bytes *note = line_file(&l.line, "log/witnessed");
	uint8_t *digit = &note->data[note->len - 12];
	*digit = *digit == 'A' ? 'B' : 'A';
	must_refuse(&l.line, NULL, "bad-signature");
	line_log_publish(&l.log, "log", "witness");
	/* A proof brings a checkpoint of its own: it is looked at, too. */
	line_log_proof_path(&l.log, 0, path);
	line_log_prove(&l.log, 0, path, "log", NULL);
	must_refuse(&l.line, NULL, "witness-missing");
	line_log_publish(&l.log, "log", "witness");
	line_remove(&l.line, "log/witnessed");
	must_refuse(&l.line, NULL, "witness-missing");
}

/* The witness said so at LINE_NOW - 20, the last of the documents before. */
static void r24_a_cosignature_from_the_future_is_none(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	AUTO_DONE(outcome) now = { 0 };
	AUTO_DONE(outcome) early = { 0 };
	(void)state;

	logged_make(&l);
	outcome_load_at(&l.line, NULL, LINE_NOW - 20 - CLOCK_SKEW_S, &now);
	assert_int_equal(now.status, OK);
	outcome_load_at(&l.line, NULL, LINE_NOW - 21 - CLOCK_SKEW_S, &early);
	assert_string_equal(early.refusal.code, "not-yet-valid");
	assert_string_equal(early.refusal.document, "log/witnessed");
}

static void r24_a_checkpoint_that_is_none_is_refused(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	(void)state;

	logged_make(&l);
	struct bytes *note = line_file(&l.line, "log/witnessed");
	/* The number of its leaves. */
	uint8_t *size = memchr(note->data, '\n', note->len);
	assert_non_null(size);
	size[1] = 'x';
	must_refuse(&l.line, NULL, "bad-checkpoint");
	line_put(&l.line, "log/witnessed", (struct span){ 0 });
	must_refuse(&l.line, NULL, "bad-checkpoint");
}

static void r24_another_lines_log_proves_nothing_here(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	(void)state;

	logged_make(&l);
	struct digest own = l.line.root;
	l.line.root.value[0] ^= 1;
	line_log_publish(&l.log, "log", "witness");
	l.line.root = own;
	must_refuse(&l.line, NULL, "checkpoint-of-another-log");
}

static void r24_a_tree_never_shrinks(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	logged_make(&l);
	outcome_load(&l.line, &out);
	struct release_marks marks = out.marks;
	marks.log.version++;
	must_refuse(&l.line, &marks, "log-shrunk");
}

/* The same size or a larger one, with another past. */
static void r24_a_split_view_is_refused(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	AUTO_DONE(line_log) fork = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	logged_make(&l);
	outcome_load(&l.line, &out);
	assert_int_equal(out.status, OK);
	struct release_marks marks = out.marks;
	line_log_init(&fork, &l.line);
	line_log_add(&fork, "index", "index/", "publish");
	line_log_add(&fork, "manifest", "manifests/", "sign");
	line_log_add(&fork, "revocations", "revocations/", "sec-approve");
	line_log_publish(&fork, "log", "witness");
	must_refuse(&l.line, &marks, "log-forked");
	line_log_add(&fork, "timestamp", "timestamp", "publish");
	line_log_publish(&fork, "log", "witness");
	must_refuse(&l.line, &marks, "log-forked");
	line_log_publish(&l.log, "log", "witness");
	marks.log.version = 2;
	line_remove(&l.line, "log/tile/0/");
	must_refuse(&l.line, &marks, "log-tile-missing");
}

/* A proof up to a checkpoint that the witness never joined to the one in force. */
static void r24_a_proof_from_a_fork_is_refused(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	AUTO_DONE(line_log) fork = { 0 };
	AUTO_DONE(bytes) kept = { 0 };
	char path[160];
	(void)state;

	logged_make(&l);
	line_log_init(&fork, &l.line);
	line_log_add(&fork, "manifest", "manifests/", "sign");
	line_log_add(&fork, "index", "index/", "publish");
	line_log_publish(&fork, "log", "witness");
	line_log_proof_path(&fork, 0, path);
	assert_int_equal(bytes_copy(span_of(line_file(&l.line, path)), &kept), OK);
	line_log_publish(&l.log, "log", "witness");
	line_put(&l.line, path, span_of(&kept));
	must_refuse(&l.line, NULL, "log-forked");
}

/* Revocation never waits for a proof; nothing else rides along. */
static void r24_a_revocation_does_not_wait_for_a_proof(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) next = { 0 };
	struct reference ref;
	char text[512];
	(void)state;

	logged_make(&l);
	outcome_load(&l.line, &first);
	struct release_marks marks = first.marks;
	line_log_publish(&l.log, "log", NULL);
	must_refuse(&l.line, &marks, "witness-missing");
	(void)snprintf(text, sizeof(text),
		       "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[],"
		       "\"predicateType\":\"https://attestd.dev/revocations/v1\",\"predicate\":{"
		       "\"version\":2,\"time\":%lld,\"expires\":%lld,\"manifests\":[],\"files\":["
		       "\"%064d\"],"
		       "\"keys\":[],\"nodes\":[]}}",
		       (long long)LINE_NOW - 1, (long long)LINE_NOW + 3600, 7);
	line_put_signed(&l.line, "revocations/2.json", "sec-approve", text);
	outcome_load_at(&l.line, &marks, LINE_NOW, &next);
	assert_int_equal(next.status, OK);
	assert_string_equal(next.refusal.code, "witness-missing");
	assert_int_equal(reference_open(span_of(&next.image), &ref), OK);
	assert_int_equal(reference_facts(&ref).release_count, 1);
	assert_true(reference_facts(&ref).valid_until < LINE_NOW);
	assert_int_equal(next.marks.revocations.version, 2);
	assert_int_equal(next.marks.log.version, marks.log.version);
	/* Once it counts, the log has to be in order again. */
	must_refuse(&l.line, &next.marks, "witness-missing");
	/* A first load, and one of another index, has nothing that was proven. */
	must_refuse(&l.line, NULL, "witness-missing");
	marks.index.version = 0;
	must_refuse(&l.line, &marks, "witness-missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r24_what_is_proven_loads_and_is_remembered),
		cmocka_unit_test(r24_a_root_that_asks_for_proofs_names_log_and_witness),
		cmocka_unit_test(r24_a_document_without_a_proof_is_refused),
		cmocka_unit_test(r24_the_proof_of_another_leaf_is_refused),
		cmocka_unit_test(r24_a_signature_that_is_not_in_the_log_is_refused),
		cmocka_unit_test(r24_a_proof_that_does_not_add_up_is_refused),
		cmocka_unit_test(r24_a_checkpoint_without_its_witness_is_refused),
		cmocka_unit_test(r24_a_cosignature_from_the_future_is_none),
		cmocka_unit_test(r24_a_checkpoint_that_is_none_is_refused),
		cmocka_unit_test(r24_another_lines_log_proves_nothing_here),
		cmocka_unit_test(r24_a_tree_never_shrinks),
		cmocka_unit_test(r24_a_split_view_is_refused),
		cmocka_unit_test(r24_a_proof_from_a_fork_is_refused),
		cmocka_unit_test(r24_a_revocation_does_not_wait_for_a_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
