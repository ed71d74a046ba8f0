/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_DEVICE_H
#define TPM_DEVICE_H

#include "tpm/pcr.h"
#include "tpm/public_area.h"

/*
 * The TPM of this host. No TSS type crosses this header: structures are the
 * bytes that the TPM marshalled, without a size prefix, as tpm/ parses them.
 *
 * Between verbs nothing stays in the TPM: attestation key and minting key are
 * saved contexts in memory, loaded once for a verb and flushed at its end, since a
 * TPM without a resource manager has three slots. A "device:" TCTI stays open;
 * any other is opened for a verb and closed after it, since swtpm serves one
 * client at a time.
 */
struct tpm_device;

/* What a host knows of its own TPM; evidence carries the names. */
enum tpm_state {
	TPM_ENDORSEMENT_AUTH_SET = 1 << 0, /* and the one we have is not it */
	TPM_ENDORSEMENT_DISABLED = 1 << 1,
	TPM_EK_CERTIFICATE_MISSING = 1 << 2,
};

/* "endorsement-auth-set"; NULL for what is none of them. */
const char *tpm_state_name(enum tpm_state state);

/* Copies both. Commands wait until the first verb. */
enum status tpm_device_new(const char *tcti, struct span endorsement_auth, struct tpm_device **out);
void tpm_device_free(struct tpm_device *d);
/* Between them calls share one connection, and the keys that they load: several
 * that are one verb. */
void tpm_device_begin(struct tpm_device *d);
void tpm_device_end(struct tpm_device *d);
/* Why the last call failed, for a log: the command and what the TPM said. */
const char *tpm_device_reason(const struct tpm_device *d);
void tpm_device_forget_reason(struct tpm_device *d);
/* Did the last verb find no TPM, or lose it? */
bool tpm_device_is_away(const struct tpm_device *d);

/* Certificates of an EK chain that we hand on, and how long each may be. */
#define TPM_CHAIN_MAX 6
#define TPM_CHAIN_CERTIFICATE_MAX 8192

struct tpm_identity {
	unsigned states; /* enum tpm_state */
	uint32_t ek_index; /* NV index of the certificate, 0 where there is none */
	struct bytes ek_certificate; /* as NV holds it, header and padding included */
	struct bytes ek_chain[TPM_CHAIN_MAX]; /* DER, from NV 0x01c00100 on */
	size_t ek_chain_count;
	struct bytes ak_public; /* empty where a state keeps us from deriving it */
};

void tpm_identity_done(struct tpm_identity *identity);
/* EK certificate and chain, from NV: which TPM it is. No key is touched. */
enum status tpm_device_certificates(struct tpm_device *d, struct tpm_identity *out);
/* The attestation key, derived where it isn't yet: ak_public, or the state that
 * keeps us from it, of which tpm_device_reason() says what to do. */
enum status tpm_device_attestation_key(struct tpm_device *d, struct tpm_identity *identity);
/* Both of them. */
enum status tpm_device_identify(struct tpm_device *d, struct tpm_identity *out);
/* The EK that identity's certificate is for: TPMT_PUBLIC. Seconds, where a
 * discrete TPM has to derive an RSA key. */
enum status tpm_device_ek_public(struct tpm_device *d, const struct tpm_identity *identity,
				 struct bytes *out);
/* Opens a credential made for that EK and our AK; salted, encrypted session. */
enum status tpm_device_activate(struct tpm_device *d, const struct tpm_identity *identity,
				struct span id_object, struct span encrypted_secret,
				struct bytes *secret);

/* TPMS_ATTEST and TPMT_SIGNATURE. */
struct tpm_statement {
	struct bytes attest;
	struct bytes signature;
};

void tpm_statement_done(struct tpm_statement *statement);

/* Quote by the AK, and the values it is over. STATUS_UNAVAILABLE where the PCRs
 * would not hold still. */
enum status tpm_device_quote(struct tpm_device *d, enum digest_alg bank, pcr_mask select,
			     struct span extra_data, struct tpm_statement *statement,
			     struct pcr_values *values);
enum status tpm_device_read_pcrs(struct tpm_device *d, enum digest_alg bank, pcr_mask select,
				 struct pcr_values *values);

struct tpm_clock {
	uint64_t clock_ms;
	uint32_t reset_count, restart_count;
	bool is_safe;
};

enum status tpm_device_read_clock(struct tpm_device *d, struct tpm_clock *out);

/*
 * The minting key (MINTING.md). It works while these PCRs have the values that
 * they have now and the counters stay. tpm_device_minting_key() keeps the one
 * there is while it fits, else makes another; *is_new tells.
 */
enum status tpm_device_minting_key(struct tpm_device *d, enum digest_alg bank, pcr_mask pcrs,
				   bool *is_new);
/* Did its PCRs or counters change since? Then it signs nothing in this boot. */
enum status tpm_device_minting_key_spent(struct tpm_device *d, bool *is_spent);
/* Forgets it; the next call above makes another. */
void tpm_device_drop_minting_key(struct tpm_device *d);
/* TPMT_PUBLIC; empty where there is no key. Borrowed until it changes. */
struct span tpm_device_minting_public(const struct tpm_device *d);
/* TPM2_Certify of the minting key by the AK. */
enum status tpm_device_certify(struct tpm_device *d, struct span qualifying,
			       struct tpm_statement *statement);
/* Signs a SHA-256 digest: TPMT_SIGNATURE. STATUS_DENIED once the key's policy
 * no longer holds, STATUS_NOT_FOUND where there is no key. now_ms is by a clock that
 * nobody sets, and that counts while the host sleeps. */
enum status tpm_device_mint_sign(struct tpm_device *d, const struct digest *digest, int64_t now_ms,
				 struct bytes *signature);
/*
 * Between two signatures of one verb: begins to meet the policy for the next one, which
 * takes that unless it was begun longer ago than this. One command of the TPM for each
 * call, until *is_done. A PCR that is extended since, or a reset, makes it worth nothing.
 */
#define TPM_SESSION_AHEAD_MS 20
enum status tpm_device_mint_ahead(struct tpm_device *d, int64_t now_ms, bool *is_done);
/* Extends cap_digest() into the PCR, in every active bank: no key whose policy
 * names it works again in this boot. */
enum status tpm_device_cap(struct tpm_device *d, unsigned pcr);

AUTO_FREE(tpm_device, struct tpm_device, tpm_device_free);
AUTO_RELEASE(tpm_identity, tpm_identity_done);
AUTO_RELEASE(tpm_statement, tpm_statement_done);

#endif
