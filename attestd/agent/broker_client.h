/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_AGENT_BROKER_CLIENT_H
#define ATTESTD_AGENT_BROKER_CLIENT_H

#include "attestd/frames.h"
#include "messages/challenge.h"
#include "messages/enrol.h"

/* The broker's verbs, as the agent asks for them. What it sends back is
 * checked as if it were hostile. */
struct broker_client {
	struct channel channel;
	uint64_t next_id;
	uint64_t ahead_id; /* of an identity that was asked for ahead; 0: none */
	bool has_grown; /* the broker said so; the caller clears it */
	bool has_wish; /* the same: one that no evidence has carried */
	char reason[320]; /* of the last refusal */
};

struct broker_identity {
	uint32_t reset_count, restart_count; /* as they are now */
	bool has_node;
	struct node_id node;
	unsigned states; /* enum host_state: the TPM's own have the same bits */
	struct enrolment_request enrolment; /* all but the host's name */
};

struct broker_activation {
	struct bytes secret, attest, signature;
};

struct broker_evidence {
	uint32_t reset_count, restart_count;
	uint64_t goes_on_at; /* entry after a part of the IMA log; 0: all is there */
	struct bytes body;
};

void broker_identity_done(struct broker_identity *identity);
void broker_activation_done(struct broker_activation *activation);
void broker_evidence_done(struct broker_evidence *evidence);

/* Asks for the identity without keys and does not wait: the first
 * broker_identity() takes the answer, and wants no keys. */
enum status broker_identity_ahead(struct broker_client *b);
/* STATUS_IO where the broker is gone or talks nonsense: nothing goes on. Without
 * keys: node, counters and certificates. */
enum status broker_identity(struct broker_client *b, bool want_keys, struct broker_identity *out);
enum status broker_activate(struct broker_client *b, const struct enrolment_answer *enrolment,
			    struct broker_activation *out);
/* entries: digest of the text of entries that is held; DIGEST_NONE: none. */
enum status broker_evidence(struct broker_client *b, const struct attestation_challenge *challenge,
			    const struct digest *entries, struct broker_evidence *out);
/* *expires: end of the grant, 0 where none is held. */
enum status broker_verdict(struct broker_client *b, struct span verdict, struct span signature,
			   struct span certificate, int64_t *expires);
enum status broker_drop(struct broker_client *b);
/* Takes what the broker said unasked. */
enum status broker_listen(struct broker_client *b);

AUTO_RELEASE(broker_identity, broker_identity_done);
AUTO_RELEASE(broker_activation, broker_activation_done);
AUTO_RELEASE(broker_evidence, broker_evidence_done);

#endif
