/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/text.h"
#include "signer_scene.h"
#include "tpm/public_area.h"
#include "verifier/signer/ek_binding.h"
#include "verifier/signer/inventory.h"

/* What a signer refuses by the time that something was made, by a node's standing, and by
 * what it saw before. */

/* Made under a clock that was ahead and was put right since. */
static void a_nonce_of_later_is_not_fresh(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct nonce nonce;
	(void)state;

	signer_scene_approved(&s);
	scene_evidence(&s);
	nonce = scene_nonce(&s, NONCE_ATTEST, &s.node, s.now + CLOCK_TOLERANCE_S + 1);
	s.request.authenticate.nonce = nonce_span(&nonce);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_EXPIRED);
	assert_int_equal(s.signer.grants, 0);
}

/* An appraiser that takes its time would hold a node's past for later. */
static void what_was_appraised_too_long_is_not_committed(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_authenticate(&s);
	scene_prepare_commit(&s);
	s.now += NONCE_LIFETIME_S + BODY_LIFETIME_S + 1;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONCE_EXPIRED);
	assert_int_equal(s.signer.grants, 0);
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	assert_int_equal(s.answer.health.nodes[NODE_STALE], 1);
}

/* Signed for a day when nobody watches. */
static void an_act_of_later_is_not_carried_out(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join(&s);
	scene_prepare_act(&s, "approve", "server", s.now + CLOCK_TOLERANCE_S + 1);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_ACT_EXPIRED);
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_NODE_PENDING);
	/* His clock may be a little ahead of ours. */
	scene_prepare_act(&s, "approve", "server", s.now + CLOCK_TOLERANCE_S);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
}

static void an_activation_is_of_this_offer_and_of_now(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct nonce nonce;
	(void)state;

	signer_scene_init(&s);
	scene_enrol(&s);
	scene_prepare_activation(&s);
	s.now--;
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_ENROLMENT_EXPIRED);
	s.now++;

	struct activate_request honest = s.request.activate;

	nonce = scene_nonce(&s, NONCE_ENROL, &s.node, s.now + 1);
	s.request.activate.nonce = nonce_span(&nonce);
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_NONCE_EXPIRED);
	nonce = scene_nonce(&s, NONCE_ENROL, &s.node, s.now - ENROLMENT_LIFETIME_S - 1);
	s.request.activate.nonce = nonce_span(&nonce);
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_NONCE_EXPIRED);
	s.request.activate = honest;
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_NONE);
}

static void narrow(struct signer_scene *s, enum admin_verb verb)
{
	s->request.admin = (struct admin_request){ .verb = verb,
						   .node = s->node,
						   .role = ROLE_PLATFORM,
						   .administrator = span_text("pat"),
						   .reason = span_text("stolen") };
	scene_expect(s, FRAME_ADMIN, REFUSAL_NONE);
}

static void expect_no_offer(struct signer_scene *s, enum refusal refusal)
{
	s->request.enrol = (struct enrol_request){ .spki = span_of(&s->spki),
						   .ek_public = span_of(&s->ek_public),
						   .ak_public = span_of(&s->ak.public) };
	scene_expect(s, FRAME_ENROL, refusal);
}

static void who_is_shut_out_is_offered_nothing(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	narrow(&s, ADMIN_QUARANTINE);
	expect_no_offer(&s, REFUSAL_NODE_QUARANTINED);
	narrow(&s, ADMIN_RETIRE);
	expect_no_offer(&s, REFUSAL_NODE_RETIRED);
}

/* What an activation borrows from the scene, for one that comes after another host's. */
struct held_back {
	struct activate_request request;
	struct bytes attest, signature;
};

static void held_back_done(struct held_back *h)
{
	bytes_done(&h->attest);
	bytes_done(&h->signature);
}
AUTO_RELEASE(held_back, held_back_done);

static void hold_back(struct signer_scene *s, struct held_back *out)
{
	scene_enrol(s);
	scene_prepare_activation(s);
	out->request = s->request.activate;
	out->attest = s->attest;
	out->signature = s->signature;
	s->attest = s->signature = (struct bytes){ 0 };
}

