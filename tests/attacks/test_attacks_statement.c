/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: what a verifier states of a canary, and what it may not claim. */
#include "attacks.h"

#include <string.h>

#include "granted_scene.h"
#include "policies/documents/canary.h"
#include "policies/envelope/dsse.h"
#include "verifier/appraisal/svid.h"

#define WINDOW_S 86400
#define WEB "critical,URI:spiffe://prod.example/web"
#define LEAF "critical,CA:FALSE"

static struct digest manifest_42(void)
{
	return digest_filled(DIGEST_SHA256, 42);
}

/* The node has a right under a release in that state. */
static void begin_without_log(struct granted_scene *g, enum release_state state)
{
	struct signer_scene *s = &g->scene;

	signer_scene_init(s);
	s->golden.manifest[0].state = state;
	golden_build(&s->golden);
	scene_load_release(s);
	scene_join_approved(s);
	scene_attest(s);
	assert_int_equal(s->signer.grants, 1);
	g->root = parse_certificate(span_of(&s->signer.keys.authorities[0].root));
	g->grant = parse_certificate(s->answer.commit.certificate);
}

/* And its verdict stands in the log. */
static void begin(struct granted_scene *g, enum release_state state)
{
	begin_without_log(g, state);
	scene_keep_log(&g->scene);
}

static struct span der_of(struct granted_scene *g, X509 *certificate)
{
	uint8_t *der = NULL;
	int len = i2d_X509(certificate, &der);
	struct span kept;

	assert_true(len > 0);
	assert_int_equal(keep_copy(&g->scene.keep, (struct span){ der, (size_t)len }, &kept), OK);
	OPENSSL_free(der);
	return kept;
}

/* The next evidence, with an SVID that the host reports. */
static void authenticate_with_svid(struct signer_scene *s)
{
	s->now++;
	scene_evidence(s);
	s->request.authenticate.has_svid = true;
	scene_expect(s, FRAME_AUTHENTICATE, REFUSAL_NONE);
}

static void prepare_commit(struct signer_scene *s, struct span leaf)
{
	struct signed_der svid;

	scene_prepare_commit(s);
	assert_int_equal(signed_der_parse(leaf, &svid), OK);
	s->request.commit.svid_tbs = svid.tbs;
	s->request.commit.svid_signature = svid.signature;
}

static void attest_with(struct granted_scene *g, const char *san)
{
	AUTO(X509) leaf = issue(g, san, LEAF);

	authenticate_with_svid(&g->scene);
	prepare_commit(&g->scene, der_of(g, leaf));
	scene_expect(&g->scene, FRAME_COMMIT, REFUSAL_NONE);
}

static void ask(struct signer_scene *s, uint32_t window_s)
{
	static struct digest manifest;

	manifest = manifest_42();
	s->request.admin = (struct admin_request){ .verb = ADMIN_CANARY,
						   .role = ROLE_PLATFORM,
						   .administrator = span_text("pat"),
						   .manifest = digest_span(&manifest),
						   .window_s = window_s };
}

static void expect_counts(struct signer_scene *s, uint32_t window_s, uint64_t nodes, uint64_t svids)
{
	ask(s, window_s);
	scene_expect(s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s->answer.admin.canary.nodes, nodes);
	assert_int_equal(s->answer.admin.canary.svids, svids);
}

