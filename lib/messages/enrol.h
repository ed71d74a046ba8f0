/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_ENROL_H
#define MESSAGES_ENROL_H

#include "messages/challenge.h"
#include "messages/node.h"

#define ENROL_CHAIN_MAX 6

/* POST /v1/enrol */
struct enrolment_request {
	struct bytes hostname;
	uint32_t ek_index; /* NV index of the EK certificate */
	struct bytes ek_certificate; /* as read from NV, header and padding included */
	struct bytes chain[ENROL_CHAIN_MAX]; /* DER; candidates, never trusted */
	size_t chain_count;
	struct bytes ek_public; /* TPMT_PUBLIC */
	struct bytes ak_public; /* TPMT_PUBLIC */
};

struct enrolment_answer {
	struct node_id node_id;
	struct bytes record; /* opaque to the node; goes back with activate */
	struct bytes id_object; /* TPMS_ID_OBJECT's content as TPM2_ActivateCredential takes it */
	struct bytes encrypted_secret;
	struct attestation_challenge challenge;
};

enum status enrolment_request_parse(struct span json, struct enrolment_request *out,
				    const char **fault);
enum status enrolment_request_write(const struct enrolment_request *request, struct bytes *json);
void enrolment_request_done(struct enrolment_request *request);
enum status enrolment_answer_parse(struct span json, struct enrolment_answer *out,
				   const char **fault);
enum status enrolment_answer_write(const struct enrolment_answer *answer, struct bytes *json);
void enrolment_answer_done(struct enrolment_answer *answer);

AUTO_RELEASE(enrolment_request, enrolment_request_done);
AUTO_RELEASE(enrolment_answer, enrolment_answer_done);

#endif
