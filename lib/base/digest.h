/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <openssl/evp.h>

#include "base/bytes.h"

#define DIGEST_MAX 64
#define SHA256_SIZE 32

/* Values are TPM_ALG_ID (TCG Algorithm Registry, 6.2). */
enum digest_alg {
	DIGEST_NONE = 0,
	DIGEST_SHA1 = 0x0004,
	DIGEST_SHA256 = 0x000b,
	DIGEST_SHA384 = 0x000c,
	DIGEST_SHA512 = 0x000d,
};

/* The four PCR banks, in the order the project lists them. */
#define DIGEST_ALGS 4
extern const enum digest_alg digest_algs[DIGEST_ALGS];

struct digest {
	enum digest_alg alg;
	uint8_t value[DIGEST_MAX]; /* the first digest_size(alg) bytes count */
};

/* 0 for an algorithm that is not one of the four. Inline, because every extend
 * of a long list asks. */
static inline size_t digest_size(enum digest_alg alg)
{
	switch (alg) {
	case DIGEST_SHA1:
		return 20;
	case DIGEST_SHA256:
		return SHA256_SIZE;
	case DIGEST_SHA384:
		return 48;
	case DIGEST_SHA512:
		return 64;
	case DIGEST_NONE:
		break;
	}
	return 0;
}

/* "sha256"; NULL for an unknown one. */
const char *digest_name(enum digest_alg alg);
/* DIGEST_NONE for an unknown name. The whole span is the name. */
enum digest_alg digest_alg_named(struct span name);
/* DIGEST_NONE unless id is one of the four. */
enum digest_alg digest_alg_from_tpm(uint16_t id);
/* Position in digest_algs; DIGEST_ALGS for an unknown one. */
size_t digest_alg_index(enum digest_alg alg);

static inline struct span digest_span(const struct digest *d)
{
	return (struct span){ .data = d->value, .len = digest_size(d->alg) };
}

static inline bool digest_equal(const struct digest *a, const struct digest *b)
{
	/* Digests that differ nearly always do so in the first byte. */
	return a->value[0] == b->value[0] && a->alg == b->alg && a->alg != DIGEST_NONE &&
	       memcmp(a->value, b->value, digest_size(a->alg)) == 0;
}

/* All bytes value: 0x00 for a reset PCR, 0xff for a violation. */
struct digest digest_filled(enum digest_alg alg, uint8_t value);
/* STATUS_MALFORMED unless s is as long as alg says; s lies elsewhere than out. */
static inline enum status digest_from(enum digest_alg alg, struct span s, struct digest *out)
{
	/* What a log's inner loop has: of constant size, and nothing to clear. */
	if (alg == DIGEST_SHA256 && s.len == SHA256_SIZE) {
		out->alg = alg;
		memcpy(out->value, s.data, SHA256_SIZE);
		return OK;
	}
	if (digest_size(alg) == 0)
		return STATUS_UNSUPPORTED;
	if (s.len != digest_size(alg))
		return STATUS_MALFORMED;
	*out = (struct digest){ .alg = alg };
	memcpy(out->value, s.data, s.len);
	return OK;
}

/* One algorithm, and its state, which serves digest after digest. */
struct hasher {
	enum digest_alg alg;
	const struct digest_code *code;
	void *state;
};

enum status hasher_init(struct hasher *h, enum digest_alg alg);
void hasher_done(struct hasher *h);
/* H(parts[0] || parts[1] ...) */
enum status hasher_digest(const struct hasher *h, const struct span *parts, size_t count,
			  struct digest *out);
/* The same of content that comes in pieces: once begin, add for each, once end. */
enum status hasher_begin(const struct hasher *h);
enum status hasher_add(const struct hasher *h, struct span piece);
enum status hasher_end(const struct hasher *h, struct digest *out);
/* *pcr = H(*pcr || extended), TPM 2.0 Part 1, 17.2. */
enum status hasher_extend(struct hasher *h, struct digest *pcr, struct span extended);
/* *pcr = H(*pcr || H(event)) */
enum status hasher_extend_event(struct hasher *h, struct digest *pcr, struct span event);

/* In one step, with a context made for it. */
enum status digest_of(enum digest_alg alg, struct span s, struct digest *out);

AUTO_RELEASE(hasher, hasher_done);

#endif
