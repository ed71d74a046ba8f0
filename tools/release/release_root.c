/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_root.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "tools/command.h"
#include "tools/release/release_directory.h"
#include "tools/release/release_document.h"

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

enum status earlier_read(void *self, const char *path, size_t max, struct bytes *out)
{
	const struct earlier *earlier = self;
	uint64_t root = 0;

	if (sscanf(path, "root/%" SCNu64 "/", &root) == 1 && root > earlier->version)
		return STATUS_NOT_FOUND;
	return earlier->source.read(earlier->source.self, path, max, out);
}

static enum status root_of_chain(const char *release, const struct document_source *source,
				 const struct digest *first, struct bytes *payload,
				 struct root *out)
{
	struct release_refusal refusal = { 0 };
	struct release_trust trust = { .root = *first };
	struct release_mark newest;
	enum status status = release_newest_root(&trust, source, &newest, &refusal);

	if (status == OK)
		status = open_newest(source, &newest, payload, out);
	if (status == OK)
		return OK;
	(void)unusable("%s: no root of it can be believed: %s", release, status_text(status));
	if (refusal.code != NULL)
		print_refusal(stderr, &refusal);
	return status;
}

bool next_root_open(struct span payload, struct root *out)
{
	enum status status = root_open(payload, out);
	const char *role = status == OK ? root_shared_duty(out) : NULL;

	if (status == OK && role == NULL)
		return true;
	if (role != NULL)
		(void)unusable("such a root could not work: duties-not-separate at "
			       "predicate.roles.%s",
			       role);
	else
		(void)unusable("such a root could not work: %s at %s",
			       out->statement.document.fault == NULL
				       ? "no memory"
				       : out->statement.document.fault,
			       out->statement.document.path);
	return false;
}

/* No later root than version counts. */
static enum status root_until(const char *release, const struct digest *pin, uint64_t version,
			      struct root_origin *origin, struct root *out)
{
	struct release_directory directory = { .path = release };
	struct earlier earlier = { release_directory_source(&directory), version };
	const struct document_source source = { .read = earlier_read, .self = &earlier };
	enum status status = OK;

	if (pin != NULL && pin->alg != DIGEST_NONE)
		origin->first = *pin;
	else
		status = release_directory_root(&directory, &origin->first);
	if (status != OK) {
		(void)unusable("%s: no root of it can be believed: %s", release,
			       status_text(status));
		return status;
	}
	return root_of_chain(release, &source, &origin->first, &origin->payload, out);
}

enum status verified_root(const char *release, const struct digest *pin, struct root_origin *origin,
			  struct root *out)
{
	return root_until(release, pin, UINT64_MAX, origin, out);
}

bool pin_take(const char *text, struct digest *pin)
{
	const char *hex = document_sha256(text);
	AUTO_DONE(bytes) raw = { 0 };

	return hex != NULL && hex_decode(span_text(hex), &raw) == OK &&
	       digest_from(DIGEST_SHA256, span_of(&raw), pin) == OK;
}

enum status line_pin(const struct release_line *line, const struct digest *given,
		     struct digest *out)
{
	struct path_text path = line_path(line, "line.json");

	*out = given != NULL ? *given : (struct digest){ 0 };
	/* Who was handed the release alone has none. */
	if (out->alg != DIGEST_NONE || !path_exists(path.text))
		return OK;

	AUTO(json_t) settings = line_settings(line);
	json_t *root = json_object_get(settings, "root");
	if (settings == NULL)
		return STATUS_MALFORMED;
	if (root == NULL || (json_is_string(root) && pin_take(json_string_value(root), out)))
		return OK;
	(void)unusable("%s: its root is no SHA-256", path.text);
	return STATUS_MALFORMED;
}

enum status line_root_at(const struct release_line *line, const struct digest *given,
			 uint64_t version, struct root *out)
{
	AUTO_DONE(root_origin) origin = { 0 };
	struct digest pin;
	enum status status = line_pin(line, given, &pin);

	if (status != OK)
		return status;
	return root_until(line_path(line, "release").text, &pin, version, &origin, out);
}

enum status line_root(const struct release_line *line, const struct digest *given, struct root *out)
{
	return line_root_at(line, given, UINT64_MAX, out);
}

enum status envelope_open(const char *path, struct dsse *out)
{
	AUTO_DONE(bytes) envelope = { 0 };
	AUTO_DONE(strict_document) why = { 0 };
	enum status status = path_read(path, ENVELOPE_MAX, &envelope);

	if (status != OK)
		return status;
	status = dsse_parse(span_of(&envelope), ENVELOPE_MAX, out, &why);
	if (status != OK)
		(void)unusable("%s: %s at %s", path, why.fault, why.path);
	return status;
}

enum status verified_envelope(const struct root *root, const char *path, struct dsse *out,
			      size_t *key)
{
	enum status status = envelope_open(path, out);

	return status == OK ? root_verify(root, out, key) : status;
}

const char *envelope_doubt(const struct root *root, enum role role, const struct dsse *dsse,
			   key_mask *signer)
{
	size_t key = 0;
	enum status status = root_verify(root, dsse, &key);

	*signer = 0;
	if (status == STATUS_NOT_FOUND)
		return "unknown-key";
	if (status != OK)
		return "bad-signature";
	if ((root->role[role].keys >> key & 1) == 0)
		return "role-not-allowed";
	*signer = (key_mask)1 << key;
	return NULL;
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

enum status statement_unreadable(const char *path, const struct statement *s)
{
	(void)unusable("%s: %s at %s", path,
		       s->document.fault == NULL ? "no memory" : s->document.fault,
		       s->document.path);
	return STATUS_MALFORMED;
}
