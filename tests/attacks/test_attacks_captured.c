/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier's own front and appraiser in an attacker's hands: what they send the
 * signer. */
#include "attacks.h"

#include <string.h>

#include "attack_scene.h"

static void s03_challenges_and_offers_leave_nothing_behind(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join(&s);

	struct digest before = store_picture(&s);

	for (size_t i = 0; i < 300; i++) {
		scene_enrol(&s);
		/* Pending: nobody approved it, and asking changes nothing. */
		s.request.challenge = (struct challenge_request){ .node = s.node };
		scene_expect(&s, FRAME_CHALLENGE, REFUSAL_NODE_PENDING);
		s.request.challenge.node.value[0] ^= 0xff;
		scene_expect(&s, FRAME_CHALLENGE, REFUSAL_NODE_UNKNOWN);
	}

	struct digest after = store_picture(&s);

	assert_true(digest_equal(&before, &after));
	assert_int_equal(s.signer.enrolments, 1);
}

/* The act as the front has it, with one thing changed. */
static void expect_act_refused(struct signer_scene *s, const char *from, const char *to)
{
	struct span text = s->request.admin.act;
	struct bytes changed = { 0 };
	struct span kept;
	const uint8_t *at = memmem(text.data, text.len, from, strlen(from));

	assert_non_null(at);

	size_t before = (size_t)(at - text.data), after = before + strlen(from);

	assert_int_equal(bytes_append(&changed, (struct span){ text.data, before }), OK);
	assert_int_equal(bytes_append(&changed, span_text(to)), OK);
	assert_int_equal(
		bytes_append(&changed, (struct span){ text.data + after, text.len - after }), OK);
	assert_int_equal(keep_bytes(&s->keep, &changed, &kept), OK);
	s->request.admin.act = kept;
	expect_refused_unchanged(s, FRAME_ADMIN, REFUSAL_ACT_SIGNATURE_INVALID);
	s->request.admin.act = text;
}

static void s09_a_captured_front_approves_nobody(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join(&s);
	scene_prepare_act(&s, "approve", "server", s.now);
	/* Any role that it names, with anything but what was signed. */
	for (enum role role = ROLE_PLATFORM; role <= ROLE_AUDITOR; role++) {
		s.request.admin.role = role;
		expect_act_refused(&s, "class server", "class router");
		expect_act_refused(&s, "host r01n07", "host r01n08");
		expect_act_refused(&s, "reason tested", "reason other");
		expect_act_refused(&s, "verb approve", "verb release");
	}
	s.request.admin.act_signature.len--;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_SIGNATURE_INVALID);
	s.request.admin.act_signature = (struct span){ 0 };
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_SIGNATURE_INVALID);
}

/* It was seen once: brought again it lifts no later quarantine. */
static void s09_an_act_that_it_kept_counts_once(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request kept;
	(void)state;

	attack_scene_init(&s);
	s.now += 10;
	s.request.admin = (struct admin_request){ .verb = ADMIN_QUARANTINE,
						  .role = ROLE_PLATFORM,
						  .node = s.node };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	scene_prepare_act(&s, "release", "-", s.now);
	kept = scene_record(&s, FRAME_ADMIN);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	s.request.admin = (struct admin_request){ .verb = ADMIN_QUARANTINE,
						  .role = ROLE_PLATFORM,
						  .node = s.node };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	s.request = kept;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
}

static void ask_unsigned(struct signer_scene *s, enum refusal wanted)
{
	s->request.admin.administrator = span_text("anybody");
	if (wanted == REFUSAL_NONE)
		scene_expect(s, FRAME_ADMIN, wanted);
	else
		expect_refused_unchanged(s, FRAME_ADMIN, wanted);
}

static void narrow(struct signer_scene *s, enum refusal wanted)
{
	s->request.admin = (struct admin_request){ .verb = ADMIN_QUARANTINE,
						   .role = ROLE_PLATFORM,
						   .node = s->node };
	ask_unsigned(s, wanted);
}

