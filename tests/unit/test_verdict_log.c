/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "scratch.h"

#include "base/auto_openssl.h"
#include "policies/transparency/checkpoint.h"
#include "verifier/audit_record.h"
#include "verifier/signer/core.h"

#define NOW INT64_C(1767225600)

struct scene {
	struct signer signer;
	struct hasher hasher;
	struct keep keep;
	char directory[SCRATCH_MAX], path[128];
};

static void open_scene(struct scene *s)
{
	static const uint8_t seed[32] = { 7 };

	assert_int_equal(store_open(s->path, &s->signer.store), OK);
	s->signer.keys.log = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
	assert_non_null(s->signer.keys.log);
}

/* As after kill -9: what is in memory is gone. */
static void start_again(struct scene *s)
{
	store_free(s->signer.store);
	EVP_PKEY_free(s->signer.keys.log);
	memset(&s->signer, 0, sizeof(s->signer));
	open_scene(s);
}

static int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_non_null(mkdtemp(scratch_name(s->directory, "verdict-log")));
	(void)snprintf(s->path, sizeof(s->path), "%s/store.db", s->directory);
	assert_int_equal(hasher_init(&s->hasher, DIGEST_SHA256), OK);
	open_scene(s);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	struct scene *s = *state;

	store_free(s->signer.store);
	EVP_PKEY_free(s->signer.keys.log);
	hasher_done(&s->hasher);
	keep_done(&s->keep);
	for (size_t i = 0; i < 3; i++) {
		char path[192];

		(void)snprintf(path, sizeof(path), "%s%s", s->path, suffixes[i]);
		(void)unlink(path);
	}

	int removed = rmdir(s->directory);

	free(s);
	return removed;
}

static void add_entries(struct scene *s, unsigned count)
{
	assert_int_equal(store_begin(s->signer.store), OK);
	for (unsigned i = 0; i < count; i++) {
		char text[32];
		struct audit_row row = { .time = NOW, .kind = span_text("grant") };

		(void)snprintf(text, sizeof(text), "number %u", i);
		row.text = span_text(text);
		assert_int_equal(store_audit_append(s->signer.store, &row), OK);
	}
	assert_int_equal(store_commit(s->signer.store), OK);
}

/* The tree over all entries, computed from the table by the test. */
static struct tree_head head_of(struct scene *s, uint64_t size)
{
	uint8_t previous[SHA256_SIZE] = { 0 };
	struct tree_range range = { 0 };
	struct tree_head head = { .size = size };

	while (range.size < size) {
		AUTO_DONE(keep) keep = { 0 };
		AUTO_DONE(bytes) record = { 0 };
		struct audit_row row;
		struct tree_hash leaf;
		size_t count;

		assert_int_equal(store_audit(s->signer.store, range.size, 1, &keep, &row, &count),
				 OK);
		assert_int_equal(count, 1);
		const struct audit_record fields = { row.index, row.time, row.kind,
						     row.actor, row.node, row.text };
		assert_int_equal(audit_record_make(previous, &fields, &record), OK);
		assert_int_equal(leaf_hash(&s->hasher, span_of(&record), &leaf), OK);
		assert_int_equal(tree_range_add(&s->hasher, &range, &leaf), OK);
		memcpy(previous, row.hash, SHA256_SIZE);
	}
	assert_int_equal(tree_range_root(&s->hasher, &range, &head.root), OK);
	return head;
}

static uint64_t signed_size(struct scene *s)
{
	struct turn turn = { .signer = &s->signer, .keep = &s->keep, .now = NOW };
	AUTO_DONE(bytes) origin = { 0 };
	struct checkpoint checkpoint;
	struct note_key key;
	struct span note;
	int64_t time;

	assert_int_equal(verdict_log_checkpoint(&turn, &note), OK);
	if (note.len == 0)
		return 0;
	assert_int_equal(verdict_log_origin(s->signer.keys.log, &origin), OK);
	assert_int_equal(note_key_init(span_of(&origin), NOTE_ED25519, s->signer.keys.log, &key),
			 OK);
	assert_int_equal(checkpoint_parse(note, span_of(&origin), &checkpoint), OK);
	assert_int_equal(note_verify(&checkpoint.note, &key, &time), OK);

	struct tree_head expected = head_of(s, checkpoint.head.size);
	assert_true(tree_hash_equal(&checkpoint.head.root, &expected.root));
	return checkpoint.head.size;
}

