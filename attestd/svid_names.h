/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_SVID_NAMES_H
#define ATTESTD_SVID_NAMES_H

#include "attestd/grant.h"

/*
 * What a certificate that a minting key signs may be called, as URIs that stand apart by
 * single spaces: one SPIFFE ID; or, for a SPIRE server that attests nodes by x509pop,
 * selectors "x509pop://TRUST-DOMAIN/KEY/VALUE" and no SPIFFE ID, so that nobody takes the
 * certificate for an SVID (X509-SVID 2: exactly one URI). Pure.
 */
#define SVID_SELECTORS_MAX 8

/* The next of names; false after the last. */
bool svid_names_next(struct span *names, struct span *uri);
/* One SPIFFE ID with a path, or selectors of one trust domain, each key once. */
bool svid_names_are_valid(struct span names);
/* A selector is entitled where the grant entitles to
 * "spiffe://TRUST-DOMAIN/x509pop/KEY/VALUE". False for names that are not valid. */
bool svid_names_are_entitled(const struct grant *grant, struct span names);

#endif
