/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "release_outcome.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policies/reference/layer.h"

#define BUILDER "https://ci.example/release"
#define TEXT_MAX 8192

/* What a vendor signed, with what, and a key that no root knows. */
static struct {
	EVP_PKEY *key, *other;
	char spki[256], artifact[LINE_HEX_SIZE], signature[160], wrong[160];
} acme;

static void base64_of(struct span bytes, char *out, size_t size)
{
	AUTO_DONE(bytes) text = { 0 };

	assert_int_equal(base64_append(&text, bytes), OK);
	assert_true(text.len < size);
	(void)snprintf(out, size, "%.*s", (int)text.len, (const char *)text.data);
}

static void sign(EVP_PKEY *key, struct span message, char *out, size_t size)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	uint8_t signature[80];
	size_t len = sizeof(signature);

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, message.data, message.len), 1);
	base64_of((struct span){ signature, len }, out, size);
}

static int make_vendor(void **state)
{
	const struct span delivery = span_text("what was delivered");
	AUTO_DONE(bytes) hex = { 0 };
	struct digest digest;
	uint8_t *spki = NULL;
	(void)state;

	acme.key = EVP_EC_gen("P-256");
	acme.other = EVP_EC_gen("P-256");
	assert_true(acme.key != NULL && acme.other != NULL);
	int len = i2d_PUBKEY(acme.key, &spki);
	base64_of((struct span){ spki, (size_t)len }, acme.spki, sizeof(acme.spki));
	OPENSSL_free(spki);
	sign(acme.key, delivery, acme.signature, sizeof(acme.signature));
	sign(acme.other, delivery, acme.wrong, sizeof(acme.wrong));
	assert_int_equal(digest_of(DIGEST_SHA256, delivery, &digest), OK);
	assert_int_equal(hex_append(&hex, digest_span(&digest)), OK);
	(void)snprintf(acme.artifact, sizeof(acme.artifact), "%.*s", (int)hex.len,
		       (const char *)hex.data);
	return 0;
}

static int forget_vendor(void **state)
{
	(void)state;
	EVP_PKEY_free(acme.key);
	EVP_PKEY_free(acme.other);
	return 0;
}

/* What one test changes. */
struct delivery {
	const char *vendor, *artifact, *signature; /* in the manifest; NULL: as it should be */
	const char *input; /* in the provenance */
	const char *owner, *openpgp; /* in the root */
	bool has_no_provenance, has_no_origin, has_no_vendors;
	const struct line_edit *more;
};

static const char * or (const char *given, const char *usual)
{
	return given == NULL ? usual : given;
}

/* Where the builder says what it was made from. */
static void put_provenance(struct line *line, const struct delivery *d, char evidence[160])
{
	AUTO_DONE(line) plain = { 0 };
	AUTO_DONE(bytes) hex = { 0 };
	struct digest digest;
	char text[TEXT_MAX], path[160];
	const char *set = NULL;

	line_make(&plain, NULL, 0);
	for (size_t i = 0; i < plain.count; i++)
		if (strncmp(plain.file[i].path, "sets/", 5) == 0)
			set = plain.file[i].path + 5;
	assert_non_null(set);
	(void)snprintf(text, sizeof(text),
		       "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":["
		       "{\"name\":\"base.files\",\"digest\":{\"sha256\":\"%s\"}},"
		       "{\"name\":\"shim\",\"digest\":{\"authenticode-sha256\":\"%064d\"}}],"
		       "\"predicateType\":\"https://slsa.dev/provenance/v1\",\"predicate\":{"
		       "\"buildDefinition\":{\"buildType\":\"https://ci.example/type\","
		       "\"externalParameters\":{},\"resolvedDependencies\":["
		       "{\"digest\":{\"sha256\":\"%s\"}}]},"
		       "\"runDetails\":{\"builder\":{\"id\":\"" BUILDER "\"}}}}",
		       set, 0, or (d->input, acme.artifact));
	assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), &digest), OK);
	assert_int_equal(hex_append(&hex, digest_span(&digest)), OK);
	(void)snprintf(evidence, 160, "\"evidence\":{\"provenance\":\"sha256:%.*s\",", (int)hex.len,
		       (const char *)hex.data);
	(void)snprintf(path, sizeof(path), "provenance/%.*s.json", (int)hex.len,
		       (const char *)hex.data);
	if (line->count > 0)
		line_put_signed(line, path, "build", text);
}

