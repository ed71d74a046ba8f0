/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "certificate_maker.h"

#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "tpm/certificate.h"

#define YEAR (365 * 86400)

EVP_PKEY *maker_ec_key(const char *curve)
{
	EVP_PKEY *key = EVP_EC_gen(curve);

	assert_non_null(key);
	return key;
}

EVP_PKEY *maker_rsa_key(unsigned bits)
{
	EVP_PKEY *key = EVP_RSA_gen(bits);

	assert_non_null(key);
	return key;
}

struct recipe maker_root(EVP_PKEY *key)
{
	return (struct recipe){
		.subject = "root",
		.issuer = "root",
		.key = key,
		.signer = key,
		.basic_constraints = "critical,CA:TRUE",
		.key_usage = "critical,keyCertSign,cRLSign",
	};
}

struct recipe maker_intermediate(EVP_PKEY *key, EVP_PKEY *root)
{
	return (struct recipe){
		.subject = "maker",
		.issuer = "root",
		.key = key,
		.signer = root,
		.basic_constraints = "critical,CA:TRUE,pathlen:0",
		.key_usage = "critical,keyCertSign,cRLSign",
		.extended_usage = MAKER_EK_USAGE,
	};
}

struct recipe maker_leaf(EVP_PKEY *key, EVP_PKEY *intermediate)
{
	return (struct recipe){
		.subject = "",
		.issuer = "maker",
		.key = key,
		.signer = intermediate,
		.basic_constraints = "critical,CA:FALSE",
		.key_usage = "critical,keyAgreement",
		.extended_usage = MAKER_EK_USAGE,
		.has_tpm_name = true,
	};
}

static X509_NAME *name_of(const char *common_names)
{
	X509_NAME *name = X509_NAME_new();

	assert_non_null(name);
	for (size_t len; *common_names != '\0'; common_names += len) {
		common_names += *common_names == '\n';
		len = strcspn(common_names, "\n");
		assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
							    (const unsigned char *)common_names,
							    (int)len, -1, 0),
				 1);
	}
	return name;
}

static void add_extension(X509 *x, int nid, const char *value)
{
	if (value == NULL)
		return;

	AUTO(X509_EXTENSION) extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x, extension, -1), 1);
}

static void add_raw_extension(X509 *x, const char *oid, bool is_critical, struct span value)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *content = ASN1_OCTET_STRING_new();

	assert_non_null(object);
	assert_non_null(content);
	assert_int_equal(ASN1_OCTET_STRING_set(content, value.data, (int)value.len), 1);

	AUTO(X509_EXTENSION)
	extension = X509_EXTENSION_create_by_OBJ(NULL, object, is_critical, content);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x, extension, -1), 1);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(content);
}

static void add_tpm_name(X509 *x)
{
	/* GeneralNames { directoryName { 2.23.133.2.1 "id:1", .2 "m l", .3 "v" } } */
	static const uint8_t names[] = {
		0x30, 0x3b, 0xa4, 0x39, 0x30, 0x37, 0x31, 0x11, 0x30, 0x0f, 0x06, 0x05, 0x67,
		0x81, 0x05, 0x02, 0x01, 0x0c, 0x06, 'i',  'd',	':',  '4',  '2',  '1',	0x31,
		0x10, 0x30, 0x0e, 0x06, 0x05, 0x67, 0x81, 0x05, 0x02, 0x02, 0x0c, 0x05, 'S',
		'L',  'B',  ' ',  '9',	0x31, 0x10, 0x30, 0x0e, 0x06, 0x05, 0x67, 0x81, 0x05,
		0x02, 0x03, 0x0c, 0x05, 'i',  'd',  ':',  '1',	'\n',
	};

	add_raw_extension(x, "2.5.29.17", true, (struct span){ names, sizeof(names) });
}

