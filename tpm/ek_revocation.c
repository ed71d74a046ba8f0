/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tpm/der.h"
#include "tpm/ek_path.h"

/* What the issuer's CRLs add up to. */
struct verdict {
	bool has_crl; /* of that issuer, whatever it is worth */
	bool is_fresh;
	bool is_revoked;
};

static bool is_signed_by(struct span der, EVP_PKEY *key, bool allow_sha1)
{
	struct signed_der body;
	bool is_sha1 = false;

	if (signed_der_parse(der, &body) != OK)
		return false;

	/* TBSCertList ::= version OPTIONAL, signature, ...: the same algorithm. */
	struct reader r = reader_over(body.tbs);
	struct reader tbs = der_enter(&r, DER_SEQUENCE);
	if (der_is_next(&tbs, DER_INTEGER))
		(void)der_content(&tbs, DER_INTEGER);
	if (!span_equal(der_whole(&tbs, DER_SEQUENCE), body.algorithm))
		return false;
	return signed_der_verify(&body, key, &is_sha1) == OK && (!is_sha1 || allow_sha1);
}

/* Is it a whole CRL whose scope holds c? Delta, indirect and by-reason CRLs say
 * too little for a "not revoked" (RFC 5280, 5.2.5). */
static bool is_complete_for(const X509_CRL *crl, const struct certificate *c)
{
	bool is_in_scope = true;

	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		X509_EXTENSION *extension = X509_CRL_get_ext(crl, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));

		if (X509_EXTENSION_get_critical(extension) && nid != NID_issuing_distribution_point)
			return false;
	}

	ISSUING_DIST_POINT *scope =
		X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, NULL, NULL);
	if (scope != NULL) {
		is_in_scope = scope->indirectCRL <= 0 && scope->onlyattr <= 0 &&
			      scope->onlysomereasons == NULL &&
			      (scope->onlyuser <= 0 || !c->extensions.is_ca) &&
			      (scope->onlyCA <= 0 || c->extensions.is_ca);
		ISSUING_DIST_POINT_free(scope);
	} else if (X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1) >= 0) {
		return false;
	}
	return is_in_scope;
}

static bool time_of(const ASN1_TIME *time, int64_t *out)
{
	return time != NULL && der_time_parse((uint8_t)ASN1_STRING_type(time),
					      (struct span){ ASN1_STRING_get0_data(time),
							     (size_t)ASN1_STRING_length(time) },
					      out) == OK;
}

static bool is_fresh(const X509_CRL *crl, int64_t at)
{
	int64_t this_update = 0, next_update = 0;

	/* Without nextUpdate nobody could tell a stale one: refused. */
	return time_of(X509_CRL_get0_lastUpdate(crl), &this_update) &&
	       time_of(X509_CRL_get0_nextUpdate(crl), &next_update) && this_update <= at &&
	       at <= next_update;
}

/* The serial as DER would have it: a CRL holds it minimal even where the
 * certificate does not. */
static ASN1_INTEGER *serial_of(const struct certificate *c)
{
	struct span s = c->serial;
	uint8_t der[2 + CERTIFICATE_SERIAL_MAX];

	while (s.len > 1 && ((s.data[0] == 0x00 && s.data[1] < 0x80) ||
			     (s.data[0] == 0xff && s.data[1] >= 0x80))) {
		s.data++;
		s.len--;
	}
	der[0] = DER_INTEGER;
	der[1] = (uint8_t)s.len;
	memcpy(der + 2, s.data, s.len);

	const unsigned char *at = der;
	return d2i_ASN1_INTEGER(NULL, &at, (long)(2 + s.len));
}

static enum status weigh(const struct ek_pool_item *list, const struct certificate *c,
			 EVP_PKEY *issuer_key, const struct ek_trust *trust,
			 struct verdict *verdict)
{
	X509_REVOKED *entry = NULL;

	verdict->has_crl = true;
	if (!is_signed_by(span_of(&list->der), issuer_key, trust->allow_sha1))
		return OK;

	AUTO(ASN1_INTEGER) serial = serial_of(c);
	if (serial == NULL)
		return STATUS_NO_MEMORY;
	/* Revoked stays revoked, in an old CRL and in a partial one too. */
	verdict->is_revoked |= X509_CRL_get0_by_serial(list->crl, &entry, serial) == 1;
	verdict->is_fresh |= is_fresh(list->crl, trust->at) && is_complete_for(list->crl, c);
	return OK;
}

static enum status weigh_all(const struct ek_path *path, size_t depth, const struct ek_trust *trust,
			     struct verdict *verdict)
{
	AUTO(EVP_PKEY) key = NULL;
	bool is_oaep = false;
	enum status status = spki_key(path->certificates[depth + 1]->spki, &key, &is_oaep);

	for (size_t i = 0; trust->crls != NULL && i < trust->crls->count && status == OK; i++) {
		const struct ek_pool_item *list = &trust->crls->items[i];

		if (X509_NAME_cmp(X509_CRL_get_issuer(list->crl), path->subjects[depth + 1]) == 0)
			status = weigh(list, path->certificates[depth], key, trust, verdict);
	}
	return status;
}

enum status ek_revocation_check(const struct ek_path *path, size_t depth,
				const struct ek_trust *trust, enum ek_refusal *refusal,
				bool *is_checked)
{
	struct verdict verdict = { 0 };
	enum status status = weigh_all(path, depth, trust, &verdict);

	if (status != OK)
		return status;
	*is_checked = verdict.is_fresh;
	*refusal = EK_ACCEPTED;
	/* Fail closed: a CRL that ran out, or that another key signed, is no answer. */
	if (verdict.has_crl && !verdict.is_fresh)
		*refusal = EK_CRL_STALE;
	if (verdict.is_revoked)
		*refusal = EK_REVOKED;
	return OK;
}
