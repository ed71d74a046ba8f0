/* SPDX-License-Identifier: Apache-2.0 */
#include "granted.h"

#include "fuzz.h"

void granted(struct grant *out)
{
	struct verdict v = { .state = NODE_TRUSTED,
			     .expires = GRANTED_NOW + 600,
			     .cap = 13,
			     .entitlement_count = 1 };
	uint8_t *der = NULL;
	int len = i2d_X509(granted_certificate(), &der);
	const struct span certificate = { der, (size_t)len };

	must(len > 0 && digest_of(DIGEST_SHA256, certificate, &v.certificate) == OK);
	must(bytes_copy(span_text("example.org"), &v.trust_domain) == OK);
	must(bytes_copy(span_text("spiffe://example.org/web/*"), &v.entitlements[0]) == OK);
	must(grant_take(&v, certificate, GRANTED_NOW, out) == OK);
	OPENSSL_free(der);
}
