/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/broker/broker.h"
#include "daemon/clock.h"
#include "daemon/log.h"
#include "messages/evidence.h"
#include "tpm/attest.h"
#include "tpm/policy_digest.h"

/* Of the IMA log at once: in raw bytes, JSON and frames it is held several times,
 * and all roles together stay below 8 MiB. */
#define IMA_PART_MAX ((size_t)256 << 10)
#define BOOT_LOG_MAX ((size_t)4 << 20)
/* After 1, 2, 4 s and so on: a minute in all. */
#define LOOKS_MAX 6

/* FRAME_EVIDENCE */
struct wanted {
	struct span nonce;
	enum digest_alg bank;
	pcr_mask select, policy;
	unsigned cap;
	uint64_t next_entry;
	bool boot_log, certify, svid;
	struct digest entries;
};

/* What the agent says it holds, in its own words to the verifier. */
static void read_entries(struct reader *in, struct digest *out)
{
	struct span value = reader_sized(in, SHA256_SIZE);

	if (value.len > 0)
		reader_fail(in, digest_from(DIGEST_SHA256, value, out));
}

static enum status wanted_read(struct reader *in, struct wanted *out)
{
	struct wanted w = { .nonce = reader_sized(in, NONCE_MAX) };

	w.bank = digest_alg_from_tpm(reader_be16(in));
	w.select = reader_be32(in);
	w.policy = reader_be32(in);
	w.cap = reader_u8(in);
	w.next_entry = reader_be64(in);
	w.boot_log = reader_u8(in) != 0;
	w.certify = reader_u8(in) != 0;
	w.svid = reader_u8(in) != 0;
	read_entries(in, &w.entries);

	enum status end = reader_end(in);

	if (end != OK) {
		reader_fail(in, end);
		return end;
	}
	/* The values come from the network: 16 and 23 can be reset, the cap is
	 * never a PCR of boot or IMA. */
	if (w.nonce.len == 0 || w.bank == DIGEST_NONE || w.select == 0 ||
	    ((w.select | w.policy) & ~(pcr_mask)0xffff) != 0 || w.cap <= 10 || w.cap > 15)
		return STATUS_UNSUPPORTED;
	w.policy |= (pcr_mask)1 << w.cap;
	*out = w;
	return OK;
}

static enum status certify(struct broker *b, const struct wanted *w, struct evidence *e)
{
	AUTO_DONE(tpm_statement) certified = { 0 };
	struct digest qualifying;
	enum status status = certify_extra_data(w->nonce, &qualifying);

	if (status == OK)
		status = tpm_device_certify(b->device, digest_span(&qualifying), &certified);
	if (status != OK)
		return status;
	e->certify_attest = certified.attest;
	e->certify_signature = certified.signature;
	certified = (struct tpm_statement){ 0 };
	return OK;
}

/* The minting key goes first: the quote's extraData names it. */
static enum status add_minting_key(struct broker *b, const struct wanted *w, struct evidence *e,
				   struct name *name)
{
	bool is_new = false;
	enum status status = tpm_device_minting_key(b->device, w->bank, w->policy, &is_new);

	if (status == OK && is_new) {
		/* The certificate was for the key before. */
		grant_done(&b->grant);
		b->is_key_known = false;
		log_line(LOG_LEVEL_INFO, "made a new minting key");
	}
	if (status == OK)
		status = bytes_copy(tpm_device_minting_public(b->device), &e->minting_public);
	if (status == OK)
		status = public_area_name(span_of(&e->minting_public), name);
	if (status == OK && (w->certify || !b->is_key_known))
		status = certify(b, w, e);
	return status;
}

static enum status add_values(const struct wanted *w, const struct pcr_values *values,
			      struct evidence *e)
{
	enum status status = OK;

	for (unsigned pcr = 0; pcr < PCR_COUNT && status == OK; pcr++) {
		const struct digest *value = pcr_value(values, w->bank, pcr);

		if ((w->select >> pcr & 1) == 0)
			continue;
		if (value == NULL)
			return STATUS_NOT_FOUND;
		status = bytes_copy(digest_span(value), &e->pcrs[e->pcr_count]);
		if (status == OK)
			e->pcr_count++;
	}
	return status;
}

static enum status add_quote(struct broker *b, const struct wanted *w, const struct name *key,
			     struct evidence *e, struct pcr_values *values)
{
	AUTO_DONE(tpm_statement) quoted = { 0 };
	struct digest extra;
	enum status status =
		quote_extra_data(w->nonce, name_span(key), span_of(&e->report), &extra);

	if (status == OK)
		status = tpm_device_quote(b->device, w->bank, w->select, digest_span(&extra),
					  &quoted, values);
	if (status == OK)
		status = add_values(w, values, e);
	if (status != OK)
		return status;
	e->attest = quoted.attest;
	e->signature = quoted.signature;
	quoted = (struct tpm_statement){ 0 };
	return OK;
}

/* What goes under the quote beside the nonce: wishes, and the journal. One that can't be
 * read leaves its line out, and the verifier asks why. */
static enum status add_report(struct broker *b, struct evidence *e)
{
	AUTO_DONE(bytes) lines = { 0 };
	struct report report;

