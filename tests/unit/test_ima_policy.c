/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of an IMA policy file: what a release has to see measured. */
#include "unit.h"

#include "base/text.h"
#include "policies/artifacts/ima_policy.h"

static const char *const sound[] = {
	"measure func=BPRM_CHECK template=ima-sigv2",
	"measure func=MMAP_CHECK mask=MAY_EXEC template=ima-sigv2",
	"measure func=MODULE_CHECK template=ima-sigv2",
	"measure func=FIRMWARE_CHECK template=ima-sigv2",
	"measure func=KEXEC_KERNEL_CHECK template=ima-sigv2",
	"measure func=KEXEC_INITRAMFS_CHECK template=ima-sigv2",
	"measure func=KEXEC_CMDLINE",
	"measure func=POLICY_CHECK template=ima-sigv2",
};

#define RULES (sizeof(sound) / sizeof(sound[0]))

/* The sound one, with one rule put in place of the one at i; NULL leaves it out. */
static void make_policy(size_t i, const char *rule, struct bytes *out)
{
	for (size_t j = 0; j < RULES; j++) {
		const char *line = j == i ? rule : sound[j];

		if (line != NULL)
			assert_int_equal(bytes_printf(out, "%s\n", line), OK);
	}
}

static void refused(struct span text, const char *code, size_t line, const char *func)
{
	struct ima_policy_fault why = { 0 };

	assert_int_equal(ima_policy_check(text, &why), STATUS_MALFORMED);
	assert_string_equal(why.code, code);
	assert_int_equal(why.line, line);
	assert_non_null(why.advice);
	if (func == NULL)
		assert_null(why.func);
	else
		assert_string_equal(why.func, func);
}

static void check_with(size_t i, const char *rule, enum status expected)
{
	AUTO_DONE(bytes) policy = { 0 };
	struct ima_policy_fault why = { 0 };

	make_policy(i, rule, &policy);
	assert_int_equal(ima_policy_check(span_of(&policy), &why), expected);
}

static void rules_are_read_word_by_word(void **state)
{
	struct ima_policy policy = ima_policy_over(
		span_text("# first\n\n \t template=ima-ngv2\tmeasure  func=FILE_CHECK "
			  "mask=^MAY_READ uid=0 \n#x\ndont_measure fsmagic=0x9fa0\naudit"));
	struct ima_policy_rule rule;
	(void)state;

	assert_int_equal(ima_policy_next(&policy, &rule), OK);
	assert_int_equal(rule.line, 3);
	assert_int_equal(rule.action, IMA_MEASURE);
	assert_true(span_equal(rule.func, span_text("FILE_CHECK")));
	assert_true(span_equal(rule.mask, span_text("^MAY_READ")));
	assert_true(span_equal(rule.template, span_text("ima-ngv2")));
	assert_true(rule.is_limited);
	assert_true(span_starts_with(rule.text, "template="));
	assert_true(rule.text.data[rule.text.len - 1] == '0');
	assert_int_equal(ima_policy_next(&policy, &rule), OK);
	assert_int_equal(rule.line, 5);
	assert_int_equal(rule.action, IMA_DONT_MEASURE);
	assert_int_equal(rule.func.len, 0);
	assert_int_equal(ima_policy_next(&policy, &rule), OK);
	assert_int_equal(rule.action, IMA_OTHER_ACTION);
	assert_false(rule.is_limited);
	assert_int_equal(ima_policy_next(&policy, &rule), STATUS_NOT_FOUND);
}

static void a_policy_that_measures_all_code_is_sound(void **state)
{
	(void)state;

	check_with(RULES, NULL, OK);
	check_with(1, "measure func=FILE_MMAP mask=^MAY_EXEC template=ima-ngv2", OK);
	check_with(2, "measure func=MODULE_CHECK mask=MAY_READ template=ima-sigv2", OK);
	check_with(7, "measure func=POLICY_CHECK template=ima-sigv2\ndont_measure fsmagic=0x9fa0",
		   OK);
	check_with(0,
		   "dont_measure func=FILE_CHECK\nappraise func=BPRM_CHECK\n"
		   "measure func=BPRM_CHECK template=ima-sigv2",
		   OK);
}

static void every_rule_that_is_left_out_is_missed(void **state)
{
	static const char *const funcs[RULES] = {
		"BPRM_CHECK",	  "MMAP_CHECK",		"MODULE_CHECK",
		"FIRMWARE_CHECK", "KEXEC_KERNEL_CHECK", "KEXEC_INITRAMFS_CHECK",
		"KEXEC_CMDLINE",  "POLICY_CHECK",
	};
	(void)state;

	for (size_t i = 0; i < RULES; i++) {
		AUTO_DONE(bytes) policy = { 0 };

		make_policy(i, NULL, &policy);
		refused(span_of(&policy), "ima-policy-misses", 0, funcs[i]);
	}
	refused((struct span){ 0 }, "ima-policy-misses", 0, "BPRM_CHECK");
}

