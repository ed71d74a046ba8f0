/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "attestd/broker/broker.h"
#include "daemon/clock.h"
#include "daemon/log.h"
#include "messages/limits.h"

/* Of the 64 that appraisal accepts in a boot session: the rest is a reserve for
 * starts of this process, which counts from 0. */
#define CAPS_MOST 16
/* Between tries of a cap that failed. */
#define CAP_PAUSE_MAX_S 30

bool broker_has_right(const struct broker *b)
{
	return b->grant.certificate != NULL;
}

bool broker_right_is_over(const struct broker *b)
{
	return b->grant.verdict.expires <= (int64_t)time(NULL) || b->ends_s <= clock_boot_s();
}

/* The TPM's own word about the key: it is asked to sign once more. */
static enum status probe_key(struct broker *b)
{
	AUTO_DONE(bytes) signature = { 0 };
	struct digest probe = digest_filled(DIGEST_SHA256, 0);

	return tpm_device_mint_sign(b->device, &probe, clock_boot_ms(), &signature);
}

static bool is_no_signer(enum status status)
{
	/* It refuses, or it is of another boot. */
	return status == STATUS_DENIED || status == STATUS_NOT_FOUND || status == STATUS_MISMATCH;
}

/*
 * Extends and asks for the proof. A cap whose answer was lost is not extended
 * again: appraisal accepts 64 of them.
 */
static enum status cap_once(struct broker *b)
{
	bool is_spent = false;
	enum status status = OK;

	if (b->cap_tries > 0)
		status = tpm_device_minting_key_spent(b->device, &is_spent);
	if (status != OK || is_spent)
		return status;
	status = tpm_device_cap(b->device, b->cap);
	if (status != OK)
		return status;
	status = probe_key(b);
	if (status == OK)
		return broker_refuse(b, STATUS_IO, "PCR %u capped, and the key still signs",
				     b->cap);
	return is_no_signer(status) ? OK : status;
}

enum status broker_cap_now(struct broker *b)
{
	enum status status;

	if (!b->is_cap_due)
		return OK;
	status = cap_once(b);
	if (status == OK) {
		log_line(LOG_LEVEL_NOTICE, "PCR %u capped: the minting key refuses to sign",
			 b->cap);
		tpm_device_drop_minting_key(b->device);
		b->is_cap_due = false;
		return OK;
	}
	if (b->cap_tries == 0)
		log_line(
			LOG_LEVEL_ERROR,
			"cap: %s; the right is gone all the same, and it is tried until it is done",
			broker_reason(b, status));
	b->cap_tries++;
	b->cap_next_s =
		clock_boot_s() + (b->cap_tries < CAP_PAUSE_MAX_S ? b->cap_tries : CAP_PAUSE_MAX_S);
	return status;
}

void broker_cap_again(struct broker *b)
{
	if (!b->is_cap_due || clock_boot_s() < b->cap_next_s)
		return;
	broker_forget_reason(b);
	/* It said why it failed the first time. */
	(void)!broker_cap_now(b);
}

/* The key is dead without a cap, as far as this process goes. */
static enum status end_uncapped(struct broker *b)
{
	grant_done(&b->grant);
	tpm_device_drop_minting_key(b->device);
	return OK;
}

/*
 * Ends the right for this boot. Only a key that had a grant is worth a cap, and
 * not without end: appraisal accepts 64, and whoever sits in the verifier's
 * front can spoil evidence on its way, as often as he lets a right pass before.
 * Of the PCR that both verdicts name, since only that one is both in the key's
 * policy and a cap to the appraisal that comes next: any other stays wrong until
 * the next boot.
 */
static enum status end_right(struct broker *b, unsigned cap)
{
	if (!broker_has_right(b))
		return broker_cap_now(b);
	if (b->grant.verdict.cap != cap) {
		log_line(LOG_LEVEL_WARNING, "PCR %u not capped: the right was given under PCR %u",
			 cap, b->grant.verdict.cap);
		return end_uncapped(b);
	}
	if (b->caps_made >= CAPS_MOST) {
		log_line(LOG_LEVEL_WARNING, "PCR %u not capped: it was %u times already", cap,
			 b->caps_made);
		return end_uncapped(b);
	}
	grant_done(&b->grant);
	b->caps_made++;
	b->is_cap_due = true;
	b->cap = cap;
	b->cap_tries = 0;
	return broker_cap_now(b);
}

