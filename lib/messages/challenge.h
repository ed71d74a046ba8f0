/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_CHALLENGE_H
#define MESSAGES_CHALLENGE_H

#include "base/digest.h"
#include "messages/json_writer.h"
#include "messages/strict_json.h"

/* POST /v1/nodes/{id}/challenge. Every x_parse here and beside gives a static
 * code in *fault (which may be NULL) where it refuses. */
struct attestation_request {
	uint32_t reset_count, restart_count; /* of the node's last quote; a hint */
};

struct attestation_challenge {
	struct bytes nonce;
	enum digest_alg bank;
	uint32_t select; /* bit i is PCR i */
	uint32_t policy_pcrs; /* what the minting key is bound to, with cap */
	uint8_t cap;
	uint64_t next_entry; /* of the IMA log */
	bool want_boot_log;
	bool want_certify;
	bool want_svid; /* the last one minted */
	uint32_t interval_s;
};

enum status attestation_request_parse(struct span json, struct attestation_request *out,
				      const char **fault);
enum status attestation_request_write(const struct attestation_request *request,
				      struct bytes *json);
enum status attestation_challenge_parse(struct span json, struct attestation_challenge *out,
					const char **fault);
enum status attestation_challenge_write(const struct attestation_challenge *challenge,
					struct bytes *json);
void attestation_challenge_done(struct attestation_challenge *challenge);
/* The same object as a member of another; both leave the verdict to the
 * cursor's document and the writer. */
void attestation_challenge_take(struct strict_cursor *object, struct attestation_challenge *out);
void attestation_challenge_put(struct json_writer *w, const char *name,
			       const struct attestation_challenge *challenge);

AUTO_RELEASE(attestation_challenge, attestation_challenge_done);

#endif