static void entries_are_signed_in_batches_every_few_seconds(void **state)
{
	struct scene *s = *state;

	assert_int_equal(verdict_log_extend(&s->signer, NOW), OK);
	assert_int_equal(signed_size(s), 0);
	add_entries(s, 3);
	assert_int_equal(verdict_log_extend(&s->signer, NOW + 9), OK);
	assert_int_equal(signed_size(s), 0);
	assert_int_equal(verdict_log_extend(&s->signer, NOW + 10), OK);
	assert_int_equal(signed_size(s), 3);
	add_entries(s, 400);
	/* A clock that was set back is no reason to wait for it. */
	assert_int_equal(verdict_log_extend(&s->signer, NOW - 100), OK);
	assert_int_equal(signed_size(s), 403);
}

static void many_entries_take_several_batches_without_a_pause(void **state)
{
	struct scene *s = *state;

	add_entries(s, 5000);
	assert_int_equal(verdict_log_extend(&s->signer, NOW), OK);
	assert_int_equal(signed_size(s), 4096);
	assert_int_equal(verdict_log_extend(&s->signer, NOW), OK);
	assert_int_equal(signed_size(s), 5000);
}

static void the_tree_goes_on_after_a_crash_at_any_point(void **state)
{
	struct scene *s = *state;
	uint64_t size = 0;

	for (unsigned i = 1; i < 8; i++) {
		add_entries(s, i);
		size += i;
		if (i % 2 == 0) {
			assert_int_equal(verdict_log_extend(&s->signer, NOW + 20 * i), OK);
			assert_int_equal(signed_size(s), size);
		}
		start_again(s);
	}
	assert_int_equal(verdict_log_extend(&s->signer, NOW), OK);
	assert_int_equal(signed_size(s), size);
}

/* By somebody with the file, but without the key. */
static void nothing_is_signed_after_an_entry_that_was_altered(void **state)
{
	struct scene *s = *state;
	sqlite3 *db = NULL;

	add_entries(s, 5);
	assert_int_equal(verdict_log_extend(&s->signer, NOW), OK);
	add_entries(s, 5);
	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "DROP TRIGGER audit_keeps;"
				      "UPDATE audit SET text = 'other' WHERE number = 7",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	(void)sqlite3_close(db);
	assert_int_equal(verdict_log_extend(&s->signer, NOW + 10), STATUS_MISMATCH);
	assert_int_equal(signed_size(s), 5);
}

/* A group that stayed open would have the next request of somebody refused. */
static void what_could_not_be_stored_leaves_no_group_open(void **state)
{
	struct scene *s = *state;
	char aside[sizeof(s->path) + 8];

	(void)snprintf(aside, sizeof(aside), "%s.aside", s->path);
	add_entries(s, 5);
	assert_int_equal(rename(s->path, aside), 0);
	assert_int_equal(verdict_log_extend(&s->signer, NOW), STATUS_IO);
	assert_int_equal(rename(aside, s->path), 0);
	assert_int_equal(store_begin(s->signer.store), OK);
	store_rollback(s->signer.store);
	assert_int_equal(verdict_log_extend(&s->signer, NOW + 10), OK);
	assert_int_equal(signed_size(s), 5);
}

static void without_a_key_there_is_no_log(void **state)
{
	struct scene *s = *state;

	add_entries(s, 5);
	EVP_PKEY_free(s->signer.keys.log);
	s->signer.keys.log = NULL;
	assert_int_equal(verdict_log_extend(&s->signer, NOW), OK);
	assert_int_equal(signed_size(s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(entries_are_signed_in_batches_every_few_seconds,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_entries_take_several_batches_without_a_pause,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_tree_goes_on_after_a_crash_at_any_point, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_signed_after_an_entry_that_was_altered,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_could_not_be_stored_leaves_no_group_open,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_key_there_is_no_log, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
