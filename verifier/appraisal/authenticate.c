/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/authenticate.h"

#include <string.h>

#include "base/text.h"

#include "tpm/policy_digest.h"
#include "tpm/signature.h"

/* TPMs count milliseconds: this is 292 million years. A clock set so far ahead
 * would make every honest quote after it look like a replay (q27). */
#define CLOCK_LIMIT ((uint64_t)1 << 63)

int tpm_counters_compare(const struct tpm_counters *a, const struct tpm_counters *b)
{
	if (a->reset_count != b->reset_count)
		return a->reset_count < b->reset_count ? -1 : 1;
	if (a->restart_count != b->restart_count)
		return a->restart_count < b->restart_count ? -1 : 1;
	if (a->clock != b->clock)
		return a->clock < b->clock ? -1 : 1;
	return 0;
}

void tpm_vendor_read(struct span manufacturer, char vendor[5])
{
	AUTO_DONE(bytes) raw = { 0 };
	struct span hex = manufacturer;

	memset(vendor, 0, 5);
	if (!span_starts_with(manufacturer, "id:"))
		return;
	hex.data += 3;
	hex.len -= 3;
	if (hex_decode(hex, &raw) != OK || raw.len != 4)
		return;
	for (size_t i = 0; i < 4 && raw.data[i] > ' ' && raw.data[i] < 0x7f; i++)
		vendor[i] = (char)raw.data[i];
}

enum status attester_init(struct span ak_public, EVP_PKEY *ak, const char *vendor,
			  struct attester *out)
{
	struct attester attester = { .ak = ak };
	struct public_area area;
	enum status status = public_area_parse(ak_public, &area);

	if (status == OK)
		status = attestation_key_check(&area);
	if (status == OK)
		status = public_area_name(ak_public, &attester.name);
	if (status == OK)
		status = qualified_name_of_primary(TPM_RH_ENDORSEMENT, &attester.name,
						   &attester.qualified_name);
	if (status != OK)
		return status;
	attester.scheme = area.scheme;
	attester.scheme_hash = area.scheme_hash;
	strncpy(attester.vendor, vendor, sizeof(attester.vendor) - 1);
	*out = attester;
	return OK;
}

/* A failure of the machinery stays one; anything else is about the evidence. */
static bool is_machinery(enum status status)
{
	return status == STATUS_NO_MEMORY || status == STATUS_IO || status == STATUS_UNAVAILABLE;
}

/* Sets *why where status says that the evidence does not do. */
static enum status judged(enum status status, enum reason reason, enum reason *why)
{
	if (status == OK || is_machinery(status))
		return status;
	*why = reason;
	return OK;
}

static enum status check_signature(const struct attester *attester, struct span attest,
				   struct span bytes)
{
	struct signature signature;
	enum status status = signature_parse(bytes, &signature);

	if (status != OK)
		return status;
	return signature_verify_in(&signature, attester->scheme, attester->scheme_hash, attest,
				   attester->ak, attester->ready);
}

static enum reason parse_failure(enum status status)
{
	if (status == STATUS_MISMATCH)
		return REASON_QUOTE_FORGED;
	if (status == STATUS_UNSUPPORTED)
		return REASON_QUOTE_TYPE;
	return REASON_QUOTE_MALFORMED;
}

enum status authenticate_quote(const struct attester *attester, struct span nonce,
			       struct span minting_name, struct span report, struct span attest,
			       struct span signature, struct attest *quote, enum reason *why)
{
	enum reason reason = REASON_NONE;
	struct attest parsed;
	struct digest expected;
	/* Verify before parsing: nobody else's bytes get any further. */
	enum status status = judged(check_signature(attester, attest, signature),
				    REASON_SIGNATURE_INVALID, &reason);

	if (status == OK && reason == REASON_NONE) {
		status = attest_parse(attest, ATTEST_QUOTE, &parsed);
		status = judged(status, parse_failure(status), &reason);
	}
	if (status == OK && reason == REASON_NONE)
		status = quote_extra_data(nonce, minting_name, report, &expected);
	if (status != OK)
		return status;
	/* span_equal_secret() compares the lengths first: no prefix passes (q13). */
	if (reason == REASON_NONE && !span_equal_secret(parsed.extra_data, digest_span(&expected)))
		reason = REASON_QUOTE_NONCE_MISMATCH;
	if (reason == REASON_NONE)
		*quote = parsed;
	*why = reason;
	return OK;
}

/* What one authentication has in hand. */
struct session {
	const struct reference *ref;
	const struct node_class *node_class;
	const struct attester *attester;
	const struct tpm_counters *previous;
	const struct quote_evidence *evidence;
	struct attest quote;
	struct public_area minting;
};

static enum status name_minting_key(const struct session *s, struct authentication *a,
				    enum reason *why)
{
	struct span public = s->evidence->minting_public;

	a->has_minting_key = public.len > 0;
	if (!a->has_minting_key)
		return OK;
	return judged(public_area_name(public, &a->minting_name), REASON_QUOTE_NONCE_MISMATCH, why);
}

