/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "attestd/broker/broker.h"
#include "attestd/subject.h"
#include "attestd/svid_profile.h"
#include "daemon/log.h"
#include "tpm/signature.h"

static enum status sign(struct broker *b, struct span tbs, struct writer *out)
{
	AUTO_DONE(bytes) made = { 0 };
	AUTO_DONE(bytes) der = { 0 };
	struct signature signature;
	struct digest digest;
	enum status status = digest_of(DIGEST_SHA256, tbs, &digest);

	bytes_done(&b->svid);

	if (status == OK)
		status = tpm_device_mint_sign(b->device, &digest, &made);
	if (status == OK)
		status = signature_parse(span_of(&made), &signature);
	if (status == OK)
		status = signature_der(&signature, &der);
	if (status == OK)
		status = svid_assemble(tbs, span_of(&der), &b->svid);
	if (status == OK)
		writer_sized(out, span_of(&der));
	return status;
}

enum status verb_mint_sign(struct broker *b, struct reader *in, struct writer *out)
{
	struct span tbs = reader_sized32(in, FRAME_SMALL_MAX);
	struct subject subject;
	enum svid_refusal refusal = SVID_MALFORMED;
	int64_t now = (int64_t)time(NULL);

	subject_take(in, &subject);

	enum status status = reader_end(in);

	if (status != OK) {
		reader_fail(in, status);
		return status;
	}
	if (!broker_has_right(b))
		return STATUS_DENIED;
	if (broker_right_is_over(b)) {
		grant_done(&b->grant);
		return STATUS_DENIED;
	}
	status = svid_profile_check(tbs, &b->grant, now, &refusal);
	if (status != OK)
		return status;
	/* The mint makes none but good ones: this is a role taken over, or a
	 * name that the node's class does not have. */
	if (refusal != SVID_ACCEPTED) {
		log_line(LOG_LEVEL_WARNING, "mint-sign refused: %s", svid_refusal_name(refusal));
		return STATUS_DENIED;
	}
	return sign(b, tbs, out);
}
