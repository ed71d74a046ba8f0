/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_ACTIVATE_H
#define MESSAGES_ACTIVATE_H

#include "messages/node.h"

/* POST /v1/enrol/{id}/activate */
struct activate_request {
	struct bytes record; /* of the enrolment's answer */
	struct bytes secret; /* what TPM2_ActivateCredential gave */
	struct bytes nonce;
	struct bytes attest; /* TPMS_ATTEST of a first quote */
	struct bytes signature; /* TPMT_SIGNATURE */
};

struct activate_answer {
	struct node_id node_id;
	enum node_state state;
};

enum status activate_request_parse(struct span json, struct activate_request *out,
				   const char **fault);
enum status activate_request_write(const struct activate_request *request, struct bytes *json);
void activate_request_done(struct activate_request *request);
enum status activate_answer_parse(struct span json, struct activate_answer *out,
				  const char **fault);
enum status activate_answer_write(const struct activate_answer *answer, struct bytes *json);

AUTO_RELEASE(activate_request, activate_request_done);

#endif
