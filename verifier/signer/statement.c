/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/statement.h"

#include <stdio.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "verifier/signer/core.h"

static enum status put_grant(const struct conclusion_text *text, struct verdict *v)
{
	const struct grant *grant = text->grant;
	const struct reference *ref = text->reference;
	struct ref_range patterns = grant->node_class.id_patterns;
	enum status status;

	if (grant->expires == 0)
		return OK;
	if (patterns.count > VERDICT_ENTITLEMENTS_MAX)
		return STATUS_TOO_LARGE;
	v->expires = grant->expires;
	v->certificate = grant->digest;
	v->entries = grant->entries->digest;
	v->bundle = grant->authority->published.sequence;
	status = bytes_copy(span_text(grant->authority->trust_domain), &v->trust_domain);
	for (uint32_t i = 0; i < patterns.count && status == OK; i++)
		status = bytes_copy(reference_text(ref, patterns.first + i),
				    &v->entitlements[v->entitlement_count++]);
	return status;
}

static enum status put_reason(const struct reason_item *item, struct verdict_reason *reason)
{
	enum status status = bytes_copy(item->code, &reason->code);

	if (status == OK)
		status = bytes_copy(span_text(layer_name(item->layer)), &reason->layer);
	if (status == OK && item->owner.len > 0)
		status = bytes_copy(item->owner, &reason->owner);
	if (status == OK && item->detail.len > 0)
		status = bytes_copy(item->detail, &reason->detail);
	reason->has_entry = item->entry != FINDING_NO_ENTRY;
	reason->entry = reason->has_entry ? item->entry : 0;
	return status;
}

static enum status fill_verdict(const struct turn *turn, const struct conclusion_text *text,
				struct verdict *v)
{
	const struct pending *p = text->pending;
	struct node_class node_class;
	enum status status = bytes_copy(p->nonce, &v->nonce);

	(void)challenge_class(turn->signer, p->row.class_name, &node_class);
	v->node = p->row.node;
	v->state = text->state;
	v->cap = node_class.cap;
	v->interval_s = node_class.attest_interval_s;
	v->issued = turn->now;
	/* Stored with this verdict: the node may forget them. */
	v->has_journal = p->journal.has_one;
	v->journal = p->journal.point.count;
	if (status == OK)
		status = digest_from(DIGEST_SHA256,
				     (struct span){ .data = p->generation, .len = SHA256_SIZE },
				     &v->generation);
	if (status == OK && p->authentication.authenticity == AUTHENTIC &&
	    p->authentication.has_minting_key)
		status = bytes_copy(name_span(&p->authentication.minting_name), &v->minting_key);
	if (status == OK)
		status = put_grant(text, v);
	for (size_t i = 0; i < text->reasons->count && status == OK; i++) {
		struct verdict_reason *reason = verdict_add_reason(v);

		status = reason == NULL ? STATUS_TOO_LARGE
					: put_reason(&text->reasons->items[i], reason);
	}
	return status;
}

static enum status make_verdict(struct turn *turn, const struct conclusion_text *text,
				struct result *result)
{
	AUTO_DONE(verdict) verdict;
	AUTO_DONE(bytes) written = { 0 };
	AUTO_DONE(bytes) signature = { 0 };

	verdict_init(&verdict);

	enum status status = fill_verdict(turn, text, &verdict);

	if (status == OK)
		status = verdict_write(&verdict, &written);
	if (status == OK)
		status = signing_key_sign(&turn->signer->keys.result_signer, span_of(&written),
					  &signature);
	if (status == OK)
		status = keep_bytes(turn->keep, &written, &result->verdict);
	return status == OK ? keep_bytes(turn->keep, &signature, &result->verdict_signature)
			    : status;
}

static enum status put_certificates(struct turn *turn, const struct conclusion_text *text,
				    struct result *result)
{
	const struct authority *authority = text->grant->authority;

	if (text->grant->expires == 0)
		return OK;
	for (size_t i = 0; i < authority->chain_count; i++)
		result->chain.items[i] = span_of(&authority->chain[i]);
	result->chain.count = authority->chain_count;
	return keep_copy(turn->keep, span_of(&text->grant->certificate), &result->certificate);
}

enum status statement_make(struct turn *turn, const struct conclusion_text *text,
			   struct result *result)
{
	AUTO_DONE(bytes) jws = { 0 };
	enum status status = make_verdict(turn, text, result);

