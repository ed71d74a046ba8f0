/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/public_area.h"

#include <openssl/core_names.h>

#include "base/auto_openssl.h"

#define RSA_MAX_BYTES (4096 / 8)
#define RSA_DEFAULT_EXPONENT 65537u /* Part 2, 12.2.3.5 */
#define COORDINATE_MAX 48 /* P-384 */

struct curve_facts {
	enum tpm_curve curve;
	const char *openssl;
	size_t coordinate_size;
};

static const struct curve_facts curves[] = {
	{ TPM_CURVE_P256, "P-256", 32 },
	{ TPM_CURVE_P384, "P-384", 48 },
};

static const struct curve_facts *facts_of(uint16_t curve)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (curves[i].curve == curve)
			return &curves[i];
	return NULL;
}

static enum digest_alg read_hash(struct reader *r)
{
	enum digest_alg alg = digest_alg_from_tpm(reader_be16(r));

	if (alg == DIGEST_NONE)
		reader_fail(r, STATUS_UNSUPPORTED);
	return alg;
}

/* TPMT_SYM_DEF_OBJECT, Part 2, 11.1.7 */
static void read_symmetric(struct reader *r, struct public_area *a)
{
	uint16_t alg = reader_be16(r);

	a->symmetric = TPM_ALG_NULL;
	if (alg == TPM_ALG_NULL)
		return;
	a->symmetric = TPM_ALG_AES;
	a->symmetric_bits = reader_be16(r);

	uint16_t mode = reader_be16(r);

	if (alg != TPM_ALG_AES || mode != TPM_ALG_CFB)
		reader_fail(r, STATUS_UNSUPPORTED);
	if (a->symmetric_bits != 128 && a->symmetric_bits != 192 && a->symmetric_bits != 256)
		reader_fail(r, STATUS_UNSUPPORTED);
}

/* TPMT_RSA_SCHEME, TPMT_ECC_SCHEME: TPM_ALG_NULL or the one scheme we know. */
static void read_scheme(struct reader *r, enum tpm_alg known, struct public_area *a)
{
	uint16_t alg = reader_be16(r);

	a->scheme = TPM_ALG_NULL;
	if (alg == TPM_ALG_NULL)
		return;
	if (alg != known)
		reader_fail(r, STATUS_UNSUPPORTED);
	a->scheme = known;
	a->scheme_hash = read_hash(r);
}

/* TPMS_RSA_PARMS and TPM2B_PUBLIC_KEY_RSA, Part 2, 12.2.3.5 */
static void read_rsa(struct reader *r, struct public_area *a)
{
	read_symmetric(r, a);
	read_scheme(r, TPM_ALG_RSASSA, a);
	a->rsa_bits = reader_be16(r);
	a->rsa_exponent = reader_be32(r);
	if (a->rsa_exponent == 0)
		a->rsa_exponent = RSA_DEFAULT_EXPONENT;
	a->rsa_modulus = reader_sized(r, RSA_MAX_BYTES);
	if (a->rsa_bits % 8 != 0 || a->rsa_modulus.len != a->rsa_bits / 8u ||
	    a->rsa_modulus.len == 0)
		reader_fail(r, STATUS_MALFORMED);
}

/* TPMS_ECC_PARMS and TPMS_ECC_POINT, Part 2, 12.2.3.6 */
static void read_ecc(struct reader *r, struct public_area *a)
{
	read_symmetric(r, a);
	read_scheme(r, TPM_ALG_ECDSA, a);

	const struct curve_facts *facts = facts_of(reader_be16(r));

	/* The KDF: no TPM uses one, templates say TPM_ALG_NULL. */
	if (facts == NULL || reader_be16(r) != TPM_ALG_NULL)
		reader_fail(r, STATUS_UNSUPPORTED);
	a->x = reader_sized(r, COORDINATE_MAX);
	a->y = reader_sized(r, COORDINATE_MAX);
	if (facts == NULL)
		return;
	a->curve = facts->curve;
	if (a->x.len == 0 || a->y.len == 0 || a->x.len > facts->coordinate_size ||
	    a->y.len > facts->coordinate_size)
		reader_fail(r, STATUS_MALFORMED);
}

enum status public_area_parse(struct span bytes, struct public_area *out)
{
	struct reader r = reader_over(bytes);
	struct public_area a = { 0 };
	uint16_t type = reader_be16(&r);

