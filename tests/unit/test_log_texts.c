/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policies/transparency/checkpoint.h"
#include "policies/transparency/log_entry.h"
#include "policies/transparency/log_proof.h"

/* What golang.org/x/mod/sumdb/note documents as its example: key and note. */
static const char neumann_material[] = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char neumann_note[] =
	"If you think cryptography is the answer to your problem,\n"
	"then you don't know what your problem is.\n"
	"\n"
	"\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
	"KvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/* A checkpoint that c2sp.org/tlog-cosignature shows. */
static const char example_checkpoint[] =
	"example.com/behind-the-sofa\n"
	"20852163\n"
	"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	"\n"
	"\xe2\x80\x94 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe"
	"4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
	"\xe2\x80\x94 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWX"
	"EhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

static EVP_PKEY *key_of_seed(uint8_t value)
{
	uint8_t seed[32];

	memset(seed, value, sizeof(seed));
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	assert_non_null(key);
	return key;
}

/* The public key that a verifier key's base64 has behind its type. */
static EVP_PKEY *key_of_material(const char *base64)
{
	AUTO_DONE(bytes) raw = { 0 };

	assert_int_equal(base64_decode(span_text(base64), 64, &raw), OK);
	assert_int_equal(raw.len, 33);
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw.data + 1, 32);
	assert_non_null(key);
	return key;
}

