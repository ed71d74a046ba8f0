/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "key_files.h"

/* In two trust domains at once, where the files are told to be those of both. */
static enum status load_into(const struct key_files *f, struct signer_keys *keys,
			     struct key_fault *fault)
{
	struct signer_authority_settings authorities[] = {
		{ "prod.example", f->ca_key, f->ca, NULL, NULL },
		{ "test.example", f->ca_key, f->ca, NULL, NULL }
	};
	struct signer_act_key_settings acts[] = { { "ida", ROLE_PLATFORM, f->act },
						  { "ian", ROLE_IDENTITY_SECURITY, f->other_act } };
	struct signer_settings settings = { .mac_key = f->mac,
					    .result_key = f->result,
					    .authorities = authorities,
					    .authority_count = f->has_two_domains ? 2 : 1,
					    .act_keys = acts,
					    .act_key_count = 2 };

	return signer_keys_load(&settings, (int64_t)time(NULL), keys, fault);
}

static enum status load(const struct key_files *f, struct key_fault *fault)
{
	AUTO_DONE(signer_keys) keys = { 0 };

	return load_into(f, &keys, fault);
}

/* How a file is spoiled. */
static void nothing(struct key_files *f)
{
	(void)f;
}

static void ca_key_readable_by_others(struct key_files *f)
{
	assert_int_equal(chmod(f->ca_key, 0640), 0);
}

static void ca_key_missing(struct key_files *f)
{
	assert_int_equal(unlink(f->ca_key), 0);
}

static void ca_key_garbage(struct key_files *f)
{
	scratch_write(f->ca_key, span_text("garbage"), 0600);
}

static void ca_key_encrypted(struct key_files *f)
{
	key_files_private(f->ca_key, f->issuer_key, "secret");
}

static void ca_key_another(struct key_files *f)
{
	key_files_private(f->ca_key, f->root_key, NULL);
}

static void ca_key_a_directory(struct key_files *f)
{
	assert_int_equal(unlink(f->ca_key), 0);
	assert_int_equal(mkdir(f->ca_key, 0700), 0);
}

static void ca_missing(struct key_files *f)
{
	assert_int_equal(unlink(f->ca), 0);
}

static void ca_garbage(struct key_files *f)
{
	scratch_write(f->ca, span_text("garbage"), 0644);
}

static void ca_writable_by_others(struct key_files *f)
{
	assert_int_equal(chmod(f->ca, 0666), 0);
}

static void ca_without_root(struct key_files *f)
{
	key_files_chain(f,
			key_files_certificate("issuer", "root", f->issuer_key, f->root_key,
					      &key_files_issuer),
			NULL);
}

static void ca_in_the_wrong_order(struct key_files *f)
{
	key_files_chain(
		f, key_files_certificate("root", "root", f->root_key, f->root_key, &key_files_root),
		key_files_certificate("issuer", "root", f->issuer_key, f->root_key,
				      &key_files_issuer));
}

/* The name alone says who issued it. */
static void ca_of_another_root(struct key_files *f)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");

	key_files_chain(
		f, key_files_certificate("issuer", "root", f->issuer_key, other, &key_files_issuer),
		key_files_certificate("root", "root", f->root_key, f->root_key, &key_files_root));
	EVP_PKEY_free(other);
}

static void ca_expired(struct key_files *f)
{
	key_files_issued(
		f,
		&(struct certificate_wanted){ "critical,CA:TRUE,pathlen:1", "keyCertSign", -3, -1 },
		&key_files_root);
}

static void ca_not_yet_valid(struct key_files *f)
{
	key_files_issued(
		f,
		&(struct certificate_wanted){ "critical,CA:TRUE,pathlen:1", "keyCertSign", 1, 3 },
		&key_files_root);
}

static void ca_root_expired(struct key_files *f)
{
	key_files_issued(
		f, &key_files_issuer,
		&(struct certificate_wanted){ "critical,CA:TRUE", "keyCertSign", -30, -1 });
}

static void ca_that_is_none(struct key_files *f)
{
	key_files_issued(f, &(struct certificate_wanted){ "critical,CA:FALSE", NULL, -1, 3 },
			 &key_files_root);
}

