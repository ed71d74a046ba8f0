/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EVIDENCE_MAKER_H
#define TESTS_EVIDENCE_MAKER_H

#include "tpm/attest.h"
#include "tpm/public_area.h"

/*
 * A TPM's words without a TPM: an attestation key in software that signs hand
 * made TPMS_ATTEST structures. What goes into them is plain fields, so that a
 * test can lie about each of them. unit.h comes first.
 */
struct software_key {
	EVP_PKEY *key; /* P-256 */
	struct bytes public; /* TPMT_PUBLIC */
	struct name name;
};

void software_key_done(struct software_key *key);
AUTO_RELEASE(software_key, software_key_done);

/* Templates L-1 and L-2 of the TCG EK Credential Profile, part 2, up to what follows the
 * symmetric algorithm. */
void write_ek_opening(struct writer *w, uint16_t type);
/* SubjectPublicKeyInfo */
void copy_spki(EVP_PKEY *key, struct bytes *out);

/* As attestd's AK template. */
void make_attestation_key(struct software_key *out);
/* As attestd's minting key, with this authPolicy. */
void make_minting_key(struct span policy, struct software_key *out);
/* Attributes, policy and all that a test wants to change. */
void write_ecc_public(const struct software_key *key, enum digest_alg name_alg, uint32_t attributes,
		      struct span policy, enum digest_alg scheme_hash, struct bytes *out);

/* Every field of a TPMS_ATTEST; bytes_done() what is owned. */
struct made_attest {
	uint32_t magic;
	uint16_t type;
	struct name signer; /* qualifiedSigner */
	uint8_t extra[DIGEST_MAX];
	size_t extra_len;
	uint64_t clock;
	uint32_t reset_count, restart_count;
	uint8_t safe;
	uint64_t firmware;
	struct pcr_selection selection; /* quote */
	struct digest pcr_digest;
	struct name certified, certified_qualified; /* certify */
};

/* A truthful quote by the key over the values: what selection, nonce and
 * minting name ask for. */
struct made_attest honest_quote(const struct software_key *ak, struct span nonce,
				struct span minting_name, enum digest_alg bank, pcr_mask select,
				const struct pcr_values *values);
/* The same with a report beside it. */
void quote_report(struct made_attest *quote, struct span nonce, struct span minting_name,
		  struct span report);
/* A truthful certification of a primary of the NULL hierarchy. */
struct made_attest honest_certify(const struct software_key *ak, struct span nonce,
				  const struct name *minting);

void write_attest(const struct made_attest *attest, struct bytes *out);
/* TPMT_SIGNATURE, ECDSA with this hash. */
void sign_attest_with(const struct software_key *key, enum digest_alg hash, struct span attest,
		      struct bytes *out);
/* The same with SHA-256. */
void sign_attest(const struct software_key *key, struct span attest, struct bytes *out);

#endif
