/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "svid_scene.h"

struct svid_scene made;

int svid_scene_begin(void **state)
{
	(void)state;
	granted_init(&made.granted);
	granted_open(&made.granted, &made.grant);
	assert_int_equal(svid_make(&made.grant, ID, NOW, &made.svid), OK);
	return 0;
}

int svid_scene_end(void **state)
{
	(void)state;
	svid_done(&made.svid);
	grant_done(&made.grant);
	granted_done(&made.granted);
	return 0;
}

enum svid_refusal svid_scene_check(struct span tbs, int64_t now)
{
	AUTO_DONE(bytes) names = { 0 };
	enum svid_refusal refusal = SVID_MALFORMED;

	assert_int_equal(svid_profile_check(tbs, &made.grant, now, &names, &refusal), OK);
	assert_true((names.len > 0) == (refusal == SVID_ACCEPTED));
	return refusal;
}

X509 *svid_scene_certificate(void)
{
	AUTO_DONE(bytes) der = { 0 };

	assert_int_equal(
		svid_assemble(span_of(&made.svid.tbs), span_of(&made.granted.signature), &der), OK);

	const uint8_t *p = der.data;
	X509 *x = d2i_X509(NULL, &p, (long)der.len);

	assert_non_null(x);
	return x;
}

enum svid_refusal svid_scene_check_changed(X509 *x)
{
	uint8_t *tbs = NULL;
	int len = i2d_re_X509_tbs(x, &tbs);

	assert_true(len > 0);

	enum svid_refusal refusal = svid_scene_check((struct span){ tbs, (size_t)len }, NOW);

	OPENSSL_free(tbs);
	return refusal;
}

void svid_scene_remove(X509 *x, int nid)
{
	int at = X509_get_ext_by_NID(x, nid, -1);

	assert_true(at >= 0);
	X509_EXTENSION_free(X509_delete_ext(x, at));
}

void svid_scene_add(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx = { 0 };

	X509V3_set_ctx(&ctx, made.grant.certificate, x, NULL, NULL, 0);

	AUTO(X509_EXTENSION) extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x, extension, -1), 1);
}

void svid_scene_replace(X509 *x, int nid, const char *value)
{
	svid_scene_remove(x, nid);
	svid_scene_add(x, nid, value);
}
