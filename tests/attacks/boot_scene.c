/* SPDX-License-Identifier: Apache-2.0 */
#include "attacks.h"

#include "boot_scene.h"

void boot_expect_refused(struct scene *s, const char *code)
{
	golden_build(&s->golden);
	scene_judge(s);
	assert_string_equal(scene_first_code(s), code);
	assert_int_equal(s->result.claims.tier[CLAIM_CONFIGURATION], TIER_CONTRAINDICATED);
	assert_int_not_equal(s->result.claims.tier[CLAIM_EXECUTABLES], TIER_AFFIRMING);
	assert_false(s->result.has_release);
	assert_false(s->result.is_retryable);
	assert_int_equal(s->result.entries, 0);
	assert_int_equal(s->result.prefix_bytes, 0);
	assert_int_equal(s->result.state.len, 0);
}

void boot_expect_told_refused(struct scene *s, const char *code)
{
	boot_log_put(&s->log, &s->golden);
	boot_expect_refused(s, code);
}

void boot_expect_unreadable(struct scene *s)
{
	boot_log_write(&s->log, &s->golden);
	boot_expect_refused(s, "boot-log-malformed");
}

void boot_ignore(struct scene *s, uint8_t pcr, uint32_t type)
{
	struct golden_rules *rules = &s->golden.manifest[0].ignore;

	rules->item[rules->count++] = (struct golden_rule){ .pcr = pcr, .type = type };
}

struct made_event *boot_event_of(struct scene *s, uint32_t type, const char *text)
{
	return &s->log.event[boot_log_find(&s->log, type, text)];
}
