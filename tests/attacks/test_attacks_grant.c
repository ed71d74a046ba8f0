/* SPDX-License-Identifier: Apache-2.0 */
/* What a grant allows: to three validators, OpenSSL, GnuTLS and NSS. */
#include "attacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "attack_scene.h"
#include "granted_scene.h"

#define HAS_CERTTOOL (system("command -v certtool >/dev/null 2>&1") == 0)
#define HAS_NSS (system("command -v vfychain certutil >/dev/null 2>&1") == 0)

static void write_pem(const char *path, const char *mode, X509 *certificate)
{
	FILE *file = fopen(path, mode);

	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, certificate), 1);
	assert_int_equal(fclose(file), 0);
}

/* certtool knows no time but the clock's: the same authority issues once more. */
static void grant_for_today(struct granted_scene *g)
{
	AUTO_DONE(bytes) der = { 0 };
	struct public_area area;
	/* NSS wants serials that the root does not have itself. */
	struct grant_request request = { .name = { 1 }, .serial = { 9 } };

	g->scene.now = (int64_t)time(NULL);
	assert_int_equal(public_area_parse(span_of(&g->scene.minting.public), &area), OK);
	request.x = area.x.data;
	request.y = area.y.data;
	request.issued = g->scene.now;
	request.expires = g->scene.now + 600;
	assert_int_equal(authority_grant(&g->scene.signer.keys.authorities[0], &request, &der), OK);
	X509_free(g->grant);
	g->grant = parse_certificate(span_of(&der));
}

/* GnuTLS's opinion of the leaf under what is between, from below, and root; now. */
static bool gnutls_accepts_below(struct granted_scene *g, X509 *leaf, X509 *const *between,
				 size_t count)
{
	char chain[SCRATCH_MAX + 16], root[SCRATCH_MAX + 16], command[512];

	(void)snprintf(chain, sizeof(chain), "%s/chain.pem", g->scene.files.directory);
	(void)snprintf(root, sizeof(root), "%s/root.pem", g->scene.files.directory);
	write_pem(chain, "w", leaf);
	for (size_t i = 0; i < count; i++)
		write_pem(chain, "a", between[i]);
	write_pem(root, "w", g->root);
	(void)snprintf(command, sizeof(command),
		       "certtool --verify --load-ca-certificate %s --infile %s >/dev/null 2>&1",
		       root, chain);

	int status = system(command);

	(void)unlink(chain);
	(void)unlink(root);
	return status == 0;
}

static bool gnutls_accepts(struct granted_scene *g, X509 *leaf, X509 *between)
{
	return gnutls_accepts_below(g, leaf, &between, between == NULL ? 0 : 1);
}

static bool gnutls_accepts_issued(struct granted_scene *g, const char *san, const char *basic)
{
	AUTO(X509) leaf = issue(g, san, basic);

	return gnutls_accepts(g, leaf, g->grant);
}

/* A database of NSS's with the root in it; the directory goes with the scene's. */
static void nss_begin(struct granted_scene *g)
{
	const char *directory = g->scene.files.directory;
	char root[SCRATCH_MAX + 16], command[768];

	(void)snprintf(root, sizeof(root), "%s/root.pem", directory);
	write_pem(root, "w", g->root);
	(void)snprintf(command, sizeof(command),
		       "mkdir %s/nss && certutil -N -d sql:%s/nss --empty-password && "
		       "certutil -A -d sql:%s/nss -n root -t CT,C,C -i %s",
		       directory, directory, directory, root);
	assert_int_equal(system(command), 0);
	(void)unlink(root);
}

static void nss_end(struct granted_scene *g)
{
	char command[SCRATCH_MAX + 32];

	(void)snprintf(command, sizeof(command), "rm -r %s/nss", g->scene.files.directory);
	assert_int_equal(system(command), 0);
}

