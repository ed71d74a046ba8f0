/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/token_validation.h"

#include "attestd/mint/identity/right.h"

enum status token_verify(const struct trust_anchors *anchors, struct span token,
			 struct span audience, struct jwt_svid *out, const char **fault)
{
	const struct jwt_svid_question question = {
		.token = token,
		.keys = anchors->jwt_keys,
		.key_count = anchors->jwt_key_count,
		.trust_domain = span_of(&anchors->trust_domain),
		.audience = audience,
		.now = instant_now().now,
	};

	return jwt_svid_verify(&question, out, fault);
}

/* By the token's own word, which is verified afterwards; what names no trust domain that
 * is known is refused as the own one's. */
static const struct trust_anchors *anchors_of(const struct bundle *bundle, struct span token)
{
	AUTO_DONE(bytes) claimed = { 0 };
	const struct trust_anchors *anchors = NULL;

	if (jwt_svid_claimed_domain(token, &claimed) == OK)
		anchors = bundle_anchors(bundle, span_of(&claimed));
	return anchors != NULL ? anchors : &bundle->own;
}

enum status token_validate(const struct bundle *bundle, struct span token, struct span audience,
			   struct jwt_svid *out, const char **fault)
{
	return token_verify(anchors_of(bundle, token), token, audience, out, fault);
}
