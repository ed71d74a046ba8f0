/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole question about an EK certificate. The input is, one after the other
 * and each sized: the certificate as NV holds it, candidates for its issuers, of
 * which the first is pinned, and CRLs. Signatures are fake_signatures.c's.
 */
#include "base/reader.h"
#include "fake_signatures.h"
#include "fuzz.h"
#include "tpm/ek_certificate.h"

#define AT 1800000000

static void must_be_printable(const char *text)
{
	for (; *text != '\0'; text++)
		must(*text >= ' ' && *text <= '~');
}

static void must_be_believable(const struct ek_certificate *ek, const struct ek_pool *roots)
{
	struct certificate leaf;

	must(ek->chain_len > 0 && ek->chain_len <= EK_PATH_MAX && roots->count > 0);
	must(certificate_parse(span_of(&ek->der), &leaf) == OK);
	must(fake_signature_is_good(leaf.body.signature) && !leaf.extensions.is_ca);
	must(leaf.not_before <= AT && AT <= leaf.not_after);
	must(!leaf.extensions.has_unknown_critical && ek->key != NULL);
}

/* With SHA-1 allowed as well, what was believed still is. */
static void must_stay(struct span leaf, struct ek_trust trust, const struct ek_certificate *before)
{
	AUTO_DONE(ek_certificate) after = { 0 };

	trust.allow_sha1 = true;
	must(ek_certificate_verify(leaf, &trust, &after) == OK);
	must(before->refusal != EK_ACCEPTED || after.refusal == EK_ACCEPTED);
	must(before->quirks == (after.quirks & ~(unsigned)EK_QUIRK_SHA1_SIGNATURE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_over((struct span){ data, len });
	AUTO_DONE(ek_pool) roots = { 0 };
	AUTO_DONE(ek_pool) supplied = { 0 };
	AUTO_DONE(ek_pool) crls = { 0 };
	AUTO_DONE(ek_certificate) ek = { 0 };
	struct span leaf = reader_sized(&r, UINT16_MAX);
	struct span root = reader_sized(&r, UINT16_MAX);
	struct span others = reader_sized(&r, UINT16_MAX);
	struct span lists = reader_sized(&r, UINT16_MAX);
	struct ek_trust trust = { .roots = &roots, .supplied = &supplied, .crls = &crls, .at = AT };

	if (r.status != OK)
		return 0;
	(void)(ek_pool_add_certificates(&roots, root) == OK);
	(void)(ek_pool_add_certificates(&supplied, others) == OK);
	(void)(ek_pool_add_crls(&crls, lists) == OK);
	if (ek_certificate_verify(leaf, &trust, &ek) != OK)
		return 0;
	must(ek_refusal_name(ek.refusal) != NULL && (ek.quirks >> EK_QUIRKS) == 0);
	must_be_printable(ek.subject);
	must_be_printable(ek.issuer);
	must_be_printable(ek.manufacturer);
	must_be_printable(ek.model);
	must_be_printable(ek.version);
	must((ek.quirks & EK_QUIRK_SHA1_SIGNATURE) == 0 || ek.refusal != EK_ACCEPTED);
	must_stay(leaf, trust, &ek);
	if (ek.refusal == EK_ACCEPTED)
		must_be_believable(&ek, &roots);
	return 0;
}