static enum status check_speaker(struct session *s, struct authentication *a, enum reason *why)
{
	enum status status = name_minting_key(s, a, why);

	if (status != OK || *why != REASON_NONE)
		return status;
	return authenticate_quote(s->attester, s->evidence->nonce, name_span(&a->minting_name),
				  s->evidence->report, s->evidence->attest, s->evidence->signature,
				  &s->quote, why);
}

static enum status check_counters(struct session *s, struct authentication *a, enum reason *why)
{
	const struct tpm_counters *before = s->previous;

	a->counters = (struct tpm_counters){
		.reset_count = s->quote.reset_count,
		.restart_count = s->quote.restart_count,
		.clock = s->quote.clock,
	};
	a->is_safe = s->quote.is_safe;
	a->firmware_version = s->quote.firmware_version;
	a->is_new_session = before == NULL || before->reset_count != a->counters.reset_count ||
			    before->restart_count != a->counters.restart_count;
	if (a->counters.clock >= CLOCK_LIMIT)
		*why = REASON_CLOCK_RANGE;
	else if (before == NULL || tpm_counters_compare(&a->counters, before) > 0)
		*why = REASON_NONE;
	else /* A quote of the same boot that is not newer is one sent again. */
		*why = a->is_new_session ? REASON_TPM_CLEARED : REASON_EVIDENCE_REPLAYED;
	return OK;
}

static enum status check_signer(struct session *s, struct authentication *a, enum reason *why)
{
	(void)a;
	/* Another key of the same TPM, or the same key in another hierarchy (q21). */
	if (!span_equal(s->quote.qualified_signer, name_span(&s->attester->qualified_name)))
		*why = REASON_QUOTE_SIGNER_MISMATCH;
	return OK;
}

static enum status check_safe(struct session *s, struct authentication *a, enum reason *why)
{
	if (s->node_class->require_safe && !a->is_safe)
		*why = REASON_CLOCK_NOT_SAFE;
	return OK;
}

static enum status check_firmware(struct session *s, struct authentication *a, enum reason *why)
{
	struct ref_range range = s->node_class->firmware_deny;

	for (uint32_t i = 0; i < range.count; i++) {
		struct firmware_deny deny;
		enum status status = reference_firmware_deny(s->ref, range.first + i, &deny);

		if (status != OK)
			return status;
		/* A vendor that nobody knows may be the one named. */
		bool is_vendor =
			s->attester->vendor[0] == '\0' ||
			strncmp(deny.vendor, s->attester->vendor, sizeof(deny.vendor)) == 0;

		if (is_vendor && a->firmware_version >= deny.from && a->firmware_version <= deny.to)
			*why = REASON_FIRMWARE_DENIED;
	}
	return OK;
}

/* Resettable from user space, so never evidence of anything (TCG PTP 4.6.2). */
#define PCR_RESETTABLE ((pcr_mask)1 << 16 | (pcr_mask)1 << 23)

static enum status check_selection(struct session *s, struct authentication *a, enum reason *why)
{
	const struct pcr_selection wanted = {
		.count = 1,
		.bank = { { s->node_class->bank, s->node_class->select } },
	};

	(void)a;
	if ((s->node_class->select & PCR_RESETTABLE) != 0 ||
	    (s->node_class->select & ~PCR_MASK_ALL) != 0 || s->node_class->select == 0)
		*why = REASON_RELEASE_UNUSABLE;
	else if (!pcr_selection_equal(&s->quote.selection, &wanted))
		*why = REASON_SELECTION_MISMATCH;
	return OK;
}

static enum status check_values(struct session *s, struct authentication *a, enum reason *why)
{
	struct digest composite;
	enum status status = pcr_values_read(s->evidence->pcrs, s->node_class->bank,
					     s->node_class->select, &a->values);

	status = judged(status, REASON_PCR_VALUES_MISMATCH, why);

	if (status != OK || *why != REASON_NONE)
		return status;
	/* pcrDigest is made with the hash of the AK's scheme (Part 3, 18.4). */
	status = pcr_composite(&s->quote.selection, &a->values, s->attester->scheme_hash,
			       &composite);
	if (status == OK && !span_equal(s->quote.pcr_digest, digest_span(&composite)))
		*why = REASON_PCR_VALUES_MISMATCH;
	return judged(status, REASON_PCR_VALUES_MISMATCH, why);
}

/* TPMS_ECC_POINT's coordinates, left-padded (k11). */
static enum status take_coordinate(struct span from, uint8_t out[32])
{
	if (from.len > 32)
		return STATUS_MALFORMED;
	memset(out, 0, 32);
	memcpy(out + 32 - from.len, from.data, from.len);
	return OK;
}

static enum status check_minting_key(struct session *s, struct authentication *a, enum reason *why)
{
	pcr_mask mask = s->node_class->policy_pcrs | (pcr_mask)1 << s->node_class->cap;
	struct digest policy;

	if (!a->has_minting_key)
		return OK;
	enum status status = public_area_parse(s->evidence->minting_public, &s->minting);

