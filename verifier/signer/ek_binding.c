/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/ek_binding.h"

#define SEQUENCE 0x30
#define RSA_BYTES 256
#define COORDINATE_MAX 48

/* BIT STRING, no unused bits, RSAPublicKey { INTEGER of 257 bytes (a leading
 * zero, since the highest bit of an RSA-2048 modulus is set), INTEGER } */
static const uint8_t rsa_opening[] = { 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82,
				       0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00 };
static const uint8_t rsa_closing[] = { 0x02, 0x03, 0x01, 0x00, 0x01 }; /* 65537 */

/* AlgorithmIdentifiers. OAEP is older TPMs' (TCG Credential Profiles 1.2, 3.2.7), with
 * parameters left out, NULL, all defaults, and as their certificates have them. */
static const uint8_t rsa_encryption[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
					  0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
static const uint8_t oaep_alone[] = { 0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48,
				      0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07 };
static const uint8_t oaep_null[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				     0xf7, 0x0d, 0x01, 0x01, 0x07, 0x05, 0x00 };
static const uint8_t oaep_defaults[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
					 0xf7, 0x0d, 0x01, 0x01, 0x07, 0x30, 0x00 };
/* pSpecified "TCPA" */
static const uint8_t oaep_label[] = { 0x30, 0x22, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
				      0x0d, 0x01, 0x01, 0x07, 0x30, 0x15, 0xa2, 0x13, 0x30,
				      0x11, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
				      0x01, 0x01, 0x09, 0x04, 0x04, 'T',  'C',	'P',  'A' };
/* SHA-1, MGF1 with SHA-1, pSpecified "TCPA" and its zero */
static const uint8_t oaep_whole[] = { 0x30, 0x4a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
				      0x01, 0x01, 0x07, 0x30, 0x3d, 0xa0, 0x0b, 0x30, 0x09, 0x06,
				      0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0xa1, 0x18,
				      0x30, 0x16, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
				      0x01, 0x01, 0x08, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03,
				      0x02, 0x1a, 0x05, 0x00, 0xa2, 0x14, 0x30, 0x12, 0x06, 0x09,
				      0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x09, 0x04,
				      0x05, 'T',  'C',	'P',  'A',  0x00 };
static const uint8_t ec_p256[] = { 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
				   0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t ec_p384[] = { 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
				   0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };

static const struct span rsa_algorithms[] = {
	{ rsa_encryption, sizeof(rsa_encryption) }, { oaep_alone, sizeof(oaep_alone) },
	{ oaep_null, sizeof(oaep_null) },	    { oaep_defaults, sizeof(oaep_defaults) },
	{ oaep_label, sizeof(oaep_label) },	    { oaep_whole, sizeof(oaep_whole) },
};

static enum status append_number(struct bytes *out, struct span number, size_t size)
{
	enum status status = number.len <= size ? OK : STATUS_UNSUPPORTED;

	for (size_t i = number.len; i < size && status == OK; i++)
		status = bytes_append_byte(out, 0);
	return status == OK ? bytes_append(out, number) : status;
}

static enum status rsa_ending(const struct public_area *ek, struct bytes *out)
{
	if (ek->rsa_modulus.len != RSA_BYTES || (ek->rsa_modulus.data[0] & 0x80) == 0 ||
	    ek->rsa_exponent != 65537)
		return STATUS_UNSUPPORTED;

	enum status status = bytes_append(out, (struct span){ rsa_opening, sizeof(rsa_opening) });

	if (status == OK)
		status = bytes_append(out, ek->rsa_modulus);
	if (status == OK)
		status = bytes_append(out, (struct span){ rsa_closing, sizeof(rsa_closing) });
	return status;
}

static enum status ecc_ending(const struct public_area *ek, struct bytes *out)
{
	size_t size = ek->curve == TPM_CURVE_P256 ? 32 : COORDINATE_MAX;
	/* BIT STRING, its length, no unused bits, an uncompressed point */
	const uint8_t opening[] = { 0x03, (uint8_t)(2 * size + 2), 0x00, 0x04 };
	enum status status = bytes_append(out, (struct span){ opening, sizeof(opening) });

	if (status == OK)
		status = append_number(out, ek->x, size);
	return status == OK ? append_number(out, ek->y, size) : status;
}

static enum status algorithm_of(const struct public_area *ek, size_t n, struct span *out)
{
	bool is_p256 = ek->curve == TPM_CURVE_P256;
	size_t count =
		ek->type == TPM_ALG_RSA ? sizeof(rsa_algorithms) / sizeof(rsa_algorithms[0]) : 1;

	if (n >= count)
		return STATUS_NOT_FOUND;
	if (ek->type == TPM_ALG_RSA)
		*out = rsa_algorithms[n];
	else
		*out = is_p256 ? (struct span){ ec_p256, sizeof(ec_p256) }
			       : (struct span){ ec_p384, sizeof(ec_p384) };
	return OK;
}

/* Of what has 65535 bytes at most. */
static enum status append_head(struct bytes *out, size_t len)
{
	const uint8_t head[] = { SEQUENCE, 0x82, (uint8_t)(len >> 8), (uint8_t)len };
	const uint8_t short_head[] = { SEQUENCE, (uint8_t)len };

	return len < 0x80 ? bytes_append(out, (struct span){ short_head, sizeof(short_head) })
			  : bytes_append(out, (struct span){ head, sizeof(head) });
}

enum status ek_spelling(const struct public_area *ek, size_t n, struct bytes *out)
{
	AUTO_DONE(bytes) ending = { 0 };
	struct span algorithm = { 0 };
	enum status status = algorithm_of(ek, n, &algorithm);

	if (status == OK)
		status =
			ek->type == TPM_ALG_RSA ? rsa_ending(ek, &ending) : ecc_ending(ek, &ending);
	if (status == OK)
		status = append_head(out, algorithm.len + ending.len);
	if (status == OK)
		status = bytes_append(out, algorithm);
	return status == OK ? bytes_append(out, span_of(&ending)) : status;
}

enum status ek_is_of_spki(const struct public_area *ek, struct span spki)
{
	for (size_t n = 0;; n++) {
		AUTO_DONE(bytes) spelling = { 0 };
		enum status status = ek_spelling(ek, n, &spelling);

		if (status == STATUS_NOT_FOUND)
			return STATUS_MISMATCH;
		if (status != OK || span_equal(spki, span_of(&spelling)))
			return status;
	}
}
