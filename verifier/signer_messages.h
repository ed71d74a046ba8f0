/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_MESSAGES_H
#define VERIFIER_SIGNER_MESSAGES_H

#include "messages/node.h"
#include "tpm/pcr.h"
#include "verifier/administration_messages.h"
#include "verifier/appraisal/claims.h"
#include "verifier/frames.h"
#include "verifier/refusal.h"
#include "verifier/signer_parts.h"

/*
 * What appraiser and signer say to each other: the bodies of FRAME_ENROL to
 * FRAME_HEALTH and of FRAME_ANSWER. Decoded spans borrow from the frame. Both
 * sides decode strictly: a length over its cap, an unknown enumerator, bytes
 * left over are a peer that has been taken over.
 */
struct challenge {
	struct span nonce;
	enum digest_alg bank;
	pcr_mask select, policy_pcrs;
	uint8_t cap;
	uint64_t next_entry;
	bool want_boot_log, want_certify, want_svid;
	uint32_t interval_s;
};

/* The appraiser verified the certificate chain; what it read from it goes on
 * record, what decides (key, AK) is checked again by the signer. */
struct enrol_request {
	struct span spki; /* DER, from the EK certificate */
	struct span ek_public, ak_public; /* TPMT_PUBLIC */
	bool is_software_tpm;
	uint32_t quirks; /* enum ek_quirk */
	struct span manufacturer, model, version;
	uint32_t nv_index;
	struct span hostname; /* the host's own word: shown, never decides */
};

/* The signer's enrolment records hold one. */
extern const struct wire_table enrol_request_wire;
/* An enum digest_alg that names a PCR bank, as be16 TPM_ALG_ID. */
extern const struct wire_codec bank_codec;

struct enrol_answer {
	struct node_id node;
	struct span record, id_object, encrypted_secret;
	struct challenge challenge;
};

struct activate_request {
	struct node_id node;
	int64_t received; /* when the request's headers arrived */
	struct span record, secret, nonce, attest, signature;
};

struct activate_answer {
	enum node_state state; /* NODE_STALE: enrolled, not yet attested */
};

struct challenge_request {
	struct node_id node;
	uint32_t reset_count, restart_count;
};

struct authenticate_request {
	struct node_id node;
	int64_t received; /* when the request's headers arrived */
	struct span evidence_digest; /* SHA-256 of the evidence's body */
	struct span nonce, attest, signature;
	struct span pcrs; /* values of the selected PCRs, lowest first, joined */
	struct span minting_public; /* empty: no minting key is offered */
	struct span certify_attest, certify_signature; /* both empty where not sent */
	struct span report; /* text, messages/report.h; empty: none */
	bool wants_ear;
	struct span entries_held; /* SHA-256 of the text that the node has; empty: none */
	bool has_svid; /* the host reports one: what leads to it is wanted */
};

/* The end of a wish for a JWT-SVID. */
struct jwt_item {
	uint64_t ticket;
	struct span sealed; /* messages/sealed.h; empty: refused */
	struct span refused; /* a code */
};

struct jwt_list {
	size_t count;
	struct jwt_item items[SIGNER_JWTS_MAX];
};

/* A finished appraisal, whatever its end. With is_retry nothing was decided:
 * every field but reasons is empty. */
struct result {
	bool is_retry;
	struct span verdict, verdict_signature;
	struct span certificate; /* DER; empty without a grant */
	struct certificate_list chain;
	struct span bundle, bundle_signature;
	struct span entries; /* text; empty where the node has it, or no grant */
	struct span ear; /* compact JWS; empty unless asked for */
	struct jwt_list jwts;
	struct reason_list reasons;
};