static void swap_hosts(struct signer_scene *a, struct signer_scene *b)
{
	struct bytes ek_public = a->ek_public, spki = a->spki;

	a->ek_public = b->ek_public;
	a->spki = b->spki;
	b->ek_public = ek_public;
	b->spki = spki;
}

/* Both were offered it while nobody had it. */
static void of_two_with_one_ak_the_second_is_too_late(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(signer_scene) other = { 0 };
	AUTO_DONE(held_back) second = { 0 };
	(void)state;

	signer_scene_init(&s);
	signer_scene_init(&other);
	hold_back(&s, &second);
	swap_hosts(&s, &other);
	scene_join(&s);
	s.request.activate = second.request;
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_AK_TAKEN);
}

static void nor_does_a_node_take_anothers_for_its_new_one(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(signer_scene) other = { 0 };
	AUTO_DONE(software_key) first = { 0 };
	AUTO_DONE(held_back) second = { 0 };
	(void)state;

	signer_scene_init(&s);
	signer_scene_init(&other);
	scene_join(&s);
	first = s.ak;
	s.ak = (struct software_key){ 0 };
	make_attestation_key(&s.ak);
	s.now += 10;
	hold_back(&s, &second);
	swap_hosts(&s, &other);
	scene_join(&s);
	s.request.activate = second.request;
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_AK_TAKEN);
}

/* The certificate's own bytes up to the key. */
static void spell(struct span before, struct span modulus, struct bytes *out)
{
	static const uint8_t opening[] = { 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82,
					   0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00 };
	static const uint8_t closing[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };

	assert_int_equal(bytes_append(out, before), OK);
	assert_int_equal(bytes_append(out, (struct span){ opening, sizeof(opening) }), OK);
	assert_int_equal(bytes_append(out, modulus), OK);
	assert_int_equal(bytes_append(out, (struct span){ closing, sizeof(closing) }), OK);
}

static void only_rsa_keys_of_2048_bits_are_compared(void **state)
{
	static const struct {
		size_t modulus;
		uint8_t first;
		uint32_t exponent;
		enum status wanted;
	} rows[] = {
		{ 256, 0x80, 65537, OK },
		{ 255, 0x80, 65537, STATUS_UNSUPPORTED },
		{ 257, 0x80, 65537, STATUS_UNSUPPORTED },
		{ 256, 0x7f, 65537, STATUS_UNSUPPORTED },
		{ 256, 0x80, 3, STATUS_UNSUPPORTED },
	};
	AUTO_DONE(bytes) before = { 0 };
	(void)state;

	assert_int_equal(hex_decode(span_text("30820122300d06092a864886f70d01010105"
					      "00"),
				    &before),
			 OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t modulus[257] = { rows[i].first };
		struct public_area ek = { .type = TPM_ALG_RSA,
					  .rsa_modulus = { modulus, rows[i].modulus },
					  .rsa_exponent = rows[i].exponent };
		AUTO_DONE(bytes) spki = { 0 };

		spell(span_of(&before), ek.rsa_modulus, &spki);
		assert_int_equal(ek_is_of_spki(&ek, span_of(&spki)), rows[i].wanted);
	}
}

/* Each is another node id: what an appraiser can add to one, or change in it, would be
 * as many nodes of one TPM. */
