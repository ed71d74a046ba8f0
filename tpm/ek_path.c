/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/ek_path.h"

/* 2.23.133.8.1 */
static const uint8_t ek_usage[] = { 0x67, 0x81, 0x05, 0x08, 0x01 };
const struct span ek_usage_oid = { .data = ek_usage, .len = sizeof(ek_usage) };
/* 2.5.29.37.0 */
static const uint8_t any_usage[] = { 0x55, 0x1d, 0x25, 0x00 };

/* What revocation refuses came to a root, further than all that did not. */
#define REACHED_ROOT (EK_PATH_MAX + 1)

struct search {
	const struct ek_trust *trust;
	struct ek_path *path;
	size_t reached; /* where the refusal that is told was met */
	unsigned links; /* signatures verified */
};

enum ek_refusal ek_path_common_refusal(const struct certificate *c, int64_t at)
{
	if (c->extensions.has_unknown_critical)
		return EK_UNKNOWN_CRITICAL_EXTENSION;
	if (at < c->not_before)
		return EK_NOT_YET_VALID;
	if (at > c->not_after)
		return EK_EXPIRED;
	return EK_ACCEPTED;
}

/* cas_below: CA certificates between this one and the EK certificate. */
static enum ek_refusal issuer_refusal(const struct certificate *issuer, size_t cas_below,
				      int64_t at)
{
	const struct certificate_extensions *x = &issuer->extensions;
	struct span any = { any_usage, sizeof(any_usage) };

	if (!x->is_ca || (x->has_key_usage && (x->key_usage & KEY_USAGE_CERT_SIGN) == 0))
		return EK_ISSUER_NOT_CA;
	if (x->has_path_limit && cas_below > x->path_limit)
		return EK_PATH_TOO_LONG;
	if (x->has_extended_usage && !certificate_has_extended_usage(issuer, ek_usage_oid) &&
	    !certificate_has_extended_usage(issuer, any))
		return EK_WRONG_USAGE;
	return ek_path_common_refusal(issuer, at);
}

/* Keeps the refusal of the attempt that came furthest, and there the first that
 * says more than "nobody". */
static void note_refusal(struct search *s, size_t reached, size_t depth, enum ek_refusal refusal)
{
	struct ek_path *p = s->path;

	if (reached < s->reached || (reached == s->reached && p->refusal != EK_NO_PATH))
		return;
	s->reached = reached;
	p->refused_depth = (unsigned)depth;
	p->refusal = refusal;
}

/* wanted: c's issuer, decoded; an issuer's name was decoded with its pool. */
static bool could_have_issued(const struct ek_pool_item *issuer, const struct certificate *c,
			      const X509_NAME *wanted)
{
	struct span wanted_key = c->extensions.authority_key_id;
	struct span has_key = issuer->certificate.extensions.subject_key_id;

	if (wanted_key.len > 0 && has_key.len > 0 && !span_equal(wanted_key, has_key))
		return false;
	return X509_NAME_cmp(issuer->subject, wanted) == 0;
}

static bool is_on_path(const struct ek_path *p, struct span der)
{
	for (size_t i = 0; i < p->len; i++)
		if (span_equal(p->certificates[i]->der, der))
			return true;
	return false;
}

/* The link between the path's last certificate and its issuer: the only thing
 * here that names cannot forge. */
static enum status check_link(const struct search *s, const struct certificate *issuer,
			      enum ek_refusal *refusal, bool *is_sha1)
{
	const struct certificate *c = s->path->certificates[s->path->len - 1];
	AUTO(EVP_PKEY) key = NULL;
	bool is_oaep = false;
	enum status status = spki_key(issuer->spki, &key, &is_oaep);

	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != OK) {
		*refusal = EK_WEAK_KEY;
		return OK;
	}
	status = signed_der_verify(&c->body, key, is_sha1);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != OK) {
		*refusal = status == STATUS_UNSUPPORTED ? EK_WEAK_SIGNATURE : EK_BAD_SIGNATURE;
		return OK;
	}
	if (*is_sha1 && !s->trust->allow_sha1)
		*refusal = EK_SHA1;
	return OK;
}

