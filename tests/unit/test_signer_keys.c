/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "scratch.h"
#include "verifier/signer/keys.h"

#define DAY 86400

/* A verifier's keys in files, to be spoiled one at a time. */
struct files {
	char directory[SCRATCH_MAX];
	char ca_key[128], ca[128], result[128], mac[128], act[128], other_act[128];
	EVP_PKEY *root_key, *issuer_key;
	bool has_two_domains; /* of one CA */
};

static void write_private(const char *path, EVP_PKEY *key, const char *passphrase)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, key, passphrase == NULL ? NULL : EVP_aes_128_cbc(),
					      NULL, 0, NULL, (void *)(uintptr_t)passphrase),
			 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void write_public(const char *path, EVP_PKEY *key)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_PUBKEY(f, key), 1);
	assert_int_equal(fclose(f), 0);
}

struct wanted {
	const char *constraints, *usage; /* NULL: none */
	long from, until; /* days from now */
};

static const struct wanted good_root = { "critical,CA:TRUE", "critical,keyCertSign,cRLSign", -1,
					 3650 };
static const struct wanted good_issuer = { "critical,CA:TRUE,pathlen:1", "critical,keyCertSign", -1,
					   365 };

static void add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void set_name(X509_NAME *name, const char *text)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)text,
						    -1, -1, 0),
			 1);
}

static X509 *make(const char *subject, const char *issuer, EVP_PKEY *key, EVP_PKEY *by,
		  const struct wanted *wanted)
{
	X509 *x = X509_new();

	assert_non_null(x);
	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1 + rand() % 100000), 1);
	set_name(X509_get_subject_name(x), subject);
	set_name(X509_get_issuer_name(x), issuer);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), wanted->from * DAY));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), wanted->until * DAY));
	assert_int_equal(X509_set_pubkey(x, key), 1);
	add_extension(x, NID_subject_key_identifier, "hash");
	if (wanted->constraints != NULL)
		add_extension(x, NID_basic_constraints, wanted->constraints);
	if (wanted->usage != NULL)
		add_extension(x, NID_key_usage, wanted->usage);
	assert_true(X509_sign(x, by, EVP_sha256()) > 0);
	return x;
}

static void write_chain(const struct files *f, X509 *issuer, X509 *root)
{
	FILE *file = fopen(f->ca, "w");

	assert_non_null(file);
	if (issuer != NULL)
		assert_int_equal(PEM_write_X509(file, issuer), 1);
	if (root != NULL)
		assert_int_equal(PEM_write_X509(file, root), 1);
	assert_int_equal(fclose(file), 0);
	X509_free(issuer);
	X509_free(root);
}

static void write_issued(const struct files *f, const struct wanted *issuer,
			 const struct wanted *root)
{
	write_chain(f, make("issuer", "root", f->issuer_key, f->root_key, issuer),
		    make("root", "root", f->root_key, f->root_key, root));
}

static void files_init(struct files *f)
{
	static const uint8_t mac[MAC_KEY_SIZE] = { 1 };
	EVP_PKEY *keys[3] = { EVP_EC_gen("P-256"), EVP_EC_gen("P-256"),
			      EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };

	*f = (struct files){ 0 };
	assert_non_null(mkdtemp(scratch_name(f->directory, "keys")));
	(void)snprintf(f->ca_key, sizeof(f->ca_key), "%s/ca_key", f->directory);
	(void)snprintf(f->ca, sizeof(f->ca), "%s/ca", f->directory);
	(void)snprintf(f->result, sizeof(f->result), "%s/result", f->directory);
	(void)snprintf(f->mac, sizeof(f->mac), "%s/mac", f->directory);
	(void)snprintf(f->act, sizeof(f->act), "%s/act", f->directory);
	(void)snprintf(f->other_act, sizeof(f->other_act), "%s/other_act", f->directory);
	f->root_key = EVP_EC_gen("P-384");
	f->issuer_key = EVP_EC_gen("P-256");
	write_private(f->ca_key, f->issuer_key, NULL);
	write_issued(f, &good_issuer, &good_root);
	write_private(f->result, keys[0], NULL);
	scratch_write(f->mac, (struct span){ mac, sizeof(mac) }, 0600);
	write_public(f->act, keys[1]);
	write_public(f->other_act, keys[2]);
	for (size_t i = 0; i < 3; i++)
		EVP_PKEY_free(keys[i]);
}

static void files_done(struct files *f)
{
	const char *const paths[] = { f->ca_key, f->ca, f->result, f->mac, f->act, f->other_act };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		(void)unlink(paths[i]);
	(void)rmdir(f->directory);
	EVP_PKEY_free(f->root_key);
	EVP_PKEY_free(f->issuer_key);
}

