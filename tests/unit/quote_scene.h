/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_QUOTE_SCENE_H
#define TESTS_QUOTE_SCENE_H

#include "evidence_maker.h"
#include "golden_release.h"
#include "verifier/appraisal/authenticate.h"

/* An honest host; each test changes one thing and says what must follow. */
struct quote_scene {
	struct golden golden;
	struct software_key ak, minting;
	struct made_attest quote, certify;
	struct bytes quote_bytes, quote_signature, certify_bytes, certify_signature;
	struct bytes pcrs;
	const struct tpm_counters *previous;
	struct attester attester;
	struct quote_evidence evidence;
	struct authentication result;
};

extern const struct span quote_scene_nonce;

void quote_scene_init(struct quote_scene *s);
void quote_scene_done(struct quote_scene *s);
AUTO_RELEASE(quote_scene, quote_scene_done);

/* The values of the class's selection, as the golden boot has them. */
void quote_scene_take_pcrs(struct quote_scene *s);
/* What a minting key has to be bound to. */
void quote_scene_policy(const struct quote_scene *s, struct digest *out);
/* Over what a test has changed up to here. */
void quote_scene_quote(struct quote_scene *s);
void quote_scene_sign(struct quote_scene *s);
/* As signed last. */
void quote_scene_judge(struct quote_scene *s);
void quote_scene_expect_as_sent(struct quote_scene *s, enum authenticity authenticity,
				const char *code);
/* The rest sign before they judge. */
void quote_scene_expect_refused(struct quote_scene *s, const char *code);
void quote_scene_expect_unauthenticated(struct quote_scene *s, const char *code);
void quote_scene_expect_accepted(struct quote_scene *s);

#endif