static bool nss_accepts(struct granted_scene *g, X509 *leaf)
{
	const char *directory = g->scene.files.directory;
	char path[2][SCRATCH_MAX + 16], command[768];

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path[i], sizeof(path[i]), "%s/%zu.pem", directory, i);
		write_pem(path[i], "w", i == 0 ? leaf : g->grant);
	}
	/* As a TLS server's certificate. */
	(void)snprintf(command, sizeof(command),
		       "vfychain -d sql:%s/nss -u 1 -a %s %s 2>&1 | grep -q 'Chain is good'",
		       directory, path[0], path[1]);

	int status = system(command);

	(void)unlink(path[0]);
	(void)unlink(path[1]);
	return status == 0;
}

static bool nss_accepts_issued(struct granted_scene *g, const char *san)
{
	AUTO(X509) leaf = issue(g, san, "critical,CA:FALSE");

	return nss_accepts(g, leaf);
}

static void name_it(X509 *certificate, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	assert_int_equal(X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC,
						    (const unsigned char *)name, -1, -1, 0),
			 1);
}

/* A CA that lacks nothing but the grant's leave, and a leaf of it: below[0] the leaf. */
static void issue_below(struct granted_scene *g, X509 *below[2])
{
	const char *san = "critical,URI:spiffe://prod.example/web";

	below[1] = issue(g, san, "critical,CA:TRUE");
	name_it(below[1], "below");
	add_extension(below[1], g->grant, NID_key_usage, "critical,keyCertSign");
	add_extension(below[1], g->grant, NID_subject_key_identifier, "hash");
	assert_true(X509_sign(below[1], g->scene.minting.key, EVP_sha256()) > 0);
	below[0] = X509_new();
	assert_non_null(below[0]);
	assert_int_equal(X509_set_version(below[0], X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(below[0]), 2), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(below[0]), (time_t)g->scene.now));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(below[0]), (time_t)g->scene.now + 300));
	name_it(below[0], "leaf");
	assert_int_equal(X509_set_issuer_name(below[0], X509_get_subject_name(below[1])), 1);
	assert_int_equal(X509_set_pubkey(below[0], g->scene.minting.key), 1);
	add_extension(below[0], below[1], NID_basic_constraints, "critical,CA:FALSE");
	add_extension(below[0], below[1], NID_subject_alt_name, san);
	add_extension(below[0], below[1], NID_authority_key_identifier, "keyid:always");
	assert_true(X509_sign(below[0], g->scene.ek, EVP_sha256()) > 0);
}

static int verify_below(struct granted_scene *g)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *below[2];

	issue_below(g, below);
	assert_true(sk_X509_push(chain, below[1]) > 0);
	assert_true(sk_X509_push(chain, g->grant) > 0);

	int error = verify_at(g, below[0], chain, g->scene.now);

	sk_X509_free(chain);
	X509_free(below[0]);
	X509_free(below[1]);
	return error;
}

static bool gnutls_accepts_one_below(struct granted_scene *g)
{
	X509 *below[2];

	issue_below(g, below);

	X509 *const between[] = { below[1], g->grant };
	bool is_accepted = gnutls_accepts_below(g, below[0], between, 2);

	X509_free(below[0]);
	X509_free(below[1]);
	return is_accepted;
}

