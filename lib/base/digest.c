/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/provider.h>

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

/* What a provider hashes with (provider-digest(7)), called without EVP around it: EVP looks
 * for engines, or allocates, for each digest, which takes as long as hashing an entry of a
 * log does (docs/decisions/100). */
struct digest_code {
	EVP_MD *md; /* keeps the provider loaded */
	void *provider;
	OSSL_FUNC_digest_newctx_fn *new;
	OSSL_FUNC_digest_freectx_fn *free;
	OSSL_FUNC_digest_init_fn *init;
	OSSL_FUNC_digest_update_fn *update;
	OSSL_FUNC_digest_final_fn *final;
};

/* Is it the first of "SHA2-256:SHA-256:SHA256"? */
static bool is_first_name(const char *name, const char *names)
{
	size_t len = strlen(name);

	return strncmp(names, name, len) == 0 && (names[len] == ':' || names[len] == '\0');
}

static void take_functions(const OSSL_DISPATCH *functions, struct digest_code *out)
{
	for (const OSSL_DISPATCH *f = functions; f->function_id != 0; f++)
		switch (f->function_id) {
		case OSSL_FUNC_DIGEST_NEWCTX:
			out->new = OSSL_FUNC_digest_newctx(f);
			break;
		case OSSL_FUNC_DIGEST_FREECTX:
			out->free = OSSL_FUNC_digest_freectx(f);
			break;
		case OSSL_FUNC_DIGEST_INIT:
			out->init = OSSL_FUNC_digest_init(f);
			break;
		case OSSL_FUNC_DIGEST_UPDATE:
			out->update = OSSL_FUNC_digest_update(f);
			break;
		case OSSL_FUNC_DIGEST_FINAL:
			out->final = OSSL_FUNC_digest_final(f);
			break;
		default:
			break;
		}
}

/* Of the provider that OpenSSL's configuration chose for it. */
static bool find_code(const char *name, struct digest_code *out)
{
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	const OSSL_PROVIDER *provider = md == NULL ? NULL : EVP_MD_get0_provider(md);
	struct digest_code code = { .md = md };
	int is_not_kept = 0;

	if (provider == NULL)
		return false;

	const OSSL_ALGORITHM *list =
		OSSL_PROVIDER_query_operation(provider, OSSL_OP_DIGEST, &is_not_kept);

	for (const OSSL_ALGORITHM *a = list; a != NULL && a->algorithm_names != NULL; a++)
		if (is_first_name(EVP_MD_get0_name(md), a->algorithm_names))
			take_functions(a->implementation, &code);
	OSSL_PROVIDER_unquery_operation(provider, OSSL_OP_DIGEST, list);
	code.provider = OSSL_PROVIDER_get0_provider_ctx(provider);
	if (code.new == NULL || code.free == NULL || code.init == NULL || code.update == NULL ||
	    code.final == NULL) {
		EVP_MD_free(md);
		return false;
	}
	*out = code;
	return true;
}

/* Looking an algorithm up costs more than hashing what a TPM signs, so that each is looked
 * up once in a process. It is a constant that is found out late: nothing ever changes it. */
static const struct digest_code *code_of(enum digest_alg alg)
{
	static struct digest_code found[DIGEST_ALGS];
	size_t i = digest_alg_index(alg);

	if (i == DIGEST_ALGS || (found[i].md == NULL && !find_code(facts[i].openssl, &found[i])))
		return NULL;
	return &found[i];
}

enum status hasher_init(struct hasher *h, enum digest_alg alg)
{
	const struct digest_code *code = code_of(alg);

	*h = (struct hasher){ .alg = alg };
	if (code == NULL)
		return STATUS_UNSUPPORTED;
	h->state = code->new (code->provider);
	if (h->state == NULL)
		return STATUS_NO_MEMORY;
	h->code = code;
	return OK;
}

void hasher_done(struct hasher *h)
{
	if (h->state != NULL)
		h->code->free(h->state);
	*h = (struct hasher){ 0 };
}

static inline bool begin(const struct hasher *h)
{
	return h->state != NULL && h->code->init(h->state, NULL) == 1;
}

static inline bool add(const struct hasher *h, struct span piece)
{
	return piece.len == 0 || h->code->update(h->state, piece.data, piece.len) == 1;
}

/* To out, which has room for a digest of its algorithm. */
static inline bool end(const struct hasher *h, uint8_t *out)
{
	size_t size = digest_size(h->alg), len = 0;

	return h->code->final(h->state, out, &len, size) == 1 && len == size;
}

enum status hasher_begin(const struct hasher *h)
{
	return begin(h) ? OK : STATUS_UNSUPPORTED;
}

enum status hasher_add(const struct hasher *h, struct span piece)
{
	return add(h, piece) ? OK : STATUS_UNSUPPORTED;
}

enum status hasher_end(const struct hasher *h, struct digest *out)
{
	out->alg = h->alg;
	return end(h, out->value) ? OK : STATUS_UNSUPPORTED;
}

/* H(parts[0] || parts[1] ...) to out, in which the parts may lie: they are consumed
 * before the last step, which alone writes. */
static enum status hash(const struct hasher *h, const struct span *parts, size_t count,
			uint8_t *out)
{
	if (!begin(h))
		return STATUS_UNSUPPORTED;
	for (size_t i = 0; i < count; i++)
		if (!add(h, parts[i]))
			return STATUS_UNSUPPORTED;
	return end(h, out) ? OK : STATUS_UNSUPPORTED;
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
	AUTO_DONE(hasher) hasher;
	struct digest digest = { 0 };
	enum status status = hasher_init(&hasher, alg);

	if (status != OK)
		return status;
	/* Nothing that is hashed can make it fail: never a word about a host. */
	if (hasher_digest(&hasher, &s, 1, &digest) != OK)
		return STATUS_NO_MEMORY;
	*out = digest;
	return OK;
}
