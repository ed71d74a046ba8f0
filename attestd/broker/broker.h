/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_BROKER_BROKER_H
#define ATTESTD_BROKER_BROKER_H

#include "attestd/broker/ends.h"
#include "attestd/broker/journal.h"
#include "attestd/broker/logs.h"
#include "attestd/broker/measured.h"
#include "attestd/broker/wishes.h"
#include "attestd/configuration.h"
#include "attestd/frames.h"
#include "attestd/grant.h"
#include "base/reader.h"
#include "base/writer.h"
#include "tpm/device/device.h"

/*
 * The role that holds the TPM and reads the logs. It has no network and does
 * six things: identity, activate, evidence, mint-sign, measured, and the end of a
 * right, which is a cap where the verifier's key has signed it. What it signs is in
 * the issuance journal before.
 */
struct broker {
	const struct configuration *configuration;
	struct tpm_device *device;
	struct log_files logs;
	struct measured_log measured;
	/* Entries that stand beyond the last quote: how often the same ones did, and in
	 * how many seconds they are looked at again. */
	struct beyond {
		uint64_t end;
		unsigned looks, in_s;
	} beyond;
	struct wishes wishes;
	struct journal journal;
	struct ends ends;
	struct channel agent, mint;
	struct tpm_identity identity;
	struct tpm_clock clock; /* when it was read */
	bool is_identity_new; /* nobody asked for it yet */
	bool is_prepared; /* nothing is left to be done ahead */
	int64_t tidy_at_ms; /* of clock_boot_ms(); 0: the TPM is tidy between verbs */
	bool is_ahead_due; /* until then: the next signature's session is to be begun */
	struct node_id node;
	bool has_node; /* the EK certificate was read */
	/* What the last evidence offered, and so what a verdict must answer. */
	struct bytes nonce;
	unsigned caps_made; /* since the start */
	struct grant grant; /* certificate NULL: none */
	struct bytes svid; /* DER, the last one signed under it; empty: none yet */
	/* The same end on a clock that nobody sets. */
	int64_t ends_s;
	/* A right was lost, and the TPM has not yet proved that its key is dead. */
	bool is_cap_due;
	unsigned cap; /* PCR, as the verifier signed it: a challenge's is anybody's word */
	unsigned cap_tries; /* that failed */
	int64_t cap_next_s; /* CLOCK_BOOTTIME */
	char reason[320]; /* of the last refusal, where it is not the TPM's */
	bool growth_told;
	bool is_attestation_asked; /* since the last evidence, for what was not signed */
	bool journal_told; /* that it can't be written */
	/* The user who opened the TPM is no more: it can't be opened again. */
	bool is_dropped;
	/* A verdict named the minting key: until then each evidence certifies it. */
	bool is_key_known;
};

/* Process of its own; the exit status. */
int broker_run(const char *configuration_path);

/* One verb: reads its fields, writes the answer's. */
typedef enum status (*broker_verb)(struct broker *b, struct reader *in, struct writer *out);

/* Which TPM it is, and its counters; no key. */
enum status broker_identify(struct broker *b);
/* The AK, or the state that keeps us from it. */
enum status broker_attestation_key(struct broker *b);
/* The same where nothing goes on without: STATUS_DENIED for such a state. */
enum status broker_need_attestation_key(struct broker *b);
/* Why the verb fails, for people; returns status. */
enum status broker_refuse(struct broker *b, enum status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
const char *broker_reason(const struct broker *b, enum status status);
void broker_forget_reason(struct broker *b);
bool broker_has_right(const struct broker *b);
/* By either clock: one that was set back makes no right longer. */
bool broker_right_is_over(const struct broker *b);
/* The cap that is due, if one is: OK once it is done. */
enum status broker_cap_now(struct broker *b);
/* The same once a second, at its time. */
void broker_cap_again(struct broker *b);
/* Ends that the journal had no room for: once a second. */
void broker_record_ends(struct broker *b);
enum status verb_identity(struct broker *b, struct reader *in, struct writer *out);
enum status verb_activate(struct broker *b, struct reader *in, struct writer *out);
enum status verb_evidence(struct broker *b, struct reader *in, struct writer *out);
enum status verb_verdict(struct broker *b, struct reader *in, struct writer *out);
enum status verb_drop(struct broker *b, struct reader *in, struct writer *out);
enum status verb_mint_ended(struct broker *b, struct reader *in, struct writer *out);
enum status verb_mint_sign(struct broker *b, struct reader *in, struct writer *out);
enum status verb_jwt_request(struct broker *b, struct reader *in, struct writer *out);
enum status verb_measured(struct broker *b, struct reader *in, struct writer *out);

#endif
