/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TBSCertificate from a mint that was taken over. The corpus holds what an
 * honest one asks for. What is accepted is read by OpenSSL as well.
 */
#include <openssl/x509v3.h>
#include <string.h>

#include "attestd/svid_profile.h"
#include "fuzz.h"
#include "granted.h"

static void see_it_as_others_do(struct span tbs)
{
	static const uint8_t none[] = { 0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01 };
	AUTO_DONE(bytes) whole = { 0 };
	uint8_t *again = NULL;

	must(svid_assemble(tbs, (struct span){ none, sizeof(none) }, &whole) == OK);

	const uint8_t *p = whole.data;
	AUTO(X509) x = d2i_X509(NULL, &p, (long)whole.len);

	must(x != NULL && p == whole.data + whole.len);

	int len = i2d_re_X509_tbs(x, &again);

	must(len > 0 && span_equal(tbs, (struct span){ again, (size_t)len }));
	OPENSSL_free(again);
	must(X509_check_ca(x) == 0 && X509_get_key_usage(x) == KU_DIGITAL_SIGNATURE);
	must(X509_get_ext_count(x) == 5 && X509_get0_pubkey(x) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct grant grant;
	AUTO_DONE(bytes) names = { 0 };
	enum svid_refusal refusal = SVID_MALFORMED;
	struct span tbs = { data, len };

	if (grant.certificate == NULL)
		granted(&grant);
	if (svid_profile_check(tbs, &grant, GRANTED_NOW, &names, &refusal) != OK)
		return 0;
	must(refusal <= SVID_NOT_ENTITLED);
	if (refusal != SVID_ACCEPTED)
		return 0;
	/* It names a workload below what is granted, and may not sign others. */
	must(span_starts_with(span_of(&names), "spiffe://example.org/web/"));
	see_it_as_others_do(tbs);
	return 0;
}