/* A line whose files a vendor delivered. */
static void make(struct line *line, const struct delivery *d)
{
	char root[1024], set[512], evidence[160];
	struct line nothing = { 0 };

	(void)snprintf(root, sizeof(root),
		       "\"vendors\":{\"acme\":{\"keys\":[{\"spki\":\"%s\"}],%s\"owner\":\"%s\","
		       "\"backup\":\"Bob\",\"escalation\":\"acme@example.org\"}},"
		       "\"builders\":[\"" BUILDER "\"],\"requireProvenance\":false",
		       acme.spki, d->openpgp == NULL ? "" : d->openpgp, or (d->owner, "Ann"));
	(void)snprintf(set, sizeof(set),
		       "\"class\":\"vendor\",\"vendor\":{\"name\":\"%s\",\"artifact\":\"%s\","
		       "\"signature\":\"%s\"}",
		       or (d->vendor, "acme"), or (d->artifact, acme.artifact),
		       or (d->signature, acme.signature));
	put_provenance(&nothing, d, evidence);

	const struct line_edit edits[] = {
		{ "manifest", "\"class\":\"identity\"",
		  d->has_no_origin ? "\"class\":\"vendor\"" : set },
		{ "root", "\"requireProvenance\":false",
		  d->has_no_vendors ? "\"builders\":[\"" BUILDER "\"],\"requireProvenance\":false"
				    : root },
		{ "manifest", "\"evidence\":{",
		  d->has_no_provenance ? "\"evidence\":{" : evidence },
		{ "manifest", "\"early\":[\"base.files\"],", "" },
		d->more == NULL ? (struct line_edit){ 0 } : *d->more,
	};
	line_make(line, edits, d->more == NULL ? 4 : 5);
	if (!d->has_no_provenance)
		put_provenance(line, d, evidence);
}

static void refuses(const char *code, const struct delivery *d)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };

	make(&line, d);
	outcome_load(&line, &out);
	assert_int_not_equal(out.status, OK);
	assert_string_equal(out.refusal.code, code);
}

static void what_a_vendor_signed_loads_and_has_its_owner(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct reference reference;
	struct reference_set set;
	(void)state;

	make(&line, &(struct delivery){ 0 });
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &reference), OK);
	assert_int_equal(reference_set(&reference, 0, &set), OK);
	assert_int_equal(set.class, SET_VENDOR);

	enum layer layer = (enum layer)(LAYER_VENDOR + set.vendor);
	struct layer_owner owner = reference_owner(&reference, layer);
	assert_string_equal(layer_name(layer), "vendor");
	assert_true(span_equal(owner.owner, span_text("Ann")));
	assert_true(span_equal(owner.backup, span_text("Bob")));
	assert_true(span_equal(owner.escalation, span_text("acme@example.org")));
}

static void a_vendor_that_the_root_does_not_know_is_refused(void **state)
{
	(void)state;
	refuses("vendor-unknown", &(struct delivery){ .vendor = "evil" });
	refuses("vendor-unknown", &(struct delivery){ .has_no_vendors = true });
}

