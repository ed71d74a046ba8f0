/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release_root.h"

#include <inttypes.h>

#include "tools/command.h"
#include "tools/release_directory.h"
#include "tools/release_line.h"

#define ROOT_DOCUMENT_MAX ((size_t)1 << 20)
#define ENVELOPE_MAX ((size_t)16 << 20)

void root_origin_done(struct root_origin *origin)
{
	bytes_done(&origin->payload);
}

/* Root N as it lies there; its payload is the one that the chain was verified with. */
static enum status open_newest(const struct document_source *source,
			       const struct release_mark *newest, struct bytes *payload,
			       struct root *out)
{
	AUTO_DONE(bytes) envelope = { 0 };
	AUTO_DONE(strict_document) why = { 0 };
	AUTO_DONE(dsse) dsse = { 0 };
	char path[64];

	(void)snprintf(path, sizeof(path), "root/%" PRIu64 "/1.json", newest->version);
	enum status status = source->read(source->self, path, ROOT_DOCUMENT_MAX, &envelope);
	if (status == OK)
		status = dsse_parse(span_of(&envelope), ROOT_DOCUMENT_MAX, &dsse, &why);
	if (status == OK)
		status = root_open(span_of(&dsse.payload), out);
	if (status == OK && !digest_equal(&out->digest, &newest->digest))
		status = STATUS_MISMATCH;
	if (status != OK)
		return status;
	*payload = dsse.payload;
	dsse.payload = (struct bytes){ 0 };
	return OK;
}

enum status verified_root(const char *release, const struct digest *pin, struct root_origin *origin,
			  struct root *out)
{
	struct release_directory directory = { .path = release };
	struct document_source source = release_directory_source(&directory);
	struct release_refusal refusal = { 0 };
	struct release_trust trust = { 0 };
	struct release_mark newest;
	enum status status = OK;

	if (pin != NULL)
		trust.root = *pin;
	else
		status = release_directory_root(&directory, &trust.root);
	if (status == OK)
		status = release_newest_root(&trust, &source, &newest, &refusal);
	if (status == OK)
		status = open_newest(&source, &newest, &origin->payload, out);
	origin->first = trust.root;
	if (status == OK)
		return OK;
	(void)unusable("%s: no root of it can be believed: %s", release, status_text(status));
	if (refusal.code != NULL)
		print_refusal(stderr, &refusal);
	return status;
}

enum status verified_envelope(const struct root *root, const char *path, struct dsse *out,
			      size_t *key)
{
	AUTO_DONE(bytes) envelope = { 0 };
	AUTO_DONE(strict_document) why = { 0 };
	enum status status = line_read(path, ENVELOPE_MAX, &envelope);

	if (status != OK)
		return status;
	status = dsse_parse(span_of(&envelope), ENVELOPE_MAX, out, &why);
	if (status != OK) {
		(void)unusable("%s: %s at %s", path, why.fault, why.path);
		return status;
	}
	return root_verify(root, out, key);
}

json_t *payload_predicate(struct span payload)
{
	AUTO(json_t)
	statement =
		json_loadb((const char *)payload.data, payload.len, JSON_REJECT_DUPLICATES, NULL);
	json_t *predicate = json_object_get(statement, "predicate");

	if (predicate == NULL)
		(void)unusable("a payload without a predicate");
	return json_incref(predicate);
}
