/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include <stdio.h>
#include <string.h>

#define PATH_SIZE 160

enum status loading_refuse(struct loading *l, enum status status, const char *code,
			   const char *document, const char *field)
{
	return refusal_set(l->refusal, status, code, document, field);
}

enum status loading_check(struct loading *l, const char *document, const struct statement *s)
{
	if (s->document.status == OK)
		return loading_refuse(l, STATUS_NO_MEMORY, "source-failed", document, "");
	return refusal_of_document(l->refusal, document, &s->document);
}

enum status loading_envelope(struct loading *l, const char *path, enum document_kind kind,
			     struct dsse *out)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(strict_document) why = { 0 };
	enum status status = l->source->read(l->source->self, path, document_max(kind), &text);

	if (status == STATUS_NOT_FOUND)
		return status;
	if (status == STATUS_TOO_LARGE)
		return loading_refuse(l, STATUS_MALFORMED, "document-too-large", path, "");
	if (status != OK)
		return loading_refuse(l, status, "source-failed", path, "");
	if (dsse_parse(span_of(&text), document_max(kind), out, &why) == OK)
		return OK;
	return refusal_of_document(l->refusal, path, &why);
}

enum status loading_document(struct loading *l, const char *path, enum document_kind kind,
			     struct dsse *out)
{
	enum status status = loading_envelope(l, path, kind, out);

	if (status == STATUS_NOT_FOUND)
		return loading_refuse(l, status, "document-missing", path, "");
	return status;
}

enum status loading_signed(struct loading *l, const char *path, enum role role,
			   const struct dsse *dsse, size_t *key)
{
	enum status status = root_verify(&l->root, dsse, key);

	if (status == STATUS_NOT_FOUND)
		return loading_refuse(l, STATUS_DENIED, "unknown-key", path, "signatures[0].keyid");
	if (status != OK)
		return loading_refuse(l, status, "bad-signature", path, "signatures[0].sig");
	if ((l->root.role[role].keys >> *key & 1) == 0)
		return loading_refuse(l, STATUS_DENIED, "role-not-allowed", path,
				      "signatures[0].keyid");
	return OK;
}

void loading_notice(struct loading *l, const char *code, const char *document, const char *field)
{
	if (l->notice.code == NULL)
		(void)refusal_set(&l->notice, OK, code, document, field);
}

void loading_suspend(struct loading *l, const char *code, const char *document, const char *field)
{
	loading_notice(l, code, document, field);
	l->is_suspended = true;
}

bool loading_is_revoked(const struct loading *l, size_t key)
{
	return (l->revoked >> key & 1) != 0;
}

/* One of several signatures over the same payload. */
static enum status add_signer(struct loading *l, const char *path, const struct root *root,
			      struct dsse *dsse, struct bytes *payload, key_mask *signers)
{
	size_t key;

	if (payload->len == 0) {
		*payload = dsse->payload;
		dsse->payload = (struct bytes){ 0 };
		enum status status = bytes_copy(span_of(payload), &dsse->payload);

		if (status != OK)
			return loading_refuse(l, status, "source-failed", path, "");
	}
	if (!span_equal(span_of(payload), span_of(&dsse->payload)))
		return loading_refuse(l, STATUS_MISMATCH, "payload-differs", path, "payload");
	if (root == NULL)
		return OK;

	enum status status = root_verify(root, dsse, &key);
	if (status == STATUS_NOT_FOUND)
		return OK;
	if (status != OK)
		return loading_refuse(l, status, "bad-signature", path, "signatures[0].sig");
	*signers |= (key_mask)1 << key;
	return OK;
}

enum status loading_signers(struct loading *l, const char *folder, enum document_kind kind,
			    const struct root *root, struct bytes *payload, key_mask *signers)
{
	for (int i = 1; i <= SIGNERS_MAX; i++) {
		AUTO_DONE(dsse) dsse = { 0 };
		char path[PATH_SIZE];

		(void)snprintf(path, sizeof(path), "%s/%d.json", folder, i);
		enum status status = loading_envelope(l, path, kind, &dsse);
		if (status == STATUS_NOT_FOUND)
			return i == 1 ? status : OK;
		if (status == OK)
			status = add_signer(l, path, root, &dsse, payload, signers);
		if (status != OK)
			return status;
	}
	return OK;
}

enum status loading_pinned(struct loading *l, const char *path, struct span payload,
			   const struct digest *pin)
{
	struct digest digest;
	enum status status = digest_of(DIGEST_SHA256, payload, &digest);

	if (status != OK || !digest_equal(&digest, pin))
		return loading_refuse(l, STATUS_MISMATCH, "digest-mismatch", path, "payload");
	return OK;
}

enum status loading_mark(struct loading *l, const char *path, const struct release_mark *seen,
			 uint64_t version, struct span payload, struct release_mark *next)
{
	struct release_mark mark = { .version = version };
	enum status status = digest_of(DIGEST_SHA256, payload, &mark.digest);

	if (status != OK)
		return loading_refuse(l, status, "source-failed", path, "");
	if (version < seen->version)
		return loading_refuse(l, STATUS_DENIED, "rolled-back", path, "version");
	/* Whoever stole a key for a day must not use up all numbers. */
	if (seen->version > 0 && version - seen->version > VERSION_LEAP_MAX)
		return loading_refuse(l, STATUS_DENIED, "version-leaps", path, "version");
	if (version == seen->version && seen->digest.alg != DIGEST_NONE &&
	    !digest_equal(&mark.digest, &seen->digest))
		return loading_refuse(l, STATUS_DENIED, "same-version-other-bytes", path,
				      "version");
	*next = mark;
	return OK;
}

enum status loading_dated(struct loading *l, const char *path, int64_t time, int64_t expires,
			  int64_t cap_s)
{
	if (time > l->trust->now + CLOCK_SKEW_S)
		return loading_refuse(l, STATUS_DENIED, "not-yet-valid", path, "time");
	if (expires <= time || expires - time > cap_s)
		return loading_refuse(l, STATUS_DENIED, "lifetime-over-cap", path, "expires");
	return OK;
}

void loading_path(char *path, size_t size, const char *prefix, const struct digest *digest,
		  const char *suffix)
{
	size_t used = (size_t)snprintf(path, size, "%s", prefix);

	for (size_t i = 0; i < digest_size(digest->alg) && used < size; i++)
		used += (size_t)snprintf(path + used, size - used, "%02x", digest->value[i]);
	if (used < size)
		(void)snprintf(path + used, size - used, "%s", suffix);
}

void loading_numbered(char *path, size_t size, const char *folder, uint64_t version)
{
	(void)snprintf(path, size, "%s/%llu.json", folder, (unsigned long long)version);
}

enum status loading_index(struct loading *l, uint64_t version, const struct digest *pin,
			  struct statement *s, struct index *out)
{
	AUTO_DONE(dsse) dsse = { 0 };
	char path[48];

	loading_numbered(path, sizeof(path), "index", version);
	enum status status = loading_envelope(l, path, DOCUMENT_INDEX, &dsse);
	if (status == STATUS_NOT_FOUND)
		return loading_refuse(l, status, "history-missing", path, "");
	if (status == OK)
		status = loading_pinned(l, path, span_of(&dsse.payload), pin);
	if (status != OK)
		return status;
	if (statement_open(span_of(&dsse.payload), DOCUMENT_INDEX, s) != OK ||
	    index_read(s, out) != OK)
		return loading_check(l, path, s);
	return OK;
}