static void key_ids_and_signatures_are_those_of_other_implementations(void **state)
{
	AUTO(EVP_PKEY) key = key_of_material(neumann_material);
	AUTO(EVP_PKEY) other = key_of_material("BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2");
	AUTO_DONE(bytes) text = { 0 };
	struct note_key neumann, remora;
	struct note note;
	int64_t time = -1;
	(void)state;

	assert_int_equal(note_key_init(span_text("PeterNeumann"), NOTE_ED25519, key, &neumann), OK);
	assert_int_equal(neumann.id, 0xc74f20a3);
	assert_int_equal(note_key_text(&neumann, &text), OK);
	assert_int_equal(bytes_append_byte(&text, 0), OK);
	assert_string_equal((const char *)text.data,
			    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
	/* A witness's key, of the type that has a time. */
	assert_int_equal(
		note_key_init(span_text("remora.n621.de"), NOTE_COSIGNATURE, other, &remora), OK);
	assert_int_equal(remora.id, 0xda77ade7);
	assert_int_equal(note_parse(span_text(neumann_note), &note), OK);
	assert_int_equal(note.count, 1);
	assert_int_equal(note_verify(&note, &neumann, &time), OK);
	assert_int_equal(time, 0);
	assert_int_equal(note_verify(&note, &remora, &time), STATUS_NOT_FOUND);
}

static void every_changed_byte_of_a_note_is_refused(void **state)
{
	AUTO(EVP_PKEY) key = key_of_material(neumann_material);
	char copy[sizeof(neumann_note)];
	struct note_key neumann;
	struct note note;
	int64_t time;
	(void)state;

	assert_int_equal(note_key_init(span_text("PeterNeumann"), NOTE_ED25519, key, &neumann), OK);
	for (size_t i = 0; i < strlen(neumann_note); i++) {
		memcpy(copy, neumann_note, sizeof(copy));
		copy[i] ^= 1;
		enum status status = note_parse(span_text(copy), &note);
		if (status == OK)
			status = note_verify(&note, &neumann, &time);
		assert_int_not_equal(status, OK);
	}
	for (size_t len = 0; len < strlen(neumann_note); len++)
		assert_int_not_equal(
			note_parse((struct span){ (const uint8_t *)neumann_note, len }, &note), OK);
}

static void notes_that_are_none_are_refused(void **state)
{
	static const char *const cases[] = {
		"text\n\n",
		"text\n",
		"\n\xe2\x80\x94 name AAAAAAA=\n",
		"text\n\n- name AAAAAAA=\n",
		"text\n\n\xe2\x80\x94 name AAAAAA==\n", /* the key's id alone */
		"text\n\n\xe2\x80\x94 name AAAAAAA\n",
		"text\n\n\xe2\x80\x94 name AAAAAAB=\n", /* stray bits */
		"text\n\n\xe2\x80\x94 name AAAAAAA= \n",
		"text\n\n\xe2\x80\x94 na+me AAAAAAA=\n",
		"text\n\n\xe2\x80\x94 na\xc2\xa0me AAAAAAA=\n",
		"text\n\n\xe2\x80\x94 na\xe2\x80\x83me AAAAAAA=\n",
		"text\n\n\xe2\x80\x94  AAAAAAA=\n",
		"te\txt\n\n\xe2\x80\x94 name AAAAAAA=\n",
		"te\rxt\n\n\xe2\x80\x94 name AAAAAAA=\n",
		"te\xffxt\n\n\xe2\x80\x94 name AAAAAAA=\n",
		"text\n\n\xe2\x80\x94 name AAAAAAA=\n\n",
		"text\n\n\xe2\x80\x94 name AAAAAAA=",
	};
	struct note note;
	(void)state;

	assert_int_equal(note_parse(span_text("a\n\nb\n\n\xe2\x80\x94 name AAAAAAA=\n"), &note),
			 OK);
	assert_int_equal(note.text.len, 5); /* with the empty line in it */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (note_parse(span_text(cases[i]), &note) == OK)
			fail_msg("note %zu was taken", i);
}

static void notes_have_as_many_signatures_as_the_limit_and_no_more(void **state)
{
	AUTO_DONE(bytes) text = { 0 };
	struct note note;
	(void)state;

	assert_int_equal(bytes_printf(&text, "text\n\n"), OK);
	for (size_t i = 0; i < NOTE_SIGNATURES_MAX; i++)
		assert_int_equal(bytes_printf(&text, "\xe2\x80\x94 name AAAAAAA=\n"), OK);
	assert_int_equal(note_parse(span_of(&text), &note), OK);
	assert_int_equal(note.count, NOTE_SIGNATURES_MAX);
	assert_int_equal(bytes_printf(&text, "\xe2\x80\x94 name AAAAAAA=\n"), OK);
	assert_int_equal(note_parse(span_of(&text), &note), STATUS_TOO_LARGE);
}

static void the_checkpoint_of_the_specification_is_read(void **state)
{
	struct span origin = span_text("example.com/behind-the-sofa");
	struct checkpoint c;
	(void)state;

	assert_int_equal(checkpoint_parse(span_text(example_checkpoint), origin, &c), OK);
	assert_int_equal(c.head.size, 20852163);
	assert_int_equal(c.head.root.value[0], 0x0a);
	assert_int_equal(c.note.count, 2);
	assert_int_equal(
		checkpoint_parse(span_text(example_checkpoint), span_text("example.com/other"), &c),
		STATUS_MISMATCH);
}

static void checkpoints_of_another_form_are_refused(void **state)
{
	static const char *const texts[] = {
		"log\n1\n",
		"log\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
		"log\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
		"log\n9223372036854775808\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
		"log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2=\n",
		"log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
		"log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nextension\n",
		"\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
		" log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
	};
	struct checkpoint c;
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		AUTO_DONE(bytes) note = { 0 };

		assert_int_equal(bytes_printf(&note, "%s\n\xe2\x80\x94 log AAAAAAA=\n", texts[i]),
				 OK);
		if (checkpoint_parse(span_of(&note), span_text("log"), &c) == OK)
			fail_msg("checkpoint %zu was taken", i);
	}
}