static void r27_a_verifier_states_what_it_saw(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	AUTO_DONE(bytes) pae = { 0 };
	AUTO_DONE(statement) read = { 0 };
	const struct canary_item *item = &g.scene.answer.admin.canary;
	struct digest manifest = manifest_42();
	struct digest index;
	struct canary canary;
	(void)state;

	begin(&g, RELEASE_CANARY);
	expect_counts(&g.scene, WINDOW_S, 1, 0);
	scene_challenge(&g.scene);
	assert_true(g.scene.challenge.want_svid);
	attest_with(&g, WEB);
	expect_counts(&g.scene, WINDOW_S, 1, 1);

	/* By the result key, as a root may list it. */
	assert_int_equal(dsse_pae(item->payload, &pae), OK);
	assert_int_equal(signing_key_verify(g.scene.signer.keys.result, SCHEME_ECDSA_P256_SHA256,
					    span_of(&pae), item->signature),
			 OK);
	assert_int_equal(statement_open(item->payload, DOCUMENT_CANARY, &read), OK);
	assert_int_equal(canary_read(&read, &canary), OK);
	assert_true(digest_equal(&canary.manifest, &manifest));
	assert_int_equal(canary.nodes, 1);
	assert_int_equal(canary.svids, 1);
	assert_int_equal(canary.to, g.scene.now);
	assert_int_equal(canary.from, g.scene.now - WINDOW_S);
	assert_int_equal(canary.index_version, 1);
	assert_int_equal(digest_of(DIGEST_SHA256, span_text("index"), &index), OK);
	assert_true(digest_equal(&canary.index, &index));
}

/* Where it stood is part of what it says: no log, or another index than this process has
 * loaded, and nothing is stated. */
static void r27_a_verifier_states_nothing_without_its_place(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	AUTO_DONE(granted_scene) without = { 0 };
	struct signer_scene *s = &g.scene;
	struct release_marks marks = { .index = { .version = 2 } };
	(void)state;

	begin(&g, RELEASE_CANARY);
	assert_int_equal(store_begin(s->signer.store), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_text("next"), &marks.index.digest), OK);
	assert_int_equal(releases_marks_set(&s->signer, &marks), OK);
	assert_int_equal(store_commit(s->signer.store), OK);
	ask(s, WINDOW_S);
	scene_expect(s, FRAME_ADMIN, REFUSAL_GENERATION_CHANGED);

	begin_without_log(&without, RELEASE_CANARY);
	ask(&without.scene, WINDOW_S);
	scene_expect(&without.scene, FRAME_ADMIN, REFUSAL_NO_VERDICT_LOG);
}

static void r27_only_who_is_trusted_now_is_counted(void **state)
{
	AUTO_DONE(granted_scene) late = { 0 };
	AUTO_DONE(granted_scene) quarantined = { 0 };
	AUTO_DONE(granted_scene) window = { 0 };
	struct signer_scene *s = &quarantined.scene;
	(void)state;

	/* Its right ran out. */
	begin(&late, RELEASE_CANARY);
	attest_with(&late, WEB);
	late.scene.now += 3600;
	expect_counts(&late.scene, WINDOW_S, 0, 0);

	begin(&quarantined, RELEASE_CANARY);
	attest_with(&quarantined, WEB);
	s->request.admin = (struct admin_request){ .verb = ADMIN_QUARANTINE,
						   .node = s->node,
						   .role = ROLE_PLATFORM };
	scene_expect(s, FRAME_ADMIN, REFUSAL_NONE);
	expect_counts(s, WINDOW_S, 0, 0);

	/* What was seen before the window, by a node that still holds its right. */
	begin(&window, RELEASE_CANARY);
	attest_with(&window, WEB);
	window.scene.now += 30;
	expect_counts(&window.scene, 60, 1, 1);
	expect_counts(&window.scene, 10, 0, 0);
}

/* The last verdict is what counts: it took the right away. */
static void r27_a_node_that_lost_its_right_is_not_counted(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	struct finding finding = finding_of(REASON_IMA_ENTRY_UNKNOWN);
	(void)state;

	begin(&g, RELEASE_CANARY);
	attest_with(&g, WEB);
	g.scene.now++;
	scene_authenticate(&g.scene);
	scene_prepare_commit(&g.scene);
	findings_add(&g.scene.request.commit.findings, &finding);
	scene_expect(&g.scene, FRAME_COMMIT, REFUSAL_NONE);
	scene_expect_result(&g.scene.answer.commit, "\nstate untrusted\n", "ima-entry-unknown");
	expect_counts(&g.scene, WINDOW_S, 0, 0);
}

