/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ENVELOPE_DSSE_H
#define POLICIES_ENVELOPE_DSSE_H

#include "messages/strict_json.h"
#include "policies/envelope/signing_key.h"

/* DSSE 1.0.2, the only type of payload that we take. */
#define DSSE_PAYLOAD_TYPE "application/vnd.in-toto+json"
#define DSSE_KEYID_MAX 64

/*
 * An envelope with exactly one signature, so that who approved what is on record
 * one by one. keyid says which key to try, never how: the scheme is the root's.
 */
struct dsse {
	struct bytes payload;
	char keyid[DSSE_KEYID_MAX + 1];
	uint8_t signature[DSSE_SIGNATURE_MAX];
	size_t signature_len;
};

/* At most max bytes of envelope. On failure *why says where and what. */
enum status dsse_parse(struct span envelope, size_t max, struct dsse *out,
		       struct strict_document *why);
void dsse_done(struct dsse *dsse);

AUTO_RELEASE(dsse, dsse_done);

/* What is signed: "DSSEv1" and lengths before type and payload, so that neither
 * can reach into the other. */
enum status dsse_pae(struct span payload, struct bytes *out);
enum status dsse_verify(const struct dsse *dsse, EVP_PKEY *key, enum key_scheme scheme);

#endif
