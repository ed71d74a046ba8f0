/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "verifier/signer/core.h"
#include "verifier/signer/jws.h"

/* draft-ietf-rats-ear: drafts move, this is the one place that follows. */
#define EAR_PROFILE "tag:ietf.org,2026:rats/ear#04"
#define EAR_DEVELOPER "attestd"
#define EAR_BUILD "1"
#define EAR_LIFETIME_MAX_S 600
#define COORDINATE_SIZE 32

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

static void put_host(struct json_writer *w, const struct conclusion *c)
{
	AUTO_DONE(bytes) digest = { 0 };

	json_open(w, "host", '{');
	json_text(w, "ear_status", span_text(status_name(&c->claims)));
	json_open(w, "ear_trustworthiness_vector", '{');
	for (size_t i = 0; i < CLAIM_COUNT; i++)
		json_int(w, claim_name((enum claim)i), c->claims.tier[i]);
	json_close(w, '}');
	json_open(w, "ear_appraisal_policy_ids", '[');
	if (c->manifest.alg != DIGEST_NONE) {
		enum status status = digest_text_append(&digest, &c->manifest);

		if (status != OK && w->status == OK)
			w->status = status;
		json_text(w, NULL, span_of(&digest));
	}
	json_close(w, ']');
	json_close(w, '}');
}

/* The minting key: who holds it is what the result speaks about. */
static void put_confirmation(struct json_writer *w, const struct authentication *a)
{
	json_open(w, "cnf", '{');
	json_open(w, "jwk", '{');
	json_text(w, "kty", span_text("EC"));
	json_text(w, "crv", span_text("P-256"));
	jws_put(w, "x", (struct span){ a->minting_x, COORDINATE_SIZE });
	jws_put(w, "y", (struct span){ a->minting_y, COORDINATE_SIZE });
	json_close(w, '}');
	json_close(w, '}');
}

static void put_verifier(struct json_writer *w)
{
	json_open(w, "ear_verifier_id", '{');
	json_text(w, "developer", span_text(EAR_DEVELOPER));
	json_text(w, "build", span_text(EAR_BUILD));
	json_close(w, '}');
}

static enum status write_payload(const struct turn *turn, const struct conclusion_text *text,
				 struct span jti, struct bytes *out)
{
	struct json_writer w = json_to(out);
	int64_t end = text->grant->expires != 0 ? text->grant->expires
						: text->pending->issued + EAR_LIFETIME_MAX_S;

	if (end > turn->now + EAR_LIFETIME_MAX_S)
		end = turn->now + EAR_LIFETIME_MAX_S;
	json_open(&w, NULL, '{');
	json_text(&w, "eat_profile", span_text(EAR_PROFILE));
	json_int(&w, "iat", turn->now);
	json_int(&w, "exp", end);
	json_text(&w, "iss", span_text(turn->signer->issuer));
	json_text(&w, "aud", span_text(turn->signer->audience));
	jws_put(&w, "jti", jti);
	jws_put(&w, "eat_nonce", text->pending->nonce);
	put_confirmation(&w, &text->pending->authentication);
	put_verifier(&w);
	json_open(&w, "submods", '{');
	put_host(&w, text->conclusion);
	json_close(&w, '}');
	json_close(&w, '}');
	return json_end(&w);
}

enum status ear_make(struct turn *turn, const struct conclusion_text *text, struct bytes *jws)
{
	const struct authentication *a = &text->pending->authentication;
	uint8_t jti[16];

	if (!text->has_ear || a->authenticity != AUTHENTIC || !a->has_minting_key)
		return OK;

	enum status status = turn->random(jti, sizeof(jti));

	if (status != OK)
		return status;

	AUTO_DONE(bytes) payload = { 0 };

	status = write_payload(turn, text, (struct span){ jti, sizeof(jti) }, &payload);
	return status == OK ? jws_sign(&turn->signer->keys.result_signer, (struct span){ 0 },
				       span_of(&payload), jws)
			    : status;
}
