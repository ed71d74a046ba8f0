/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_SVID_PROFILE_H
#define ATTESTD_SVID_PROFILE_H

#include "attestd/grant.h"
#include "attestd/svid_tbs.h"

/*
 * The one certificate that a minting key signs (MINTING.md, X509-SVID 4 and
 * 5): the mint asks for it, the broker checks it. Pure.
 */

enum svid_refusal {
	SVID_ACCEPTED = 0,
	SVID_MALFORMED, /* not exactly one TBSCertificate in DER */
	SVID_BAD_VERSION,
	SVID_BAD_SERIAL, /* under 8 bytes or over 20, negative, or spelt otherwise than in DER */
	SVID_BAD_ALGORITHM,
	SVID_BAD_ISSUER,
	SVID_BAD_VALIDITY, /* starts too early, or ends after the grant */
	SVID_BAD_SUBJECT, /* has to be empty */
	SVID_BAD_KEY, /* no named P-256 key, or the minting key itself */
	SVID_BAD_EXTENSIONS, /* one too many, twice, missing, or odd in criticality or encoding */
	SVID_BAD_BASIC_CONSTRAINTS,
	SVID_BAD_KEY_USAGE,
	SVID_BAD_EXTENDED_KEY_USAGE,
	SVID_BAD_AUTHORITY_KEY_ID,
	SVID_BAD_NAME, /* neither one SPIFFE ID nor selectors (svid_names.h) */
	SVID_NOT_ENTITLED,
};

/* "issuer": which part of the profile was broken. */
const char *svid_refusal_name(enum svid_refusal refusal);

/* How far before now a certificate may start, for clocks that are behind. */
#define SVID_BACKDATE_S 60

/* A negative answer is OK with *refusal set; *names, as svid_names.h has them, are of one
 * that is accepted. */
enum status svid_profile_check(struct span tbs, const struct grant *grant, int64_t now,
			       struct bytes *names, enum svid_refusal *refusal);

#endif