static void a_checkpoint_is_cosigned_for_its_time_and_text(void **state)
{
	AUTO(EVP_PKEY) log_key = key_of_seed(1);
	AUTO(EVP_PKEY) witness_key = key_of_seed(2);
	AUTO_DONE(bytes) text = { 0 };
	struct tree_head head = { .size = 7, .root = { { 1, 2, 3 } } };
	struct note_key log, witness, impostor;
	struct checkpoint c;
	int64_t time = 0;
	(void)state;

	assert_int_equal(note_key_init(span_text("log"), NOTE_ED25519, log_key, &log), OK);
	assert_int_equal(note_key_init(span_text("w"), NOTE_COSIGNATURE, witness_key, &witness),
			 OK);
	assert_int_equal(checkpoint_make(&head, &log, &text), OK);
	assert_int_equal(checkpoint_parse(span_of(&text), log.name, &c), OK);
	assert_int_equal(c.head.size, 7);
	assert_true(tree_hash_equal(&c.head.root, &head.root));
	assert_int_equal(note_verify(&c.note, &log, &time), OK);
	assert_int_equal(note_verify(&c.note, &witness, &time), STATUS_NOT_FOUND);
	assert_int_equal(note_sign(c.note.text, &witness, 1679315147, &text), OK);
	assert_int_equal(checkpoint_parse(span_of(&text), log.name, &c), OK);
	assert_int_equal(note_verify(&c.note, &witness, &time), OK);
	assert_int_equal(time, 1679315147);
	assert_int_equal(note_verify(&c.note, &log, &time), OK);
	/* The log's own signature does not make it a witness under the same name. */
	assert_int_equal(note_key_init(span_text("log"), NOTE_COSIGNATURE, log_key, &impostor), OK);
	assert_int_not_equal(impostor.id, log.id);
	assert_int_equal(note_verify(&c.note, &impostor, &time), STATUS_NOT_FOUND);
	/* Under the witness's name and id, but signed by another key. */
	impostor = witness;
	impostor.key = log_key;
	assert_int_equal(note_verify(&c.note, &impostor, &time), STATUS_MISMATCH);
}

static void a_witnesss_time_is_signed_too(void **state)
{
	AUTO(EVP_PKEY) key = key_of_seed(2);
	AUTO_DONE(bytes) line = { 0 };
	struct note_key witness;
	struct note note = { .text = span_text("text\n"), .count = 1 };
	int64_t time;
	(void)state;

	assert_int_equal(note_key_init(span_text("w"), NOTE_COSIGNATURE, key, &witness), OK);
	assert_int_equal(note_sign(note.text, &witness, 5, &line), OK);
	struct span rest = span_of(&line);
	struct span word;
	assert_true(text_next_word(&rest, ' ', &word));
	assert_true(text_next_word(&rest, ' ', &note.signature[0].name));
	assert_true(text_next_line(&rest, &note.signature[0].base64));
	assert_int_equal(note_verify(&note, &witness, &time), OK);
	/* Bytes 4 to 11 are the time: base64 digits 6 to 15 have nothing else. */
	uint8_t *digit = line.data + (note.signature[0].base64.data - line.data) + 13;
	*digit = *digit == 'B' ? 'C' : 'B';
	assert_int_equal(note_verify(&note, &witness, &time), STATUS_MISMATCH);
}

static void only_ed25519_keys_with_a_name_sign_notes(void **state)
{
	AUTO(EVP_PKEY) ec = EVP_EC_gen("P-256");
	AUTO(EVP_PKEY) key = key_of_seed(1);
	struct note_key out;
	(void)state;

	assert_int_equal(note_key_init(span_text("log"), NOTE_ED25519, ec, &out),
			 STATUS_UNSUPPORTED);
	assert_int_equal(note_key_init(span_text(""), NOTE_ED25519, key, &out), STATUS_MALFORMED);
	assert_int_equal(note_key_init(span_text("a b"), NOTE_ED25519, key, &out),
			 STATUS_MALFORMED);
	assert_int_equal(note_key_init(span_text("a\nb"), NOTE_ED25519, key, &out),
			 STATUS_MALFORMED);
	assert_int_equal(note_key_init(span_text("a+b"), NOTE_ED25519, key, &out),
			 STATUS_MALFORMED);
}

static const char zeros[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

static void a_proof_is_read_as_it_was_written(void **state)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	AUTO_DONE(log_proof) proof = { 0 };
	(void)state;

	assert_int_equal(
		bytes_printf(&text,
			     "c2sp.org/tlog-proof@v1\nextra ZW50cnk=\nindex 73894\n%s\n%s\n"
			     "\n%s",
			     zeros, zeros, example_checkpoint),
		OK);
	assert_int_equal(log_proof_parse(span_of(&text), &proof), OK);
	assert_int_equal(proof.index, 73894);
	assert_int_equal(proof.path.count, 2);
	assert_true(span_equal(span_of(&proof.entry), span_text("entry")));
	assert_true(span_equal(proof.checkpoint, span_text(example_checkpoint)));
	assert_int_equal(log_proof_make(&proof, &again), OK);
	assert_true(span_equal(span_of(&again), span_of(&text)));
}

