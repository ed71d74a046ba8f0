/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "granted_scene.h"

X509 *parse_certificate(struct span der)
{
	const uint8_t *cursor = der.data;
	X509 *certificate = d2i_X509(NULL, &cursor, (long)der.len);

	assert_non_null(certificate);
	assert_ptr_equal(cursor, der.data + der.len);
	return certificate;
}

void granted_scene_init(struct granted_scene *g)
{
	signer_scene_approved(&g->scene);
	scene_attest(&g->scene);
	g->root = parse_certificate(span_of(&g->scene.signer.keys.authorities[0].root));
	g->grant = parse_certificate(g->scene.answer.commit.certificate);
}

void granted_scene_done(struct granted_scene *g)
{
	X509_free(g->root);
	X509_free(g->grant);
	signer_scene_done(&g->scene);
}

void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
	AUTO(X509_EXTENSION) extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
}

X509 *issue(struct granted_scene *g, const char *san, const char *basic)
{
	X509 *leaf = X509_new();

	assert_non_null(leaf);
	assert_int_equal(X509_set_version(leaf, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(leaf), 1), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(leaf), (time_t)g->scene.now));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(leaf), (time_t)g->scene.now + 300));
	assert_int_equal(X509_set_issuer_name(leaf, X509_get_subject_name(g->grant)), 1);
	assert_int_equal(X509_set_pubkey(leaf, g->scene.ek), 1);
	add_extension(leaf, g->grant, NID_basic_constraints, basic);
	add_extension(leaf, g->grant, NID_subject_alt_name, san);
	add_extension(leaf, g->grant, NID_authority_key_identifier, "keyid:always");
	assert_true(X509_sign(leaf, g->scene.minting.key, EVP_sha256()) > 0);
	return leaf;
}

int verify_at(struct granted_scene *g, X509 *leaf, STACK_OF(X509) * chain, int64_t at)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int error = X509_V_OK;

	assert_int_equal(X509_STORE_add_cert(store, g->root), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf, chain), 1);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)at);
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
	if (X509_verify_cert(ctx) != 1)
		error = X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return error;
}

int verify_issued(struct granted_scene *g, const char *san, const char *basic)
{
	AUTO(X509) leaf = issue(g, san, basic);
	STACK_OF(X509) *chain = sk_X509_new_null();

	assert_true(sk_X509_push(chain, g->grant) > 0);

	int error = verify_at(g, leaf, chain, g->scene.now);

	sk_X509_free(chain);
	return error;
}
