/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_ACTIVATE_H
#define MESSAGES_ACTIVATE_H

#include "messages/node.h"

/* POST /v1/enrol/{id}/activate */
struct activation_request {
	struct bytes record; /* of the enrolment's answer */
	struct bytes secret; /* what TPM2_ActivateCredential gave */
	struct bytes nonce;
	struct bytes attest; /* TPMS_ATTEST of a first quote */
	struct bytes signature; /* TPMT_SIGNATURE */
};

struct activation_answer {
	struct node_id node_id;
	enum node_state state;
};

enum status activation_request_parse(struct span json, struct activation_request *out,
				     const char **fault);
enum status activation_request_write(const struct activation_request *request, struct bytes *json);
void activation_request_done(struct activation_request *request);
enum status activation_answer_parse(struct span json, struct activation_answer *out,
				    const char **fault);
enum status activation_answer_write(const struct activation_answer *answer, struct bytes *json);

AUTO_RELEASE(activation_request, activation_request_done);

#endif
