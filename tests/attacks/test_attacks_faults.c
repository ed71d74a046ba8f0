/* SPDX-License-Identifier: Apache-2.0 */
/* A check that fails, and machinery that fails: neither leaves a right. */
#include "attacks.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "attack_scene.h"
#include "verifier/store/sqlite.h"

/* A release that uses every check: safe clocks, and a firmware that is denied. */
#define DENIED_FIRMWARE 1

static void strict_scene_init(struct signer_scene *s)
{
	signer_scene_init(s);
	s->golden.node_class.require_safe = true;
	s->golden.has_deny = true;
	s->golden.deny = (struct firmware_deny){ "IBM", DENIED_FIRMWARE, DENIED_FIRMWARE };
	golden_build(&s->golden);
	scene_load_release(s);
	scene_join_approved(s);
	scene_attest(s);
	assert_int_equal(state_in_store(s), NODE_TRUSTED);
}

/* One lie in otherwise honest evidence. */
struct lie {
	const char *outcome; /* a reason, or a refusal's name where nothing is proven */
	void (*tell)(struct made_attest *quote, struct made_attest *certify);
};

static void lie_magic(struct made_attest *quote, struct made_attest *certify)
{
	(void)certify;
	quote->magic ^= 1;
}

static void lie_type(struct made_attest *quote, struct made_attest *certify)
{
	(void)certify;
	quote->type = 0x8019;
}

static void lie_nonce(struct made_attest *quote, struct made_attest *certify)
{
	(void)certify;
	quote->extra[31] ^= 1;
}

static void lie_old(struct made_attest *quote, struct made_attest *certify)
{
	(void)certify;
	quote->clock = 1;
}

static void lie_clock(struct made_attest *quote, struct made_attest *certify)
{
	(void)certify;
	quote->clock = UINT64_MAX;
}

static void lie_signer(struct made_attest *quote, struct made_attest *certify)
{
	(void)certify;
	quote->signer.value[7] ^= 1;
}

static void lie_safe(struct made_attest *quote, struct made_attest *certify)
{
	(void)certify;
	quote->safe = 0;
}

static void lie_firmware(struct made_attest *quote, struct made_attest *certify)
{
	(void)certify;
	quote->firmware = DENIED_FIRMWARE;
}

static void lie_selection(struct made_attest *quote, struct made_attest *certify)
{
	(void)certify;
	quote->selection.bank[0].pcrs |= 1u << 12;
}

static void lie_composite(struct made_attest *quote, struct made_attest *certify)
{
	(void)certify;
	quote->pcr_digest.value[0] ^= 1;
}

/* A key whose policy names these counters is not the one offered. */
static void lie_restart(struct made_attest *quote, struct made_attest *certify)
{
	quote->restart_count++;
	certify->restart_count++;
}

static void lie_certify_nonce(struct made_attest *quote, struct made_attest *certify)
{
	(void)quote;
	certify->extra[0] ^= 1;
}

static void lie_certify_type(struct made_attest *quote, struct made_attest *certify)
{
	*certify = *quote;
}

static void lie_certify_boot(struct made_attest *quote, struct made_attest *certify)
{
	(void)quote;
	certify->reset_count--;
}

static void lie_certify_name(struct made_attest *quote, struct made_attest *certify)
{
	(void)quote;
	certify->certified.value[9] ^= 1;
}

static void lie_certify_hierarchy(struct made_attest *quote, struct made_attest *certify)
{
	(void)quote;
	certify->certified_qualified.value[9] ^= 1;
}

/* Nothing is proven about the sender: nothing may change. */
static const struct lie unproven[] = {
	{ "signature-invalid", lie_magic },
	{ "signature-invalid", lie_type },
	{ "nonce-invalid", lie_nonce },
	{ "evidence-replayed", lie_old },
};