static void a_rule_with_a_condition_measures_a_part(void **state)
{
	(void)state;

	check_with(0, "measure func=BPRM_CHECK uid=0 template=ima-sigv2", STATUS_MALFORMED);
	check_with(0, "measure func=BPRM_CHECK fsmagic=0xef53 template=ima-sigv2",
		   STATUS_MALFORMED);
	check_with(0, "measure func=BPRM_CHECK mask=MAY_READ template=ima-sigv2", STATUS_MALFORMED);
	check_with(1, "measure func=MMAP_CHECK mask=MAY_WRITE template=ima-sigv2",
		   STATUS_MALFORMED);
	check_with(2, "measure func=MODULE_CHECK mask=MAY_EXEC template=ima-sigv2",
		   STATUS_MALFORMED);
	check_with(6, "measure func=KEXEC_CMDLINE mask=MAY_READ", STATUS_MALFORMED);
	check_with(0, "audit func=BPRM_CHECK", STATUS_MALFORMED);
}

static void what_is_exempted_before_its_rule_is_refused(void **state)
{
	static const char *const rules[] = {
		"dont_measure fsmagic=0x01021994",
		"dont_measure func=BPRM_CHECK",
		"fsmagic=0x01021994 \t dont_measure",
		"dont_measure func=BPRM_CHECK uid=1000",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		AUTO_DONE(bytes) policy = { 0 };

		assert_int_equal(bytes_printf(&policy, "# policy\n%s\n", rules[i]), OK);
		make_policy(RULES, NULL, &policy);
		refused(span_of(&policy), "ima-policy-exempts", 2, "BPRM_CHECK");
	}
	/* Behind the first rules, before the others. */
	check_with(1,
		   "dont_measure func=FILE_MMAP uid=1000\n"
		   "measure func=MMAP_CHECK template=ima-sigv2",
		   STATUS_MALFORMED);
}

static void no_rule_measures_to_a_pcr_of_its_own(void **state)
{
	static const char *const rules[] = {
		"measure func=BPRM_CHECK pcr=11 template=ima-sigv2",
		"measure func=BPRM_CHECK pcr=12 fsmagic=0x01021994 template=ima-sigv2",
		"measure func=FILE_CHECK pcr=16 uid=1000 template=ima-ngv2",
		"pcr=23 measure func=KEY_CHECK",
	};
	(void)state;

	/* In front of rules that measure all. */
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		AUTO_DONE(bytes) policy = { 0 };

		assert_int_equal(bytes_printf(&policy, "%s\n", rules[i]), OK);
		make_policy(RULES, NULL, &policy);
		refused(span_of(&policy), "ima-policy-pcr", 1, NULL);
	}
}

static void entries_in_the_default_form_are_refused(void **state)
{
	static const char *const rules[] = {
		"measure func=BPRM_CHECK",
		"measure func=BPRM_CHECK template=ima-sig",
		"measure func=BPRM_CHECK template=ima-ng",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		AUTO_DONE(bytes) policy = { 0 };

		make_policy(0, rules[i], &policy);
		refused(span_of(&policy), "ima-policy-template", 1, NULL);
	}
	check_with(RULES - 1,
		   "measure func=POLICY_CHECK template=ima-sigv2\nmeasure func=FILE_CHECK",
		   STATUS_MALFORMED);
}

static void a_line_that_the_kernel_refuses_is_refused(void **state)
{
	static const char *const rules[] = {
		"func=BPRM_CHECK template=ima-sigv2",
		"measure dont_measure func=BPRM_CHECK",
		"measure measure func=BPRM_CHECK template=ima-sigv2",
		"measure func=BPRM_CHECK func=MMAP_CHECK template=ima-sigv2",
		"measure func=BPRM_CHECK template=ima-sigv2 template=ima-sig",
		"measure mask=MAY_EXEC mask=MAY_EXEC template=ima-sigv2",
		"measure func= template=ima-sigv2",
		"dont_measure func=BPRM_CHECK template=ima-sigv2",
		"measure func=BPRM_CHECK template=ima-sigv2\r",
		"measure func=BPRM_CHECK template=ima-sigv2 \x1b[2K",
		"measure func=BPRM_CHECK\xc2\xa0template=ima-sigv2",
	};
	const char hidden[] = "# \0\nmeasure func=BPRM_CHECK template=ima-sigv2\n";
	(void)state;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		AUTO_DONE(bytes) policy = { 0 };

		make_policy(0, rules[i], &policy);
		refused(span_of(&policy), "ima-policy-rule", 1, NULL);
	}
	refused((struct span){ (const uint8_t *)hidden, sizeof(hidden) - 1 }, "ima-policy-rule", 1,
		NULL);
}

static void every_truncation_is_refused(void **state)
{
	AUTO_DONE(bytes) policy = { 0 };
	struct ima_policy_fault why;
	(void)state;

	make_policy(RULES, NULL, &policy);
	for (size_t len = 0; len < policy.len - 1; len++)
		assert_int_not_equal(ima_policy_check((struct span){ policy.data, len }, &why), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_read_word_by_word),
		cmocka_unit_test(a_policy_that_measures_all_code_is_sound),
		cmocka_unit_test(every_rule_that_is_left_out_is_missed),
		cmocka_unit_test(a_rule_with_a_condition_measures_a_part),
		cmocka_unit_test(what_is_exempted_before_its_rule_is_refused),
		cmocka_unit_test(no_rule_measures_to_a_pcr_of_its_own),
		cmocka_unit_test(entries_in_the_default_form_are_refused),
		cmocka_unit_test(a_line_that_the_kernel_refuses_is_refused),
		cmocka_unit_test(every_truncation_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
