/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <string.h>

const enum digest_alg digest_algs[DIGEST_ALGS] = {
	DIGEST_SHA1,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
};

struct alg_facts {
	const char *name;
	const char *openssl;
};

static const struct alg_facts facts[DIGEST_ALGS] = {
	{ "sha1", "SHA1" },
	{ "sha256", "SHA256" },
	{ "sha384", "SHA384" },
	{ "sha512", "SHA512" },
};

size_t digest_alg_index(enum digest_alg alg)
{
	size_t i = 0;

	while (i < DIGEST_ALGS && digest_algs[i] != alg)
		i++;
	return i;
}

static const struct alg_facts *facts_of(enum digest_alg alg)
{
	size_t i = digest_alg_index(alg);

	return i < DIGEST_ALGS ? &facts[i] : NULL;
}

const char *digest_name(enum digest_alg alg)
{
	const struct alg_facts *f = facts_of(alg);

	return f == NULL ? NULL : f->name;
}

enum digest_alg digest_alg_named(struct span name)
{
	for (size_t i = 0; i < DIGEST_ALGS; i++)
		if (span_equal(name, span_text(facts[i].name)))
			return digest_algs[i];
	return DIGEST_NONE;
}

enum digest_alg digest_alg_from_tpm(uint16_t id)
{
	for (size_t i = 0; i < DIGEST_ALGS; i++)
		if (digest_algs[i] == id)
			return digest_algs[i];
	return DIGEST_NONE;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return a->alg == b->alg && a->alg != DIGEST_NONE &&
	       span_equal(digest_span(a), digest_span(b));
}

struct digest digest_filled(enum digest_alg alg, uint8_t value)
{
	struct digest d = { .alg = alg };

	memset(d.value, value, digest_size(alg));
	return d;
}

enum status digest_from(enum digest_alg alg, struct span s, struct digest *out)
{
	struct digest d = { .alg = alg };

	if (digest_size(alg) == 0)
		return STATUS_UNSUPPORTED;
	if (s.len != digest_size(alg))
		return STATUS_MALFORMED;
	memcpy(d.value, s.data, s.len);
	*out = d;
	return OK;
}

enum status hasher_init(struct hasher *h, enum digest_alg alg)
{
	const struct alg_facts *f = facts_of(alg);

	*h = (struct hasher){ .alg = alg };
	if (f == NULL)
		return STATUS_UNSUPPORTED;
	h->md = EVP_MD_fetch(NULL, f->openssl, NULL);
	h->fresh = EVP_MD_CTX_new();
	h->ctx = EVP_MD_CTX_new();
	if (h->md != NULL && h->fresh != NULL && h->ctx != NULL &&
	    EVP_DigestInit_ex2(h->fresh, h->md, NULL) == 1)
		return OK;
	hasher_done(h);
	return STATUS_UNSUPPORTED;
}

void hasher_done(struct hasher *h)
{
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_CTX_free(h->fresh);
	EVP_MD_free(h->md);
	*h = (struct hasher){ 0 };
}

enum status hasher_digest(struct hasher *h, const struct span *parts, size_t count,
			  struct digest *out)
{
	/* A copy costs less than EVP_DigestInit_ex2(), which looks for engines. */
	if (h->ctx == NULL || EVP_MD_CTX_copy_ex(h->ctx, h->fresh) != 1)
		return STATUS_UNSUPPORTED;
	for (size_t i = 0; i < count; i++)
		if (EVP_DigestUpdate(h->ctx, parts[i].data, parts[i].len) != 1)
			return STATUS_UNSUPPORTED;
	/* The last step that can fail, and the parts, which may lie in out, are
	 * consumed: no copy for the sake of it. */
	if (EVP_DigestFinal_ex(h->ctx, out->value, NULL) != 1)
		return STATUS_UNSUPPORTED;
	out->alg = h->alg;
	return OK;
}

enum status hasher_extend(struct hasher *h, struct digest *pcr, struct span extended)
{
	struct span parts[] = { digest_span(pcr), extended };
	uint8_t joined[2 * DIGEST_MAX];

	if (pcr->alg != h->alg)
		return STATUS_MISMATCH;
	if (extended.len == 0 || extended.len > DIGEST_MAX)
		return hasher_digest(h, parts, 2, pcr);

	/* In one piece, a value and a digest fill whole blocks: hashed in place. */
	memcpy(joined, parts[0].data, parts[0].len);
	memcpy(joined + parts[0].len, extended.data, extended.len);
	parts[0] = (struct span){ joined, parts[0].len + extended.len };
	return hasher_digest(h, parts, 1, pcr);
}

enum status digest_of(enum digest_alg alg, struct span s, struct digest *out)
{
	const struct alg_facts *f = facts_of(alg);
	struct digest digest = { .alg = alg };
	size_t len = 0;

	if (f == NULL)
		return STATUS_UNSUPPORTED;
	if (EVP_Q_digest(NULL, f->openssl, NULL, s.data, s.len, digest.value, &len) != 1 ||
	    len != digest_size(alg))
		return STATUS_NO_MEMORY;
	*out = digest;
	return OK;
}
