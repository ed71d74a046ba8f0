/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/grant.h"

#include <time.h>

#include "messages/spiffe_id.h"

static enum status signature_check(struct span text, struct span signature, EVP_PKEY *key)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();

	if (ctx == NULL)
		return STATUS_NO_MEMORY;
	if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) != 1)
		return STATUS_UNSUPPORTED;
	/* Only 1 means yes: OpenSSL fails with 0 or with a negative number. */
	if (EVP_DigestVerify(ctx, signature.data, signature.len, text.data, text.len) != 1)
		return STATUS_MISMATCH;
	return OK;
}

enum status verdict_open(struct span text, struct span signature, EVP_PKEY *result_key,
			 struct verdict *out)
{
	enum status status = signature_check(text, signature, result_key);

	return status == OK ? verdict_parse(text, out) : status;
}

enum status bundle_open(struct span text, struct span signature, EVP_PKEY *result_key,
			struct bundle *out)
{
	enum status status = signature_check(text, signature, result_key);

	return status == OK ? bundle_parse(text, out) : status;
}

bool verdict_names_entries(const struct verdict *verdict, struct span text)
{
	struct digest digest;

	return text.len > 0 && digest_of(DIGEST_SHA256, text, &digest) == OK &&
	       digest_equal(&digest, &verdict->entries);
}

enum status entries_open(struct span text, const struct verdict *verdict, struct entries *out)
{
	return verdict_names_entries(verdict, text) ? entries_parse(text, out) : STATUS_MISMATCH;
}

void grant_done(struct grant *g)
{
	verdict_done(&g->verdict);
	X509_free(g->certificate);
	EVP_PKEY_CTX_free(g->keys);
	EVP_PKEY_free(g->place);
	*g = (struct grant){ 0 };
}

static EVP_PKEY_CTX *new_keys(void)
{
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY_CTX *ready = ctx;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_group_name(ctx, "P-256") != 1)
		return NULL;
	ctx = NULL;
	return ready;
}

enum status grant_new_key(const struct grant *g, EVP_PKEY **out)
{
	EVP_PKEY *key = NULL;

	if (g->keys == NULL || EVP_PKEY_generate(g->keys, &key) != 1)
		return STATUS_NO_MEMORY;
	*out = key;
	return OK;
}

bool grant_takes_point(const struct grant *g, struct span point)
{
	EVP_PKEY *minting = X509_get0_pubkey(g->certificate);

	/* 0 says that it is another: a failure is negative. */
	return minting != NULL &&
	       EVP_PKEY_set1_encoded_public_key(g->place, point.data, point.len) == 1 &&
	       EVP_PKEY_eq(g->place, minting) == 0;
}

enum status grant_take(struct verdict *verdict, struct span certificate, int64_t now,
		       struct grant *out)
{
	struct digest digest;
	const uint8_t *p = certificate.data;

	if (verdict->state != NODE_TRUSTED || verdict->certificate.alg != DIGEST_SHA256 ||
	    verdict->expires <= now)
		return STATUS_DENIED;

	enum status status = digest_of(DIGEST_SHA256, certificate, &digest);

	if (status != OK)
		return status;
	if (!digest_equal(&digest, &verdict->certificate))
		return STATUS_MISMATCH;

	AUTO(X509) parsed = d2i_X509(NULL, &p, (long)certificate.len);

	if (parsed == NULL || p != certificate.data + certificate.len)
		return STATUS_MALFORMED;

	AUTO_DONE(grant) taken = { .keys = new_keys() };

	status = grant_new_key(&taken, &taken.place);
	if (status != OK)
		return status;
	taken.verdict = *verdict;
	taken.certificate = parsed;
	*out = taken;
	taken = (struct grant){ 0 };
	*verdict = (struct verdict){ 0 };
	parsed = NULL;
	return OK;
}

int64_t grant_left_s(const struct grant *g, int64_t now)
{
	int64_t left = g->verdict.expires - now;
	int64_t given = g->verdict.expires - g->verdict.issued;

	return left < given ? left : given;
}

static bool unix_time(const ASN1_TIME *time, int64_t *out)
{
	struct tm tm;

	/* No leap seconds, no local zone: ASN1_TIME_to_tm() is UTC. */
	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

bool grant_validity(const struct grant *g, int64_t *from, int64_t *until)
{
	return unix_time(X509_get0_notBefore(g->certificate), from) &&
	       unix_time(X509_get0_notAfter(g->certificate), until);
}

bool grant_issuer(const struct grant *g, struct span *name, struct span *key_id)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(g->certificate);

	if (id == NULL ||
	    X509_NAME_get0_der(X509_get_subject_name(g->certificate), &name->data, &name->len) != 1)
		return false;
	*key_id = (struct span){ ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id) };
	return true;
}

enum status grant_verify(const struct grant *g, struct span text, struct span signature)
{
	return signature_check(text, signature, X509_get0_pubkey(g->certificate));
}

bool grant_entitles(const struct grant *g, struct span spiffe_id)
{
	const struct verdict *v = &g->verdict;

	/* The pattern's trust domain too must be the grant's. */
	if (!spiffe_id_is_valid(spiffe_id) ||
	    !span_equal(spiffe_id_trust_domain(spiffe_id), span_of(&v->trust_domain)))
		return false;
	for (size_t i = 0; i < v->entitlement_count; i++) {
		if (spiffe_id_matches(span_of(&v->entitlements[i]), spiffe_id))
			return true;
	}
	return false;
}
