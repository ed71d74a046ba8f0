/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_ENROL_H
#define MESSAGES_ENROL_H

#include "messages/challenge.h"
#include "messages/node.h"

#define ENROL_CHAIN_MAX 6

/* POST /v1/enrol */
struct enrol_request {
	struct bytes hostname;
	uint32_t ek_index; /* NV index of the EK certificate */
	struct bytes ek_certificate; /* as read from NV, header and padding included */
	struct bytes chain[ENROL_CHAIN_MAX]; /* DER; candidates, never trusted */
	size_t chain_count;
	struct bytes ek_public; /* TPMT_PUBLIC */
	struct bytes ak_public; /* TPMT_PUBLIC */
};

struct enrol_answer {
	struct node_id node_id;
	struct bytes record; /* opaque to the node; goes back with activate */
	struct bytes id_object; /* TPMS_ID_OBJECT's content as TPM2_ActivateCredential takes it */
	struct bytes encrypted_secret;
	struct challenge challenge;
};

enum status enrol_request_parse(struct span json, struct enrol_request *out, const char **fault);
enum status enrol_request_write(const struct enrol_request *request, struct bytes *json);
void enrol_request_done(struct enrol_request *request);
enum status enrol_answer_parse(struct span json, struct enrol_answer *out, const char **fault);
enum status enrol_answer_write(const struct enrol_answer *answer, struct bytes *json);
void enrol_answer_done(struct enrol_answer *answer);

AUTO_RELEASE(enrol_request, enrol_request_done);
AUTO_RELEASE(enrol_answer, enrol_answer_done);

#endif