/* X509_check_ca() says 3: keyUsage alone, as some did once. */
static void ca_by_key_usage_alone(struct key_files *f)
{
	key_files_issued(f, &(struct certificate_wanted){ NULL, "keyCertSign", -1, 3 },
			 &key_files_root);
}

static void ca_that_may_not_sign(struct key_files *f)
{
	key_files_issued(
		f, &(struct certificate_wanted){ "critical,CA:TRUE", "digitalSignature", -1, 3 },
		&key_files_root);
}

static void ca_without_room_for_grants(struct key_files *f)
{
	key_files_issued(
		f,
		&(struct certificate_wanted){ "critical,CA:TRUE,pathlen:0", "keyCertSign", -1, 3 },
		&key_files_root);
}

static void ca_root_without_room(struct key_files *f)
{
	key_files_issued(
		f, &key_files_issuer,
		&(struct certificate_wanted){ "critical,CA:TRUE,pathlen:1", "keyCertSign", -1, 3 });
}

static void ca_with(struct key_files *f, EVP_PKEY *key)
{
	key_files_private(f->ca_key, key, NULL);
	key_files_chain(
		f, key_files_certificate("issuer", "root", key, f->root_key, &key_files_issuer),
		key_files_certificate("root", "root", f->root_key, f->root_key, &key_files_root));
	EVP_PKEY_free(key);
}

static void ca_with_rsa(struct key_files *f)
{
	ca_with(f, EVP_RSA_gen(2048));
}

/* Curves that OpenSSL knows and relying parties need not. */
static void ca_on_p521(struct key_files *f)
{
	ca_with(f, EVP_EC_gen("P-521"));
}

static void ca_on_secp256k1(struct key_files *f)
{
	ca_with(f, EVP_EC_gen("secp256k1"));
}

static void ca_below_an_rsa_root(struct key_files *f)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048);

	key_files_chain(
		f, key_files_certificate("issuer", "root", f->issuer_key, rsa, &key_files_issuer),
		key_files_certificate("root", "root", rsa, rsa, &key_files_root));
	EVP_PKEY_free(rsa);
}

static void ca_with_a_root_that_another_signed(struct key_files *f)
{
	EVP_PKEY *other = EVP_EC_gen("P-384");

	key_files_chain(f,
			key_files_certificate("issuer", "root", f->issuer_key, f->root_key,
					      &key_files_issuer),
			key_files_certificate("root", "root", f->root_key, other, &key_files_root));
	EVP_PKEY_free(other);
}

static void append_certificate(const struct key_files *f, X509 *certificate)
{
	FILE *file = fopen(f->ca, "a");

	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, certificate), 1);
	assert_int_equal(fclose(file), 0);
	X509_free(certificate);
}

/* Each is good, and issuer and root make a chain without the one between them. */
static void ca_with_a_stranger_between(struct key_files *f)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");

	key_files_chain(
		f,
		key_files_certificate("issuer", "root", f->issuer_key, f->root_key,
				      &key_files_issuer),
		key_files_certificate("stranger", "root", other, f->root_key, &key_files_root));
	append_certificate(f, key_files_certificate("root", "root", f->root_key, f->root_key,
						    &key_files_root));
	EVP_PKEY_free(other);
}

static void ca_with_an_intermediate(struct key_files *f)
{
	EVP_PKEY *other = EVP_EC_gen("P-384");

	key_files_chain(
		f,
		key_files_certificate("issuer", "middle", f->issuer_key, other, &key_files_issuer),
		key_files_certificate("middle", "root", other, f->root_key, &key_files_root));
	append_certificate(f, key_files_certificate("root", "root", f->root_key, f->root_key,
						    &key_files_root));
	EVP_PKEY_free(other);
}

/* 75 bytes each. */
static void lengthen(X509_NAME *name, int units)
{
	static const uint8_t unit[64] =
		"a unit of an organisation that likes its names to be very long.";

	for (int i = 0; i < units; i++)
		assert_int_equal(
			X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_ASC, unit, 63, -1, 0), 1);
}