	a.name_alg = read_hash(&r);
	a.attributes = reader_be32(&r);
	a.auth_policy = reader_sized(&r, DIGEST_MAX);
	if (a.auth_policy.len != 0 && a.auth_policy.len != digest_size(a.name_alg))
		reader_fail(&r, STATUS_MALFORMED);
	if (type == TPM_ALG_RSA) {
		a.type = TPM_ALG_RSA;
		read_rsa(&r, &a);
	} else if (type == TPM_ALG_ECC) {
		a.type = TPM_ALG_ECC;
		read_ecc(&r, &a);
	} else {
		reader_fail(&r, STATUS_UNSUPPORTED);
	}

	enum status end = reader_end(&r);

	if (end == OK)
		*out = a;
	return end;
}

static enum status name_from(enum digest_alg alg, const struct span *parts, size_t count,
			     struct name *out)
{
	AUTO_DONE(hasher) h = { 0 };
	AUTO_DONE(bytes) name = { 0 };
	struct writer w = writer_to(&name, NAME_MAX_SIZE);
	struct digest digest;
	enum status status = hasher_init(&h, alg);

	if (status == OK)
		status = hasher_digest(&h, parts, count, &digest);
	if (status != OK)
		return status;
	writer_be16(&w, (uint16_t)alg);
	writer_put(&w, digest_span(&digest));
	status = writer_end(&w);
	if (status != OK)
		return status;
	*out = (struct name){ .len = name.len };
	for (size_t i = 0; i < name.len; i++)
		out->value[i] = name.data[i];
	return OK;
}

enum status public_area_name(struct span bytes, struct name *out)
{
	struct reader r = reader_over(bytes);

	reader_skip(&r, 2); /* type */

	enum digest_alg alg = read_hash(&r);

	return r.status == OK ? name_from(alg, &bytes, 1, out) : r.status;
}

enum status qualified_name_of_primary(uint32_t hierarchy, const struct name *name, struct name *out)
{
	struct reader r = reader_over(name_span(name));
	enum digest_alg alg = read_hash(&r);
	/* The hierarchy's own name is its handle (Part 1, 16). */
	uint8_t handle[] = { (uint8_t)(hierarchy >> 24), (uint8_t)(hierarchy >> 16),
			     (uint8_t)(hierarchy >> 8), (uint8_t)hierarchy };
	struct span parts[] = { { handle, sizeof(handle) }, name_span(name) };

	reader_skip(&r, digest_size(alg));

	enum status end = reader_end(&r);

	return end == OK ? name_from(alg, parts, 2, out) : end;
}

static enum status key_from(const char *type, OSSL_PARAM_BLD *fields, EVP_PKEY **out)
{
	AUTO(OSSL_PARAM) params = OSSL_PARAM_BLD_to_param(fields);
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		return STATUS_NO_MEMORY;
	/* Here a point that is not on its curve is refused. */
	if (EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return STATUS_MALFORMED;
	*out = key;
	return OK;
}

static enum status rsa_key(const struct public_area *a, EVP_PKEY **out)
{
	AUTO(OSSL_PARAM_BLD) fields = OSSL_PARAM_BLD_new();
	AUTO(BIGNUM) n = BN_bin2bn(a->rsa_modulus.data, (int)a->rsa_modulus.len, NULL);
	AUTO(BIGNUM) e = BN_new();

