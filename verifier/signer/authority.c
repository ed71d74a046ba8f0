/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/authority.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "verifier/signer/profile.h"

#define POINT_SIZE GRANT_POINT_SIZE
#define ROOT_LIFETIME_S (10LL * 365 * 86400)

void signed_bundle_done(struct signed_bundle *b)
{
	bytes_done(&b->bundle);
	bytes_done(&b->signature);
}

void authority_done(struct authority *a)
{
	EVP_PKEY_free(a->key);
	signing_key_done(&a->signer);
	X509_free(a->issuer);
	for (size_t i = 0; i < AUTHORITY_CHAIN_MAX; i++)
		bytes_done(&a->chain[i]);
	bytes_done(&a->root);
	X509_EXTENSION_free(a->constraints);
	X509_EXTENSION_free(a->usage);
	X509_EXTENSION_free(a->san);
	X509_EXTENSION_free(a->name_constraints);
	X509_EXTENSION_free(a->authority_key_id);
	grant_template_done(&a->grant);
	jwt_signer_done(&a->jwt);
	federation_done(&a->federation);
	signed_bundle_done(&a->published);
	*a = (struct authority){ 0 };
}

static enum status to_der(X509 *certificate, struct bytes *out)
{
	uint8_t *der = NULL;
	int len = i2d_X509(certificate, &der);

	if (len <= 0)
		return STATUS_NO_MEMORY;

	enum status status = bytes_copy((struct span){ .data = der, .len = (size_t)len }, out);

	OPENSSL_free(der);
	return status;
}

static bool is_self_signed(X509 *certificate)
{
	return X509_NAME_cmp(X509_get_subject_name(certificate),
			     X509_get_issuer_name(certificate)) == 0;
}

/* One whose end can't be read is over. */
static int64_t end_of(const X509 *certificate)
{
	struct tm tm;

	/* No leap seconds, no local zone: ASN1_TIME_to_tm() is UTC. */
	return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) == 1 ? (int64_t)timegm(&tm)
									  : 0;
}

/* Issuing CA first, root last; what stands between goes out with a grant. */
static enum status read_certificates(struct authority *a, struct span pem)
{
	AUTO(BIO) bio = BIO_new_mem_buf(pem.data, pem.len <= INT32_MAX ? (int)pem.len : 0);
	AUTO(X509) last = NULL;
	enum status status = bio == NULL ? STATUS_NO_MEMORY : OK;

	while (status == OK) {
		AUTO(X509) next = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		if (next == NULL)
			break;
		if (last != NULL && a->chain_count == AUTHORITY_CHAIN_MAX)
			return STATUS_TOO_LARGE;
		if (last != NULL)
			status = to_der(last, &a->chain[a->chain_count++]);
		if (a->issuer == NULL && X509_up_ref(next) == 1)
			a->issuer = next;
		if (last == NULL || end_of(next) < a->until)
			a->until = end_of(next);
		X509_free(last);
		last = next;
		next = NULL;
	}
	if (status != OK)
		return status;
	if (last == NULL || a->issuer == NULL)
		return STATUS_NOT_FOUND;
	return is_self_signed(last) ? to_der(last, &a->root) : STATUS_UNSUPPORTED;
}

/* Sixteen random bytes as a positive INTEGER that is never zero. */
static void positive_serial(const uint8_t *random, uint8_t out[GRANT_SERIAL_SIZE])
{
	memcpy(out, random, GRANT_SERIAL_SIZE);
	out[0] = (uint8_t)((out[0] & 0x3f) | 0x40);
}

static bool set_serial(X509 *certificate, const uint8_t serial[GRANT_SERIAL_SIZE])
{
	AUTO(BIGNUM) number = BN_bin2bn(serial, GRANT_SERIAL_SIZE, NULL);

	return number != NULL &&
	       BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
}

static bool set_times(X509 *certificate, int64_t not_before, int64_t not_after)
{
	return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)not_before) != NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)not_after) != NULL;
}

static bool set_common_name(X509_NAME *name, const char *text)
{
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)text, -1, -1,
					  0) == 1;
}

/* The point goes in as it is: X509_set_pubkey() would decode and encode it
 * again, which costs more than a signature. */
static bool set_key(X509 *certificate, const uint8_t point[POINT_SIZE])
{
	uint8_t *copy = OPENSSL_memdup(point, POINT_SIZE);

	if (copy == NULL)
		return false;
	if (X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate),
				   OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
				   OBJ_nid2obj(NID_X9_62_prime256v1), copy, POINT_SIZE) == 1)
		return true;
	OPENSSL_free(copy);
	return false;
}

static bool add_extensions(X509 *certificate, X509_EXTENSION *const *extensions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (X509_add_ext(certificate, extensions[i], -1) != 1)
			return false;
	return true;
}

/* What no grant that is ever issued shares: each value stands in it once. */
static struct grant_fields example_fields(void)
{
	struct grant_fields f = { .serial = { 0x55 },
				  .not_before = 86400,
				  .not_after = 31 * 86400 };

	(void)memset(f.serial, 0x5a, sizeof(f.serial));
	(void)snprintf(f.subject, sizeof(f.subject), "node-%032x", 0xa5a5a5);
	f.point[0] = 0x04;
	for (uint8_t i = 1; i < GRANT_POINT_SIZE; i++)
		f.point[i] = i;
	return f;
}

