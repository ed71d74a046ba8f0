/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_TOKEN_VALIDATION_H
#define ATTESTD_MINT_TOKEN_VALIDATION_H

#include "attestd/grant.h"
#include "attestd/jwt_svid.h"

/* JWT-SVIDs by the keys of a bundle, now. Keys of a trust domain say nothing of names in
 * another one. *fault is a static text. */
enum status token_verify(const struct trust_anchors *anchors, struct span token,
			 struct span audience, struct jwt_svid *out, const char **fault);
/* By the keys of the trust domain that the token itself names. */
enum status token_validate(const struct bundle *bundle, struct span token, struct span audience,
			   struct jwt_svid *out, const char **fault);

#endif
