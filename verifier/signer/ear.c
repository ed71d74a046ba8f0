/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <jansson.h>
#include <openssl/ecdsa.h>

#include "base/text.h"
#include "verifier/signer/core.h"

/* draft-ietf-rats-ear: drafts move, this is the one place that follows. */
#define EAR_PROFILE "tag:ietf.org,2026:rats/ear#04"
#define EAR_DEVELOPER "attestd"
#define EAR_BUILD "1"
#define EAR_LIFETIME_MAX_S 600
#define COORDINATE_SIZE 32

AUTO_FREE(json_t, json_t, json_decref);

/* Takes value over; NULL anywhere makes the whole fail, once, at the end. */
static bool put(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0;
}

static json_t *text_value(struct span text)
{
	return json_stringn((const char *)text.data, text.len);
}

static json_t *base64url_value(struct span raw)
{
	AUTO_DONE(bytes) text = { 0 };

	return base64url_append(&text, raw) == OK ? text_value(span_of(&text)) : NULL;
}

/* draft-ietf-rats-ar4si, 2.3.2: the tier's name */
static const char *tier_name(enum trust_tier tier)
{
	/* clang-format off */
	switch (tier) {
	case TIER_NONE: return "none";
	case TIER_AFFIRMING: return "affirming";
	case TIER_WARNING: return "warning";
	case TIER_CONTRAINDICATED: return "contraindicated";
	}
	/* clang-format on */
	return "contraindicated";
}

/* Never better than the worst claim; one that nobody made is not affirming. */
static const char *status_name(const struct claims *claims)
{
	enum trust_tier worst = TIER_AFFIRMING;
	bool is_open = false;

	for (size_t i = 0; i < CLAIM_COUNT; i++) {
		is_open |= claims->tier[i] == TIER_NONE;
		if (claims->tier[i] > worst)
			worst = claims->tier[i];
	}
	return tier_name(is_open && worst == TIER_AFFIRMING ? TIER_NONE : worst);
}

static json_t *vector_value(const struct claims *claims)
{
	AUTO(json_t) vector = json_object();

	for (size_t i = 0; i < CLAIM_COUNT; i++)
		if (!put(vector, claim_name((enum claim)i), json_integer(claims->tier[i])))
			return NULL;
	return json_incref(vector);
}

static json_t *host_value(const struct conclusion *c)
{
	AUTO(json_t) host = json_object();
	AUTO(json_t) policies = json_array();
	AUTO_DONE(bytes) digest = { 0 };

	if (!put(host, "ear_status", json_string(status_name(&c->claims))) ||
	    !put(host, "ear_trustworthiness_vector", vector_value(&c->claims)))
		return NULL;
	if (c->manifest.alg != DIGEST_NONE &&
	    (digest_text_append(&digest, &c->manifest) != OK ||
	     json_array_append_new(policies, text_value(span_of(&digest))) != 0))
		return NULL;
	if (!put(host, "ear_appraisal_policy_ids", json_incref(policies)))
		return NULL;
	return json_incref(host);
}

/* The minting key: who holds it is what the result speaks about. */
static json_t *confirmation_value(const struct authentication *a)
{
	AUTO(json_t) jwk = json_object();
	AUTO(json_t) cnf = json_object();

	if (!put(jwk, "kty", json_string("EC")) || !put(jwk, "crv", json_string("P-256")) ||
	    !put(jwk, "x", base64url_value((struct span){ a->minting_x, COORDINATE_SIZE })) ||
	    !put(jwk, "y", base64url_value((struct span){ a->minting_y, COORDINATE_SIZE })) ||
	    !put(cnf, "jwk", json_incref(jwk)))
		return NULL;
	return json_incref(cnf);
}

static json_t *verifier_value(void)
{
	AUTO(json_t) verifier = json_object();

	if (!put(verifier, "developer", json_string(EAR_DEVELOPER)) ||
	    !put(verifier, "build", json_string(EAR_BUILD)))
		return NULL;
	return json_incref(verifier);
}

static json_t *payload_value(const struct turn *turn, const struct conclusion_text *text,
			     struct span jti)
{
	AUTO(json_t) payload = json_object();
	AUTO(json_t) submods = json_object();
	int64_t end = text->grant->expires != 0 ? text->grant->expires
						: text->pending->issued + EAR_LIFETIME_MAX_S;

	if (end > turn->now + EAR_LIFETIME_MAX_S)
		end = turn->now + EAR_LIFETIME_MAX_S;
	if (!put(submods, "host", host_value(text->conclusion)) ||
	    !put(payload, "eat_profile", json_string(EAR_PROFILE)) ||
	    !put(payload, "iat", json_integer(turn->now)) ||
	    !put(payload, "exp", json_integer(end)) ||
	    !put(payload, "iss", json_string(turn->signer->issuer)) ||
	    !put(payload, "aud", json_string(turn->signer->audience)) ||
	    !put(payload, "jti", base64url_value(jti)) ||
	    !put(payload, "eat_nonce", base64url_value(text->pending->nonce)) ||
	    !put(payload, "cnf", confirmation_value(&text->pending->authentication)) ||
	    !put(payload, "ear_verifier_id", verifier_value()) ||
	    !put(payload, "submods", json_incref(submods)))
		return NULL;
	return json_incref(payload);
}

/* RFC 7518, 3.4: r || s, each padded to the curve's size */
static enum status raw_signature(struct span der, uint8_t out[2 * COORDINATE_SIZE])
{
	const uint8_t *cursor = der.data;
	AUTO(ECDSA_SIG) signature = d2i_ECDSA_SIG(NULL, &cursor, (long)der.len);

	if (signature == NULL ||
	    BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, COORDINATE_SIZE) != COORDINATE_SIZE ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + COORDINATE_SIZE, COORDINATE_SIZE) !=
		    COORDINATE_SIZE)
		return STATUS_UNSUPPORTED;
	return OK;
}

static enum status sign_payload(EVP_PKEY *key, struct span payload, struct bytes *jws)
{
	static const char header[] = "{\"alg\":\"ES256\",\"typ\":\"JWT\"}";
	AUTO_DONE(bytes) signature = { 0 };
	uint8_t raw[2 * COORDINATE_SIZE];
	enum status status = base64url_append(jws, span_text(header));

	if (status == OK)
		status = bytes_append_byte(jws, '.');
	if (status == OK)
		status = base64url_append(jws, payload);
	if (status == OK)
		status = result_sign(key, span_of(jws), &signature);
	if (status == OK)
		status = raw_signature(span_of(&signature), raw);
	if (status == OK)
		status = bytes_append_byte(jws, '.');
	return status == OK ? base64url_append(jws, (struct span){ raw, sizeof(raw) }) : status;
}

enum status ear_make(struct turn *turn, const struct conclusion_text *text, struct bytes *jws)
{
	const struct authentication *a = &text->pending->authentication;
	uint8_t jti[16];

	if (a->authenticity != AUTHENTIC || !a->has_minting_key)
		return OK;

	enum status status = turn->random(jti, sizeof(jti));

	if (status != OK)
		return status;

	AUTO(json_t) payload = payload_value(turn, text, (struct span){ jti, sizeof(jti) });
	AUTO(char)
	dumped = payload == NULL ? NULL : json_dumps(payload, JSON_COMPACT | JSON_ENSURE_ASCII);

	if (dumped == NULL)
		return STATUS_NO_MEMORY;
	return sign_payload(turn->signer->keys.result, span_text(dumped), jws);
}
