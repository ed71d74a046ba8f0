/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_AUTHENTICATE_H
#define VERIFIER_APPRAISAL_AUTHENTICATE_H

#include "policies/reference/reference.h"
#include "tpm/attest.h"
#include "tpm/public_area.h"
#include "verifier/appraisal/claims.h"

/* A TPM's clock. Ordered as (reset, restart, clock), unsigned. */
struct tpm_counters {
	uint32_t reset_count;
	uint32_t restart_count;
	uint64_t clock; /* ms, below 2^63 */
};

/* <0, 0, >0 */
int tpm_counters_compare(const struct tpm_counters *a, const struct tpm_counters *b);

/* The enrolled attestation key. The key is borrowed: the caller caches it. */
struct attester {
	EVP_PKEY *ak;
	EVP_PKEY_CTX *ready; /* for signature_verify_in(), borrowed too; may be NULL */
	enum tpm_alg scheme;
	enum digest_alg scheme_hash;
	struct name name;
	struct name qualified_name; /* a primary of the endorsement hierarchy */
	char vendor[5]; /* of the TPM, from its EK certificate; empty: unknown */
};

/* "id:49465800" of the EK certificate's subjectAltName, as TPM_PT_MANUFACTURER
 * spells it: "IFX". Empty for what is no text: a vendor nobody can name. */
void tpm_vendor_read(struct span manufacturer, char vendor[5]);

/* From TPMT_PUBLIC as enrolled, and public_area_key() of it. STATUS_DENIED for
 * a key that attestation_key_check() would not have enrolled. */
enum status attester_init(struct span ak_public, EVP_PKEY *ak, const char *vendor,
			  struct attester *out);

/* What the host sent, and what was asked of it. Everything is borrowed. */
struct quote_evidence {
	struct span nonce; /* the challenge's; its MAC, node and age are checked */
	struct span attest, signature;
	struct span pcrs; /* values of the class's selection, joined, lowest first */
	struct span minting_public; /* empty: no minting key is offered */
	struct span report; /* beside the quote, as it came; empty: there is none */
	struct span certify_attest, certify_signature; /* empty: left out */
	/* Name of the minting key certified before in this boot session. */
	struct span known_minting_name;
};

/*
 * The first steps alone, for a quote that decides nothing but who is speaking
 * (activation): the AK's signature, a quote, extraData over nonce, minting
 * Name and report (both may be empty). *why is REASON_NONE where all of it holds, and only then
 * is *quote set; its spans borrow from attest.
 */
enum status authenticate_quote(const struct attester *attester, struct span nonce,
			       struct span minting_name, struct span report, struct span attest,
			       struct span signature, struct attest *quote, enum reason *why);

enum authenticity {
	/* Nothing is proven about who sent this: answer 4xx, change nothing. */
	UNAUTHENTICATED,
	/* Fresh words of this TPM, and they do not do: a verdict. */
	AUTHENTIC_REFUSED,
	AUTHENTIC,
};

struct authentication {
	enum authenticity authenticity;
	struct finding why; /* unless AUTHENTIC */
	/* From here on meaningful unless UNAUTHENTICATED */
	struct tpm_counters counters;
	bool is_safe;
	uint64_t firmware_version;
	bool is_new_session; /* reset or restart count differ from the previous */
	/* From here on meaningful if AUTHENTIC */
	bool has_minting_key;
	bool was_certified; /* in this evidence */
	struct name minting_name;
	uint8_t minting_x[32], minting_y[32];
	/* The selected PCRs and no other; last, since it is large and mostly empty. */
	struct pcr_values values;
};

/* UNAUTHENTICATED, and no value known. */
void authentication_init(struct authentication *a);

/*
 * The signer's half of the appraisal, over fixed-size TPM structures only and
 * in DESIGN's order. previous is NULL for a node that never committed. A status
 * says that the machinery failed; what is wrong with the host is in *out.
 */
enum status authenticate(const struct reference *ref, const struct node_class *node_class,
			 const struct attester *attester, const struct tpm_counters *previous,
			 const struct quote_evidence *evidence, struct authentication *out);

/* hardware and instance-identity, as authentication leaves them. */
void authentication_claims(const struct authentication *authentication, struct claims *claims);

#endif
