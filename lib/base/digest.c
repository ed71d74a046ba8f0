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

struct digest digest_filled(enum digest_alg alg, uint8_t value)
{
	struct digest d = { .alg = alg };

	memset(d.value, value, digest_size(alg));
	return d;
}

/* Looking an algorithm up costs more than hashing what a TPM signs, so that each is looked
 * up once in a process. It is a constant that is found out late: nothing ever changes it. */
static const EVP_MD *md_of(enum digest_alg alg)
{
	static EVP_MD *fetched[DIGEST_ALGS];
	size_t i = digest_alg_index(alg);

	if (i == DIGEST_ALGS)
		return NULL;
	if (fetched[i] == NULL)
		fetched[i] = EVP_MD_fetch(NULL, facts[i].openssl, NULL);
	return fetched[i];
}

enum status hasher_init(struct hasher *h, enum digest_alg alg)
{
	const EVP_MD *md = md_of(alg);

	*h = (struct hasher){ .alg = alg };
	if (md == NULL)
		return STATUS_UNSUPPORTED;
	h->fresh = EVP_MD_CTX_new();
	h->ctx = EVP_MD_CTX_new();
	if (h->fresh != NULL && h->ctx != NULL && EVP_DigestInit_ex2(h->fresh, md, NULL) == 1)
		return OK;
	hasher_done(h);
	return STATUS_UNSUPPORTED;
}

void hasher_done(struct hasher *h)
{
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_CTX_free(h->fresh);
	*h = (struct hasher){ 0 };
}

/* A copy costs less than EVP_DigestInit_ex2(), which looks for engines. */
enum status hasher_begin(const struct hasher *h)
{
	return h->ctx != NULL && EVP_MD_CTX_copy_ex(h->ctx, h->fresh) == 1 ? OK
									   : STATUS_UNSUPPORTED;
}

enum status hasher_add(const struct hasher *h, struct span piece)
{
	return EVP_DigestUpdate(h->ctx, piece.data, piece.len) == 1 ? OK : STATUS_UNSUPPORTED;
}

enum status hasher_end(const struct hasher *h, struct digest *out)
{
	out->alg = h->alg;
	return EVP_DigestFinal_ex(h->ctx, out->value, NULL) == 1 ? OK : STATUS_UNSUPPORTED;
}

/* H(parts[0] || parts[1] ...) to out, in which the parts may lie: they are consumed
 * before the last step, which alone writes. */
static enum status hash(const struct hasher *h, const struct span *parts, size_t count,
			uint8_t *out)
{
	if (hasher_begin(h) != OK)
		return STATUS_UNSUPPORTED;
	for (size_t i = 0; i < count; i++)
		if (EVP_DigestUpdate(h->ctx, parts[i].data, parts[i].len) != 1)
			return STATUS_UNSUPPORTED;
	return EVP_DigestFinal_ex(h->ctx, out, NULL) == 1 ? OK : STATUS_UNSUPPORTED;
}

enum status hasher_digest(const struct hasher *h, const struct span *parts, size_t count,
			  struct digest *out)
{
	enum status status = hash(h, parts, count, out->value);

	if (status == OK)
		out->alg = h->alg;
	return status;
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

enum status hasher_extend_event(struct hasher *h, struct digest *pcr, struct span event)
{
	size_t size = digest_size(pcr->alg);
	uint8_t joined[2 * DIGEST_MAX];
	struct span whole = { joined, 2 * size };

	if (pcr->alg != h->alg)
		return STATUS_MISMATCH;
	memcpy(joined, pcr->value, DIGEST_MAX);
	/* The event's digest behind the value that it extends: no copy between. */
	enum status status = hash(h, &event, 1, joined + size);
	return status == OK ? hash(h, &whole, 1, pcr->value) : status;
}

enum status digest_of(enum digest_alg alg, struct span s, struct digest *out)
{
	const EVP_MD *md = md_of(alg);
	struct digest digest = { .alg = alg };
	unsigned len = 0;

	if (md == NULL)
		return STATUS_UNSUPPORTED;
	if (EVP_Digest(s.data, s.len, digest.value, &len, md, NULL) != 1 || len != digest_size(alg))
		return STATUS_NO_MEMORY;
	*out = digest;
	return OK;
}