/* A captured appraiser makes no SVID up: the signer asks the minting key. */
static void r27_an_svid_that_the_nodes_key_did_not_sign(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	AUTO_DONE(granted_scene) other = { 0 };
	AUTO_DONE(granted_scene) unasked = { 0 };
	(void)state;

	begin(&g, RELEASE_CANARY);
	begin(&other, RELEASE_CANARY);

	AUTO(X509) leaf = issue(&other, WEB, LEAF);
	authenticate_with_svid(&g.scene);
	prepare_commit(&g.scene, der_of(&other, leaf));
	scene_expect(&g.scene, FRAME_COMMIT, REFUSAL_MALFORMED);
	expect_counts(&g.scene, WINDOW_S, 1, 0);

	/* Nor of a host that reported none. */
	begin(&unasked, RELEASE_CANARY);
	AUTO(X509) own = issue(&unasked, WEB, LEAF);
	unasked.scene.now++;
	scene_authenticate(&unasked.scene);
	prepare_commit(&unasked.scene, der_of(&unasked, own));
	scene_expect(&unasked.scene, FRAME_COMMIT, REFUSAL_MALFORMED);
}

/* Minted under the grant of another release: says nothing about this one. */
static void r27_an_svid_from_before_the_canary(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	(void)state;

	begin(&g, RELEASE_CURRENT);
	scene_challenge(&g.scene);
	assert_false(g.scene.challenge.want_svid);
	g.scene.golden.manifest[0].state = RELEASE_CANARY;
	golden_build(&g.scene.golden);
	scene_load_release(&g.scene);
	attest_with(&g, WEB);
	expect_counts(&g.scene, WINDOW_S, 1, 0);
}

/* A verdict by another release, whose sets this boot matches as well. */
static void attest_by_another(struct signer_scene *s, struct digest *manifest)
{
	*manifest = digest_filled(DIGEST_SHA256, 43);
	s->now++;
	scene_authenticate(s);
	scene_prepare_commit(s);
	s->request.commit.manifest = digest_span(manifest);
	s->request.commit.release_version = 43;
	scene_expect(s, FRAME_COMMIT, REFUSAL_NONE);
	scene_expect_result(&s->answer.commit, "\nstate trusted\n", NULL);
}

static void r27_what_a_node_was_granted_under_another_release(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	struct signer_scene *s = &g.scene;
	struct digest another;
	(void)state;

	begin(&g, RELEASE_CANARY);
	golden_update(&s->golden)->state = RELEASE_CURRENT;
	s->golden.manifest[0].state = RELEASE_CANARY;
	golden_build(&s->golden);
	scene_load_release(s);
	attest_with(&g, WEB);
	expect_counts(s, WINDOW_S, 1, 1);
	attest_by_another(s, &another);
	expect_counts(s, WINDOW_S, 0, 0);
}

static void r27_an_svid_by_the_grant_of_another_release(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	struct signer_scene *s = &g.scene;
	struct digest another;
	(void)state;

	begin(&g, RELEASE_CANARY);
	golden_update(&s->golden)->state = RELEASE_CURRENT;
	s->golden.manifest[0].state = RELEASE_CANARY;
	s->golden.manifest[0].rolled_back_from = 43;
	golden_build(&s->golden);
	scene_load_release(s);
	attest_by_another(s, &another);
	attest_with(&g, WEB);
	expect_counts(s, WINDOW_S, 1, 0);
}

static void r27_nothing_is_stated_of_what_is_no_canary(void **state)
{
	AUTO_DONE(granted_scene) current = { 0 };
	AUTO_DONE(granted_scene) canary = { 0 };
	struct digest other = digest_filled(DIGEST_SHA256, 43);
	(void)state;

	begin(&current, RELEASE_CURRENT);
	ask(&current.scene, WINDOW_S);
	scene_expect(&current.scene, FRAME_ADMIN, REFUSAL_NOT_CANARY);

	begin(&canary, RELEASE_CANARY);
	ask(&canary.scene, WINDOW_S);
	canary.scene.request.admin.manifest = digest_span(&other);
	scene_expect(&canary.scene, FRAME_ADMIN, REFUSAL_NOT_CANARY);
	ask(&canary.scene, WINDOW_S);
	canary.scene.request.admin.role = ROLE_AUDITOR;
	scene_expect(&canary.scene, FRAME_ADMIN, REFUSAL_ROLE_DENIED);
	ask(&canary.scene, 0);
	scene_expect(&canary.scene, FRAME_ADMIN, REFUSAL_MALFORMED);
}