static void add_extensions(X509 *x, const struct recipe *r)
{
	static const uint8_t null[] = { 0x05, 0x00 };
	struct span value = { null, sizeof(null) };
	char oid[32];

	add_extension(x, NID_basic_constraints, r->basic_constraints);
	add_extension(x, NID_key_usage, r->key_usage);
	add_extension(x, NID_ext_key_usage, r->extended_usage);
	add_extension(x, NID_subject_key_identifier, r->subject_key_id);
	if (r->authority_key_id != NULL) {
		AUTO_DONE(bytes) id = { 0 };
		size_t len = strlen(r->authority_key_id);

		assert_int_equal(bytes_append_byte(&id, 0x30), OK);
		assert_int_equal(bytes_append_byte(&id, (uint8_t)(len + 2)), OK);
		assert_int_equal(bytes_append_byte(&id, 0x80), OK);
		assert_int_equal(bytes_append_byte(&id, (uint8_t)len), OK);
		assert_int_equal(bytes_append(&id, span_text(r->authority_key_id)), OK);
		add_raw_extension(x, "2.5.29.35", false, span_of(&id));
	}
	if (r->has_tpm_name)
		add_tpm_name(x);
	if (r->critical_oid != NULL)
		add_raw_extension(x, r->critical_oid, true, value);
	for (unsigned i = 0; i < r->more_extensions; i++) {
		(void)snprintf(oid, sizeof(oid), "1.3.6.1.4.1.99999.%u", i + 1);
		add_raw_extension(x, oid, false, value);
	}
}

static void set_serial(X509 *x, const struct recipe *r)
{
	ASN1_INTEGER *serial = X509_get_serialNumber(x);
	AUTO(BIGNUM) number = BN_new();

	assert_int_equal(BN_set_word(number, r->serial ? (BN_ULONG)r->serial : 7), 1);
	if (r->serial_bytes > 0)
		assert_int_equal(BN_lshift(number, number, 8 * (int)(r->serial_bytes - 1)), 1);
	assert_non_null(BN_to_ASN1_INTEGER(number, serial));
}

static void sign(X509 *x, const struct recipe *r)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx = NULL;

	assert_int_equal(EVP_DigestSignInit(ctx, &key_ctx, r->hash ? r->hash : EVP_sha256(), NULL,
					    r->signer),
			 1);
	if (r->pss_mask_hash != NULL) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(key_ctx, r->pss_mask_hash), 1);
	}
	assert_true(X509_sign_ctx(x, ctx) > 0);
}

struct bytes maker_certificate(const struct recipe *r)
{
	AUTO(X509) x = X509_new();
	AUTO(X509_NAME) subject = name_of(r->subject);
	AUTO(X509_NAME) issuer = name_of(r->issuer);
	struct bytes der = { 0 };
	unsigned char *encoded = NULL;

	assert_non_null(x);
	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	set_serial(x, r);
	assert_int_equal(X509_set_subject_name(x, subject), 1);
	assert_int_equal(X509_set_issuer_name(x, issuer), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x),
				      r->not_before ? r->not_before : MAKER_NOW - YEAR));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x),
				      r->not_after ? r->not_after : MAKER_NOW + YEAR));
	assert_int_equal(X509_set_pubkey(x, r->key), 1);
	add_extensions(x, r);
	sign(x, r);

	int len = i2d_X509(x, &encoded);
	assert_true(len > 0);
	assert_int_equal(bytes_copy((struct span){ encoded, (size_t)len }, &der), OK);
	OPENSSL_free(encoded);
	return der;
}

static void append_header(struct bytes *out, uint8_t tag, size_t len)
{
	const uint8_t header[] = { tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len };

	assert_int_equal(bytes_append(out, (struct span){ header, sizeof(header) }), OK);
}

static struct bytes assemble(struct span tbs, struct span algorithm, struct span signature)
{
	AUTO_DONE(bytes) body = { 0 };
	struct bytes der = { 0 };

	assert_int_equal(bytes_append(&body, tbs), OK);
	assert_int_equal(bytes_append(&body, algorithm), OK);
	append_header(&body, 0x03, signature.len + 1);
	assert_int_equal(bytes_append_byte(&body, 0), OK);
	assert_int_equal(bytes_append(&body, signature), OK);
	append_header(&der, 0x30, body.len);
	assert_int_equal(bytes_append(&der, span_of(&body)), OK);
	return der;
}

