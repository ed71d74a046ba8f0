/* SPDX-License-Identifier: Apache-2.0 */
/* A TBSCertificate from a mint that was taken over. The corpus holds what an
 * honest one asks for; the grant is the one that the unit tests make. */
#include <openssl/pem.h>
#include <string.h>

#include "attestd/svid_profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The CA certificate that the corpus was made under. */
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

static X509 *issuer_certificate(void)
{
	AUTO(BIO) bio = BIO_new_mem_buf(issuer, -1);

	return bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static X509 *certificate;
	enum svid_refusal refusal = SVID_MALFORMED;
	struct grant grant = { 0 };

	if (certificate == NULL)
		certificate = issuer_certificate();
	grant.certificate = certificate;
	grant.verdict.expires = 1800000600;
	if (certificate == NULL || svid_profile_check((struct span){ .data = data, .len = len },
						      &grant, 1800000000, &refusal) != OK)
		return 0;
	/* It entitles to nothing. */
	if (refusal == SVID_ACCEPTED)
		__builtin_trap();
	return 0;
}
