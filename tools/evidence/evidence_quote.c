/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/evidence/evidence_quote.h"

#include <string.h>

#include "base/auto_openssl.h"
#include "tpm/public_area.h"

static enum status enrolled_key(const struct evidence_file *file, EVP_PKEY **out)
{
	struct public_area area;
	enum status status = public_area_parse(span_of(&file->ak_public), &area);

	return status == OK ? public_area_key(&area, out) : status;
}

enum status evidence_authenticate(const struct evidence_file *file, const struct reference *ref,
				  const struct node_class *node_class, struct authentication *out)
{
	const struct evidence *sent = &file->evidence;
	const struct tpm_counters previous = {
		.reset_count = file->reset_count,
		.restart_count = file->restart_count,
		.clock = file->clock,
	};
	AUTO_DONE(bytes) pcrs = { 0 };
	struct attester attester;
	char vendor[5] = { 0 };
	EVP_PKEY *found = NULL;
	enum status status = enrolled_key(file, &found);
	AUTO(EVP_PKEY) ak = found;

	memcpy(vendor, file->vendor.len > 0 ? (const char *)file->vendor.data : "",
	       file->vendor.len < 4 ? file->vendor.len : 4);
	if (status == OK)
		status = attester_init(span_of(&file->ak_public), ak, vendor, &attester);
	if (status == OK)
		status = evidence_join_pcrs(sent, &pcrs);
	if (status != OK)
		return status;
	const struct quote_evidence evidence = {
		.nonce = span_of(&file->nonce),
		.attest = span_of(&sent->attest),
		.signature = span_of(&sent->signature),
		.pcrs = span_of(&pcrs),
		.minting_public = span_of(&sent->minting_public),
		.certify_attest = span_of(&sent->certify_attest),
		.certify_signature = span_of(&sent->certify_signature),
		.report = span_of(&sent->report),
		.known_minting_name = span_of(&file->minting_name),
	};

	return authenticate(ref, node_class, &attester, file->has_previous ? &previous : NULL,
			    &evidence, out);
}