void maker_patch(struct bytes *certificate, struct span from, struct span to, EVP_PKEY *signer)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	uint8_t signature[1024];
	size_t len = sizeof(signature);
	struct signed_der parts;
	uint8_t *found = memmem(certificate->data, certificate->len, from.data, from.len);

	assert_non_null(found);
	assert_int_equal(from.len, to.len);
	assert_int_equal(signed_der_parse(span_of(certificate), &parts), OK);
	memcpy(found, to.data, to.len);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, signer), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, parts.tbs.data, parts.tbs.len), 1);

	struct bytes patched =
		assemble(parts.tbs, parts.algorithm, (struct span){ signature, len });
	bytes_done(certificate);
	*certificate = patched;
}

struct bytes maker_alter_outer_algorithm(struct span der)
{
	static const uint8_t null[] = { 0x05, 0x00 };
	AUTO_DONE(bytes) algorithm = { 0 };
	struct signed_der parts;

	assert_int_equal(signed_der_parse(der, &parts), OK);
	assert_int_equal(bytes_append(&algorithm, parts.algorithm), OK);
	assert_int_equal(bytes_append(&algorithm, (struct span){ null, sizeof(null) }), OK);
	algorithm.data[1] = (uint8_t)(algorithm.data[1] + sizeof(null));
	return assemble(parts.tbs, span_of(&algorithm), parts.signature);
}

static void revoke(X509_CRL *crl, long number, ASN1_TIME *when)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	AUTO(ASN1_INTEGER) serial = ASN1_INTEGER_new();

	assert_int_equal(ASN1_INTEGER_set(serial, number), 1);
	assert_int_equal(X509_REVOKED_set_serialNumber(entry, serial), 1);
	assert_int_equal(X509_REVOKED_set_revocationDate(entry, when), 1);
	assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
}

/* RFC 5280, 5.2.4: critical, and what follows is only what changed since. */
static void set_delta(X509_CRL *crl)
{
	ASN1_INTEGER *base = ASN1_INTEGER_new();

	assert_non_null(base);
	assert_int_equal(ASN1_INTEGER_set(base, 1), 1);
	assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_delta_crl, base, 1, 0), 1);
	ASN1_INTEGER_free(base);
}

static void set_scope(X509_CRL *crl, const char *scope)
{
	AUTO(X509_EXTENSION)
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_issuing_distribution_point, scope);

	assert_non_null(extension);
	assert_int_equal(X509_CRL_add_ext(crl, extension, -1), 1);
}

struct bytes maker_crl(const struct crl_recipe *r)
{
	AUTO(X509_CRL) crl = X509_CRL_new();
	AUTO(X509_NAME) name = name_of(r->issuer);
	ASN1_TIME *time = ASN1_TIME_set(NULL, r->this_update);
	struct bytes der = { 0 };
	unsigned char *encoded = NULL;

	assert_non_null(crl);
	assert_int_equal(X509_CRL_set_version(crl, X509_CRL_VERSION_2), 1);
	assert_int_equal(X509_CRL_set_issuer_name(crl, name), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(crl, time), 1);
	if (r->revoked != 0)
		revoke(crl, r->revoked, time);
	for (unsigned i = 0; i < r->more_revoked; i++)
		revoke(crl, 1000000 + (long)i, time);
	if (r->next_update != 0) {
		assert_non_null(ASN1_TIME_set(time, r->next_update));
		assert_int_equal(X509_CRL_set1_nextUpdate(crl, time), 1);
	}
	ASN1_TIME_free(time);
	if (r->scope != NULL)
		set_scope(crl, r->scope);
	if (r->is_delta)
		set_delta(crl);
	assert_int_equal(X509_CRL_sort(crl), 1);
	assert_true(X509_CRL_sign(crl, r->signer, r->hash ? r->hash : EVP_sha256()) > 0);

	int len = i2d_X509_CRL(crl, &encoded);
	assert_true(len > 0);
	assert_int_equal(bytes_copy((struct span){ encoded, (size_t)len }, &der), OK);
	OPENSSL_free(encoded);
	return der;
}
