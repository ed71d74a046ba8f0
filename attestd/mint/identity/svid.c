/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/svid.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/random.h>

#include "attestd/svid_profile.h"
#include "base/writer.h"

#define SERIAL_BYTES 16
#define SCALAR_BYTES 32 /* of P-256 */

void svid_done(struct svid *svid)
{
	EVP_PKEY_free(svid->key);
	bytes_done(&svid->tbs);
	*svid = (struct svid){ 0 };
}

/* Positive, and of one length. */
static bool make_serial(uint8_t serial[SERIAL_BYTES])
{
	if (getrandom(serial, SERIAL_BYTES, 0) != SERIAL_BYTES)
		return false;
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
	return true;
}

/* From a little ago, but not before the grant's certificate. */
static bool set_validity(struct svid_tbs *tbs, const struct grant *grant, int64_t now)
{
	int64_t ca_from = 0, ca_until = 0;

	if (!grant_validity(grant, &ca_from, &ca_until))
		return false;
	tbs->from = now - SVID_BACKDATE_S / 2 < ca_from ? ca_from : now - SVID_BACKDATE_S / 2;
	tbs->until = grant->verdict.expires < ca_until ? grant->verdict.expires : ca_until;
	return tbs->from < tbs->until;
}

static bool take_point(const EVP_PKEY *key, uint8_t out[SVID_POINT_SIZE])
{
	size_t len = 0;

	return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, out,
					       SVID_POINT_SIZE, &len) == 1 &&
	       len == SVID_POINT_SIZE;
}

enum status svid_make(const struct grant *grant, const char *names, int64_t now, struct svid *out)
{
	AUTO_DONE(svid) svid = { 0 };
	uint8_t serial[SERIAL_BYTES];
	struct svid_tbs tbs = { .serial = { serial, sizeof(serial) },
				.point = { svid.point, sizeof(svid.point) },
				.names = span_text(names) };
	enum status status = grant_new_key(grant, &svid.key);

	if (status != OK)
		return status;
	if (!take_point(svid.key, svid.point) || !make_serial(serial) ||
	    !set_validity(&tbs, grant, now) || !grant_issuer(grant, &tbs.issuer, &tbs.authority))
		return STATUS_UNSUPPORTED;
	status = svid_tbs_write(&tbs, &svid.tbs);
	if (status != OK)
		return status;
	svid.not_after = tbs.until;
	*out = svid;
	svid = (struct svid){ 0 };
	return OK;
}

static enum status take_bio(BIO *bio, struct bytes *out)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);

	if (len <= 0)
		return STATUS_NO_MEMORY;
	return bytes_copy((struct span){ .data = (const uint8_t *)data, .len = (size_t)len }, out);
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

/* The leaf, if it is by the grant's key. */
static enum status assemble(const struct svid *svid, const struct grant *grant,
			    struct span signature, struct bytes *leaf)
{
	/* A broker that was taken over, or a key that is not the grant's. */
	if (grant_verify(grant, span_of(&svid->tbs), signature) != OK)
		return STATUS_MISMATCH;
	return svid_assemble(span_of(&svid->tbs), signature, leaf);
}

/* PrivateKeyInfo (RFC 5208) with an ECPrivateKey (RFC 5915) of P-256, up to its scalar,
 * and from there to its point. */
static const uint8_t key_start[] = { 0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06,
				     0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
				     0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
				     0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20 };
static const uint8_t key_middle[] = { 0xa1, 0x44, 0x03, 0x42, 0x00 };

static bool take_scalar(const EVP_PKEY *key, uint8_t out[SCALAR_BYTES])
{
	BIGNUM *number = NULL;
	bool is_taken = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
			BN_bn2binpad(number, out, SCALAR_BYTES) == SCALAR_BYTES;

	BN_clear_free(number);
	return is_taken;
}

/* Nothing of it stays behind. OpenSSL's own encoder makes a choice among all that it has
 * each time, which takes longer than a signature. */
static enum status key_der(const struct svid *svid, struct bytes *out)
{
	AUTO_DONE(bytes) der = { 0 };
	uint8_t scalar[SCALAR_BYTES];
	enum status status = STATUS_UNSUPPORTED;

	/* Reserved whole: what grows leaves copies behind. */
	if (take_scalar(svid->key, scalar))
		status = bytes_reserve(&der, sizeof(key_start) + SCALAR_BYTES + sizeof(key_middle) +
						     SVID_POINT_SIZE);
	if (status == OK) {
		struct writer w = writer_to(&der, der.capacity);

		writer_put(&w, (struct span){ key_start, sizeof(key_start) });
		writer_put(&w, (struct span){ scalar, sizeof(scalar) });
		writer_put(&w, (struct span){ key_middle, sizeof(key_middle) });
		writer_put(&w, (struct span){ svid->point, sizeof(svid->point) });
		status = writer_end(&w);
	}
	explicit_bzero(scalar, sizeof(scalar));
	if (status == OK) {
		*out = der;
		der = (struct bytes){ 0 };
	}
	return status;
}

enum status svid_finish_der(const struct svid *svid, const struct grant *grant,
			    struct span signature, struct bytes *chain, struct bytes *key)
{
	AUTO_DONE(bytes) joined = { 0 };
	enum status status = assemble(svid, grant, signature, &joined);

	if (status == OK)
		status = append_der(&joined, grant->certificate);
	if (status == OK)
		status = key_der(svid, key);
	if (status == OK) {
		*chain = joined;
		joined = (struct bytes){ 0 };
	}
	return status;
}

enum status svid_finish(const struct svid *svid, const struct grant *grant, struct span signature,
			struct bytes *chain_pem, struct bytes *key_pem)
{
	AUTO_DONE(bytes) der = { 0 };
	AUTO(BIO) chain = BIO_new(BIO_s_mem());
	AUTO(BIO) key = BIO_new(BIO_s_secmem());
	enum status status = assemble(svid, grant, signature, &der);

	if (status != OK)
		return status;
	if (chain == NULL || key == NULL ||
	    PEM_write_bio(chain, PEM_STRING_X509, "", der.data, (long)der.len) <= 0 ||
	    PEM_write_bio_X509(chain, grant->certificate) != 1 ||
	    PEM_write_bio_PKCS8PrivateKey(key, svid->key, NULL, NULL, 0, NULL, NULL) != 1)
		return STATUS_NO_MEMORY;
	status = take_bio(chain, chain_pem);
	return status == OK ? take_bio(key, key_pem) : status;
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