static void an_ek_has_the_spellings_of_its_makers_and_no_other(void **state)
{
	static const char *const makers[] = {
		"30820122300d06092a864886f70d0101010500",
		"30820120300b06092a864886f70d010107",
		"30820122300d06092a864886f70d0101070500",
		"30820122300d06092a864886f70d0101073000",
		"30820137302206092a864886f70d0101073015a213301106092a864886f70d010109040454435041",
		("3082015f304a06092a864886f70d010107303da00b300906052b0e03021a0500a118"
		 "301606092a864886f70d010108300906052b0e03021a0500"
		 "a214301206092a864886f70d01010904055443504100"),
	};
	uint8_t modulus[256] = { 0x80 };
	struct public_area ek = { .type = TPM_ALG_RSA,
				  .rsa_modulus = { modulus, sizeof(modulus) },
				  .rsa_exponent = 65537 };
	(void)state;

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		AUTO_DONE(bytes) before = { 0 };
		AUTO_DONE(bytes) spki = { 0 };
		AUTO_DONE(bytes) longer = { 0 };

		assert_int_equal(hex_decode(span_text(makers[i]), &before), OK);
		spell(span_of(&before), ek.rsa_modulus, &spki);
		assert_int_equal(ek_is_of_spki(&ek, span_of(&spki)), OK);
		for (size_t at = 0; at < spki.len; at++) {
			spki.data[at] ^= 0x40;
			assert_int_equal(ek_is_of_spki(&ek, span_of(&spki)), STATUS_MISMATCH);
			spki.data[at] ^= 0x40;
		}
		assert_int_equal(ek_is_of_spki(&ek, (struct span){ spki.data + 1, spki.len - 1 }),
				 STATUS_MISMATCH);
		assert_int_equal(bytes_append_byte(&longer, 0x30), OK);
		assert_int_equal(bytes_append(&longer, span_of(&spki)), OK);
		assert_int_equal(ek_is_of_spki(&ek, span_of(&longer)), STATUS_MISMATCH);
	}
}

static void an_elliptic_ek_has_one_spelling(void **state)
{
	static const struct {
		const char *name;
		enum tpm_curve curve;
		size_t size;
	} curves[] = { { "P-256", TPM_CURVE_P256, 32 }, { "P-384", TPM_CURVE_P384, 48 } };
	(void)state;

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		AUTO(EVP_PKEY) key = EVP_EC_gen(curves[i].name);
		size_t size = curves[i].size, len = 0;
		uint8_t point[97];
		uint8_t *der = NULL;
		int der_len = i2d_PUBKEY(key, &der);

		assert_int_equal(
			EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof(point), &len), 1);

		struct public_area ek = { .type = TPM_ALG_ECC,
					  .curve = curves[i].curve,
					  .x = { point + 1, size },
					  .y = { point + 1 + size, size } };
		AUTO_DONE(bytes) second = { 0 };

		assert_int_equal(ek_is_of_spki(&ek, (struct span){ der, (size_t)der_len }), OK);
		assert_int_equal(ek_spelling(&ek, 1, &second), STATUS_NOT_FOUND);
		OPENSSL_free(der);
	}
}

static enum status bring(struct signer_scene *s, const struct release_marks *marks)
{
	struct turn turn = scene_turn(s);
	struct reference reference;
	enum status status;

	assert_int_equal(store_begin(s->signer.store), OK);
	status = releases_accept(&turn, span_of(&s->golden.image), marks, &reference);
	if (status == OK)
		assert_int_equal(store_commit(s->signer.store), OK);
	else
		store_rollback(s->signer.store);
	return status;
}

/* A captured loader says what it likes: what was seen of a release is seen for good. */
static void no_mark_of_a_release_goes_back(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct release_marks seen = { .time = GOLDEN_NOW }, marks;
	struct release_mark *const each[] = { &marks.root, &marks.timestamp, &marks.index,
					      &marks.revocations, &marks.log };
	struct digest one, two;
	(void)state;

	signer_scene_init(&s);
	assert_int_equal(digest_of(DIGEST_SHA256, span_text("one"), &one), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_text("two"), &two), OK);
	seen.root = seen.timestamp = seen.index = seen.revocations = seen.log =
		(struct release_mark){ .version = 5, .digest = one };
	seen.rejected = one;
	assert_int_equal(bring(&s, &seen), OK);
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		marks = seen;
		each[i]->version = 4;
		assert_int_equal(bring(&s, &marks), STATUS_DENIED);
		marks = seen;
		each[i]->digest = two;
		assert_int_equal(bring(&s, &marks), STATUS_DENIED);
	}
	marks = seen;
	marks.time--;
	assert_int_equal(bring(&s, &marks), STATUS_DENIED);
	marks = seen;
	marks.rejected = (struct digest){ 0 };
	assert_int_equal(bring(&s, &marks), STATUS_DENIED);
	assert_int_equal(bring(&s, &seen), OK);
}