static void proofs_of_another_form_are_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"c2sp.org/tlog-proof@v2\nextra ZQ==\nindex 0\n\nx\n",
		"c2sp.org/tlog-proof@v1\nindex 0\n\nx\n",
		"c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nx\n",
		"c2sp.org/tlog-proof@v1\nextra ZQ\nindex 0\n\nx\n",
		"c2sp.org/tlog-proof@v1\nextra ZQ==\nindex 00\n\nx\n",
		"c2sp.org/tlog-proof@v1\nextra ZQ==\nindex -1\n\nx\n",
		"c2sp.org/tlog-proof@v1\nextra ZQ==\n\nx\n",
		"c2sp.org/tlog-proof@v1\nextra ZQ==\nindex 0\nAAAA\n\nx\n",
		"c2sp.org/tlog-proof@v1\nextra ZQ==\nindex 0\n\n",
		"c2sp.org/tlog-proof@v1\nextra ZQ==\nindex 0\n",
	};
	AUTO_DONE(bytes) text = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DONE(log_proof) proof = { 0 };

		if (log_proof_parse(span_text(cases[i]), &proof) == OK)
			fail_msg("proof %zu was taken", i);
	}
	assert_int_equal(bytes_printf(&text, "c2sp.org/tlog-proof@v1\nextra ZQ==\nindex 0\n"), OK);
	for (size_t i = 0; i <= TREE_PROOF_MAX; i++)
		assert_int_equal(bytes_printf(&text, "%s\n", zeros), OK);
	assert_int_equal(bytes_printf(&text, "\nx\n"), OK);
	AUTO_DONE(log_proof) proof = { 0 };
	assert_int_equal(log_proof_parse(span_of(&text), &proof), STATUS_TOO_LARGE);
}

static const char entry_text[] =
	"attestd-release-log/1\nkind approval\n"
	"sha256 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
	"key security-approve\nsubject -\ntime 1767225600\nend\n";

static void an_entry_has_one_spelling(void **state)
{
	AUTO_DONE(bytes) again = { 0 };
	struct log_entry entry, other;
	char copy[sizeof(entry_text)];
	(void)state;

	assert_int_equal(log_entry_parse(span_text(entry_text), &entry), OK);
	assert_true(span_equal(entry.kind, span_text("approval")));
	assert_true(span_equal(entry.key, span_text("security-approve")));
	assert_int_equal(entry.subject.alg, DIGEST_NONE);
	assert_int_equal(entry.time, 1767225600);
	assert_int_equal(log_entry_make(&entry, &again), OK);
	assert_true(span_equal(span_of(&again), span_text(entry_text)));
	for (size_t len = 0; len < strlen(entry_text); len++)
		assert_int_not_equal(
			log_entry_parse((struct span){ (const uint8_t *)entry_text, len }, &other),
			OK);
	memcpy(copy, entry_text, sizeof(copy));
	*strstr(copy, "aabb") = 'A';
	assert_int_not_equal(log_entry_parse(span_text(copy), &other), OK);
	memcpy(copy, entry_text, sizeof(copy));
	*strstr(copy, "security") = '/';
	assert_int_not_equal(log_entry_parse(span_text(copy), &other), OK);
	/* ".ecurity-approve" would be a file's name. */
	memcpy(copy, entry_text, sizeof(copy));
	*strstr(copy, "security") = '.';
	assert_int_not_equal(log_entry_parse(span_text(copy), &other), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_ids_and_signatures_are_those_of_other_implementations),
		cmocka_unit_test(every_changed_byte_of_a_note_is_refused),
		cmocka_unit_test(notes_that_are_none_are_refused),
		cmocka_unit_test(notes_have_as_many_signatures_as_the_limit_and_no_more),
		cmocka_unit_test(the_checkpoint_of_the_specification_is_read),
		cmocka_unit_test(checkpoints_of_another_form_are_refused),
		cmocka_unit_test(a_checkpoint_is_cosigned_for_its_time_and_text),
		cmocka_unit_test(a_witnesss_time_is_signed_too),
		cmocka_unit_test(only_ed25519_keys_with_a_name_sign_notes),
		cmocka_unit_test(a_proof_is_read_as_it_was_written),
		cmocka_unit_test(proofs_of_another_form_are_refused),
		cmocka_unit_test(an_entry_has_one_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
