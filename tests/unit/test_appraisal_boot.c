/* SPDX-License-Identifier: Apache-2.0 */
/* A boot log against one whole release: values, images, events. */
#include "unit.h"

#include <string.h>

#include "appraisal_scene.h"

#define TEXT(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })

static void a_log_put_together_again_is_the_same(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	boot_log_put(&s.log, &s.golden);
	scene_judge_anew(&s);
	assert_int_equal(s.result.findings.count, 0);
}

static void without_a_boot_log_nothing_is_known(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	bytes_done(&s.golden.boot_log);
	scene_expect_boot(&s, "boot-log-missing");
	assert_int_equal(s.result.state.len, 0);
}

static void a_broken_log_is_a_claim_and_not_a_failure(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.boot_log.len--;
	scene_expect_boot(&s, "boot-log-malformed");
}

static void every_pcr_has_the_value_that_its_log_leads_to(void **state)
{
	(void)state;

	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		AUTO_DONE(scene) s = { 0 };
		struct digest value;

		if ((GOLDEN_SELECT >> pcr & 1) == 0 || pcr == 10)
			continue;
		scene_init(&s);
		value = *pcr_value(&s.golden.values, DIGEST_SHA256, pcr);
		value.value[7] ^= 1;
		assert_int_equal(pcr_value_set(&s.golden.values, pcr, &value), OK);
		scene_expect_boot(&s, pcr == 11 || pcr == 13 ? "pcr-unexplained"
							     : "boot-replay-mismatch");
	}
}

/* A class of another bank than the log has. */
static void choose_bank(struct scene *s, enum digest_alg bank)
{
	s->golden.node_class.bank = bank;
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		struct digest zero = digest_filled(bank, 0);

		assert_int_equal(pcr_value_set(&s->golden.values, pcr, &zero), OK);
	}
}

static void a_bank_that_an_event_lacks_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	choose_bank(&s, DIGEST_SHA384);
	scene_expect_boot(&s, "boot-bank-missing");
}

/* A revoked file's digest in that bank is not known: any could be it. */
static void a_bank_that_cannot_name_what_is_revoked_is_refused(void **state)
{
	static const enum digest_alg banks[] = { DIGEST_SHA384, DIGEST_SHA512 };
	(void)state;

	for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		choose_bank(&s, banks[i]);
		scene_judge_anew(&s);
		assert_false(scene_has(&s, "boot-bank-irrevocable"));
		s.golden.revoked.item[0] = digest_filled(DIGEST_SHA256, 0x99);
		s.golden.revoked.count = 1;
		scene_expect_boot(&s, "boot-bank-irrevocable");
		assert_int_equal(s.result.findings.list[0].layer, LAYER_RELEASE_PROCESS);
	}
}

static void a_pinned_value_needs_no_log_and_no_other_will_do(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest value = digest_filled(DIGEST_SHA256, 0x11);
	struct golden_rules *pcrs = &s.golden.manifest[0].pcrs;
	(void)state;

	scene_init(&s);
	assert_int_equal(pcr_value_set(&s.golden.values, 11, &value), OK);
	pcrs->item[0] = (struct golden_rule){ .pcr = 11, .digest = value };
	pcrs->count = 1;
	scene_judge_anew(&s);
	assert_int_equal(s.result.findings.count, 0);
	value.value[0] ^= 1;
	assert_int_equal(pcr_value_set(&s.golden.values, 11, &value), OK);
	scene_expect_boot(&s, "pcr-not-allowed");
	/* A PCR that is not quoted cannot be pinned. */
	pcrs->item[0].pcr = 12;
	scene_expect_boot(&s, "pcr-not-allowed");
}

static void a_pcr_with_another_value_hides_no_event(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *pcrs = &s.golden.manifest[0].pcrs;
	(void)state;

	scene_init(&s);
	pcrs->item[0] =
		(struct golden_rule){ .pcr = 11, .digest = digest_filled(DIGEST_SHA256, 0x11) };
	pcrs->count = 1;
	s.golden.manifest[0].chain.item[1].digest.value[0] ^= 1;
	scene_expect_boot(&s, "pcr-not-allowed");
	/* The layer is that of the rule, whatever such rules are mostly about. */
	assert_int_equal(s.result.findings.list[0].layer, LAYER_BOOT_CHAIN);
	assert_true(scene_has(&s, "boot-image-unknown"));
}

static void every_event_is_explained_or_refused(void **state)
{
	(void)state;

	for (size_t i = 0;; i++) {
		AUTO_DONE(scene) s = { 0 };
		struct made_event *event;

		scene_init(&s);
		if (i == s.log.count)
			return;
		event = &s.log.event[i];
		/* The header record and EV_NO_ACTION extend nothing. */
		if (event->type == EV_NO_ACTION)
			continue;
		event->digest[1].value[0] ^= 1;
		boot_log_put(&s.log, &s.golden);
		scene_judge_anew(&s);
		assert_int_equal(s.result.claims.tier[CLAIM_CONFIGURATION], TIER_CONTRAINDICATED);
		assert_true(s.result.findings.count > 0);
	}
}