static void k15_a_grant_is_no_wider_than_it_says(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	(void)state;

	granted_scene_init(&g);
	assert_int_equal(X509_get_version(g.grant), X509_VERSION_3);
	assert_int_equal(X509_check_ca(g.grant), 1);
	assert_int_equal(X509_get_pathlen(g.grant), 0);
	assert_int_equal(X509_get_key_usage(g.grant), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	assert_int_equal(X509_get_ext_count(g.grant), 6);
	for (int i = 0; i < X509_get_ext_count(g.grant); i++) {
		X509_EXTENSION *extension = X509_get_ext(g.grant, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));

		assert_int_equal(X509_EXTENSION_get_critical(extension),
				 nid == NID_basic_constraints || nid == NID_key_usage ||
					 nid == NID_name_constraints);
	}
	/* A CA below it is one too many. */
	assert_int_equal(
		verify_issued(&g, "critical,URI:spiffe://prod.example/web", "critical,CA:FALSE"),
		X509_V_OK);
	assert_int_equal(verify_below(&g), X509_V_ERR_PATH_LENGTH_EXCEEDED);
	if (!HAS_CERTTOOL) {
		print_message("k15: no certtool (gnutls-bin): one validator alone\n");
		return;
	}
	grant_for_today(&g);
	assert_true(gnutls_accepts(&g, g.grant, NULL));
	assert_true(gnutls_accepts_issued(&g, "critical,URI:spiffe://prod.example/web",
					  "critical,CA:FALSE"));
	assert_false(gnutls_accepts_one_below(&g));
}

static void k16_a_certificate_ends_with_the_trust(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	int64_t issued = GOLDEN_NOW;
	(void)state;

	granted_scene_init(&g);
	assert_int_equal(verify_at(&g, g.grant, NULL, issued - 60), X509_V_OK);
	assert_int_equal(verify_at(&g, g.grant, NULL, issued - 61), X509_V_ERR_CERT_NOT_YET_VALID);
	assert_int_equal(verify_at(&g, g.grant, NULL, issued + 599), X509_V_OK);
	assert_int_equal(verify_at(&g, g.grant, NULL, issued + 601), X509_V_ERR_CERT_HAS_EXPIRED);
	/* No renewal after a failed verdict. */
	scene_evidence(&g.scene);
	g.scene.pcrs.data[0] ^= 1;
	expect_right_ended(&g.scene, "quote-pcr-mismatch");
	assert_int_equal(g.scene.answer.authenticate.result.chain.count, 0);
	/* Nor for one that is quarantined. */
	g.scene.request.admin = (struct admin_request){ .verb = ADMIN_QUARANTINE,
							.node = g.scene.node,
							.role = ROLE_PLATFORM };
	scene_expect(&g.scene, FRAME_ADMIN, REFUSAL_NONE);
	g.scene.request.challenge = (struct challenge_request){ .node = g.scene.node };
	expect_refused_unchanged(&g.scene, FRAME_CHALLENGE, REFUSAL_NODE_QUARANTINED);
}

/* The oldest place for a host's name, which some clients still read. */
static X509 *issue_common_name(struct granted_scene *g)
{
	X509 *leaf = issue(g, "critical,URI:spiffe://prod.example/web", "critical,CA:FALSE");

	assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(leaf), "CN", MBSTRING_ASC,
						    (const uint8_t *)"bank.example", -1, -1, 0),
			 1);
	assert_true(X509_sign(leaf, g->scene.minting.key, EVP_sha256()) > 0);
	return leaf;
}

static int verify_common_name(struct granted_scene *g)
{
	AUTO(X509) leaf = issue_common_name(g);
	STACK_OF(X509) *chain = sk_X509_new_null();

	assert_true(sk_X509_push(chain, g->grant) > 0);

	int error = verify_at(g, leaf, chain, g->scene.now);

	sk_X509_free(chain);
	return error;
}