	if (status == OK)
		status = put_certificates(turn, text, result);
	if (status == OK && text->bundle_of != NULL) {
		result->bundle = span_of(&text->bundle_of->published.bundle);
		result->bundle_signature = span_of(&text->bundle_of->published.signature);
	}
	if (status == OK)
		status = ear_make(turn, text, &jws);
	return status == OK ? keep_bytes(turn->keep, &jws, &result->ear) : status;
}

static enum status put_own(const struct authority *a, struct trust_anchors *own)
{
	enum status status = bytes_copy(span_text(a->trust_domain), &own->trust_domain);

	if (status == OK)
		status = bytes_copy(span_of(&a->root), &own->certificates[0]);
	own->certificate_count = 1;
	for (size_t i = 0; i < a->jwt.count && status == OK; i++) {
		status = bytes_copy(span_of(&a->jwt.kids[i]), &own->jwt_keys[i].kid);
		if (status == OK)
			status = bytes_copy(span_of(&a->jwt.spkis[i]), &own->jwt_keys[i].spki);
	}
	own->jwt_key_count = a->jwt.count;
	return status;
}

/* The others are lent to the bundle: the authority goes on owning them. */
static enum status write_bundle(const struct authority *a, uint64_t sequence, struct bytes *out)
{
	AUTO_DONE(trust_anchors) own = { 0 };
	enum status status = put_own(a, &own);
	struct bundle bundle = { .own = own,
				 .sequence = sequence,
				 .federated_count = a->federation.count };

	memcpy(bundle.federated, a->federation.others, sizeof(bundle.federated));
	return status == OK ? bundle_write(&bundle, out) : status;
}

/* Of the bundle without its number. */
static enum status content_digest(const struct authority *a, struct digest *out)
{
	AUTO_DONE(bytes) content = { 0 };
	enum status status = write_bundle(a, 0, &content);

	return status == OK ? digest_of(DIGEST_SHA256, span_of(&content), out) : status;
}

/* Fact "bundle:DOMAIN": be64 sequence, SHA-256 of the content it stands for. */
static enum status next_sequence(struct store *store, const struct authority *a, uint64_t *out)
{
	AUTO_DONE(keep) keep = { 0 };
	AUTO_DONE(bytes) fact = { 0 };
	struct span stored = { 0 };
	struct digest digest;
	char name[16 + TRUST_DOMAIN_MAX];
	enum status status = content_digest(a, &digest);

	if (status != OK)
		return status;
	(void)snprintf(name, sizeof(name), "bundle:%s", a->trust_domain);
	status = store_fact(store, name, &keep, &stored);
	if (status != OK && status != STATUS_NOT_FOUND)
		return status;

	struct reader r = reader_over(stored);
	uint64_t sequence = stored.len == 0 ? 0 : reader_be64(&r);
	struct span content = reader_take(&r, stored.len == 0 ? 0 : SHA256_SIZE);

	if (reader_end(&r) != OK)
		return STATUS_IO;
	*out = sequence;
	if (span_equal(content, digest_span(&digest)))
		return OK;
	*out = sequence + 1;

	struct writer w = writer_to(&fact, 64);

	writer_be64(&w, sequence + 1);
	writer_put(&w, digest_span(&digest));
	status = writer_end(&w);
	return status == OK ? store_fact_set(store, name, span_of(&fact)) : status;
}

static enum status make_bundle(struct signer *s, const struct authority *a,
			       struct signed_bundle *out)
{
	enum status status = next_sequence(s->store, a, &out->sequence);

	if (status == OK)
		status = write_bundle(a, out->sequence, &out->bundle);
	return status == OK ? signing_key_sign(&s->keys.result_signer, span_of(&out->bundle),
					       &out->signature)
			    : status;
}

/* In one group: a number that the store does not have could be given again. */
static enum status make_bundles(struct signer *s, struct signed_bundle *made)
{
	enum status status = store_begin(s->store);

	if (status != OK)
		return status;
	for (size_t i = 0; i < s->keys.authority_count && status == OK; i++)
		status = make_bundle(s, &s->keys.authorities[i], &made[i]);
	if (status == OK)
		status = store_commit(s->store);
	if (status != OK)
		store_rollback(s->store);
	return status;
}

enum status statement_sign_bundles(struct signer *s)
{
	struct signed_bundle made[SIGNER_AUTHORITIES_MAX] = { 0 };
	enum status status = make_bundles(s, made);

	for (size_t i = 0; i < s->keys.authority_count; i++) {
		struct signed_bundle *kept = &s->keys.authorities[i].published;
		struct signed_bundle before = *kept;

		if (status == OK) {
			*kept = made[i];
			made[i] = before;
		}
		signed_bundle_done(&made[i]);
	}
	return status;
}