/* Only of a path that ends in a pinned root: who has no certificate of a maker
 * has no list of a maker gone through. */
static enum status check_revocation(struct search *s, bool *is_found)
{
	struct ek_path *p = s->path;

	p->revocation_checked = 0;
	for (size_t depth = 0; depth + 1 < p->len; depth++) {
		enum ek_refusal refusal = EK_ACCEPTED;
		bool is_checked = false;
		enum status status = ek_revocation_check(p, depth, s->trust, &refusal, &is_checked);

		if (status != OK)
			return status;
		if (refusal != EK_ACCEPTED) {
			note_refusal(s, REACHED_ROOT, depth, refusal);
			return OK;
		}
		p->revocation_checked += is_checked;
	}
	*is_found = true;
	return OK;
}

static enum status extend(struct search *s, bool *is_found);

/* Puts the candidate on the path where it fits, and goes on from there. */
static enum status try_issuer(struct search *s, const struct ek_pool_item *item, bool is_root,
			      bool *is_found)
{
	struct ek_path *p = s->path;
	size_t depth = p->len - 1;
	bool had_sha1 = p->has_sha1, is_sha1 = false;
	enum ek_refusal refusal = issuer_refusal(&item->certificate, depth, s->trust->at);

	if (refusal != EK_ACCEPTED) {
		note_refusal(s, p->len, p->len, refusal);
		return OK;
	}
	s->links++;

	enum status status = check_link(s, &item->certificate, &refusal, &is_sha1);
	if (status != OK)
		return status;
	if (refusal != EK_ACCEPTED) {
		size_t refused = refusal == EK_WEAK_KEY ? p->len : depth;

		note_refusal(s, refused, refused, refusal);
		return OK;
	}

	p->certificates[p->len] = &item->certificate;
	p->subjects[p->len++] = item->subject;
	p->has_sha1 |= is_sha1;
	status = is_root ? check_revocation(s, is_found) : extend(s, is_found);
	if (*is_found || status != OK)
		return status;
	p->len--;
	p->has_sha1 = had_sha1;
	return OK;
}

static enum status extend_from(struct search *s, const struct ek_pool *pool, bool is_root,
			       const X509_NAME *wanted, bool *is_found)
{
	const struct ek_path *p = s->path;
	const struct certificate *c = p->certificates[p->len - 1];

	for (size_t i = 0; pool != NULL && i < pool->count && s->links < EK_LINKS_MAX; i++) {
		const struct ek_pool_item *item = &pool->items[i];

		if (!could_have_issued(item, c, wanted) || is_on_path(p, item->certificate.der))
			continue;

		enum status status = try_issuer(s, item, is_root, is_found);
		if (status != OK || *is_found)
			return status;
	}
	return OK;
}

static enum status extend(struct search *s, bool *is_found)
{
	const struct ek_pool *pools[] = { s->trust->roots, s->trust->intermediates,
					  s->trust->supplied };
	size_t depth = s->path->len - 1;

	if (s->path->len > EK_PATH_MAX) {
		note_refusal(s, depth, depth, EK_PATH_TOO_LONG);
		return OK;
	}

	AUTO(X509_NAME) wanted = name_decode(s->path->certificates[depth]->issuer);
	for (size_t k = 0; wanted != NULL && k < sizeof(pools) / sizeof(pools[0]); k++) {
		enum status status = extend_from(s, pools[k], k == 0, wanted, is_found);

		if (status != OK || *is_found)
			return status;
	}
	note_refusal(s, depth, depth, EK_NO_PATH);
	return OK;
}

enum status ek_path_build(const struct certificate *leaf, const struct ek_trust *trust,
			  struct ek_path *path)
{
	struct search s = { .trust = trust, .path = path };
	bool is_found = false;

	*path = (struct ek_path){ .certificates = { leaf }, .len = 1, .refusal = EK_NO_PATH };

	enum status status = extend(&s, &is_found);
	if (status == OK && is_found) {
		path->refusal = EK_ACCEPTED;
		path->refused_depth = 0;
	}
	return status;
}
