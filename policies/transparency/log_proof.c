/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/transparency/log_proof.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "policies/transparency/tile.h"

static const char first_line[] = "c2sp.org/tlog-proof@v1";

void log_proof_done(struct log_proof *proof)
{
	bytes_done(&proof->entry);
}

/* The value of the next line "NAME VALUE". */
static bool next_field(struct span *rest, const char *name, struct span *value)
{
	struct span line, word;

	if (!text_next_line(rest, &line) || !text_next_word(&line, ' ', &word) ||
	    !span_equal(word, span_text(name)) || line.len == 0)
		return false;
	*value = line;
	return true;
}

static enum status add_hash(struct span line, struct tree_proof *path)
{
	AUTO_DONE(bytes) hash = { 0 };
	enum status status = path->count < TREE_PROOF_MAX ? base64_decode(line, SHA256_SIZE, &hash)
							  : STATUS_TOO_LARGE;

	if (status != OK)
		return status;
	if (hash.len != SHA256_SIZE)
		return STATUS_MALFORMED;
	memcpy(path->hash[path->count++].value, hash.data, SHA256_SIZE);
	return OK;
}

enum status log_proof_parse(struct span bytes, struct log_proof *out)
{
	AUTO_DONE(log_proof) proof = { 0 };
	struct span rest = bytes;
	struct span line, value;

	if (bytes.len > LOG_PROOF_MAX)
		return STATUS_TOO_LARGE;
	if (!text_next_line(&rest, &line) || !span_equal(line, span_text(first_line)))
		return STATUS_UNSUPPORTED;
	if (!next_field(&rest, "extra", &value))
		return STATUS_UNSUPPORTED;

	enum status status = base64_decode(value, ENTRY_MAX, &proof.entry);
	if (status == OK && !next_field(&rest, "index", &value))
		status = STATUS_MALFORMED;
	if (status == OK)
		status = decimal_parse(value, TREE_SIZE_MAX, &proof.index);
	if (status != OK)
		return status;
	while (text_next_line(&rest, &line) && line.len > 0) {
		status = add_hash(line, &proof.path);
		if (status != OK)
			return status;
	}
	if (rest.len == 0)
		return STATUS_TRUNCATED;
	proof.checkpoint = rest;
	*out = proof;
	proof.entry = (struct bytes){ 0 };
	return OK;
}

enum status log_proof_make(const struct log_proof *proof, struct bytes *out)
{
	enum status status = bytes_printf(out, "%s\nextra ", first_line);

	if (status == OK)
		status = base64_append(out, span_of(&proof->entry));
	if (status == OK)
		status = bytes_printf(out, "\nindex %" PRIu64 "\n", proof->index);
	for (size_t i = 0; i < proof->path.count && status == OK; i++) {
		status = base64_append(out, tree_hash_span(&proof->path.hash[i]));
		if (status == OK)
			status = bytes_append_byte(out, '\n');
	}
	if (status == OK)
		status = bytes_append_byte(out, '\n');
	return status == OK ? bytes_append(out, proof->checkpoint) : status;
}

enum status log_proof_verify(const struct hasher *h, const struct log_proof *proof,
			     const struct tree_head *head)
{
	struct tree_hash leaf;
	enum status status = leaf_hash(h, span_of(&proof->entry), &leaf);

	return status == OK ? inclusion_verify(h, &leaf, proof->index, &proof->path, head) : status;
}
