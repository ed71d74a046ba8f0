/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_JWS_H
#define VERIFIER_SIGNER_JWS_H

#include "messages/json_writer.h"
#include "verifier/signer/signing_key.h"

/* JWTs in compact form (RFC 7515, 7.1) by ES256 (RFC 7518, 3.4): attestation results and
 * JWT-SVIDs. */

/* kid: of base64url's letters; empty: none. *jws is empty. */
enum status jws_sign(const struct signing_key *key, struct span kid, struct span payload,
		     struct bytes *jws);
/* A member in base64url. */
void jws_put(struct json_writer *w, const char *name, struct span raw);

#endif