/* What narrows goes unsigned: so many an hour, and each on record. */
static void s09_a_captured_front_does_not_end_the_fleet(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	s.signer.narrow_most = 5;
	for (size_t i = 0; i < 5; i++)
		narrow(&s, REFUSAL_NONE);
	narrow(&s, REFUSAL_TOO_MANY_ACTS);
	assert_int_equal(s.answer.retry_after_s, UNSIGNED_WINDOW_S);
	s.request.admin.verb = ADMIN_RETIRE;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_TOO_MANY_ACTS);
	s.now += UNSIGNED_WINDOW_S - 1;
	narrow(&s, REFUSAL_TOO_MANY_ACTS);
	s.now += 1;
	narrow(&s, REFUSAL_NONE);
}

static void state_canary(struct signer_scene *s, enum role role, enum refusal wanted)
{
	const struct digest manifest = digest_filled(DIGEST_SHA256, 42);

	s->request.admin = (struct admin_request){ .verb = ADMIN_CANARY,
						   .role = role,
						   .manifest = digest_span(&manifest),
						   .window_s = 60 };
	ask_unsigned(s, wanted);
}

/* What the node booted is tried out. */
static void canary_scene_init(struct signer_scene *s)
{
	attack_scene_init(s);
	s->golden.manifest[0].state = RELEASE_CANARY;
	golden_build(&s->golden);
	scene_load_release(s);
	scene_keep_log(s);
}

/* Each statement is signed and on record for good. */
static void s09_a_captured_front_does_not_fill_the_log_with_statements(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	canary_scene_init(&s);
	for (size_t i = 0; i < CANARIES_MOST; i++)
		state_canary(&s, i % 2 == 0 ? ROLE_PLATFORM : ROLE_IDENTITY_SECURITY, REFUSAL_NONE);
	state_canary(&s, ROLE_PLATFORM, REFUSAL_TOO_MANY_ACTS);
	assert_int_equal(s.answer.retry_after_s, UNSIGNED_WINDOW_S);
	/* Whatever was stated, a node can be stopped. */
	s.signer.narrow_most = 1;
	narrow(&s, REFUSAL_NONE);
	s.now += UNSIGNED_WINDOW_S - 1;
	state_canary(&s, ROLE_PLATFORM, REFUSAL_TOO_MANY_ACTS);
	assert_int_equal(s.answer.retry_after_s, 1);
	s.now += 1;
	state_canary(&s, ROLE_PLATFORM, REFUSAL_NONE);
}

/* When the headers arrived is the front's word: held back and dated back, a quote
 * still ends with its nonce's time. */
static void s09_evidence_that_is_dated_back_buys_no_time(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	int64_t issued;
	(void)state;

	attack_scene_init(&s);
	scene_evidence(&s);
	issued = s.now;
	/* Not what will arrive, nor what arrived after the nonce's time. */
	s.request.authenticate.received = issued + 2;
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_EXPIRED);
	s.now = issued + NONCE_LIFETIME_S + 1;
	s.request.authenticate.received = s.now;
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_EXPIRED);
	/* Within it: what it gets ends as if it had come at once. */
	s.now = issued + 100;
	s.request.authenticate.received = issued;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_commit(&s);

	struct node_class node_class;
	struct node_row row;

	assert_int_equal(store_node(s.signer.store, &s.node, &s.keep, &row), OK);
	assert_true(challenge_class(&s.signer, row.class_name, &node_class));
	assert_int_equal(row.expires, issued + node_class.grant_lifetime_s);

	/* Nor is it held back for longer than a body may take. */
	scene_evidence(&s);
	s.now += BODY_LIFETIME_S + 1;
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_EXPIRED);
}

/* Authenticated evidence, and an honest commit that is about to be spoilt. */
static void prepare_spoilt_commit(struct signer_scene *s)
{
	scene_authenticate(s);
	assert_false(s->answer.authenticate.is_final);
	scene_prepare_commit(s);
}

static void s10_a_captured_appraiser_names_no_other_minting_key(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	scene_evidence(&s);
	/* Another area of the same form: only the point differs. */
	AUTO_DONE(bytes) other = { 0 };

	assert_int_equal(bytes_copy(span_of(&s.minting.public), &other), OK);
	other.data[other.len - 1] ^= 1;
	s.request.authenticate.minting_public = span_of(&other);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
	/* The attestation key itself, certified by itself. */
	s.request.authenticate.minting_public = span_of(&s.ak.public);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
	/* Left out, as if the host offered none. */
	s.request.authenticate.minting_public = (struct span){ 0 };
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
}