/* As the appraiser sees it. */
static enum status check(struct granted_scene *g, struct span leaf, int64_t at)
{
	struct span path[] = { der_of(g, g->grant), der_of(g, g->root) };
	const struct reported_svid svid = { .leaf = leaf,
					    .path = path,
					    .path_count = 2,
					    .reference = &g->scene.golden.reference,
					    .node_class = &g->scene.golden.built,
					    .now = at };
	struct signed_der parts;

	return reported_svid_check(&svid, &parts);
}

static void add(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, certificate, certificate, NULL, NULL, 0);
	AUTO(X509_EXTENSION) extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
}

static void r27_an_svid_that_no_relying_party_would_take(void **state)
{
	static const struct {
		const char *san, *basic;
		int64_t later;
	} bad[] = {
		{ WEB, LEAF, 301 },
		{ WEB, LEAF, -301 },
		{ WEB, "critical,CA:TRUE", 0 },
		{ "critical,URI:spiffe://prod.example", LEAF, 0 },
		{ "critical,URI:spiffe://another.org/web", LEAF, 0 },
		{ "critical,URI:https://example.org/web", LEAF, 0 },
		{ WEB ",URI:spiffe://prod.example/db", LEAF, 0 },
		{ WEB ",DNS:example.org", LEAF, 0 },
		{ "critical,email:web@example.org", LEAF, 0 },
	};
	AUTO_DONE(granted_scene) g = { 0 };
	AUTO_DONE(granted_scene) other = { 0 };
	(void)state;

	begin(&g, RELEASE_CANARY);
	begin(&other, RELEASE_CANARY);
	AUTO(X509) good = issue(&g, WEB, LEAF);
	struct span der = der_of(&g, good);

	assert_int_equal(check(&g, der, g.scene.now), OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO(X509) leaf = issue(&g, bad[i].san, bad[i].basic);

		if (check(&g, der_of(&g, leaf), g.scene.now + bad[i].later) != STATUS_MISMATCH)
			fail_msg("row %zu", i);
	}
	/* A CA in all but its place: nothing else is wrong with it. */
	AUTO(X509) authority = issue(&g, WEB, "critical,CA:TRUE");
	add(authority, NID_key_usage, "critical,keyCertSign,digitalSignature");
	add(authority, NID_subject_key_identifier, "hash");
	assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(authority), "CN",
						    MBSTRING_ASC, (const uint8_t *)"a CA", -1, -1,
						    0),
			 1);
	assert_true(X509_sign(authority, g.scene.minting.key, EVP_sha256()) > 0);
	assert_int_equal(check(&g, der_of(&g, authority), g.scene.now), STATUS_MISMATCH);
	/* Another node's, with this one's path. */
	AUTO(X509) theirs = issue(&other, WEB, LEAF);
	assert_int_equal(check(&g, der_of(&other, theirs), g.scene.now), STATUS_MISMATCH);
	for (size_t len = 0; len < der.len; len++)
		assert_int_equal(check(&g, (struct span){ der.data, len }, g.scene.now),
				 STATUS_MISMATCH);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r27_a_verifier_states_what_it_saw),
	cmocka_unit_test(r27_a_verifier_states_nothing_without_its_place),
	cmocka_unit_test(r27_only_who_is_trusted_now_is_counted),
	cmocka_unit_test(r27_a_node_that_lost_its_right_is_not_counted),
	cmocka_unit_test(r27_an_svid_that_the_nodes_key_did_not_sign),
	cmocka_unit_test(r27_an_svid_from_before_the_canary),
	cmocka_unit_test(r27_what_a_node_was_granted_under_another_release),
	cmocka_unit_test(r27_an_svid_by_the_grant_of_another_release),
	cmocka_unit_test(r27_nothing_is_stated_of_what_is_no_canary),
	cmocka_unit_test(r27_an_svid_that_no_relying_party_would_take),
};

ATTACKS_MAIN(tests)