struct authenticate_answer {
	bool is_final; /* result holds the end: a replay of the last commit, or untrusted */
	/* unless is_final: go on with the logs, then FRAME_COMMIT on this channel */
	struct span generation; /* 32 bytes, zeros where no release is loaded */
	struct span class_name;
	uint64_t release_version; /* ratchet: highest manifest version it has booted */
	int64_t asked; /* when the challenge was made */
	int64_t in_use_since; /* these reference values, and this class for the node */
	uint64_t entries; /* verified so far in this boot session */
	struct span state; /* the appraiser's own, of this boot session; empty: from entry 0 */
	/* From the last grant to the trust domain's root; empty where there is none. */
	struct certificate_list svid_path;
	struct result result; /* is_final */
};

struct commit_request {
	struct node_id node;
	struct span generation; /* as AUTHENTICATE handed it out */
	/* Executables and configuration; the other two are the signer's own. */
	struct claims claims;
	bool is_retry;
	/* The state goes on over a part of a log that no quote has reached. */
	bool is_unproven;
	struct span manifest; /* SHA-256 of the booted manifest, or empty */
	uint64_t release_version; /* its version */
	/* The manifest of an emergency that was booted, or files of which the host runs; empty:
	 * of none. */
	struct span emergency;
	uint64_t entries; /* verified in this boot session, after this appraisal */
	struct span state;
	/* zstd frame of the entries that the state went on over, or empty; first_entry
	 * is 0 (replaces what is stored) or the number of entries before. */
	uint64_t first_entry;
	struct span ima_log;
	struct span boot_log; /* zstd frame, or empty: as before */
	/* Of an SVID that a relying party would take; empty: none was seen. */
	struct span svid_tbs, svid_signature;
	struct findings findings;
};

struct bundle_request {
	struct span trust_domain; /* empty: the only one */
};

struct jwt_key_item {
	struct span kid, spki; /* DER */
};

struct jwt_key_list {
	size_t count;
	struct jwt_key_item items[SIGNER_BUNDLE_MAX];
};

struct bundle_answer {
	struct span trust_domain;
	uint64_t sequence;
	struct certificate_list certificates;
	struct jwt_key_list jwt_keys;
	uint32_t refresh_hint_s;
};

/* Counts since the signer started. */
struct health_answer {
	enum health health;
	uint64_t nodes[NODE_STATES];
	uint64_t enrolments, verdicts, grants, refusals;
	int64_t valid_until; /* of the loaded release; 0: none */
	int64_t authority_until; /* of the CA that ends first; 0: none */
	int64_t release_refused; /* since when; 0: none is */
};

struct signer_request {
	enum frame_type type;
	union {
		struct enrol_request enrol;
		struct activate_request activate;
		struct challenge_request challenge;
		struct authenticate_request authenticate;
		struct commit_request commit;
		struct admin_request admin;
		struct bundle_request bundle;
	}; /* FRAME_HEALTH has none */
};

struct signer_answer {
	enum frame_type type; /* of the request */
	enum refusal refusal; /* unless REFUSAL_NONE, only the next two count */
	uint32_t retry_after_s; /* 0: none */
	struct span advice; /* of a refusal, for whom it is about; mostly empty */
	union {
		struct enrol_answer enrol;
		struct activate_answer activate;
		struct challenge challenge;
		struct authenticate_answer authenticate;
		struct result commit;
		struct admin_answer admin;
		struct bundle_answer bundle;
		struct health_answer health;
	};
};

/* Zeros but for the type, and no more of the union than this type has, without the items
 * of a list that comes last: the largest is fifty times the commonest. */
void signer_answer_init(enum frame_type type, struct signer_answer *out);

/* Appends the body of a frame of request->type. */
enum status signer_request_encode(const struct signer_request *request, struct bytes *out);
enum status signer_request_decode(enum frame_type type, struct span body,
				  struct signer_request *out);
/* Appends the body of a FRAME_ANSWER. */
enum status signer_answer_encode(const struct signer_answer *answer, struct bytes *out);
/* Of an answer to FRAME_COMMIT that is no refusal: what is stored of it. */
enum status signer_result_encode(const struct result *result, struct bytes *out);
/* type: of the request that is being answered. */
enum status signer_answer_decode(enum frame_type type, struct span body, struct signer_answer *out);

#endif
