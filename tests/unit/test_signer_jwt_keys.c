/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "messages/statement.h"
#include "signer_scene.h"

/* Keys of JWT-SVIDs in files beside those that --init made. */
struct place {
	char path[SCRATCH_MAX + 32];
};

static struct place place_of(const struct signer_files *f, const char *name)
{
	struct place p;

	(void)snprintf(p.path, sizeof(p.path), "%s/%s", f->directory, name);
	return p;
}

static void write_key(const char *path, EVP_PKEY *key, bool is_public)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(is_public ? PEM_write_PUBKEY(f, key)
				   : PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL),
			 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, is_public ? 0644 : 0600), 0);
}

static struct place make_key(const struct signer_files *f, const char *name, const char *curve,
			     bool is_public)
{
	struct place p = place_of(f, name);
	AUTO(EVP_PKEY) key = EVP_EC_gen(curve);

	assert_non_null(key);
	write_key(p.path, key, is_public);
	return p;
}

static enum status load(const char *places, struct jwt_signer *out)
{
	const char *fault = NULL;

	return jwt_signer_load(places, out, &fault);
}

static enum status load_two(const struct place *first, const struct place *second,
			    struct jwt_signer *out)
{
	AUTO_DONE(bytes) places = { 0 };

	assert_int_equal(bytes_printf(&places, "%s %s%c", first->path, second->path, 0), OK);
	return load((const char *)places.data, out);
}

static void the_first_key_signs_and_the_others_are_published(void **state)
{
	AUTO_DONE(jwt_signer) s = { 0 };
	struct signer_files f;
	(void)state;

	signer_files_init(&f);
	struct place first = place_of(&f, "jwt_key.pem");
	struct place next = make_key(&f, "next.pem", "P-256", false);
	struct place gone = make_key(&f, "gone.pem", "P-256", true);

	assert_int_equal(load_two(&first, &next, &s), OK);
	assert_int_equal(s.count, 2);
	assert_ptr_equal(s.signer.key, s.keys[0]);
	assert_int_equal(s.kids[0].len, JWT_KID_SIZE);
	assert_false(span_equal(span_of(&s.kids[0]), span_of(&s.kids[1])));
	jwt_signer_done(&s);
	assert_int_equal(load_two(&first, &gone, &s), OK);
	assert_int_equal(s.count, 2);
	jwt_signer_done(&s);
	assert_int_equal(load(NULL, &s), OK);
	assert_int_equal(s.count, 0);
	(void)unlink(next.path);
	(void)unlink(gone.path);
	signer_files_done(&f);
}

static void what_cannot_sign_is_no_first_key_and_what_is_none_no_other(void **state)
{
	AUTO_DONE(jwt_signer) s = { 0 };
	struct signer_files f;
	(void)state;

	signer_files_init(&f);
	struct place good = place_of(&f, "jwt_key.pem");
	struct place gone = make_key(&f, "gone.pem", "P-256", true);
	struct place large = make_key(&f, "large.pem", "P-384", false);
	struct place other = make_key(&f, "other.pem", "secp256k1", false);
	struct place none = place_of(&f, "none.pem");

	assert_int_not_equal(load_two(&gone, &good, &s), OK);
	assert_int_equal(load_two(&good, &large, &s), STATUS_UNSUPPORTED);
	assert_int_equal(load_two(&large, &good, &s), STATUS_UNSUPPORTED);
	assert_int_equal(load_two(&other, &good, &s), STATUS_UNSUPPORTED);
	assert_int_equal(load_two(&good, &none, &s), STATUS_NOT_FOUND);
	assert_int_equal(load_two(&good, &good, &s), STATUS_MISMATCH); /* twice the same */
	assert_int_equal(chmod(good.path, 0644), 0);
	assert_int_equal(load(good.path, &s), STATUS_DENIED);
	assert_int_equal(s.count, 0);
	(void)unlink(gone.path);
	(void)unlink(large.path);
	(void)unlink(other.path);
	signer_files_done(&f);
}

