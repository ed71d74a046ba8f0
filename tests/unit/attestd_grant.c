/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "attestd_grant.h"

#include "base/text.h"

static void add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx = { 0 };

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);

	AUTO(X509_EXTENSION) extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x, extension, -1), 1);
}

void certify_minting_key(EVP_PKEY *minting, EVP_PKEY *issuer, int64_t now, struct bytes *der)
{
	AUTO(X509) x = X509_new();
	AUTO(X509_NAME) name = X509_NAME_new();
	uint8_t *encoded = NULL;

	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), 0x4000000000000001), 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
						    (const uint8_t *)"node-0102", -1, -1, 0),
			 1);
	assert_int_equal(X509_set_subject_name(x, name), 1);
	assert_int_equal(X509_set_issuer_name(x, name), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(now - 3600)));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(now + LIFETIME_S)));
	assert_int_equal(X509_set_pubkey(x, minting), 1);
	add_extension(x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
	add_extension(x, NID_key_usage, "critical,keyCertSign,cRLSign");
	add_extension(x, NID_subject_key_identifier, "hash");
	add_extension(x, NID_subject_alt_name, "URI:spiffe://example.org");
	assert_true(X509_sign(x, issuer, EVP_sha256()) > 0);

	int len = i2d_X509(x, &encoded);

	assert_true(len > 0);
	assert_int_equal(bytes_copy((struct span){ encoded, (size_t)len }, der), OK);
	OPENSSL_free(encoded);
}

void granted_init(struct granted *g)
{
	granted_init_at(g, NOW);
}

void granted_init_at(struct granted *g, int64_t now)
{
	*g = (struct granted){ .minting = EVP_EC_gen("P-256"),
			       .result = EVP_EC_gen("P-256"),
			       .now = now };
	assert_non_null(g->minting);
	assert_non_null(g->result);
	certify_minting_key(g->minting, g->minting, now, &g->certificate);
	assert_int_equal(
		bytes_append(&g->entries, span_text("attestd-entries/1\nclass server\nend\n")), OK);
	granted_sign(g, "trusted", now + LIFETIME_S, "spiffe://example.org/web/*");
}

void granted_done(struct granted *g)
{
	EVP_PKEY_free(g->minting);
	EVP_PKEY_free(g->result);
	bytes_done(&g->certificate);
	bytes_done(&g->text);
	bytes_done(&g->signature);
	bytes_done(&g->entries);
}

void sign_with(EVP_PKEY *key, struct span message, struct bytes *out)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	uint8_t signature[256];
	size_t len = sizeof(signature);

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, message.data, message.len), 1);
	bytes_done(out);
	assert_int_equal(bytes_copy((struct span){ signature, len }, out), OK);
}

void granted_sign(struct granted *g, const char *state, int64_t expires, const char *entitlement)
{
	struct digest digest;
	bool is_granted = entitlement != NULL;
	char interval[32] = "";

	bytes_done(&g->text);
	if (g->interval_s > 0)
		(void)snprintf(interval, sizeof(interval), "interval %u\n", g->interval_s);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&g->certificate), &digest), OK);
	assert_int_equal(
		bytes_printf(&g->text,
			     "attestd-verdict/1\nnode %064d\nnonce AAAAAAAAAAAAAAAAAAAAAA==\n"
			     "state %s\nissued %lld\nexpires %lld\ngeneration %064d\n"
			     "cap 13\n%sminting-key %s\ncertificate ",
			     7, state, (long long)g->now, (long long)expires, 0, interval,
			     is_granted ? "000b01020304050607080910111213141516171819202122"
					  "23242526272829303132"
					: "-"),
		OK);
	if (is_granted) {
		assert_int_equal(digest_text_append(&g->text, &digest), OK);
		assert_int_equal(bytes_printf(&g->text, "\ntrust-domain example.org\nentries "),
				 OK);
		assert_int_equal(digest_of(DIGEST_SHA256, span_of(&g->entries), &digest), OK);
		assert_int_equal(digest_text_append(&g->text, &digest), OK);
		if (g->bundle > 0)
			assert_int_equal(bytes_printf(&g->text, "\nbundle %llu",
						      (unsigned long long)g->bundle),
					 OK);
		assert_int_equal(bytes_printf(&g->text, "\nentitlement %s\n", entitlement), OK);
	} else {
		assert_int_equal(bytes_printf(&g->text, "-\ntrust-domain -\nentries -\n"), OK);
	}
	assert_int_equal(
		bytes_printf(&g->text, "%send\n", g->last_lines != NULL ? g->last_lines : ""), OK);
	sign_with(g->result, span_of(&g->text), &g->signature);
}

void granted_open(const struct granted *g, struct grant *out)
{
	AUTO_DONE(verdict) v = { 0 };

	assert_int_equal(verdict_open(span_of(&g->text), span_of(&g->signature), g->result, &v),
			 OK);
	assert_int_equal(grant_take(&v, span_of(&g->certificate), NOW, out), OK);
}

void granted_put_bundle(const struct granted *g, struct writer *w, uint64_t sequence)
{
	AUTO_DONE(bundle) bundle = { .sequence = sequence, .own.certificate_count = 1 };
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) signature = { 0 };

	assert_int_equal(bytes_append(&bundle.own.trust_domain, span_text("example.org")), OK);
	assert_int_equal(bytes_copy(span_of(&g->certificate), &bundle.own.certificates[0]), OK);
	assert_int_equal(bundle_write(&bundle, &text), OK);
	sign_with(g->result, span_of(&text), &signature);
	writer_sized32(w, span_of(&text));
	writer_sized(w, span_of(&signature));
}
