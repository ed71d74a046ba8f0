/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_SVID_TBS_H
#define ATTESTD_SVID_TBS_H

#include "base/bytes.h"

/*
 * The TBSCertificate (RFC 5280, 4.1) of what a minting key signs: one form, of which
 * nothing but the fields below differs from one to the next. The mint writes it; the
 * broker takes it apart, and writes it again to see that nothing else was in it. Pure.
 */
struct svid_tbs {
	struct span serial; /* INTEGER's content, as DER has it */
	struct span issuer; /* Name, whole */
	int64_t from, until; /* from the epoch */
	struct span point; /* of a P-256 key, uncompressed: SVID_POINT_SIZE */
	struct span authority; /* key identifier */
	struct span names; /* URIs, as attestd/svid_names.h has them */
};

#define SVID_POINT_SIZE 65
#define SVID_TBS_MAX 8192

enum status svid_tbs_write(const struct svid_tbs *tbs, struct bytes *out);
/* A signed certificate from its parts; signature is ECDSA-Sig-Value in DER. */
enum status svid_assemble(struct span tbs, struct span signature, struct bytes *certificate);

#endif
