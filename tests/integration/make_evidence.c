/* SPDX-License-Identifier: Apache-2.0 */
/* make_evidence AT [unknown|replayed|forged]: an evidence file of the captured
 * boot, signed by a key in software, on standard output. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence_maker.h"
#include "log_maker.h"
#include "messages/evidence_file.h"
#include "tpm/policy_digest.h"

static const char nonce_text[] = "a nonce of thirty-two bytes, so!";

static void put(struct bytes *to, struct span s)
{
	assert_int_equal(bytes_append(to, s), OK);
}

static void put_pcrs(const struct golden *g, struct evidence *evidence)
{
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		if ((GOLDEN_SELECT >> pcr & 1) != 0)
			put(&evidence->pcrs[evidence->pcr_count++],
			    digest_span(pcr_value(&g->values, DIGEST_SHA256, pcr)));
}

static void put_quote(const struct golden *g, const struct software_key *ak,
		      const struct software_key *minting, struct evidence *evidence)
{
	struct span nonce = span_text(nonce_text);
	struct made_attest quote = honest_quote(ak, nonce, name_span(&minting->name), DIGEST_SHA256,
						GOLDEN_SELECT, &g->values);
	struct made_attest certify = honest_certify(ak, nonce, &minting->name);

	write_attest(&quote, &evidence->attest);
	sign_attest(ak, span_of(&evidence->attest), &evidence->signature);
	write_attest(&certify, &evidence->certify_attest);
	sign_attest(ak, span_of(&evidence->certify_attest), &evidence->certify_signature);
	put(&evidence->minting_public, span_of(&minting->public));
	put(&evidence->nonce, nonce);
}

static void put_logs(const struct golden *g, struct evidence *evidence)
{
	evidence->has_boot_log = evidence->has_ima_log = true;
	put(&evidence->boot_log, span_of(&g->boot_log));
	put(&evidence->ima_entries, span_of(&g->ima_log));
}

static void put_node(const struct software_key *ak, struct evidence_file *file)
{
	memset(file->node.value, 0xab, sizeof(file->node.value));
	put(&file->class_name, span_text("server"));
	put(&file->ak_public, span_of(&ak->public));
	put(&file->nonce, span_text(nonce_text));
}

int main(int argc, char **argv)
{
	AUTO_DONE(golden) g = { 0 };
	AUTO_DONE(software_key) ak = { 0 };
	AUTO_DONE(software_key) minting = { 0 };
	AUTO_DONE(evidence_file) file = { 0 };
	AUTO_DONE(bytes) json = { 0 };
	const char *lie = argc > 2 ? argv[2] : "";
	struct digest unknown = digest_filled(DIGEST_SHA256, 0x66);
	struct digest policy;

	if (argc < 2)
		return 2;
	golden_init(&g);
	if (strcmp(lie, "unknown") == 0)
		ima_log_add(&g, "ima-sigv2", "/tmp/unknown", &unknown);
	make_attestation_key(&ak);
	assert_int_equal(minting_policy(DIGEST_SHA256, 0x4090 | 1u << 13, &g.values, 7, 1, &policy),
			 OK);
	make_minting_key(digest_span(&policy), &minting);
	file.at = strtoll(argv[1], NULL, 10);
	put_node(&ak, &file);
	put_pcrs(&g, &file.evidence);
	put_quote(&g, &ak, &minting, &file.evidence);
	put_logs(&g, &file.evidence);
	if (strcmp(lie, "replayed") == 0) {
		file.has_previous = true;
		file.reset_count = 7;
		file.restart_count = 1;
		file.clock = 100000;
	}
	if (strcmp(lie, "forged") == 0)
		file.evidence.attest.data[60] ^= 1;
	assert_int_equal(evidence_file_write(&file, &json), OK);
	return fwrite(json.data, 1, json.len, stdout) == json.len ? 0 : 2;
}