	if (status != OK)
		return judged(status, REASON_MINTING_KEY_MALFORMED, why);
	/* From what was quoted, never from what the key says of itself. A policy
	 * PCR outside the selection has no value and fails here (q07). */
	status = minting_policy(s->node_class->bank, mask, &a->values, a->counters.reset_count,
				a->counters.restart_count, &policy);
	if (status == OK)
		status = minting_key_check(&s->minting, digest_span(&policy));
	if (status == OK)
		status = take_coordinate(s->minting.x, a->minting_x);
	if (status == OK)
		status = take_coordinate(s->minting.y, a->minting_y);
	return judged(status, REASON_MINTING_KEY_UNSUITABLE, why);
}

static enum reason certify_mismatch(const struct session *s, const struct authentication *a,
				    const struct attest *certify, const struct digest *extra,
				    const struct name *in_null)
{
	if (!span_equal_secret(certify->extra_data, digest_span(extra)))
		return REASON_CERTIFY_NONCE_MISMATCH;
	if (!span_equal(certify->qualified_signer, name_span(&s->attester->qualified_name)))
		return REASON_QUOTE_SIGNER_MISMATCH;
	if (certify->reset_count != a->counters.reset_count ||
	    certify->restart_count != a->counters.restart_count)
		return REASON_CERTIFY_COUNTERS_MISMATCH;
	if (!span_equal(certify->certified_name, name_span(&a->minting_name)))
		return REASON_CERTIFY_NAME_MISMATCH;
	/* A primary of the NULL hierarchy, whose seed dies with the boot (k13). */
	if (!span_equal(certify->certified_qualified_name, name_span(in_null)))
		return REASON_CERTIFY_HIERARCHY;
	return REASON_NONE;
}

static enum status check_certify_content(struct session *s, const struct authentication *a,
					 enum reason *why)
{
	struct attest certify;
	struct digest extra;
	struct name in_null;
	enum status status = attest_parse(s->evidence->certify_attest, ATTEST_CERTIFY, &certify);

	if (status != OK)
		return judged(status, REASON_CERTIFY_MALFORMED, why);
	status = certify_extra_data(s->evidence->nonce, &extra);
	if (status == OK)
		status = qualified_name_of_primary(TPM_RH_NULL, &a->minting_name, &in_null);
	if (status == OK)
		*why = certify_mismatch(s, a, &certify, &extra, &in_null);
	return status;
}

static enum status check_certification(struct session *s, struct authentication *a,
				       enum reason *why)
{
	const struct quote_evidence *e = s->evidence;

	if (!a->has_minting_key)
		return OK;
	if (e->certify_attest.len == 0 && e->certify_signature.len == 0) {
		/* Certified before, in this very boot session. */
		if (a->is_new_session || e->known_minting_name.len == 0 ||
		    !span_equal(e->known_minting_name, name_span(&a->minting_name)))
			*why = REASON_MINTING_KEY_UNCERTIFIED;
		return OK;
	}
	enum status status =
		judged(check_signature(s->attester, e->certify_attest, e->certify_signature),
		       REASON_CERTIFY_SIGNATURE_INVALID, why);

	if (status == OK && *why == REASON_NONE)
		status = check_certify_content(s, a, why);
	a->was_certified = status == OK && *why == REASON_NONE;
	return status;
}

/* In DESIGN's order. The first that gives a reason ends it. */
static enum status (*const steps[])(struct session *, struct authentication *, enum reason *) = {
	check_speaker,	 check_counters, check_signer,	    check_safe,		 check_firmware,
	check_selection, check_values,	 check_minting_key, check_certification,
};

void authentication_init(struct authentication *a)
{
	memset(a, 0, offsetof(struct authentication, values));
	pcr_values_init(&a->values);
}

enum status authenticate(const struct reference *ref, const struct node_class *node_class,
			 const struct attester *attester, const struct tpm_counters *previous,
			 const struct quote_evidence *evidence, struct authentication *out)
{
	struct session s = {
		.ref = ref,
		.node_class = node_class,
		.attester = attester,
		.previous = previous,
		.evidence = evidence,
	};
	struct authentication a;
	enum reason why = REASON_NONE;

	authentication_init(&a);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && why == REASON_NONE; i++) {
		enum status status = steps[i](&s, &a, &why);

		if (status != OK)
			return status;
	}
	a.why = finding_of(why);
	a.authenticity = AUTHENTIC;
	if (why != REASON_NONE)
		a.authenticity = reason_facts(why)->severity == SEVERITY_REFUSED
					 ? UNAUTHENTICATED
					 : AUTHENTIC_REFUSED;
	memcpy(out, &a, offsetof(struct authentication, values));
	pcr_values_copy(&a.values, &out->values);
	return OK;
}

void authentication_claims(const struct authentication *authentication, struct claims *claims)
{
	struct findings findings;

	if (authentication->authenticity == AUTHENTIC) {
		claims_affirm(claims, CLAIM_HARDWARE);
		claims_affirm(claims, CLAIM_INSTANCE_IDENTITY);
		return;
	}
	findings_init(&findings);
	findings_add(&findings, &authentication->why);
	claims_lower(claims, &findings);
}
