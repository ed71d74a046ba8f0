/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/transparency/checkpoint.h"

#include <inttypes.h>

#include "base/text.h"

enum status checkpoint_parse(struct span bytes, struct span origin, struct checkpoint *out)
{
	AUTO_DONE(bytes) root = { 0 };
	struct checkpoint c = { 0 };
	struct span rest, size, hash;
	enum status status = note_parse(bytes, &c.note);

	if (status != OK)
		return status;
	rest = c.note.text;
	if (!text_next_line(&rest, &c.origin) || c.origin.len == 0 ||
	    !text_next_line(&rest, &size) || !text_next_line(&rest, &hash))
		return STATUS_MALFORMED;
	if (rest.len != 0)
		return STATUS_UNSUPPORTED;
	if (!span_equal(c.origin, origin))
		return STATUS_MISMATCH;
	status = decimal_parse(size, TREE_SIZE_MAX, &c.head.size);
	if (status == OK)
		status = base64_decode(hash, SHA256_SIZE, &root);
	if (status != OK)
		return status;
	if (root.len != SHA256_SIZE)
		return STATUS_MALFORMED;
	memcpy(c.head.root.value, root.data, SHA256_SIZE);
	*out = c;
	return OK;
}

enum status checkpoint_make(const struct tree_head *head, const struct note_key *log,
			    struct bytes *out)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = bytes_printf(&text, "%.*s\n%" PRIu64 "\n", (int)log->name.len,
					  (const char *)log->name.data, head->size);

	if (status == OK)
		status = base64_append(&text, tree_hash_span(&head->root));
	if (status == OK)
		status = bytes_append_byte(&text, '\n');
	if (status == OK)
		status = bytes_append(out, span_of(&text));
	if (status == OK)
		status = bytes_append_byte(out, '\n');
	return status == OK ? note_sign(span_of(&text), log, 0, out) : status;
}
