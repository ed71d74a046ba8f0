/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/ek_path.h"

/* A node may send intermediates that all look alike: what a search may cost. */
#define CANDIDATES_MAX 100

/* 2.23.133.8.1 */
static const uint8_t ek_usage[] = { 0x67, 0x81, 0x05, 0x08, 0x01 };
const struct span ek_usage_oid = { .data = ek_usage, .len = sizeof(ek_usage) };
/* 2.5.29.37.0 */
static const uint8_t any_usage[] = { 0x55, 0x1d, 0x25, 0x00 };

struct search {
	const struct ek_trust *trust;
	struct ek_path *path;
	unsigned candidates;
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
static void note_refusal(struct search *s, size_t depth, enum ek_refusal refusal)
{
	struct ek_path *p = s->path;

	if (depth < p->refused_depth || (depth == p->refused_depth && p->refusal != EK_NO_PATH))
		return;
	p->refused_depth = (unsigned)depth;
	p->refusal = refusal;
}

static bool could_have_issued(const struct certificate *issuer, const struct certificate *c)
{
	struct span wanted = c->extensions.authority_key_id;
	struct span has = issuer->extensions.subject_key_id;

	if (wanted.len > 0 && has.len > 0 && !span_equal(wanted, has))
		return false;
	return name_is_equal(issuer->subject, c->issuer);
}

static bool is_on_path(const struct ek_path *p, struct span der)
{
	for (size_t i = 0; i < p->len; i++)
		if (span_equal(p->certificates[i].der, der))
			return true;
	return false;
}

/* The link between the path's last certificate and its issuer: the only thing
 * here that names cannot forge. */
static enum status check_link(const struct search *s, const struct certificate *issuer,
			      enum ek_refusal *refusal, bool *is_sha1, bool *is_checked)
{
	const struct certificate *c = &s->path->certificates[s->path->len - 1];
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
	if (*is_sha1 && !s->trust->allow_sha1) {
		*refusal = EK_SHA1;
		return OK;
	}
	return ek_revocation_check(c, issuer, key, s->trust, refusal, is_checked);
}

static enum status extend(struct search *s, bool *is_found);

/* Puts the candidate on the path where it fits, and goes on from there. */
static enum status try_issuer(struct search *s, struct span der, bool is_root, bool *is_found)
{
	struct ek_path *p = s->path;
	size_t depth = p->len - 1;
	struct certificate issuer;
	bool is_sha1 = false, is_checked = false;

	/* A malformed one among hundreds must not keep the others from their use. */
	if (certificate_parse(der, &issuer) != OK ||
	    !could_have_issued(&issuer, &p->certificates[depth]) || is_on_path(p, der))
		return OK;
	if (++s->candidates > CANDIDATES_MAX)
		return OK;

	enum ek_refusal refusal = issuer_refusal(&issuer, depth, s->trust->at);
	if (refusal != EK_ACCEPTED) {
		note_refusal(s, p->len, refusal);
		return OK;
	}

	enum status status = check_link(s, &issuer, &refusal, &is_sha1, &is_checked);
	if (status != OK)
		return status;
	if (refusal != EK_ACCEPTED) {
		note_refusal(s, refusal == EK_WEAK_KEY ? p->len : depth, refusal);
		return OK;
	}

	struct ek_path before = { .has_sha1 = p->has_sha1,
				  .revocation_checked = p->revocation_checked };
	p->certificates[p->len++] = issuer;
	p->has_sha1 |= is_sha1;
	p->revocation_checked += is_checked;
	*is_found = is_root;
	if (!is_root)
		status = extend(s, is_found);
	if (*is_found || status != OK)
		return status;
	p->len--;
	p->has_sha1 = before.has_sha1;
	p->revocation_checked = before.revocation_checked;
	return OK;
}

static enum status extend(struct search *s, bool *is_found)
{
	const struct ek_pool *pools[] = { s->trust->roots, s->trust->intermediates,
					  s->trust->supplied };

	if (s->path->len > EK_PATH_MAX) {
		note_refusal(s, s->path->len - 1, EK_PATH_TOO_LONG);
		return OK;
	}
	for (size_t k = 0; k < sizeof(pools) / sizeof(pools[0]); k++) {
		for (size_t i = 0; pools[k] != NULL && i < pools[k]->count; i++) {
			enum status status =
				try_issuer(s, span_of(&pools[k]->items[i]), k == 0, is_found);

			if (status != OK || *is_found)
				return status;
		}
	}
	note_refusal(s, s->path->len - 1, EK_NO_PATH);
	return OK;
}

enum status ek_path_build(const struct certificate *leaf, const struct ek_trust *trust,
			  struct ek_path *path)
{
	struct search s = { .trust = trust, .path = path };
	bool is_found = false;

	*path = (struct ek_path){ .certificates = { *leaf }, .len = 1, .refusal = EK_NO_PATH };

	enum status status = extend(&s, &is_found);
	if (status == OK && is_found) {
		path->refusal = EK_ACCEPTED;
		path->refused_depth = 0;
	}
	return status;
}
