/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/message.h"

struct strict_cursor message_open(struct span json, size_t max, struct strict_document *document)
{
	/* The document keeps the status; every read of a failed one gives zero. */
	if (strict_document_parse(json, max, document) != OK)
		return (struct strict_cursor){ .document = document };
	return strict_root(document);
}

void message_take_version(struct strict_cursor *object)
{
	(void)strict_uint(object, "version", 1, 1);
}

struct node_id message_take_node_id(struct strict_cursor *object, const char *name)
{
	struct span text = strict_text_as(object, name, NODE_ID_LEN, node_id_is_valid);
	struct node_id id = { 0 };

	if (text.len > 0 && node_id_parse(text, &id) != OK)
		strict_fail(object, name, STATUS_MALFORMED, "bad-value");
	return id;
}

void message_take_bytes(struct strict_cursor *object, const char *name, size_t max,
			struct bytes *out)
{
	strict_base64(object, name, max, out);
	if (out->len == 0)
		strict_fail(object, name, STATUS_MALFORMED, "empty");
}

size_t message_take_list(struct strict_cursor *object, const char *name, size_t max,
			 struct bytes *list, size_t list_max)
{
	struct strict_cursor array = strict_array(object, name, list_max);
	size_t count = strict_count(&array);

	if (count > list_max)
		return 0;
	for (size_t i = 0; i < count; i++) {
		strict_element_base64(&array, i, max, &list[i]);
		if (list[i].len == 0)
			strict_fail(&array, NULL, STATUS_MALFORMED, "empty");
	}
	return count;
}

void message_take_text(struct strict_cursor *object, const char *name, size_t max,
		       struct bytes *out)
{
	enum status status = bytes_append(out, strict_text(object, name, max));

	if (status != OK)
		strict_fail(object, name, status, "no-memory");
}

enum status message_end(struct strict_cursor *root, const char **fault)
{
	enum status status = root->document->status;

	if (status == OK)
		status = strict_end(root);
	if (status != OK && fault != NULL)
		*fault = root->document->fault;
	return status;
}