/* On anybody's word, since it widens nothing: but what the TPM holds changes for
 * the result key's alone. */
enum status verb_drop(struct broker *b, struct reader *in, struct writer *out)
{
	enum status status = reader_end(in);

	(void)out;
	if (status != OK) {
		reader_fail(in, status);
		return status;
	}
	if (broker_has_right(b))
		log_line(LOG_LEVEL_NOTICE, "the right is given up");
	grant_done(&b->grant);
	/* One that has to be capped stays, for the proof. */
	if (!b->is_cap_due)
		tpm_device_drop_minting_key(b->device);
	return OK;
}

/* Is the certificate for the minting key that this TPM holds now? */
static enum status check_key(const struct broker *b, X509 *certificate)
{
	struct public_area area;
	AUTO(EVP_PKEY) key = NULL;
	enum status status = public_area_parse(tpm_device_minting_public(b->device), &area);

	if (status == OK)
		status = public_area_key(&area, &key);
	if (status != OK)
		return status;
	return EVP_PKEY_eq(key, X509_get0_pubkey(certificate)) == 1 ? OK : STATUS_MISMATCH;
}

/* An answer to the evidence we last gave, and to no other: a captured agent
 * may hold back verdicts and bring an older one. */
static enum status check_answer(const struct broker *b, const struct verdict *v)
{
	struct name name;

	if (!b->has_node || !span_equal(node_id_span(&v->node), node_id_span(&b->node)) ||
	    b->nonce.len == 0 || !span_equal(span_of(&v->nonce), span_of(&b->nonce)))
		return STATUS_MISMATCH;
	if (v->minting_key.len == 0)
		return OK;

	enum status status = public_area_name(tpm_device_minting_public(b->device), &name);

	if (status != OK)
		return status;
	return span_equal(span_of(&v->minting_key), name_span(&name)) ? OK : STATUS_MISMATCH;
}

static enum status take_grant(struct broker *b, struct verdict *v, struct span certificate)
{
	AUTO_DONE(grant) grant = { 0 };
	int64_t now = (int64_t)time(NULL);
	enum status status = grant_take(v, certificate, now, &grant);

	if (status == STATUS_DENIED)
		return broker_refuse(b, status, "the right is over by this host's clock (%lld)",
				     (long long)now);
	if (status == OK)
		status = check_key(b, grant.certificate);
	if (status != OK)
		return status;
	grant_done(&b->grant);
	bytes_done(&b->svid);
	b->grant = grant;
	b->ends_s = clock_boot_s() + grant_left_s(&b->grant, now);
	grant = (struct grant){ 0 };
	return OK;
}

/* By the verifier's own word alone: a record that nobody has must not go. */
static void collect_journal(struct broker *b, const struct verdict *v)
{
	enum status status = v->has_journal ? journal_collected(&b->journal, v->journal) : OK;

	if (status != OK)
		log_line(LOG_LEVEL_WARNING, "journal: %s: %s", b->journal.path,
			 status_text(status));
}

static enum status take_verdict(struct broker *b, struct verdict *v, struct span certificate)
{
	enum status status = check_answer(b, v);

	if (status != OK)
		return status;
	/* One verdict for one nonce. */
	bytes_done(&b->nonce);
	wishes_answered(&b->wishes);
	b->is_key_known = v->minting_key.len > 0;
	collect_journal(b, v);
	if (v->state != NODE_TRUSTED)
		return end_right(b, v->cap);
	measured_trust(&b->measured);
	/* Trusted, but nothing new: what is held runs out by itself. */
	if (v->certificate.alg == DIGEST_NONE)
		return OK;
	return take_grant(b, v, certificate);
}

enum status verb_verdict(struct broker *b, struct reader *in, struct writer *out)
{
	AUTO_DONE(verdict) v = { 0 };
	struct span text = reader_sized32(in, STATEMENT_MAX);
	struct span signature = reader_sized(in, SIGNATURE_MAX);
	struct span certificate = reader_sized32(in, CERTIFICATE_DER_MAX);
	enum status status = reader_end(in);

	if (status != OK) {
		reader_fail(in, status);
		return status;
	}
	status = verdict_open(text, signature, b->configuration->result_key, &v);
	if (status == OK)
		status = take_verdict(b, &v, certificate);
	if (status != OK)
		return status;
	writer_u8(out, broker_has_right(b));
	writer_be64(out, broker_has_right(b) ? (uint64_t)b->grant.verdict.expires : 0);
	return OK;
}
