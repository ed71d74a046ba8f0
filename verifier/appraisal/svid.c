/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/svid.h"

#include <openssl/x509v3.h>

#include "base/auto_openssl.h"
#include "messages/spiffe_id.h"

AUTO_FREE(X509_STORE, X509_STORE, X509_STORE_free);
AUTO_FREE(X509_STORE_CTX, X509_STORE_CTX, X509_STORE_CTX_free);

static void free_stack(STACK_OF(X509) * stack)
{
	sk_X509_pop_free(stack, X509_free);
}

AUTO_FREE(x509_stack, struct stack_st_X509, free_stack);

/* All of the bytes; NULL: they are no certificate. */
static X509 *parse(struct span der)
{
	const uint8_t *p = der.data;
	X509 *x = d2i_X509(NULL, &p, (long)der.len);

	if (x != NULL && p == der.data + der.len)
		return x;
	X509_free(x);
	return NULL;
}

/* The path but for its end. */
static STACK_OF(X509) * parse_untrusted(const struct reported_svid *svid)
{
	STACK_OF(X509) *stack = sk_X509_new_null();

	for (size_t i = 0; stack != NULL && i + 1 < svid->path_count; i++) {
		X509 *x = parse(svid->path[i]);

		if (x != NULL && sk_X509_push(stack, x) > 0)
			continue;
		X509_free(x);
		free_stack(stack);
		return NULL;
	}
	return stack;
}

static bool has_path(const struct reported_svid *svid, X509 *leaf)
{
	AUTO(X509_STORE) store = X509_STORE_new();
	AUTO(X509_STORE_CTX) ctx = X509_STORE_CTX_new();
	AUTO(X509) root = parse(svid->path[svid->path_count - 1]);
	AUTO(x509_stack) untrusted = parse_untrusted(svid);

	if (store == NULL || ctx == NULL || root == NULL || untrusted == NULL ||
	    X509_STORE_add_cert(store, root) != 1 ||
	    X509_STORE_CTX_init(ctx, store, leaf, untrusted) != 1 ||
	    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT) != 1)
		return false;

	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)svid->now);
	return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT) == 1 &&
	       X509_verify_cert(ctx) == 1;
}

static bool is_entitled(const struct reported_svid *svid, const GENERAL_NAME *name)
{
	struct ref_range patterns = svid->node_class->id_patterns;

	if (name->type != GEN_URI)
		return false;

	const ASN1_IA5STRING *uri = name->d.uniformResourceIdentifier;
	struct span id = { ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri) };
	for (uint32_t i = 0; i < patterns.count; i++)
		if (spiffe_id_matches(reference_text(svid->reference, patterns.first + i), id))
			return true;
	return false;
}

static bool is_named_well(const struct reported_svid *svid, const X509 *leaf)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	bool is_good = names != NULL && sk_GENERAL_NAME_num(names) == 1 &&
		       is_entitled(svid, sk_GENERAL_NAME_value(names, 0));

	GENERAL_NAMES_free(names);
	return is_good;
}

enum status reported_svid_check(const struct reported_svid *svid, struct signed_der *out)
{
	AUTO(X509) leaf = parse(svid->leaf);

	if (leaf == NULL || svid->path_count < 2 || X509_check_ca(leaf) != 0 ||
	    !has_path(svid, leaf) || !is_named_well(svid, leaf))
		return STATUS_MISMATCH;
	return signed_der_parse(svid->leaf, out);
}
