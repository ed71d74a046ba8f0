/* SPDX-License-Identifier: Apache-2.0 */
/* A proof that lies beside a document, and the entry in it: both have one spelling,
 * and nothing is proven to be in a tree that was made without it. */
#include "fuzz.h"
#include "policies/transparency/log_entry.h"
#include "policies/transparency/log_proof.h"

static void check_entry(struct span text)
{
	AUTO_DONE(bytes) again = { 0 };
	struct log_entry entry;

	taint(&entry, sizeof(entry));
	if (log_entry_parse(text, &entry) != OK) {
		must_be_tainted(&entry, sizeof(entry));
		return;
	}
	must_lie_inside(entry.kind, text);
	must_lie_inside(entry.key, text);
	must(log_entry_make(&entry, &again) == OK && span_equal(span_of(&again), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(log_proof) proof = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	AUTO_DONE(hasher) hasher = { 0 };
	struct span bytes = { data, len };
	struct tree_head head = { .size = UINT64_C(1) << 40 };

	check_entry(bytes);
	if (log_proof_parse(bytes, &proof) != OK)
		return 0;
	must(len <= LOG_PROOF_MAX && proof.path.count <= TREE_PROOF_MAX);
	must_lie_inside(proof.checkpoint, bytes);
	must(log_proof_make(&proof, &again) == OK && span_equal(span_of(&again), bytes));
	must(hasher_init(&hasher, DIGEST_SHA256) == OK);
	must(log_proof_verify(&hasher, &proof, &head) != OK);
	check_entry(span_of(&proof.entry));
	return 0;
}
