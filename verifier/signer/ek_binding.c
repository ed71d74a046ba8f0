/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/ek_binding.h"

#define RSA_BYTES 256
#define COORDINATE_MAX 48

/* BIT STRING, no unused bits, RSAPublicKey { INTEGER of 257 bytes (a leading
 * zero, since the highest bit of an RSA-2048 modulus is set), INTEGER } */
static const uint8_t rsa_opening[] = { 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82,
				       0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00 };
static const uint8_t rsa_closing[] = { 0x02, 0x03, 0x01, 0x00, 0x01 }; /* 65537 */

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

enum status ek_is_of_spki(const struct public_area *ek, struct span spki)
{
	AUTO_DONE(bytes) ending = { 0 };
	enum status status =
		ek->type == TPM_ALG_RSA ? rsa_ending(ek, &ending) : ecc_ending(ek, &ending);

	if (status != OK)
		return status;
	if (spki.len < ending.len)
		return STATUS_MISMATCH;

	struct span end = { .data = spki.data + spki.len - ending.len, .len = ending.len };

	return span_equal(end, span_of(&ending)) ? OK : STATUS_MISMATCH;
}
