/* SPDX-License-Identifier: Apache-2.0 */
#include "granted.h"

#include <openssl/pem.h>

#include "fuzz.h"

/* The CA certificate that the corpora were made under. */
static const char issuer[] = "-----BEGIN CERTIFICATE-----\n"
			     "MIIBhDCCASqgAwIBAgIIQAAAAAAAAAEwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJ\n"
			     "bm9kZS0wMTAyMB4XDTI3MDExNTA3MDAwMFoXDTI3MDExNTA4MTAwMFowFDESMBAG\n"
			     "A1UEAwwJbm9kZS0wMTAyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpKHtKpPF\n"
			     "dcfubdeweMplM+DfDjgODgPNgQ2siDG3qUujeog1w86QYPN5xnrTC6ksbE/Zb89c\n"
			     "bK57nphTFL5TFqNmMGQwEgYDVR0TAQH/BAgwBgEB/wIBADAOBgNVHQ8BAf8EBAMC\n"
			     "AQYwHQYDVR0OBBYEFE533Kp8EIBeZCKbjAnnR4/auTkyMB8GA1UdEQQYMBaGFHNw\n"
			     "aWZmZTovL2V4YW1wbGUub3JnMAoGCCqGSM49BAMCA0gAMEUCIQDfjNT8/hDmcvMr\n"
			     "2PM/hxnYCqdjceEMZSBtrgW+36oKPQIgWAhgBG0LDdgCMM8dxe5f7Dj4u6RP5wE/\n"
			     "sUo2fhSbAKc=\n"
			     "-----END CERTIFICATE-----\n";

X509 *granted_certificate(void)
{
	static X509 *certificate;

	if (certificate == NULL) {
		AUTO(BIO) bio = BIO_new_mem_buf(issuer, -1);

		certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	}
	must(certificate != NULL);
	return certificate;
}

void granted(struct grant *out)
{
	struct verdict *v = &out->verdict;

	*out = (struct grant){ .certificate = granted_certificate() };
	must(X509_up_ref(out->certificate) == 1);
	v->state = NODE_TRUSTED;
	v->expires = GRANTED_NOW + 600;
	v->cap = 13;
	must(bytes_copy(span_text("example.org"), &v->trust_domain) == OK);
	must(bytes_copy(span_text("spiffe://example.org/web/*"), &v->entitlements[0]) == OK);
	v->entitlement_count = 1;
}
