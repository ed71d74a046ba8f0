/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_CHALLENGE_H
#define MESSAGES_CHALLENGE_H

#include "base/digest.h"
#include "messages/json_writer.h"
#include "messages/strict_json.h"

/* POST /v1/nodes/{id}/challenge. Every x_parse here and beside gives a static
 * code in *fault (which may be NULL) where it refuses. */
struct challenge_request {
	uint32_t reset_count, restart_count; /* of the node's last quote; a hint */
};

struct challenge {
	struct bytes nonce;
	enum digest_alg bank;
	uint32_t select; /* bit i is PCR i */
	uint32_t policy_pcrs; /* what the minting key is bound to, with cap */
	uint8_t cap;
	uint64_t next_entry; /* of the IMA log */
	bool want_boot_log;
	bool want_certify;
	uint32_t interval_s;
};

enum status challenge_request_parse(struct span json, struct challenge_request *out,
				    const char **fault);
enum status challenge_request_write(const struct challenge_request *request, struct bytes *json);
enum status challenge_parse(struct span json, struct challenge *out, const char **fault);
enum status challenge_write(const struct challenge *challenge, struct bytes *json);
void challenge_done(struct challenge *challenge);
/* The same object as a member of another; both leave the verdict to the
 * cursor's document and the writer. */
void challenge_take(struct strict_cursor *object, struct challenge *out);
void challenge_put(struct json_writer *w, const char *name, const struct challenge *challenge);

AUTO_RELEASE(challenge, challenge_done);

#endif
