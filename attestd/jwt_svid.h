/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_JWT_SVID_H
#define ATTESTD_JWT_SVID_H

#include "messages/statement.h"

/*
 * Is this JWT-SVID good (SPIFFE JWT-SVID, RFC 7515)? By keys of a bundle and nothing
 * else: the key says which algorithms there are, and a token brings no key of its own.
 * Pure: keys and time are arguments.
 */
#define JWT_SVID_MAX 8192
#define JWT_SVID_SKEW_S 60 /* how far ahead another's clock may be: of iat and nbf alone */

struct jwt_svid_question {
	struct span token; /* compact */
	const struct jwt_key *keys;
	size_t key_count;
	struct span trust_domain; /* whose keys they are: sub is in it */
	struct span audience; /* must be one of the token's */
	int64_t now;
};

struct jwt_svid {
	struct bytes spiffe_id;
	struct bytes claims; /* JSON object, as it was signed */
	int64_t expires;
};

/* STATUS_MISMATCH: no good signature by one of the keys; STATUS_DENIED: a good one, not
 * for now or not for this audience or trust domain. *fault is a static text. */
enum status jwt_svid_verify(const struct jwt_svid_question *question, struct jwt_svid *out,
			    const char **fault);
void jwt_svid_done(struct jwt_svid *svid);
/* The trust domain of a token's subject, to find keys by: nobody vouches for it yet. */
enum status jwt_svid_claimed_domain(struct span token, struct bytes *out);

AUTO_RELEASE(jwt_svid, jwt_svid_done);

#endif