/* In two trust domains at once, where the files are told to be those of both. */
static enum status load_into(const struct files *f, struct signer_keys *keys,
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

static enum status load(const struct files *f, struct key_fault *fault)
{
	AUTO_DONE(signer_keys) keys = { 0 };

	return load_into(f, &keys, fault);
}

/* How a file is spoiled. */
static void nothing(struct files *f)
{
	(void)f;
}

static void ca_key_readable_by_others(struct files *f)
{
	assert_int_equal(chmod(f->ca_key, 0640), 0);
}

static void ca_key_missing(struct files *f)
{
	assert_int_equal(unlink(f->ca_key), 0);
}

static void ca_key_garbage(struct files *f)
{
	scratch_write(f->ca_key, span_text("garbage"), 0600);
}

static void ca_key_encrypted(struct files *f)
{
	write_private(f->ca_key, f->issuer_key, "secret");
}

static void ca_key_another(struct files *f)
{
	write_private(f->ca_key, f->root_key, NULL);
}

static void ca_key_a_directory(struct files *f)
{
	assert_int_equal(unlink(f->ca_key), 0);
	assert_int_equal(mkdir(f->ca_key, 0700), 0);
}

static void ca_missing(struct files *f)
{
	assert_int_equal(unlink(f->ca), 0);
}

static void ca_garbage(struct files *f)
{
	scratch_write(f->ca, span_text("garbage"), 0644);
}

static void ca_writable_by_others(struct files *f)
{
	assert_int_equal(chmod(f->ca, 0666), 0);
}

static void ca_without_root(struct files *f)
{
	write_chain(f, make("issuer", "root", f->issuer_key, f->root_key, &good_issuer), NULL);
}

static void ca_in_the_wrong_order(struct files *f)
{
	write_chain(f, make("root", "root", f->root_key, f->root_key, &good_root),
		    make("issuer", "root", f->issuer_key, f->root_key, &good_issuer));
}

/* The name alone says who issued it. */
static void ca_of_another_root(struct files *f)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");

	write_chain(f, make("issuer", "root", f->issuer_key, other, &good_issuer),
		    make("root", "root", f->root_key, f->root_key, &good_root));
	EVP_PKEY_free(other);
}

static void ca_expired(struct files *f)
{
	write_issued(f, &(struct wanted){ "critical,CA:TRUE,pathlen:1", "keyCertSign", -3, -1 },
		     &good_root);
}

static void ca_not_yet_valid(struct files *f)
{
	write_issued(f, &(struct wanted){ "critical,CA:TRUE,pathlen:1", "keyCertSign", 1, 3 },
		     &good_root);
}

static void ca_root_expired(struct files *f)
{
	write_issued(f, &good_issuer,
		     &(struct wanted){ "critical,CA:TRUE", "keyCertSign", -30, -1 });
}

static void ca_that_is_none(struct files *f)
{
	write_issued(f, &(struct wanted){ "critical,CA:FALSE", NULL, -1, 3 }, &good_root);
}

/* X509_check_ca() says 3: keyUsage alone, as some did once. */
static void ca_by_key_usage_alone(struct files *f)
{
	write_issued(f, &(struct wanted){ NULL, "keyCertSign", -1, 3 }, &good_root);
}

static void ca_that_may_not_sign(struct files *f)
{
	write_issued(f, &(struct wanted){ "critical,CA:TRUE", "digitalSignature", -1, 3 },
		     &good_root);
}

static void ca_without_room_for_grants(struct files *f)
{
	write_issued(f, &(struct wanted){ "critical,CA:TRUE,pathlen:0", "keyCertSign", -1, 3 },
		     &good_root);
}

static void ca_root_without_room(struct files *f)
{
	write_issued(f, &good_issuer,
		     &(struct wanted){ "critical,CA:TRUE,pathlen:1", "keyCertSign", -1, 3 });
}

static void ca_with(struct files *f, EVP_PKEY *key)
{
	write_private(f->ca_key, key, NULL);
	write_chain(f, make("issuer", "root", key, f->root_key, &good_issuer),
		    make("root", "root", f->root_key, f->root_key, &good_root));
	EVP_PKEY_free(key);
}

static void ca_with_rsa(struct files *f)
{
	ca_with(f, EVP_RSA_gen(2048));
}

/* Curves that OpenSSL knows and relying parties need not. */
static void ca_on_p521(struct files *f)
{
	ca_with(f, EVP_EC_gen("P-521"));
}

static void ca_on_secp256k1(struct files *f)
{
	ca_with(f, EVP_EC_gen("secp256k1"));
}

static void ca_below_an_rsa_root(struct files *f)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048);

	write_chain(f, make("issuer", "root", f->issuer_key, rsa, &good_issuer),
		    make("root", "root", rsa, rsa, &good_root));
	EVP_PKEY_free(rsa);
}