/* Names that are long, of the issuing CA and of the root. */
static void long_chain(struct key_files *f, int issuer_units, int root_units)
{
	X509 *issuer = key_files_certificate("issuer", "root", f->issuer_key, f->root_key,
					     &key_files_issuer);
	X509 *root =
		key_files_certificate("root", "root", f->root_key, f->root_key, &key_files_root);

	lengthen(X509_get_subject_name(issuer), issuer_units);
	lengthen(X509_get_issuer_name(issuer), root_units);
	lengthen(X509_get_subject_name(root), root_units);
	lengthen(X509_get_issuer_name(root), root_units);
	assert_true(X509_sign(issuer, f->root_key, EVP_sha256()) > 0);
	assert_true(X509_sign(root, f->root_key, EVP_sha256()) > 0);
	key_files_chain(f, issuer, root);
}

static void ca_of_a_long_name(struct key_files *f)
{
	long_chain(f, 40, 0);
}

static void ca_of_a_longer_name(struct key_files *f)
{
	long_chain(f, 48, 0);
}

static void ca_too_long(struct key_files *f)
{
	long_chain(f, 52, 0);
}

static void ca_below_a_long_root(struct key_files *f)
{
	long_chain(f, 0, 26);
}

static void result_with(const struct key_files *f, EVP_PKEY *key)
{
	key_files_private(f->result, key, NULL);
	EVP_PKEY_free(key);
}

static void result_with_rsa(struct key_files *f)
{
	result_with(f, EVP_RSA_gen(2048));
}

static void result_on_another_curve(struct key_files *f)
{
	result_with(f, EVP_EC_gen("P-384"));
}

static void result_with_ed25519(struct key_files *f)
{
	result_with(f, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

static void result_is_the_ca_key(struct key_files *f)
{
	key_files_private(f->result, f->issuer_key, NULL);
}

static void result_of_one_person(struct key_files *f)
{
	EVP_PKEY *one = EVP_EC_gen("P-256");

	key_files_public(f->act, one);
	result_with(f, one);
}

static void ca_of_two_domains(struct key_files *f)
{
	f->has_two_domains = true;
}

static void mac_short(struct key_files *f)
{
	scratch_write(f->mac, span_text("0123456789abcdef0123456789abcde"), 0600);
}

static void mac_long(struct key_files *f)
{
	scratch_write(f->mac, span_text("0123456789abcdef0123456789abcdef\n"), 0600);
}

static void mac_of_zeros(struct key_files *f)
{
	static const uint8_t zeros[MAC_KEY_SIZE];

	scratch_write(f->mac, (struct span){ zeros, sizeof(zeros) }, 0600);
}

static void mac_readable_by_others(struct key_files *f)
{
	assert_int_equal(chmod(f->mac, 0604), 0);
}

static void act_missing(struct key_files *f)
{
	assert_int_equal(unlink(f->act), 0);
}

static void act_garbage(struct key_files *f)
{
	scratch_write(f->act, span_text("garbage"), 0644);
}

static void act_with_rsa(struct key_files *f)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048);

	key_files_public(f->act, rsa);
	EVP_PKEY_free(rsa);
}

static void act_of_two_people(struct key_files *f)
{
	EVP_PKEY *one = EVP_EC_gen("P-256");

	key_files_public(f->act, one);
	key_files_public(f->other_act, one);
	EVP_PKEY_free(one);
}

static void act_is_the_ca_key(struct key_files *f)
{
	key_files_public(f->other_act, f->issuer_key);
}

