/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_AGENT_VERIFIER_CLIENT_H
#define ATTESTD_AGENT_VERIFIER_CLIENT_H

#include "base/bytes.h"

/* HTTPS to one verifier over one kept connection; TLS 1.3, the configured CA
 * and no other. */
struct verifier_client;

struct verifier_settings {
	const char *url; /* without a path */
	const char *ca_file;
	long timeout_s; /* and more for a long body */
};

struct verifier_answer {
	long code; /* HTTP status */
	uint32_t retry_after_s; /* 0 where it asks for nothing */
	struct bytes body;
};

/* Of ca_file: statuses as file_read_guarded(). */
enum status verifier_client_new(const struct verifier_settings *settings,
				struct verifier_client **out);
void verifier_client_free(struct verifier_client *client);
/* Why the last request did not get through. */
const char *verifier_client_reason(const struct verifier_client *client);
/* STATUS_UNAVAILABLE: nothing came back. Any HTTP status is an answer. */
enum status verifier_post(struct verifier_client *client, const char *path, struct span body,
			  struct verifier_answer *answer);
void verifier_answer_done(struct verifier_answer *answer);

AUTO_FREE(verifier_client, struct verifier_client, verifier_client_free);
AUTO_RELEASE(verifier_answer, verifier_answer_done);

#endif