static enum status make_certificate(const struct authority *a, const struct grant_fields *f,
				    X509 **out)
{
	AUTO(X509) grant = X509_new();
	AUTO(X509_EXTENSION) key_id = profile_subject_key_id(f->point, sizeof(f->point));
	X509_EXTENSION *const extensions[] = { a->constraints,	    a->usage, a->san,
					       a->name_constraints, key_id,   a->authority_key_id };

	if (grant == NULL || key_id == NULL)
		return STATUS_NO_MEMORY;
	if (X509_set_version(grant, X509_VERSION_3) != 1 || !set_serial(grant, f->serial) ||
	    !set_times(grant, f->not_before, f->not_after) ||
	    !set_common_name(X509_get_subject_name(grant), f->subject) ||
	    X509_set_issuer_name(grant, X509_get_subject_name(a->issuer)) != 1 ||
	    !set_key(grant, f->point) || !add_extensions(grant, extensions, 6) ||
	    X509_sign(grant, a->key, EVP_sha256()) <= 0)
		return STATUS_UNSUPPORTED;
	*out = grant;
	grant = NULL;
	return OK;
}

/* Without one, each grant is encoded from its start. */
static void make_template(struct authority *a)
{
	const struct grant_fields fields = example_fields();
	X509 *made = NULL;
	enum status status = make_certificate(a, &fields, &made);
	AUTO(X509) example = made;

	if (status != OK || grant_template_init(example, &fields, &a->grant) != OK)
		a->grant = (struct grant_template){ 0 };
}

enum status authority_init(const char *trust_domain, EVP_PKEY *key, struct span certificates,
			   struct authority *out)
{
	AUTO_DONE(authority) a = { .key = key };

	if (!trust_domain_is_valid(span_text(trust_domain)))
		return STATUS_MALFORMED;
	(void)snprintf(a.trust_domain, sizeof(a.trust_domain), "%s", trust_domain);

	enum status status = read_certificates(&a, certificates);

	if (status == OK)
		status = signing_key_init(key, &a.signer);
	if (status != OK)
		return status;
	a.constraints = profile_ca(0);
	a.usage = profile_usage();
	a.san = profile_san(trust_domain);
	a.name_constraints = profile_name_constraints(trust_domain);
	a.authority_key_id = profile_authority_key_id(a.issuer);
	if (a.constraints == NULL || a.usage == NULL || a.san == NULL ||
	    a.name_constraints == NULL || a.authority_key_id == NULL)
		return STATUS_UNSUPPORTED;
	make_template(&a);
	*out = a;
	a = (struct authority){ 0 };
	return OK;
}

static void fill_fields(const struct grant_request *request, struct grant_fields *f)
{
	*f = (struct grant_fields){ .not_before = request->issued - GRANT_SKEW_S,
				    .not_after = request->expires };
	positive_serial(request->serial, f->serial);
	memcpy(f->subject, "node-", 5);
	hex_encode((struct span){ request->name, GRANT_NAME_SIZE }, f->subject + 5);
	f->point[0] = 0x04;
	memcpy(f->point + 1, request->x, 32);
	memcpy(f->point + 33, request->y, 32);
}

enum status authority_grant(const struct authority *a, const struct grant_request *request,
			    struct bytes *out)
{
	struct grant_fields fields;
	X509 *made = NULL;

	fill_fields(request, &fields);
	if (a->grant.tbs.len > 0 && fields.not_before >= 0 && fields.not_after < GRANT_UTC_END)
		return grant_template_issue(&a->grant, &fields, &a->signer, out);

	enum status status = make_certificate(a, &fields, &made);
	AUTO(X509) grant = made;

	return status == OK ? to_der(grant, out) : status;
}

static bool set_root_fields(X509 *root, const char *trust_domain, EVP_PKEY *key,
			    const uint8_t *serial, int64_t now)
{
	char name[64];
	uint8_t positive[GRANT_SERIAL_SIZE];

	/* ub-common-name is 64; the domain in full stands in the SAN. */
	(void)snprintf(name, sizeof(name), "attestd root of %.40s", trust_domain);

	positive_serial(serial, positive);
	return X509_set_version(root, X509_VERSION_3) == 1 && set_serial(root, positive) &&
	       set_times(root, now - GRANT_SKEW_S, now + ROOT_LIFETIME_S) &&
	       set_common_name(X509_get_subject_name(root), name) &&
	       X509_set_issuer_name(root, X509_get_subject_name(root)) == 1 &&
	       X509_set_pubkey(root, key) == 1;
}

enum status authority_make_root(const char *trust_domain, EVP_PKEY *key, const uint8_t *serial,
				int64_t now, struct bytes *pem)
{
	AUTO(X509) root = X509_new();
	AUTO(BIO) bio = BIO_new(BIO_s_mem());
	uint8_t point[POINT_SIZE];
	size_t len = 0;
	char *text = NULL;

	if (!trust_domain_is_valid(span_text(trust_domain)))
		return STATUS_MALFORMED;
	if (root == NULL || bio == NULL)
		return STATUS_NO_MEMORY;
	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
					    &len) != 1)
		return STATUS_UNSUPPORTED;

	AUTO(X509_EXTENSION) constraints = profile_ca(-1);
	AUTO(X509_EXTENSION) usage = profile_usage();
	AUTO(X509_EXTENSION) san = profile_san(trust_domain);
	AUTO(X509_EXTENSION) key_id = profile_subject_key_id(point, len);
	X509_EXTENSION *const extensions[] = { constraints, usage, san, key_id };

	if (constraints == NULL || usage == NULL || san == NULL || key_id == NULL)
		return STATUS_NO_MEMORY;
	if (!set_root_fields(root, trust_domain, key, serial, now) ||
	    !add_extensions(root, extensions, 4) || X509_sign(root, key, EVP_sha256()) <= 0 ||
	    PEM_write_bio_X509(bio, root) != 1)
		return STATUS_UNSUPPORTED;

	long text_len = BIO_get_mem_data(bio, &text);

	if (text_len <= 0)
		return STATUS_NO_MEMORY;
	return bytes_copy((struct span){ .data = (const uint8_t *)text, .len = (size_t)text_len },
			  pem);
}