/* This TPM's own fresh words, and they do not do: the right ends. */
static const struct lie damning[] = {
	{ "tpm-clock-out-of-range", lie_clock },
	{ "quote-signer-mismatch", lie_signer },
	{ "tpm-clock-not-safe", lie_safe },
	{ "tpm-firmware-denied", lie_firmware },
	{ "quote-selection-mismatch", lie_selection },
	{ "quote-pcr-mismatch", lie_composite },
	{ "minting-key-unsuitable", lie_restart },
	{ "certify-nonce-mismatch", lie_certify_nonce },
	{ "certify-malformed", lie_certify_type },
	{ "certify-counters-mismatch", lie_certify_boot },
	{ "certify-name-mismatch", lie_certify_name },
	{ "certify-hierarchy-mismatch", lie_certify_hierarchy },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void send_lie(struct signer_scene *s, const struct lie *lie)
{
	struct made_attest quote, certify;

	scene_evidence(s);
	quote = scene_quote(s);
	certify = scene_certify(s);
	lie->tell(&quote, &certify);
	scene_send_quote(s, &quote);
	scene_send_certify(s, &certify);
}

static void q22_what_proves_nothing_changes_nothing_and_what_fails_ends_the_right(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	strict_scene_init(&s);
	for (size_t i = 0; i < COUNT(unproven); i++) {
		struct digest before = store_picture(&s);

		send_lie(&s, &unproven[i]);
		scene_ask(&s, FRAME_AUTHENTICATE);
		assert_string_equal(refusal_name(s.answer.refusal), unproven[i].outcome);

		struct digest after = store_picture(&s);

		assert_true(digest_equal(&before, &after));
	}
	scene_evidence(&s);
	s.signature.data[s.signature.len - 1] ^= 1;
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
	/* A bad signature over and over: no renewal, so the right runs out. */
	s.now += 601;
	s.request.admin =
		(struct admin_request){ .verb = ADMIN_SHOW, .node = s.node, .role = ROLE_AUDITOR };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s.answer.admin.nodes.items[0].state, NODE_STALE);
	assert_int_equal(s.signer.grants, 1);

	scene_evidence(&s);
	s.certify_signature.data[s.certify_signature.len - 1] ^= 1;
	expect_right_ended(&s, "certify-signature-invalid");
}

static void q24_each_check_counts_by_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(damning); i++) {
		AUTO_DONE(signer_scene) s = { 0 };

		strict_scene_init(&s);
		send_lie(&s, &damning[i]);
		expect_right_ended(&s, damning[i].outcome);
	}
}

/* Every claim has to be affirmed, by whoever answers for it; any finding
 * weighs, whatever the claims say. */
static void q24_every_claim_has_to_be_affirmed(void **state)
{
	static const enum trust_tier tiers[] = { TIER_NONE, TIER_WARNING, TIER_CONTRAINDICATED };
	static const enum claim claims[] = { CLAIM_EXECUTABLES, CLAIM_CONFIGURATION };
	(void)state;

	for (size_t i = 0; i < COUNT(claims) * COUNT(tiers) + 1; i++) {
		AUTO_DONE(signer_scene) s = { 0 };
		struct finding finding = finding_of(REASON_IMA_ENTRY_UNKNOWN);

		attack_scene_init(&s);
		scene_authenticate(&s);
		scene_prepare_commit(&s);
		if (i < COUNT(claims) * COUNT(tiers))
			s.request.commit.claims.tier[claims[i % 2]] = tiers[i / 2];
		else
			findings_add(&s.request.commit.findings, &finding);
		scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
		assert_int_equal(s.answer.commit.certificate.len, 0);
		assert_int_equal(s.signer.grants, 1);
		assert_int_not_equal(state_in_store(&s), NODE_TRUSTED);
	}
}

/* Faults. The n-th use of what is armed fails; alone, or all after it as well. */
enum fault { FAULT_RANDOM, FAULT_STORE, FAULT_MEMORY, FAULTS };

static struct {
	bool is_armed[FAULTS];
	bool is_lasting;
	unsigned long left;
	bool has_struck;
} plan;

static bool strikes(enum fault fault)
{
	if (!plan.is_armed[fault] || (plan.has_struck && !plan.is_lasting))
		return false;
	if (plan.left > 0) {
		plan.left--;
		return false;
	}
	plan.has_struck = true;
	return true;
}

static enum status planned_random(uint8_t *buffer, size_t len)
{
	if (strikes(FAULT_RANDOM))
		return STATUS_UNAVAILABLE;
	return RAND_bytes(buffer, (int)len) == 1 ? OK : STATUS_UNAVAILABLE;
}

/* SQLite asks after each instruction of its machine: any of them can be the one
 * at which the disk goes. */
static int planned_interrupt(void *unused)
{
	(void)unused;
	return strikes(FAULT_STORE);
}

/* The linker puts these in the place of the C library's, for all our own code. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
	return strikes(FAULT_MEMORY) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return strikes(FAULT_MEMORY) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return strikes(FAULT_MEMORY) ? NULL : __real_realloc(old, size);
}

/* As the signer's process does it, with the fault inside the answer. */
static bool ask_with_fault(struct signer_scene *s, enum frame_type type, enum fault fault,
			   unsigned long number)
{
	struct turn turn = scene_turn(s);
	struct store *store = s->signer.store;

	s->request.type = type;
	assert_int_equal(store_begin(store), OK);
	assert_int_equal(store_step_begin(store), OK);
	plan.left = number;
	plan.has_struck = false;
	plan.is_armed[fault] = true;
	signer_answer_request(&turn, &s->request, &s->answer);
	plan.is_armed[fault] = false;
	if (store_step_end(store, s->answer.refusal == REFUSAL_NONE) != OK ||
	    store_commit(store) != OK) {
		store_rollback(store);
		assert_int_not_equal(s->answer.refusal, REFUSAL_NONE);
	}
	return plan.has_struck;
}