static void ca_with_a_root_that_another_signed(struct files *f)
{
	EVP_PKEY *other = EVP_EC_gen("P-384");

	write_chain(f, make("issuer", "root", f->issuer_key, f->root_key, &good_issuer),
		    make("root", "root", f->root_key, other, &good_root));
	EVP_PKEY_free(other);
}

static void append_certificate(const struct files *f, X509 *certificate)
{
	FILE *file = fopen(f->ca, "a");

	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, certificate), 1);
	assert_int_equal(fclose(file), 0);
	X509_free(certificate);
}

/* Each is good, and issuer and root make a chain without the one between them. */
static void ca_with_a_stranger_between(struct files *f)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");

	write_chain(f, make("issuer", "root", f->issuer_key, f->root_key, &good_issuer),
		    make("stranger", "root", other, f->root_key, &good_root));
	append_certificate(f, make("root", "root", f->root_key, f->root_key, &good_root));
	EVP_PKEY_free(other);
}

static void ca_with_an_intermediate(struct files *f)
{
	EVP_PKEY *other = EVP_EC_gen("P-384");

	write_chain(f, make("issuer", "middle", f->issuer_key, other, &good_issuer),
		    make("middle", "root", other, f->root_key, &good_root));
	append_certificate(f, make("root", "root", f->root_key, f->root_key, &good_root));
	EVP_PKEY_free(other);
}

static void result_with(const struct files *f, EVP_PKEY *key)
{
	write_private(f->result, key, NULL);
	EVP_PKEY_free(key);
}

static void result_with_rsa(struct files *f)
{
	result_with(f, EVP_RSA_gen(2048));
}

static void result_on_another_curve(struct files *f)
{
	result_with(f, EVP_EC_gen("P-384"));
}

static void result_with_ed25519(struct files *f)
{
	result_with(f, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

static void result_is_the_ca_key(struct files *f)
{
	write_private(f->result, f->issuer_key, NULL);
}

static void result_of_one_person(struct files *f)
{
	EVP_PKEY *one = EVP_EC_gen("P-256");

	write_public(f->act, one);
	result_with(f, one);
}

static void ca_of_two_domains(struct files *f)
{
	f->has_two_domains = true;
}

static void mac_short(struct files *f)
{
	scratch_write(f->mac, span_text("0123456789abcdef0123456789abcde"), 0600);
}

static void mac_long(struct files *f)
{
	scratch_write(f->mac, span_text("0123456789abcdef0123456789abcdef\n"), 0600);
}

static void mac_of_zeros(struct files *f)
{
	static const uint8_t zeros[MAC_KEY_SIZE];

	scratch_write(f->mac, (struct span){ zeros, sizeof(zeros) }, 0600);
}

static void mac_readable_by_others(struct files *f)
{
	assert_int_equal(chmod(f->mac, 0604), 0);
}

static void act_missing(struct files *f)
{
	assert_int_equal(unlink(f->act), 0);
}

static void act_garbage(struct files *f)
{
	scratch_write(f->act, span_text("garbage"), 0644);
}

static void act_with_rsa(struct files *f)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048);

	write_public(f->act, rsa);
	EVP_PKEY_free(rsa);
}

static void act_of_two_people(struct files *f)
{
	EVP_PKEY *one = EVP_EC_gen("P-256");

	write_public(f->act, one);
	write_public(f->other_act, one);
	EVP_PKEY_free(one);
}

static void act_is_the_ca_key(struct files *f)
{
	write_public(f->other_act, f->issuer_key);
}

static void every_fault_of_a_key_file_has_its_file_and_its_words(void **state)
{
	static const struct {
		void (*spoil)(struct files *f);
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
		struct files f;

		files_init(&f);
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
		files_done(&f);
	}
}

static void a_ca_ends_with_the_first_of_its_certificates(void **state)
{
	static const struct wanted ends[][2] = {
		{ { "critical,CA:TRUE,pathlen:1", "critical,keyCertSign", -1, 100 },
		  { "critical,CA:TRUE", "critical,keyCertSign", -1, 200 } },
		{ { "critical,CA:TRUE,pathlen:1", "critical,keyCertSign", -1, 200 },
		  { "critical,CA:TRUE", "critical,keyCertSign", -1, 100 } },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		AUTO_DONE(signer_keys) keys = { 0 };
		struct key_fault fault = { 0 };
		struct files f;

		files_init(&f);
		write_issued(&f, &ends[i][0], &ends[i][1]);
		assert_int_equal(load_into(&f, &keys, &fault), OK);
		assert_in_range(signer_keys_until(&keys), time(NULL) + 99 * DAY,
				time(NULL) + 100 * DAY);
		files_done(&f);
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
