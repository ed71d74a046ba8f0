/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "tpm/certificate.h"
#include "tpm/der.h"

#define RSA_BITS_MIN 2048
/* The cap bounds what a hostile certificate can make us compute. */
#define RSA_BYTES_MAX 1024
#define RSA_EXPONENT_MIN 65537
#define RSA_EXPONENT_BYTES_MAX 4

static const uint8_t oid_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const uint8_t oid_rsaes_oaep[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07 };
static const uint8_t oid_rsassa_pss[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a };
static const uint8_t oid_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };

static const struct curve {
	uint8_t oid[8];
	size_t oid_len;
	const char *name;
	size_t point_len; /* uncompressed */
} curves[] = {
	{ { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 }, 8, "P-256", 65 },
	{ { 0x2b, 0x81, 0x04, 0x00, 0x22 }, 5, "P-384", 97 },
	{ { 0x2b, 0x81, 0x04, 0x00, 0x23 }, 5, "P-521", 133 },
};

#define IS_OID(oid, known) span_equal(oid, (struct span){ known, sizeof(known) })

/* type is "RSA" or "EC". A point that is not on its curve fails here too. */
static enum status key_from(const char *type, OSSL_PARAM_BLD *build, EVP_PKEY **out)
{
	AUTO(OSSL_PARAM) params = OSSL_PARAM_BLD_to_param(build);
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

	if (params == NULL || ctx == NULL)
		return STATUS_NO_MEMORY;
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return STATUS_UNSUPPORTED;
	return OK;
}

static enum status rsa_key(struct span public_key, EVP_PKEY **out)
{
	struct reader r = reader_over(public_key);
	struct reader fields = der_enter(&r, DER_SEQUENCE);
	struct span modulus = der_magnitude(&fields);
	struct span exponent = der_magnitude(&fields);

	der_leave(&r, &fields);
	if (reader_end(&r) != OK)
		return reader_end(&r);
	if (modulus.len > RSA_BYTES_MAX || exponent.len > RSA_EXPONENT_BYTES_MAX)
		return STATUS_UNSUPPORTED;

	AUTO(BIGNUM) n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
	AUTO(BIGNUM) e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
	AUTO(OSSL_PARAM_BLD) build = OSSL_PARAM_BLD_new();
	if (n == NULL || e == NULL || build == NULL)
		return STATUS_NO_MEMORY;
	if (BN_num_bits(n) < RSA_BITS_MIN || !BN_is_odd(n) || !BN_is_odd(e) ||
	    BN_get_word(e) < RSA_EXPONENT_MIN)
		return STATUS_UNSUPPORTED;
	if (OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return STATUS_NO_MEMORY;
	return key_from("RSA", build, out);
}

static const struct curve *curve_of(struct span oid)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (span_equal(oid, (struct span){ curves[i].oid, curves[i].oid_len }))
			return &curves[i];
	return NULL;
}

static enum status ec_key(struct span curve_oid, struct span point, EVP_PKEY **out)
{
	const struct curve *curve = curve_of(curve_oid);

	if (curve == NULL || point.len != curve->point_len || point.data[0] != 0x04)
		return STATUS_UNSUPPORTED;

	AUTO(OSSL_PARAM_BLD) build = OSSL_PARAM_BLD_new();
	if (build == NULL ||
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve->name, 0) !=
		    1 ||
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.data,
					     point.len) != 1)
		return STATUS_NO_MEMORY;
	return key_from("EC", build, out);
}

enum status spki_key(struct span spki, EVP_PKEY **out, bool *is_oaep)
{
	struct reader r = reader_over(spki);
	struct reader fields = der_enter(&r, DER_SEQUENCE);
	struct reader algorithm = der_enter(&fields, DER_SEQUENCE);
	struct span oid = der_content(&algorithm, DER_OID);
	struct span bits = der_bit_string(&fields);

	if (algorithm.status != OK)
		reader_fail(&fields, algorithm.status);
	der_leave(&r, &fields);
	if (reader_end(&r) != OK)
		return reader_end(&r);

	bool oaep = IS_OID(oid, oid_rsaes_oaep);
	enum status status = STATUS_UNSUPPORTED;
	if (oaep || IS_OID(oid, oid_rsa) || IS_OID(oid, oid_rsassa_pss))
		status = rsa_key(bits, out);
	if (IS_OID(oid, oid_ec))
		status = ec_key(der_content(&algorithm, DER_OID), bits, out);
	if (status == OK)
		*is_oaep = oaep;
	return status;
}