static void arm_scene(struct signer_scene *s)
{
	s->random = planned_random;
	sqlite3_progress_handler(s->signer.store->db, 1, planned_interrupt, NULL);
}

/* One exchange of a node's life: what goes before it, and what holds after it. */
struct exchange {
	enum frame_type type;
	void (*start)(struct signer_scene *s);
	void (*prepare)(struct signer_scene *s);
	enum node_state after; /* once it was answered; NODE_PENDING: there is no node yet */
};

static void start_new(struct signer_scene *s)
{
	signer_scene_init(s);
	scene_load_release(s);
}

static void prepare_activation(struct signer_scene *s)
{
	scene_enrol(s);
	scene_prepare_activation(s);
}

static void prepare_challenge(struct signer_scene *s)
{
	s->request.challenge = (struct challenge_request){ .node = s->node };
}

static void prepare_lie(struct signer_scene *s)
{
	scene_evidence(s);
	s->pcrs.data[3] ^= 1;
}

static void prepare_commit(struct signer_scene *s)
{
	scene_authenticate(s);
	assert_false(s->answer.authenticate.is_final);
	scene_prepare_commit(s);
}

static void prepare_finding(struct signer_scene *s)
{
	struct finding finding = finding_of(REASON_IMA_ENTRY_UNKNOWN);

	prepare_commit(s);
	findings_add(&s->request.commit.findings, &finding);
}

static const struct exchange exchanges[] = {
	{ FRAME_ENROL, start_new, scene_enrol, NODE_PENDING },
	{ FRAME_ACTIVATE, start_new, prepare_activation, NODE_STALE },
	{ FRAME_CHALLENGE, attack_scene_init, prepare_challenge, NODE_TRUSTED },
	{ FRAME_AUTHENTICATE, attack_scene_init, scene_evidence, NODE_TRUSTED },
	{ FRAME_AUTHENTICATE, attack_scene_init, prepare_lie, NODE_UNTRUSTED },
	{ FRAME_COMMIT, attack_scene_init, prepare_commit, NODE_TRUSTED },
	{ FRAME_COMMIT, attack_scene_init, prepare_finding, NODE_UNTRUSTED },
};

#define FAULTS_MAX 20000 /* far beyond what any exchange uses */

/* Every place at which this exchange can fail, one after the other, until none
 * is left and it goes through. */
static unsigned long walk_faults(const struct exchange *exchange, enum fault fault)
{
	AUTO_DONE(signer_scene) s = { 0 };
	unsigned long number = 0;

	exchange->start(&s);
	arm_scene(&s);
	for (; number < FAULTS_MAX; number++) {
		exchange->prepare(&s);

		struct digest before = store_picture(&s);
		uint64_t grants = s.signer.grants;

		if (!ask_with_fault(&s, exchange->type, fault, number))
			break;
		assert_true(s.signer.grants == grants);
		/* Honest evidence may go on without knowing the TPM's vendor, which then
		 * counts as every vendor that the deny list names. */
		if (s.pending.is_set) {
			assert_int_equal(exchange->after, NODE_TRUSTED);
			pending_done(&s.pending);
		} else if (s.answer.refusal == REFUSAL_NONE) {
			/* What could not be found out counts against the host. */
			assert_int_equal(state_in_store(&s), NODE_UNTRUSTED);
			signer_scene_done(&s);
			exchange->start(&s);
			arm_scene(&s);
			continue;
		}

		struct digest after = store_picture(&s);

		assert_true(digest_equal(&before, &after));
	}
	assert_in_range(number, 0, FAULTS_MAX - 1);
	assert_int_equal(s.answer.refusal, REFUSAL_NONE);
	if (exchange->after != NODE_PENDING)
		assert_int_equal(state_in_store(&s), exchange->after);
	return number;
}

static void q23_a_fault_at_any_place_leaves_nothing_behind(void **state)
{
	unsigned long walked = 0;
	(void)state;

	for (size_t i = 0; i < 2 * COUNT(exchanges); i++) {
		plan.is_lasting = i % 2 == 0;
		for (enum fault fault = 0; fault < FAULTS; fault++)
			walked += walk_faults(&exchanges[i / 2], fault);
	}
	/* The walk itself took place. */
	assert_true(walked > 200);
	print_message("q23: %lu faults in %zu exchanges\n", walked, COUNT(exchanges));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(q22_what_proves_nothing_changes_nothing_and_what_fails_ends_the_right),
	cmocka_unit_test(q23_a_fault_at_any_place_leaves_nothing_behind),
	cmocka_unit_test(q24_each_check_counts_by_itself),
	cmocka_unit_test(q24_every_claim_has_to_be_affirmed),
};

ATTACKS_MAIN(tests)