static void k22_a_node_issues_for_no_host_and_no_address(void **state)
{
	static const char *const names[] = {
		"critical,DNS:bank.example",
		"critical,IP:192.0.2.1",
		"critical,IP:2001:db8::1",
		"critical,URI:spiffe://prod.example/web,DNS:bank.example",
	};
	AUTO_DONE(granted_scene) g = { 0 };
	(void)state;

	granted_scene_init(&g);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(verify_issued(&g, names[i], "critical,CA:FALSE"),
				 X509_V_ERR_EXCLUDED_VIOLATION);
	assert_int_equal(verify_common_name(&g), X509_V_ERR_EXCLUDED_VIOLATION);
	assert_int_equal(
		verify_issued(&g, "critical,URI:spiffe://other.example/web", "critical,CA:FALSE"),
		X509_V_ERR_PERMITTED_VIOLATION);
	if (!HAS_CERTTOOL) {
		print_message("k22: no certtool (gnutls-bin): one validator alone\n");
		return;
	}
	grant_for_today(&g);
	assert_true(gnutls_accepts_issued(&g, "critical,URI:spiffe://prod.example/web",
					  "critical,CA:FALSE"));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(gnutls_accepts_issued(&g, names[i], "critical,CA:FALSE"));
	if (!HAS_NSS) {
		print_message("k22: no vfychain (libnss3-tools): two validators alone\n");
		return;
	}
	nss_begin(&g);
	assert_true(nss_accepts_issued(&g, "critical,URI:spiffe://prod.example/web"));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(nss_accepts_issued(&g, names[i]));
	/* Which GnuTLS takes: it does not look at URI constraints. */
	assert_false(nss_accepts_issued(&g, "critical,URI:spiffe://other.example/web"));
	nss_end(&g);
}

/* The scene's CA by another root, which ends at that time. */
static void end_authority(struct granted_scene *g, int64_t end)
{
	static const uint8_t serial[16] = { 2 };
	struct authority *a = &g->scene.signer.keys.authorities[0];
	AUTO_DONE(bytes) pem = { 0 };
	EVP_PKEY *key = a->key;

	assert_int_equal(EVP_PKEY_up_ref(key), 1);
	assert_int_equal(
		authority_make_root("prod.example", key, serial, end - 10LL * 365 * 86400, &pem),
		OK);
	authority_done(a);
	assert_int_equal(authority_init("prod.example", key, span_of(&pem), a), OK);
	assert_int_equal(statement_sign_bundles(&g->scene.signer), OK);
	X509_free(g->root);
	g->root = parse_certificate(span_of(&a->root));
}

static enum health health_of(struct signer_scene *s)
{
	scene_expect(s, FRAME_HEALTH, REFUSAL_NONE);
	return s->answer.health.health;
}

static void k23_a_grant_ends_with_the_authority_that_signs_it(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	const struct result *result = &g.scene.answer.commit;
	(void)state;

	granted_scene_init(&g);
	assert_int_equal(health_of(&g.scene), HEALTH_OK);

	int64_t end = g.scene.now + 300;

	end_authority(&g, end);
	assert_int_equal(health_of(&g.scene), HEALTH_AUTHORITY_ENDING);
	assert_int_equal(g.scene.answer.health.authority_until, end);
	scene_attest(&g.scene);
	AUTO(X509) grant = parse_certificate(result->certificate);
	assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(grant), X509_get0_notAfter(g.root)),
			 0);
	assert_int_equal(result->reasons.count, 0);

	/* Then the host is as good as before, and gets nothing. */
	g.scene.now = end;
	assert_int_equal(health_of(&g.scene), HEALTH_AUTHORITY_EXPIRED);
	scene_attest(&g.scene);
	assert_int_equal(result->certificate.len, 0);
	assert_int_equal(result->ear.len, 0);
	assert_int_equal(result->reasons.count, 1);
	assert_true(span_equal(result->reasons.items[0].code, span_text("authority-expired")));
	assert_non_null(memmem(result->verdict.data, result->verdict.len, "\nstate trusted\n", 15));
	assert_non_null(memmem(result->verdict.data, result->verdict.len, "\nexpires 0\n", 11));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(k15_a_grant_is_no_wider_than_it_says),
	cmocka_unit_test(k16_a_certificate_ends_with_the_trust),
	cmocka_unit_test(k22_a_node_issues_for_no_host_and_no_address),
	cmocka_unit_test(k23_a_grant_ends_with_the_authority_that_signs_it),
};

ATTACKS_MAIN(tests)