#define NODE_ONE "0101010101010101010101010101010101010101010101010101010101010101"

static enum status read_inventory(const char *content, size_t *line)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(inventory) inventory = { 0 };

	assert_int_equal(bytes_append(&text, span_text(content)), OK);
	return inventory_parse(&text, &inventory, line);
}

static void an_inventory_places_each_host_once(void **state)
{
	static const struct {
		const char *content;
		enum status wanted;
		size_t line;
	} rows[] = {
		{ "# hosts\n\n\tr01n07 \tserver\t" NODE_ONE "\n", OK, 3 },
		{ "r01n07 server\n", STATUS_MALFORMED, 1 },
		{ "r01n07\n", STATUS_MALFORMED, 1 },
		{ "-host server " NODE_ONE "\n", STATUS_MALFORMED, 1 },
		{ "r01n07 ser/ver " NODE_ONE "\n", STATUS_MALFORMED, 1 },
		{ "r01n07 server 0101\n", STATUS_MALFORMED, 1 },
		{ "one server " NODE_ONE "\ntwo server " NODE_ONE "\n", STATUS_MISMATCH, 2 },
	};
	AUTO_DONE(bytes) many = { 0 };
	size_t line;
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(read_inventory(rows[i].content, &line), rows[i].wanted);
		assert_int_equal(line, rows[i].line);
	}
	assert_int_equal(bytes_append(&many, span_text("r01n07 server")), OK);
	for (unsigned i = 0; i <= INVENTORY_EKS_MAX; i++)
		assert_int_equal(bytes_printf(&many, " %064x", i), OK);
	assert_int_equal(bytes_append_byte(&many, '\0'), OK);
	assert_int_equal(read_inventory((const char *)many.data, &line), STATUS_TOO_LARGE);
}

/* An advice that is longer than a frame holds would be no answer at all. */
static void as_many_patterns_are_told_as_there_is_room_for(void **state)
{
	static char first[101], second[888];
	AUTO_DONE(signer_scene) s = { 0 };
	struct span more = span_text(", ...");
	struct span advice;
	(void)state;

	signer_scene_approved(&s);
	(void)snprintf(first, sizeof(first), "spiffe://prod.example/%078d", 0);
	(void)snprintf(second, sizeof(second), "spiffe://prod.example/%0865d", 0);
	for (size_t len = sizeof(second) - 1; len > sizeof(second) - 8; len--) {
		second[len] = '\0';
		s.golden.patterns[0] = first;
		s.golden.patterns[1] = second;
		s.golden.patterns[2] = "spiffe://prod.example/web/*";
		golden_build(&s.golden);
		s.signer.reference = s.golden.reference;
		scene_prepare_entry_act(
			&s,
			"add-entry\nclass server\nentry web spiffe://other.example/web /bin/web",
			s.now);
		scene_expect(&s, FRAME_ADMIN, REFUSAL_ENTRY_NOT_ENTITLED);
		advice = s.answer.advice;
		assert_in_range(advice.len, 1, SIGNER_ADVICE_MAX);
		assert_memory_equal(advice.data + advice.len - more.len, more.data, more.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nonce_of_later_is_not_fresh),
		cmocka_unit_test(what_was_appraised_too_long_is_not_committed),
		cmocka_unit_test(an_act_of_later_is_not_carried_out),
		cmocka_unit_test(an_activation_is_of_this_offer_and_of_now),
		cmocka_unit_test(who_is_shut_out_is_offered_nothing),
		cmocka_unit_test(of_two_with_one_ak_the_second_is_too_late),
		cmocka_unit_test(nor_does_a_node_take_anothers_for_its_new_one),
		cmocka_unit_test(only_rsa_keys_of_2048_bits_are_compared),
		cmocka_unit_test(an_ek_has_the_spellings_of_its_makers_and_no_other),
		cmocka_unit_test(an_elliptic_ek_has_one_spelling),
		cmocka_unit_test(no_mark_of_a_release_goes_back),
		cmocka_unit_test(as_many_patterns_are_told_as_there_is_room_for),
		cmocka_unit_test(an_inventory_places_each_host_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