	report_init(&report);

	enum status status = wishes_report(&b->wishes, clock_boot_s(), &report);

	if (status != OK)
		return status;
	status = journal_report(&b->journal, &lines, &report);
	if (status != OK)
		log_line(LOG_LEVEL_ERROR, "journal: %s: %s", b->journal.path, status_text(status));
	if (!report.has_journal && report.jwt_count == 0)
		return OK;
	return report_write(&report, &e->report);
}

/* "boot-log-too-large": states of the host, too, but none that evidence could
 * carry, since there is none without that log. */
static enum status unreadable(struct broker *b, const char *which, const char *path,
			      enum status status)
{
	const char *why = "unreadable";

	if (status == STATUS_NO_MEMORY)
		return status;
	if (status == STATUS_TOO_LARGE)
		why = "too-large";
	else if (status != STATUS_IO)
		why = "malformed";
	return broker_refuse(b, status, "%s-log-%s: %s", which, why, path);
}

static enum status add_logs(struct broker *b, const struct wanted *w, struct evidence *e,
			    uint64_t *goes_on_at)
{
	enum status status = OK;

	if (w->boot_log) {
		status = logs_read_boot(&b->logs, BOOT_LOG_MAX, &e->boot_log);
		e->has_boot_log = status == OK;
	} else if (b->logs.boot_fd < 0) {
		status = STATUS_NOT_FOUND;
	}
	if (status == STATUS_NOT_FOUND)
		e->states |= HOST_BOOT_LOG_MISSING;
	else if (status != OK)
		return unreadable(b, "boot", b->logs.boot, status);

	e->ima_first = w->next_entry;
	status = logs_read_ima(&b->logs, IMA_PART_MAX, &e->ima_first, &e->ima_entries, goes_on_at);
	e->ima_has_more = *goes_on_at > 0;
	e->has_ima_log = status == OK;
	if (status == STATUS_NOT_FOUND)
		e->states |= HOST_IMA_LOG_MISSING;
	else if (status != OK)
		return unreadable(b, "ima", b->logs.ima, status);
	return OK;
}

static enum status answer(struct evidence *e, uint64_t goes_on_at, struct writer *out)
{
	AUTO_DONE(bytes) json = { 0 };
	struct attest quote;
	enum status status = attest_parse(span_of(&e->attest), ATTEST_QUOTE, &quote);

	if (status == OK)
		status = evidence_write(e, &json);
	if (status != OK)
		return status;
	/* Before there is another copy. */
	bytes_done(&e->boot_log);
	bytes_done(&e->ima_entries);
	writer_be32(out, quote.reset_count);
	writer_be32(out, quote.restart_count);
	writer_be64(out, goes_on_at);
	writer_sized32(out, span_of(&json));
	return OK;
}

/* The kernel puts an entry on its list before it extends the PCR, and a busy TPM may
 * quote in between. Such an entry is no growth any more, and no verdict is about it. */
static void look_beyond(struct broker *b)
{
	uint64_t end = b->logs.end.entry;

	b->beyond.in_s = 0;
	if (b->measured.offered == 0 || end <= b->measured.offered)
		return;
	if (b->beyond.end != end)
		b->beyond = (struct beyond){ .end = end };
	if (b->beyond.looks < LOOKS_MAX)
		b->beyond.in_s = 1U << b->beyond.looks++;
}

enum status verb_evidence(struct broker *b, struct reader *in, struct writer *out)
{
	AUTO_DONE(evidence) e = { 0 };
	struct wanted w;
	struct name key;
	struct pcr_values values;
	uint64_t goes_on_at = 0;
	enum status status = wanted_read(in, &w);

	if (status != OK)
		return status;
	/* Nothing new before the end of what was lost. */
	status = broker_cap_now(b);
	if (status != OK)
		return status;
	e.entries = w.entries;
	b->growth_told = b->is_attestation_asked = false;

	bool is_again = span_equal(w.nonce, span_of(&b->nonce));

	bytes_done(&b->nonce);
	status = bytes_copy(w.nonce, &b->nonce);
	if (status == OK)
		status = bytes_copy(w.nonce, &e.nonce);
	/* What the log has by now will be in it: no reason to be asked again. */
	(void)logs_grew(&b->logs);
	if (status == OK)
		status = broker_need_attestation_key(b);
	if (status == OK)
		status = add_minting_key(b, &w, &e, &key);
	if (status == OK)
		status = add_report(b, &e);
	if (status == OK)
		status = add_quote(b, &w, &key, &e, &values);
	/* Quote first, logs after: the log may be longer, never shorter. */
	if (status == OK)
		status = add_logs(b, &w, &e, &goes_on_at);
	if (status == OK) {
		measured_quote(&b->measured, &b->logs, w.bank, &values, is_again);
		look_beyond(b);
	}
	/* Under the grant that is held, and no other. */
	if (status == OK && w.svid && b->grant.certificate != NULL)
		status = bytes_copy(span_of(&b->svid), &e.svid);
	return status == OK ? answer(&e, goes_on_at, out) : status;
}
