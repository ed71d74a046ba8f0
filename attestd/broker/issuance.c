/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "attestd/broker/broker.h"
#include "attestd/subject.h"
#include "attestd/svid_profile.h"
#include "base/text.h"
#include "daemon/clock.h"
#include "daemon/log.h"
#include "tpm/signature.h"

static bool is_failing(enum status status)
{
	return status != OK && status != STATUS_MALFORMED;
}

/* Told once, until it works again: it is tried for each SVID. */
static void tell_journal(struct broker *b, enum status status)
{
	if (is_failing(status) && !b->journal_told)
		log_line(LOG_LEVEL_ERROR, "%s: nothing is signed", broker_reason(b, status));
	if (!is_failing(status) && b->journal_told)
		log_line(LOG_LEVEL_NOTICE, "journal: it can be written again");
	b->journal_told = is_failing(status);
}

/* In their order: what had to wait comes first. */
static enum status append(struct broker *b, const struct report_issued *issued)
{
	enum status status = ends_record(&b->ends, &b->journal);

	if (status == OK)
		status = journal_append(&b->journal, issued);
	if (status == STATUS_TOO_LARGE)
		return broker_refuse(b, STATUS_UNAVAILABLE,
				     "journal: full until the verifier has collected it");
	if (status == STATUS_IO || status == STATUS_UNAVAILABLE)
		return broker_refuse(b, STATUS_UNAVAILABLE, "journal: %s: %s", b->journal.path,
				     status == STATUS_IO ? strerror(errno)
							 : "another attestd has it");
	return status;
}

void broker_record_ends(struct broker *b)
{
	/* That it fails was told. */
	if (b->ends.count > 0 && ends_record(&b->ends, &b->journal) == OK)
		tell_journal(b, OK);
}

/* Before the signature leaves, and before it is made: a certificate without a record
 * there is none. A record without a certificate there may be. */
static enum status record(struct broker *b, struct span names, const struct digest *tbs,
			  const struct subject *subject)
{
	AUTO_DONE(bytes) unit = { 0 };
	AUTO_DONE(bytes) name = { 0 };
	struct report_issued issued = {
		.time = (int64_t)time(NULL),
		.tbs = *tbs,
		.entry = subject->entry,
		.has_uid = subject->has_uid,
		.uid = subject->uid,
		.executable = subject->executable,
		.reason = subject->reason,
	};
	enum status status = text_append_escaped(&unit, subject->unit);

	/* Several stand apart by %20. */
	if (status == OK)
		status = text_append_escaped(&name, names);
	issued.unit = span_of(&unit);
	issued.spiffe_id = span_of(&name);
	if (status == OK)
		status = append(b, &issued);
	tell_journal(b, status);
	/* A signature can wait; an end has happened. */
	if (is_failing(status) && subject_is_end(subject) && ends_add(&b->ends, &issued) == OK)
		return OK;
	return status;
}

static enum status sign(struct broker *b, struct span tbs, const struct digest *digest,
			struct writer *out)
{
	AUTO_DONE(bytes) made = { 0 };
	AUTO_DONE(bytes) der = { 0 };
	struct signature signature;
	enum status status = tpm_device_mint_sign(b->device, digest, clock_boot_ms(), &made);

	bytes_done(&b->svid);
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

/* The key went with the TPM's last reset, maybe: the next attestation makes another, and
 * workloads wait. Once for each, whatever they ask for meanwhile. */
static void ask_for_attestation(struct broker *b)
{
	if (b->is_attestation_asked)
		return;
	b->is_attestation_asked = true;
	/* An agent that is gone is found out by the loop. */
	(void)!channel_send(&b->agent, FRAME_WISHED, 0, (struct span){ 0 });
}

/* What the mint may ask for by the right that is held. */
static enum status check_request(struct broker *b, struct span tbs, struct bytes *names)
{
	enum svid_refusal refusal = SVID_MALFORMED;

	if (!broker_has_right(b))
		return STATUS_DENIED;
	if (broker_right_is_over(b)) {
		grant_done(&b->grant);
		return STATUS_DENIED;
	}

	enum status status =
		svid_profile_check(tbs, &b->grant, (int64_t)time(NULL), names, &refusal);

	if (status != OK || refusal == SVID_ACCEPTED)
		return status;
	/* The mint makes none but good ones: this is a role taken over, or a
	 * name that the node's class does not have. */
	log_line(LOG_LEVEL_WARNING, "mint-sign refused: %s", svid_refusal_name(refusal));
	return STATUS_DENIED;
}

enum status verb_mint_sign(struct broker *b, struct reader *in, struct writer *out)
{
	AUTO_DONE(bytes) names = { 0 };
	struct span tbs = reader_sized32(in, FRAME_SMALL_MAX);
	struct subject subject;
	struct digest digest;

	subject_take(in, &subject);

	enum status status = reader_end(in);

	if (status != OK) {
		reader_fail(in, status);
		return status;
	}
	status = check_request(b, tbs, &names);
	if (status == OK)
		status = digest_of(DIGEST_SHA256, tbs, &digest);
	/* That an identity ended is no reason to make one. */
	if (status == OK && subject_is_end(&subject))
		status = STATUS_DENIED;
	if (status != OK)
		return status;
	status = record(b, span_of(&names), &digest, &subject);
	if (status != OK)
		return status;
	status = sign(b, tbs, &digest, out);
	if (status != OK)
		ask_for_attestation(b);
	return status;
}

enum status verb_mint_ended(struct broker *b, struct reader *in, struct writer *out)
{
	struct span spiffe_id = reader_sized(in, SPIFFE_ID_MAX);
	struct span tbs = reader_sized(in, SHA256_SIZE);
	struct subject subject;
	struct digest digest;

	(void)out;
	subject_take(in, &subject);
	if (digest_from(DIGEST_SHA256, tbs, &digest) != OK)
		reader_fail(in, STATUS_MALFORMED);

	enum status status = reader_end(in);

	if (status != OK) {
		reader_fail(in, status);
		return status;
	}
	if (!subject_is_end(&subject))
		return STATUS_DENIED;
	return record(b, spiffe_id, &digest, &subject);
}
