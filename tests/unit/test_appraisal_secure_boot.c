/* SPDX-License-Identifier: Apache-2.0 */
/* Secure Boot: which keys were there, and which of them let an image run. */
#include "unit.h"

#include "appraisal_scene.h"
#include "log_bytes.h"
#include "verifier/appraisal/secure_boot.h"

#define TEXT(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })

static void a_separator_of_another_content_is_none(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	static const uint8_t error[4] = { 1, 0, 0, 0 };
	(void)state;

	scene_init(&s);
	boot_log_rewrite(&s.log, boot_log_find(&s.log, EV_SEPARATOR, ""),
			 (struct span){ error, 4 });
	scene_expect_put(&s, "boot-event-unknown");
}

static void before_it_no_authority_does(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_EFI_VARIABLE_AUTHORITY, "db");
	boot_log_insert(&s.log, boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "PK"), 7,
			EV_EFI_VARIABLE_AUTHORITY, span_of(&s.log.event[at].payload));
	scene_expect_put(&s, "boot-event-order");
}

static void a_variable_of_absurd_size_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(bytes) content = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "dbx");
	/* Well formed: one list of one entry that is nobody's. */
	assert_int_equal(bytes_append(&content, (struct span){ s.log.event[at].payload.data, 16 }),
			 OK);
	put_le(&content, 28 + 16 + (256 << 10), 4);
	put_le(&content, 0, 4);
	put_le(&content, 16 + (256 << 10), 4);
	put_filled(&content, 0, 16 + (256 << 10));
	s.golden.manifest[0].dbx.count = 0;
	boot_log_set_variable(&s.log, at, span_of(&content));
	scene_expect_put(&s, "secure-boot-key-unknown");
}

static void every_key_is_listed(void **state)
{
	(void)state;

	for (unsigned which = 0; which < 3; which++) {
		AUTO_DONE(scene) s = { 0 };
		struct golden_manifest *m = &s.golden.manifest[0];
		struct golden_digests *const lists[] = { &m->pk, &m->kek, &m->db };

		scene_init(&s);
		assert_true(lists[which]->count > 0);
		lists[which]->count--;
		scene_expect_boot(&s, "secure-boot-key-unknown");
	}
}

static void a_firmware_without_a_platform_key_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	boot_log_set_variable(&s.log, boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "PK"),
			      (struct span){ 0 });
	scene_expect_put(&s, "secure-boot-key-unknown");
}

static void a_malformed_key_list_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "dbx");
	boot_log_set_variable(&s.log, at, TEXT("not a list at all, and of no use"));
	scene_expect_put(&s, "boot-log-malformed");
}

static void an_authority_is_an_entry_of_db(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_EFI_VARIABLE_AUTHORITY, "db");
	boot_log_set_variable(&s.log, at, TEXT("sixteen bytes ofand a certificate"));
	scene_expect_put(&s, "secure-boot-key-unknown");
}

/* Without PCR 14 shim may have been told to check nothing. */
static void secure_boot_locks_down_only_where_shim_s_state_is_quoted(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.node_class.select &= ~((pcr_mask)1 << 14);
	scene_expect_boot(&s, "lockdown-missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_separator_of_another_content_is_none),
		cmocka_unit_test(before_it_no_authority_does),
		cmocka_unit_test(a_variable_of_absurd_size_is_refused),
		cmocka_unit_test(every_key_is_listed),
		cmocka_unit_test(a_firmware_without_a_platform_key_is_refused),
		cmocka_unit_test(a_malformed_key_list_is_refused),
		cmocka_unit_test(an_authority_is_an_entry_of_db),
		cmocka_unit_test(secure_boot_locks_down_only_where_shim_s_state_is_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