static void every_fault_of_a_key_file_has_its_file_and_its_words(void **state)
{
	static const struct {
		void (*spoil)(struct key_files *f);
		const char *file; /* NULL: nothing is wrong */
		const char *words;
	} cases[] = {
		{ nothing, NULL, NULL },
		{ ca_key_readable_by_others, "ca_key", "chmod 600" },
		{ ca_key_missing, "ca_key", "not there" },
		{ ca_key_garbage, "ca_key", "without a passphrase" },
		{ ca_key_encrypted, "ca_key", "without a passphrase" },
		{ ca_key_another, "ca", "is not the key's" },
		{ ca_key_a_directory, "ca_key", "regular file" },
		{ ca_missing, "ca", "not there" },
		{ ca_garbage, "ca", "issuing CA first" },
		{ ca_writable_by_others, "ca", "regular file" },
		{ ca_without_root, "ca", "self-signed root last" },
		{ ca_in_the_wrong_order, "ca", "issuing CA first" },
		{ ca_of_another_root, "ca", "no chain" },
		{ ca_expired, "ca", "expired" },
		{ ca_not_yet_valid, "ca", "not valid yet" },
		{ ca_root_expired, "ca", "expired" },
		{ ca_that_is_none, "ca", "no CA's" },
		{ ca_by_key_usage_alone, "ca", "no CA's" },
		{ ca_that_may_not_sign, "ca", "no CA's" },
		{ ca_without_room_for_grants, "ca", "path length" },
		{ ca_root_without_room, "ca", "path length" },
		{ ca_with_rsa, "ca", "P-256 or P-384" },
		{ ca_on_p521, "ca", "P-256 or P-384" },
		{ ca_on_secp256k1, "ca", "P-256 or P-384" },
		{ ca_below_an_rsa_root, "ca", "P-256 or P-384" },
		{ ca_with_a_root_that_another_signed, "ca", "no chain" },
		{ ca_with_a_stranger_between, "ca", "no chain" },
		{ ca_with_an_intermediate, NULL, NULL },
		{ ca_of_a_long_name, NULL, NULL },
		{ ca_of_a_longer_name, "ca", "grants would be longer" },
		{ ca_too_long, "ca", "a certificate in it is longer" },
		{ ca_below_a_long_root, "ca", "a certificate in it is longer" },
		{ result_with_rsa, "result", "P-256" },
		{ result_on_another_curve, "result", "P-256" },
		{ result_with_ed25519, "result", "P-256" },
		{ result_is_the_ca_key, "ca_key", "another use" },
		{ result_of_one_person, "act", "another use" },
		{ ca_of_two_domains, "ca_key", "another use" },
		{ mac_short, "mac", "32 random bytes" },
		{ mac_long, "mac", "32 random bytes" },
		{ mac_of_zeros, "mac", "32 random bytes" },
		{ mac_readable_by_others, "mac", "chmod 600" },
		{ act_missing, "act", "not there" },
		{ act_garbage, "act", "public key" },
		{ act_with_rsa, "act", "P-256 or Ed25519" },
		{ act_of_two_people, "other_act", "another use" },
		{ act_is_the_ca_key, "other_act", "another use" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct key_fault fault = { "", "" };
		struct key_files f;

		key_files_init(&f);
		cases[i].spoil(&f);

		enum status status = load(&f, &fault);
		const char *name = strrchr(fault.path, '/');

		if (cases[i].file == NULL)
			assert_string_equal(status == OK ? "" : fault.what, "");
		else if (status == OK || name == NULL || strcmp(name + 1, cases[i].file) != 0 ||
			 strstr(fault.what, cases[i].words) == NULL)
			fail_msg("case %zu: %s: %s: %s", i, status_text(status), fault.path,
				 fault.what);
		(void)rmdir(f.ca_key);
		key_files_done(&f);
	}
}

static void a_ca_ends_with_the_first_of_its_certificates(void **state)
{
	static const struct certificate_wanted ends[][2] = {
		{ { "critical,CA:TRUE,pathlen:1", "critical,keyCertSign", -1, 100 },
		  { "critical,CA:TRUE", "critical,keyCertSign", -1, 200 } },
		{ { "critical,CA:TRUE,pathlen:1", "critical,keyCertSign", -1, 200 },
		  { "critical,CA:TRUE", "critical,keyCertSign", -1, 100 } },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		AUTO_DONE(signer_keys) keys = { 0 };
		struct key_fault fault = { 0 };
		struct key_files f;

		key_files_init(&f);
		key_files_issued(&f, &ends[i][0], &ends[i][1]);
		assert_int_equal(load_into(&f, &keys, &fault), OK);
		assert_in_range(signer_keys_until(&keys), time(NULL) + 99 * DAY,
				time(NULL) + 100 * DAY);
		key_files_done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_of_a_key_file_has_its_file_and_its_words),
		cmocka_unit_test(a_ca_ends_with_the_first_of_its_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