	if (fields == NULL || n == NULL || e == NULL || BN_set_word(e, a->rsa_exponent) != 1)
		return STATUS_NO_MEMORY;
	/* A modulus with leading zeros is a weaker key than it says. */
	if (BN_num_bits(n) != a->rsa_bits || !BN_is_odd(n) || !BN_is_odd(e) || BN_is_one(e))
		return STATUS_MALFORMED;
	if (OSSL_PARAM_BLD_push_BN(fields, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(fields, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return STATUS_NO_MEMORY;
	return key_from("RSA", fields, out);
}

/* Some TPMs strip a coordinate's leading zeros; X9.62 has fixed widths. */
static void put_padded(struct writer *w, struct span s, size_t size)
{
	for (size_t i = s.len; i < size; i++)
		writer_u8(w, 0);
	writer_put(w, s);
}

static enum status put_point(const struct public_area *a, const struct curve_facts *facts,
			     struct bytes *point)
{
	struct writer w = writer_to(point, 1 + 2 * COORDINATE_MAX);

	writer_u8(&w, POINT_CONVERSION_UNCOMPRESSED);
	put_padded(&w, a->x, facts->coordinate_size);
	put_padded(&w, a->y, facts->coordinate_size);
	return writer_end(&w);
}

static enum status ecc_key(const struct public_area *a, EVP_PKEY **out)
{
	AUTO(OSSL_PARAM_BLD) fields = OSSL_PARAM_BLD_new();
	AUTO_DONE(bytes) point = { 0 };
	const struct curve_facts *facts = facts_of((uint16_t)a->curve);

	if (facts == NULL)
		return STATUS_UNSUPPORTED;
	if (fields == NULL)
		return STATUS_NO_MEMORY;

	enum status status = put_point(a, facts, &point);

	if (status != OK)
		return status;
	if (OSSL_PARAM_BLD_push_utf8_string(fields, OSSL_PKEY_PARAM_GROUP_NAME, facts->openssl,
					    0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(fields, OSSL_PKEY_PARAM_PUB_KEY, point.data,
					     point.len) != 1)
		return STATUS_NO_MEMORY;
	return key_from("EC", fields, out);
}

enum status public_area_key(const struct public_area *area, EVP_PKEY **out)
{
	return area->type == TPM_ALG_RSA ? rsa_key(area, out) : ecc_key(area, out);
}

enum status public_area_key_in(const struct public_area *area, EVP_PKEY *p256, EVP_PKEY **out)
{
	AUTO_DONE(bytes) point = { 0 };

	if (area->type != TPM_ALG_ECC || area->curve != TPM_CURVE_P256)
		return public_area_key(area, out);

	enum status status = put_point(area, facts_of((uint16_t)area->curve), &point);

	if (status != OK)
		return STATUS_NO_MEMORY;
	/* Here too a point that is not on the curve is refused. */
	if (EVP_PKEY_set1_encoded_public_key(p256, point.data, point.len) != 1)
		return STATUS_MALFORMED;
	if (EVP_PKEY_up_ref(p256) != 1)
		return STATUS_NO_MEMORY;
	*out = p256;
	return OK;
}

static bool is_p256_signer(const struct public_area *a)
{
	return a->type == TPM_ALG_ECC && a->curve == TPM_CURVE_P256 && a->scheme == TPM_ALG_ECDSA &&
	       a->scheme_hash == DIGEST_SHA256;
}

static bool is_rsa_signer(const struct public_area *a)
{
	return a->type == TPM_ALG_RSA && a->rsa_bits >= 2048 &&
	       a->rsa_exponent == RSA_DEFAULT_EXPONENT && a->scheme == TPM_ALG_RSASSA &&
	       a->scheme_hash == DIGEST_SHA256;
}

enum status attestation_key_check(const struct public_area *area)
{
	/* Equal, not included: a decrypt bit, for one, lets software talk the
	 * key into signing what it chose (Part 1, 25.4). */
	const uint32_t attributes = OBJECT_RESTRICTED | OBJECT_SIGN | OBJECT_FIXED_TPM |
				    OBJECT_FIXED_PARENT | OBJECT_SENSITIVE_DATA_ORIGIN |
				    OBJECT_USER_WITH_AUTH | OBJECT_NO_DA;

	if (!is_p256_signer(area) && !is_rsa_signer(area))
		return STATUS_DENIED;
	if (area->name_alg != DIGEST_SHA256 || area->attributes != attributes ||
	    area->symmetric != TPM_ALG_NULL || area->auth_policy.len != 0)
		return STATUS_DENIED;
	return OK;
}

enum status minting_key_check(const struct public_area *area, struct span policy)
{
	/* No userWithAuth: the policy would be one of two ways to use it. */
	const uint32_t attributes = OBJECT_FIXED_TPM | OBJECT_FIXED_PARENT |
				    OBJECT_SENSITIVE_DATA_ORIGIN | OBJECT_SIGN | OBJECT_NO_DA;

	if (!is_p256_signer(area) || area->name_alg != DIGEST_SHA256 ||
	    area->attributes != attributes || area->symmetric != TPM_ALG_NULL)
		return STATUS_DENIED;
	if (policy.len != SHA256_SIZE || !span_equal(area->auth_policy, policy))
		return STATUS_DENIED;
	return OK;
}
