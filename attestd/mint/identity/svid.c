/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/svid.h"

#include <openssl/pem.h>
#include <sys/random.h>

#include "attestd/svid_names.h"
#include "attestd/svid_profile.h"

#define SERIAL_BYTES 16

void svid_done(struct svid *svid)
{
	EVP_PKEY_free(svid->key);
	bytes_done(&svid->tbs);
	*svid = (struct svid){ 0 };
}

static bool set_serial(X509 *x)
{
	uint8_t random[SERIAL_BYTES];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return false;
	/* Positive, and of one length. */
	random[0] = (uint8_t)((random[0] & 0x7f) | 0x40);

	AUTO(BIGNUM) number = BN_bin2bn(random, sizeof(random), NULL);

	return number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
}

static int64_t from_asn1(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : INT64_MAX;
}

/* From a little ago, but not before the grant's certificate. */
static bool set_validity(X509 *x, const struct grant *grant, int64_t now)
{
	int64_t ca_from = from_asn1(X509_get0_notBefore(grant->certificate));
	int64_t ca_until = from_asn1(X509_get0_notAfter(grant->certificate));
	int64_t until = grant->verdict.expires < ca_until ? grant->verdict.expires : ca_until;
	int64_t from = now - SVID_BACKDATE_S / 2;

	if (from < ca_from)
		from = ca_from;
	return from < until && ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from) != NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(x), (time_t)until) != NULL;
}

static bool add_extension(X509 *x, X509V3_CTX *ctx, int nid, const char *value)
{
	AUTO(X509_EXTENSION) extension = X509V3_EXT_conf_nid(NULL, ctx, nid, value);

	return extension != NULL && X509_add_ext(x, extension, -1) == 1;
}

static bool push_name(GENERAL_NAMES *names, struct span text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *uri = ASN1_IA5STRING_new();

	if (name != NULL && uri != NULL && text.len <= SPIFFE_ID_MAX &&
	    ASN1_STRING_set(uri, text.data, (int)text.len) == 1) {
		GENERAL_NAME_set0_value(name, GEN_URI, uri);
		if (sk_GENERAL_NAME_push(names, name) > 0)
			return true;
		uri = NULL;
	}
	ASN1_IA5STRING_free(uri);
	GENERAL_NAME_free(name);
	return false;
}

/* Not by X509V3_EXT_conf_nid(): commas in a value have a meaning there. */
static bool add_names(X509 *x, struct span rest)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	bool is_good = names != NULL;
	struct span uri;

	while (is_good && svid_names_next(&rest, &uri))
		is_good = push_name(names, uri);
	/* Critical, since Subject is empty. */
	is_good = is_good && X509_add1_ext_i2d(x, NID_subject_alt_name, names, 1, 0) == 1;
	GENERAL_NAMES_free(names);
	return is_good;
}

static bool add_extensions(X509 *x, X509 *issuer, const char *names)
{
	X509V3_CTX ctx = { 0 };

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	return add_extension(x, &ctx, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(x, &ctx, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(x, &ctx, NID_ext_key_usage, "serverAuth,clientAuth") &&
	       add_extension(x, &ctx, NID_authority_key_identifier, "keyid:always") &&
	       add_names(x, span_text(names));
}

enum status svid_make(const struct grant *grant, const char *names, int64_t now, struct svid *out)
{
	AUTO_DONE(svid) svid = { .key = EVP_EC_gen("P-256") };
	AUTO(X509) x = X509_new();
	uint8_t *tbs = NULL;

	if (x == NULL || svid.key == NULL)
		return STATUS_NO_MEMORY;
	if (X509_set_version(x, X509_VERSION_3) != 1 || !set_serial(x) ||
	    X509_set_issuer_name(x, X509_get_subject_name(grant->certificate)) != 1 ||
	    !set_validity(x, grant, now) || X509_set_pubkey(x, svid.key) != 1 ||
	    !add_extensions(x, grant->certificate, names))
		return STATUS_UNSUPPORTED;
	/* Signed with its own key only so that OpenSSL names the algorithm. */
	if (X509_sign(x, svid.key, EVP_sha256()) <= 0)
		return STATUS_UNSUPPORTED;

	int len = i2d_re_X509_tbs(x, &tbs);

	if (len <= 0)
		return STATUS_NO_MEMORY;

	enum status status =
		bytes_copy((struct span){ .data = tbs, .len = (size_t)len }, &svid.tbs);

	OPENSSL_free(tbs);
	svid.not_after = from_asn1(X509_get0_notAfter(x));
	if (status == OK) {
		*out = svid;
		svid = (struct svid){ 0 };
	}
	return status;
}

static enum status take_bio(BIO *bio, struct bytes *out)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);

	if (len <= 0)
		return STATUS_NO_MEMORY;
	return bytes_copy((struct span){ .data = (const uint8_t *)data, .len = (size_t)len }, out);
}

