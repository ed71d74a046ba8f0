/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/broker/broker.h"
#include "daemon/clock.h"
#include "daemon/log.h"

/* The mint asks for workloads it has admitted; the verifier decides. Here only what no
 * honest mint asks for is refused, since each wish costs a quote, and what could not stand
 * in a report would spoil it, and with it the node's right. */
enum status verb_jwt_request(struct broker *b, struct reader *in, struct writer *out)
{
	struct span body = in->rest;
	struct report_jwt wish;
	enum status status = wish_read(in, &wish);

	(void)out;
	if (status != OK) {
		reader_fail(in, status);
		return status;
	}
	if (!broker_has_right(b) || broker_right_is_over(b))
		return STATUS_DENIED;
	if (!grant_entitles(&b->grant, wish.spiffe_id) || !report_jwt_fits(&wish)) {
		log_line(LOG_LEVEL_WARNING, "jwt-request refused: not entitled, or no request");
		return STATUS_DENIED;
	}
	status = wishes_add(&b->wishes, body, clock_boot_s());
	return status == OK ? channel_send(&b->agent, FRAME_WISHED, 0, (struct span){ 0 }) : status;
}