static void no_more_keys_than_are_published(void **state)
{
	AUTO_DONE(jwt_signer) s = { 0 };
	AUTO_DONE(bytes) places = { 0 };
	struct place keys[JWT_KEYS_MAX + 1];
	struct signer_files f;
	(void)state;

	signer_files_init(&f);
	for (size_t i = 0; i <= JWT_KEYS_MAX; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "k%zu.pem", i);
		keys[i] = make_key(&f, name, "P-256", false);
		assert_int_equal(bytes_printf(&places, "%s%s", i > 0 ? " " : "", keys[i].path), OK);
	}
	assert_int_equal(bytes_append_byte(&places, 0), OK);
	assert_int_equal(load((const char *)places.data, &s), STATUS_TOO_LARGE);
	for (size_t i = 0; i <= JWT_KEYS_MAX; i++)
		(void)unlink(keys[i].path);
	signer_files_done(&f);
}

static enum status load_signer(const struct signer_files *f, const char *jwt_keys,
			       struct signer_keys *out)
{
	const struct signer_authority_settings authority = {
		.trust_domain = "prod.example",
		.key = f->path[FILE_CA_KEY],
		.certificate = f->path[FILE_CA],
		.jwt_keys = jwt_keys,
	};
	const struct signer_settings settings = { .mac_key = f->path[FILE_MAC_KEY],
						  .result_key = f->path[FILE_RESULT_KEY],
						  .authorities = &authority,
						  .authority_count = 1 };
	struct key_fault fault;

	return signer_keys_load(&settings, 1767225600 + ((int64_t)1 << 20), out, &fault);
}

static void a_key_of_tokens_has_no_other_use(void **state)
{
	AUTO_DONE(signer_keys) keys = { 0 };
	struct signer_files f;
	(void)state;

	signer_files_init(&f);
	signer_files_age_root(&f, 1767225600);
	struct place own = place_of(&f, "jwt_key.pem");

	assert_int_equal(load_signer(&f, own.path, &keys), OK);
	assert_int_equal(keys.authorities[0].jwt.count, 1);
	signer_keys_done(&keys);
	assert_int_equal(load_signer(&f, f.path[FILE_RESULT_KEY], &keys), STATUS_MISMATCH);
	assert_int_equal(load_signer(&f, f.path[FILE_CA_KEY], &keys), STATUS_MISMATCH);
	assert_int_not_equal(load_signer(&f, f.path[FILE_MAC_KEY], &keys), OK);
	signer_files_done(&f);
}

/* What a node holds is replaced by what has a higher number. */
static void a_bundle_with_other_keys_has_a_higher_number(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bundle) bundle = { 0 };
	(void)state;

	signer_scene_init(&s);
	struct authority *a = &s.signer.keys.authorities[0];
	struct place other = make_key(&s.files, "other.pem", "P-256", false);
	uint64_t before = a->published.sequence;

	assert_int_equal(statement_sign_bundles(&s.signer), OK);
	assert_int_equal(a->published.sequence, before);
	jwt_signer_done(&a->jwt);
	assert_int_equal(load(other.path, &a->jwt), OK);
	assert_int_equal(statement_sign_bundles(&s.signer), OK);
	assert_int_equal(a->published.sequence, before + 1);
	assert_int_equal(bundle_parse(span_of(&a->published.bundle), &bundle), OK);
	assert_int_equal(bundle.own.jwt_key_count, 1);
	assert_true(span_equal(span_of(&bundle.own.jwt_keys[0].kid), span_of(&a->jwt.kids[0])));
	scene_ask(&s, FRAME_BUNDLE);
	assert_int_equal(s.answer.refusal, REFUSAL_NONE);
	assert_int_equal(s.answer.bundle.jwt_keys.count, 1);
	assert_true(span_equal(s.answer.bundle.jwt_keys.items[0].spki, span_of(&a->jwt.spkis[0])));
	(void)unlink(other.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_key_signs_and_the_others_are_published),
		cmocka_unit_test(what_cannot_sign_is_no_first_key_and_what_is_none_no_other),
		cmocka_unit_test(no_more_keys_than_are_published),
		cmocka_unit_test(a_key_of_tokens_has_no_other_use),
		cmocka_unit_test(a_bundle_with_other_keys_has_a_higher_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