static void what_another_key_signed_is_refused(void **state)
{
	static const char zero[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	(void)state;

	refuses("vendor-signature", &(struct delivery){ .signature = acme.wrong });
	/* The right signature, over something else. */
	refuses("vendor-signature", &(struct delivery){ .artifact = zero, .input = zero });
}

static void a_vendors_set_without_a_signature_is_refused(void **state)
{
	(void)state;
	refuses("missing-field", &(struct delivery){ .has_no_origin = true });
	refuses("vendor-signature", &(struct delivery){ .signature = "" });
}

static void a_vendor_without_an_owner_is_refused(void **state)
{
	(void)state;
	refuses("empty", &(struct delivery){ .owner = "" });
}

static void files_come_from_the_artifact_by_a_builders_word(void **state)
{
	static const char zero[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	(void)state;

	refuses("provenance-missing", &(struct delivery){ .has_no_provenance = true });
	refuses("vendor-not-an-input", &(struct delivery){ .input = zero });
}

static void only_a_vendors_set_says_whose_it_is(void **state)
{
	static const struct refusal_row row = {
		{ "manifest", "\"class\":\"identity\"",
		  "\"class\":\"identity\",\"vendor\":{\"name\":\"acme\",\"artifact\":\""
		  "0000000000000000000000000000000000000000000000000000000000000000"
		  "\",\"signature\":\"AA==\"}" },
		"unknown-field"
	};
	(void)state;

	outcome_all_refused(&row, 1);
}

static void a_vendor_delivers_no_file_that_the_root_classes(void **state)
{
	static const struct line_edit rule = {
		"root", "\"classRules\":{",
		"\"classRules\":{\"paths\":[{\"path\":\"/usr\",\"class\":\"identity\"}],"
	};
	static const struct refusal_row by_vendor = {
		{ "root", "\"classRules\":{",
		  "\"classRules\":{\"paths\":[{\"path\":\"/usr\",\"class\":\"vendor\"}]," },
		"bad-value"
	};
	(void)state;

	refuses("set-class-too-low", &(struct delivery){ .more = &rule });
	outcome_all_refused(&by_vendor, 1);
}

/* Its key, or the artifact, is taken back: what it carried is out of force, and the
 * rest goes on. */
static void what_is_revoked_is_out_of_force(void **state)
{
	char keys[160], files[160];
	AUTO_DONE(bytes) raw = { 0 };
	AUTO_DONE(bytes) hex = { 0 };
	struct digest digest;
	(void)state;

	assert_int_equal(base64_decode(span_text(acme.spki), 256, &raw), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&raw), &digest), OK);
	assert_int_equal(hex_append(&hex, digest_span(&digest)), OK);
	(void)snprintf(keys, sizeof(keys), "\"keys\":[\"%.*s\"]", (int)hex.len,
		       (const char *)hex.data);
	(void)snprintf(files, sizeof(files), "\"files\":[\"%s\"]", acme.artifact);

	const struct line_edit edits[] = { { "revocations", "\"keys\":[]", keys },
					   { "revocations", "\"files\":[]", files } };
	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		struct reference reference;

		make(&line, &(struct delivery){ .more = &edits[i] });
		outcome_load(&line, &out);
		assert_int_equal(out.status, OK);
		assert_int_equal(reference_open(span_of(&out.image), &reference), OK);
		assert_int_equal(reference_facts(&reference).release_count, 0);
	}
}

#define FINGERPRINT "B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8"

static void openpgp_fingerprints_are_whole_and_few(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	const struct delivery good = { .openpgp = "\"openpgp\":[\"" FINGERPRINT "\"]," };
	char many[9 * (sizeof(FINGERPRINT) + 3) + 32] = "\"openpgp\":[\"" FINGERPRINT "\"";
	(void)state;

	make(&line, &good);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
	refuses("bad-value", &(struct delivery){ .openpgp = "\"openpgp\":[\"350947F8\"]," });
	refuses("bad-value",
		&(struct delivery){
			.openpgp = "\"openpgp\":[\"b8b80b5b623eab6ad8775c45b7c5d7d6350947f8\"]," });
	refuses("wrong-type", &(struct delivery){ .openpgp = "\"openpgp\":\"" FINGERPRINT "\"," });
	for (int i = 0; i < 8; i++)
		(void)strcat(many, ",\"" FINGERPRINT "\"");
	(void)strcat(many, "],");
	refuses("too-many-elements", &(struct delivery){ .openpgp = many });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_vendor_signed_loads_and_has_its_owner),
		cmocka_unit_test(a_vendor_that_the_root_does_not_know_is_refused),
		cmocka_unit_test(what_another_key_signed_is_refused),
		cmocka_unit_test(a_vendors_set_without_a_signature_is_refused),
		cmocka_unit_test(a_vendor_without_an_owner_is_refused),
		cmocka_unit_test(files_come_from_the_artifact_by_a_builders_word),
		cmocka_unit_test(only_a_vendors_set_says_whose_it_is),
		cmocka_unit_test(a_vendor_delivers_no_file_that_the_root_classes),
		cmocka_unit_test(what_is_revoked_is_out_of_force),
		cmocka_unit_test(openpgp_fingerprints_are_whole_and_few),
	};

	return cmocka_run_group_tests(tests, make_vendor, forget_vendor);
}