static void every_event_but_boot_entries_is_missed(void **state)
{
	(void)state;

	for (size_t i = 0;; i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		if (i == s.log.count)
			return;
		/* PCR 1's boot entries are listed, not required; grub_cmd: boot and
		 * its like are. The kernel is loaded twice, once is enough. */
		if (s.log.event[i].type == EV_NO_ACTION ||
		    s.log.event[i].type == EV_EFI_VARIABLE_BOOT ||
		    s.log.event[i].type == EV_EFI_BOOT_SERVICES_APPLICATION ||
		    s.log.event[i].type == EV_EFI_VARIABLE_AUTHORITY)
			continue;
		boot_log_drop(&s.log, i);
		boot_log_put(&s.log, &s.golden);
		scene_judge_anew(&s);
		if (s.result.claims.tier[CLAIM_CONFIGURATION] != TIER_CONTRAINDICATED)
			fail_msg("event %zu was not missed", i);
	}
}

static void an_ignored_event_is_explained(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *ignore = &s.golden.manifest[0].ignore;
	(void)state;

	scene_init(&s);
	boot_log_insert(&s.log, s.log.count, 5, EV_EFI_ACTION, TEXT("something else"));
	boot_log_put(&s.log, &s.golden);
	scene_expect_boot(&s, "boot-event-unknown");
	ignore->item[0] = (struct golden_rule){ .pcr = 5, .type = EV_EFI_ACTION };
	ignore->count = 1;
	scene_expect_configured(&s);
	ignore->item[0].pcr = 4;
	scene_expect_boot(&s, "boot-event-unknown");
}

static void images_run_in_the_chain_s_order(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct made_event first;
	size_t at, next;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_EFI_BOOT_SERVICES_APPLICATION, "");
	for (next = at + 1; s.log.event[next].type != EV_EFI_BOOT_SERVICES_APPLICATION; next++)
		;
	first = s.log.event[at];
	s.log.event[at] = s.log.event[next];
	s.log.event[next] = first;
	scene_expect_put(&s, "boot-image-unknown");
}

static void a_revoked_image_is_refused_though_listed(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.revoked.item[0] = s.golden.manifest[0].chain.item[1].digest;
	s.golden.revoked.count = 1;
	scene_expect_boot(&s, "boot-event-revoked");
}

static void a_revoked_image_is_refused_where_its_pcr_is_pinned(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *pcrs = &s.golden.manifest[0].pcrs;
	(void)state;

	scene_init(&s);
	pcrs->item[0] =
		(struct golden_rule){ .pcr = 4,
				      .digest = *pcr_value(&s.golden.values, DIGEST_SHA256, 4) };
	pcrs->count = 1;
	scene_judge_anew(&s);
	assert_int_equal(s.result.findings.count, 0);
	s.golden.revoked.item[0] = s.golden.manifest[0].chain.item[1].digest;
	s.golden.revoked.count = 1;
	scene_expect_boot(&s, "boot-event-revoked");
}

static void a_chain_ends_with_its_last_image(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t i;
	(void)state;

	scene_init(&s);
	for (i = s.log.count; i-- > 0;)
		if (s.log.event[i].type == EV_EFI_BOOT_SERVICES_APPLICATION &&
		    s.log.event[i].payload.len == 32)
			boot_log_drop(&s.log, i);
	scene_expect_put(&s, "boot-event-missing");
}

/* As many as a release may list are kept account of. */
static void a_required_rule_behind_hundreds_of_others_is_met(void **state)
{
	const size_t others = 300;
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *events;
	(void)state;

	scene_init(&s);
	events = &s.golden.manifest[0].events;
	assert_true(events->count + others < GOLDEN_RULES_MAX);
	memmove(events->item + others, events->item, events->count * sizeof(events->item[0]));
	events->count += others;
	for (size_t i = 0; i < others; i++)
		events->item[i] =
			(struct golden_rule){ .pcr = 0,
					      .digest = digest_filled(DIGEST_SHA256, 0x77) };
	golden_build(&s.golden);
	scene_expect_nothing(&s);

	events->item[events->count++] = (struct golden_rule){
		.pcr = 0, .digest = digest_filled(DIGEST_SHA256, 0x77), .is_required = true
	};
	scene_expect_boot(&s, "boot-event-missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_put_together_again_is_the_same),
		cmocka_unit_test(without_a_boot_log_nothing_is_known),
		cmocka_unit_test(a_broken_log_is_a_claim_and_not_a_failure),
		cmocka_unit_test(every_pcr_has_the_value_that_its_log_leads_to),
		cmocka_unit_test(a_bank_that_an_event_lacks_is_refused),
		cmocka_unit_test(a_bank_that_cannot_name_what_is_revoked_is_refused),
		cmocka_unit_test(a_pinned_value_needs_no_log_and_no_other_will_do),
		cmocka_unit_test(a_pcr_with_another_value_hides_no_event),
		cmocka_unit_test(every_event_is_explained_or_refused),
		cmocka_unit_test(every_event_but_boot_entries_is_missed),
		cmocka_unit_test(an_ignored_event_is_explained),
		cmocka_unit_test(images_run_in_the_chain_s_order),
		cmocka_unit_test(a_revoked_image_is_refused_though_listed),
		cmocka_unit_test(a_revoked_image_is_refused_where_its_pcr_is_pinned),
		cmocka_unit_test(a_chain_ends_with_its_last_image),
		cmocka_unit_test(a_required_rule_behind_hundreds_of_others_is_met),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
