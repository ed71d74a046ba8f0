/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/right.h"

#include <time.h>

#include "daemon/clock.h"
#include "messages/limits.h"

struct instant instant_now(void)
{
	return (struct instant){ .now = (int64_t)time(NULL), .boot = clock_boot_s() };
}

bool right_is_held(const struct right *r)
{
	return r->grant.certificate != NULL;
}

bool right_is_over(const struct right *r, int64_t now)
{
	return r->grant.verdict.expires <= now || r->ends_s <= clock_boot_s();
}

enum status right_take(struct right *r, struct reader *in, EVP_PKEY *result_key)
{
	AUTO_DONE(verdict) verdict = { 0 };
	AUTO_DONE(grant) grant = { 0 };
	AUTO_DONE(bundle) bundle = { 0 };
	AUTO_DONE(entries) entries = { 0 };
	struct span text = reader_sized32(in, STATEMENT_MAX);
	struct span signature = reader_sized(in, SIGNATURE_MAX);
	struct span certificate = reader_sized32(in, CERTIFICATE_DER_MAX);
	struct span roots = reader_sized32(in, STATEMENT_MAX);
	struct span roots_signature = reader_sized(in, SIGNATURE_MAX);
	struct span entries_text = reader_sized32(in, ENTRIES_TEXT_MAX);
	int64_t now = (int64_t)time(NULL);
	enum status status = reader_end(in);

	if (status == OK)
		status = verdict_open(text, signature, result_key, &verdict);
	if (status == OK)
		status = grant_take(&verdict, certificate, now, &grant);
	if (status == OK)
		status = bundle_open(roots, roots_signature, result_key, &bundle);
	if (status == OK &&
	    !span_equal(span_of(&bundle.own.trust_domain), span_of(&grant.verdict.trust_domain)))
		status = STATUS_MISMATCH;
	/* An older one may hold a root that was taken out since: than any that was seen,
	 * and than the one that the verifier had when it judged. */
	if (status == OK &&
	    (bundle.sequence < r->bundle_sequence || bundle.sequence < grant.verdict.bundle))
		status = STATUS_DENIED;
	if (status != OK)
		return status;
	right_end(r);
	r->has_entries = entries_open(entries_text, &grant.verdict, &entries) == OK;
	r->bundle_sequence = bundle.sequence;
	r->ends_s = clock_boot_s() + grant_left_s(&grant, now);
	r->grant = grant;
	r->bundle = bundle;
	r->entries = entries;
	r->is_revoked = false;
	grant = (struct grant){ 0 };
	bundle = (struct bundle){ 0 };
	entries = (struct entries){ 0 };
	return OK;
}

void right_end(struct right *r)
{
	grant_done(&r->grant);
	bundle_done(&r->bundle);
	entries_done(&r->entries);
	*r = (struct right){ .bundle_sequence = r->bundle_sequence, .is_revoked = r->is_revoked };
}