static void s10_a_captured_appraiser_commits_for_no_other_node(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	prepare_spoilt_commit(&s);
	s.request.commit.node.value[0] ^= 1;
	expect_refused_unchanged(&s, FRAME_COMMIT, REFUSAL_MALFORMED);
	/* Nothing is pending any more: neither a second try nor one unasked for. */
	s.request.commit.node = s.node;
	expect_refused_unchanged(&s, FRAME_COMMIT, REFUSAL_MALFORMED);
	scene_evidence(&s);
	s.request.authenticate.node.value[0] ^= 1;
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NODE_UNKNOWN);
}

static void s10_a_captured_appraiser_has_one_commit_for_each_quote(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	prepare_spoilt_commit(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	scene_prepare_commit(&s);
	expect_refused_unchanged(&s, FRAME_COMMIT, REFUSAL_MALFORMED);
}

/* What it may spoil in a commit, one thing at a time. */
enum spoil {
	GENERATION,
	MANIFEST,
	VERSION,
	NO_MANIFEST,
	VERSION_ALONE,
	LOG_AHEAD,
	LOG_BEHIND,
	SPOILS
};

static enum refusal spoil(struct signer_scene *s, enum spoil what)
{
	static const uint8_t bytes[SHA256_SIZE] = { 43 };
	struct commit_request *c = &s->request.commit;

	switch (what) {
	case GENERATION:
		c->generation = (struct span){ bytes, sizeof(bytes) };
		return REFUSAL_GENERATION_CHANGED;
	case MANIFEST:
		c->manifest = (struct span){ bytes, sizeof(bytes) };
		break;
	case VERSION: /* a ratchet that no honest release would reach */
		c->release_version = UINT64_MAX;
		break;
	case NO_MANIFEST:
		c->manifest = (struct span){ 0 };
		c->release_version = 0;
		break;
	case VERSION_ALONE:
		c->manifest = (struct span){ 0 };
		c->claims = (struct claims){ 0 };
		break;
	case LOG_AHEAD:
		c->first_entry = CAPTURE_IMA_ENTRIES + 1;
		break;
	case LOG_BEHIND:
		c->first_entry = CAPTURE_IMA_ENTRIES - 1;
		break;
	case SPOILS:
		break;
	}
	return REFUSAL_MALFORMED;
}

static void s10_a_captured_appraiser_swaps_neither_release_nor_log(void **state)
{
	(void)state;
	for (enum spoil what = GENERATION; what < SPOILS; what++) {
		AUTO_DONE(signer_scene) s = { 0 };

		attack_scene_init(&s);
		prepare_spoilt_commit(&s);

		enum refusal refusal = spoil(&s, what);

		expect_refused_unchanged(&s, FRAME_COMMIT, refusal);
	}
}

/* Hardware and identity are the signer's own findings. */
static void s10_a_captured_appraiser_vouches_for_no_hardware(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	/* No minting key: no right, whatever else is claimed. */
	scene_evidence(&s);

	struct made_attest made =
		honest_quote(&s.ak, s.challenge.nonce, (struct span){ 0 }, s.challenge.bank,
			     s.challenge.select, &s.golden.values);

	made.clock = ++s.clock;
	made.reset_count = s.reset_count;
	made.restart_count = s.restart_count;
	s.request.authenticate.minting_public = (struct span){ 0 };
	s.request.authenticate.certify_attest = (struct span){ 0 };
	s.request.authenticate.certify_signature = (struct span){ 0 };
	scene_send_quote(&s, &made);

	uint64_t grants = s.signer.grants;

	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	if (!s.answer.authenticate.is_final) {
		scene_commit(&s);
		assert_int_equal(s.answer.commit.certificate.len, 0);
	}
	assert_true(s.signer.grants == grants);
}

static void expect_no_secret(struct signer_scene *s)
{
	AUTO_DONE(bytes) answer = { 0 };
	uint8_t private[32];
	BIGNUM *number = NULL;

	assert_int_equal(signer_answer_encode(&s->answer, &answer), OK);
	assert_null(memmem(answer.data, answer.len, s->signer.keys.mac.value, MAC_KEY_SIZE));
	assert_int_equal(EVP_PKEY_get_bn_param(s->signer.keys.result, "priv", &number), 1);
	assert_int_equal(BN_bn2binpad(number, private, sizeof(private)), (int)sizeof(private));
	BN_clear_free(number);
	assert_null(memmem(answer.data, answer.len, private, sizeof(private)));
}

/* Every kind of answer that it can ask for. */
static void s10_a_captured_appraiser_reads_no_key(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct digest canary = digest_filled(DIGEST_SHA256, 42);
	(void)state;

	canary_scene_init(&s);
	expect_no_secret(&s); /* COMMIT */
	scene_enrol(&s);
	expect_no_secret(&s);
	scene_challenge(&s);
	expect_no_secret(&s);
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	expect_no_secret(&s);
	scene_prepare_entry_act(
		&s, "add-entry\nclass server\nentry web spiffe://prod.example/web /bin/web", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	expect_no_secret(&s);
	for (enum admin_verb verb = ADMIN_LIST; verb < ADMIN_VERB_END; verb++) {
		if (verb == ADMIN_ACT)
			continue;
		s.request.admin = (struct admin_request){
			.verb = verb,
			.node = s.node,
			.entry = span_text("web"),
			.role = ROLE_PLATFORM,
			.limit = 10,
			.manifest = digest_span(&canary),
			.window_s = 60,
		};
		scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
		expect_no_secret(&s);
	}
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	expect_no_secret(&s);
}

static void expect_state_shown(struct signer_scene *s, enum node_state wanted)
{
	s->request.admin =
		(struct admin_request){ .verb = ADMIN_SHOW, .node = s->node, .role = ROLE_AUDITOR };
	scene_expect(s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s->answer.admin.nodes.items[0].state, wanted);
}

/* A node that can't be heard is shown as what it is; what it earned is on record
 * as before, it lost nothing, and its next quote brings it back. */
static void s14_silence_is_stale_and_not_untrusted(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct node_class node_class;
	struct node_row row;
	(void)state;

	attack_scene_init(&s);
	expect_state_shown(&s, NODE_TRUSTED);
	assert_int_equal(store_node(s.signer.store, &s.node, &s.keep, &row), OK);
	assert_true(challenge_class(&s.signer, row.class_name, &node_class));

	struct digest before = store_picture(&s);

	s.now += node_class.grant_lifetime_s + 1;
	expect_state_shown(&s, NODE_STALE);

	struct digest after = store_picture(&s);

	assert_true(digest_equal(&before, &after));
	assert_int_equal(state_in_store(&s), NODE_TRUSTED);
	assert_true(row.expires < s.now);
	scene_attest(&s);
	expect_state_shown(&s, NODE_TRUSTED);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s03_challenges_and_offers_leave_nothing_behind),
	cmocka_unit_test(s09_a_captured_front_approves_nobody),
	cmocka_unit_test(s09_an_act_that_it_kept_counts_once),
	cmocka_unit_test(s09_a_captured_front_does_not_end_the_fleet),
	cmocka_unit_test(s09_a_captured_front_does_not_fill_the_log_with_statements),
	cmocka_unit_test(s09_evidence_that_is_dated_back_buys_no_time),
	cmocka_unit_test(s10_a_captured_appraiser_names_no_other_minting_key),
	cmocka_unit_test(s10_a_captured_appraiser_commits_for_no_other_node),
	cmocka_unit_test(s10_a_captured_appraiser_has_one_commit_for_each_quote),
	cmocka_unit_test(s10_a_captured_appraiser_swaps_neither_release_nor_log),
	cmocka_unit_test(s10_a_captured_appraiser_vouches_for_no_hardware),
	cmocka_unit_test(s10_a_captured_appraiser_reads_no_key),
	cmocka_unit_test(s14_silence_is_stale_and_not_untrusted),
};

ATTACKS_MAIN(tests)
