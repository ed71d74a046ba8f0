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