/* The leaf, if it is by the grant's key. */
static enum status assemble(const struct svid *svid, const struct grant *grant,
			    struct span signature, struct bytes *der, X509 **out)
{
	enum status status = svid_assemble(span_of(&svid->tbs), signature, der);

	if (status != OK)
		return status;

	const uint8_t *p = der->data;
	X509 *leaf = d2i_X509(NULL, &p, (long)der->len);

	/* A broker that was taken over, or a key that is not the grant's. */
	if (leaf == NULL || X509_verify(leaf, X509_get0_pubkey(grant->certificate)) != 1) {
		X509_free(leaf);
		return STATUS_MISMATCH;
	}
	*out = leaf;
	return OK;
}

enum status svid_finish(const struct svid *svid, const struct grant *grant, struct span signature,
			struct bytes *chain_pem, struct bytes *key_pem)
{
	AUTO_DONE(bytes) der = { 0 };
	AUTO(BIO) chain = BIO_new(BIO_s_mem());
	AUTO(BIO) key = BIO_new(BIO_s_secmem());
	X509 *assembled = NULL;
	enum status status = assemble(svid, grant, signature, &der, &assembled);
	AUTO(X509) leaf = assembled;

	if (status != OK)
		return status;
	if (chain == NULL || key == NULL || PEM_write_bio_X509(chain, leaf) != 1 ||
	    PEM_write_bio_X509(chain, grant->certificate) != 1 ||
	    PEM_write_bio_PKCS8PrivateKey(key, svid->key, NULL, NULL, 0, NULL, NULL) != 1)
		return STATUS_NO_MEMORY;
	status = take_bio(chain, chain_pem);
	return status == OK ? take_bio(key, key_pem) : status;
}

static enum status append_der(struct bytes *out, X509 *certificate)
{
	uint8_t *der = NULL;
	int len = i2d_X509(certificate, &der);

	if (len <= 0)
		return STATUS_NO_MEMORY;

	enum status status = bytes_append(out, (struct span){ der, (size_t)len });

	OPENSSL_free(der);
	return status;
}

/* PrivateKeyInfo. Nothing of it stays behind. */
static enum status key_der(EVP_PKEY *key, struct bytes *out)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	uint8_t *der = NULL;
	int len = info == NULL ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	enum status status = STATUS_NO_MEMORY;

	if (len > 0)
		status = bytes_copy((struct span){ der, (size_t)len }, out);
	OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
	PKCS8_PRIV_KEY_INFO_free(info);
	return status;
}

enum status svid_finish_der(const struct svid *svid, const struct grant *grant,
			    struct span signature, struct bytes *chain, struct bytes *key)
{
	AUTO_DONE(bytes) joined = { 0 };
	AUTO(X509) leaf = NULL;
	enum status status = assemble(svid, grant, signature, &joined, &leaf);

	if (status == OK)
		status = append_der(&joined, grant->certificate);
	if (status == OK)
		status = key_der(svid->key, key);
	if (status == OK) {
		*chain = joined;
		joined = (struct bytes){ 0 };
	}
	return status;
}

enum status anchors_der(const struct trust_anchors *anchors, struct bytes *out)
{
	AUTO_DONE(bytes) joined = { 0 };
	enum status status = OK;

	for (size_t i = 0; i < anchors->certificate_count && status == OK; i++)
		status = bytes_append(&joined, span_of(&anchors->certificates[i]));
	if (status == OK) {
		*out = joined;
		joined = (struct bytes){ 0 };
	}
	return status;
}

enum status bundle_pem(const struct bundle *bundle, struct bytes *pem)
{
	AUTO(BIO) bio = BIO_new(BIO_s_mem());

	if (bio == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < bundle->own.certificate_count; i++) {
		const uint8_t *p = bundle->own.certificates[i].data;
		AUTO(X509) root = d2i_X509(NULL, &p, (long)bundle->own.certificates[i].len);

		if (root == NULL)
			return STATUS_MALFORMED;
		if (PEM_write_bio_X509(bio, root) != 1)
			return STATUS_NO_MEMORY;
	}
	return take_bio(bio, pem);
}
