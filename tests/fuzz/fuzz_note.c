/* SPDX-License-Identifier: Apache-2.0 */
/* A signed note as a mirror may have changed it, and a checkpoint in it. What no key
 * of ours signed verifies under none. */
#include "fuzz.h"
#include "policies/transparency/checkpoint.h"

static struct note_key *keys(void)
{
	static const uint8_t seed[32] = { 1 };
	static struct note_key made[2];

	if (made[0].key == NULL) {
		EVP_PKEY *key =
			EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));

		must(note_key_init(span_text("log"), NOTE_ED25519, key, &made[0]) == OK);
		must(note_key_init(span_text("witness"), NOTE_COSIGNATURE, key, &made[1]) == OK);
	}
	return made;
}

static void check_checkpoint(struct span bytes)
{
	AUTO_DONE(bytes) again = { 0 };
	struct checkpoint c, same;

	taint(&c, sizeof(c));
	if (checkpoint_parse(bytes, span_text("log"), &c) != OK) {
		must_be_tainted(&c, sizeof(c));
		return;
	}
	must(c.head.size <= TREE_SIZE_MAX);
	must(checkpoint_make(&c.head, &keys()[0], &again) == OK);
	must(checkpoint_parse(span_of(&again), span_text("log"), &same) == OK);
	/* One text for each tree head. */
	must(span_equal(same.note.text, c.note.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span bytes = { data, len };
	struct note note;
	int64_t time;

	check_checkpoint(bytes);
	taint(&note, sizeof(note));
	if (note_parse(bytes, &note) != OK) {
		must_be_tainted(&note, sizeof(note));
		return 0;
	}
	must(note.count > 0 && note.count <= NOTE_SIGNATURES_MAX);
	must_lie_inside(note.text, bytes);
	must(note.text.len > 0 && note.text.data[note.text.len - 1] == '\n');
	for (size_t i = 0; i < note.count; i++) {
		must_lie_inside(note.signature[i].name, bytes);
		must_lie_inside(note.signature[i].base64, bytes);
		must(note.signature[i].name.len > 0 && note.signature[i].name.len <= NOTE_NAME_MAX);
	}
	for (size_t i = 0; i < 2; i++)
		must(note_verify(&note, &keys()[i], &time) != OK);
	return 0;
}
