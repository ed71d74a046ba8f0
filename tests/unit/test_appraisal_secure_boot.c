/* SPDX-License-Identifier: Apache-2.0 */
/* Secure Boot: which keys were there, and which of them let an image run. */
#include "unit.h"

#include <string.h>

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

/* EFI_SIGNATURE_LIST of one entry (UEFI 2.10, 32.4.1). */
static void forbid(struct scene *s, const uint8_t type[16], struct span content)
{
	AUTO_DONE(bytes) list = { 0 };

	put(&list, (struct span){ type, 16 });
	put_le(&list, 28 + 16 + content.len, 4);
	put_le(&list, 0, 4);
	put_le(&list, 16 + content.len, 4);
	put_filled(&list, 0, 16);
	put(&list, content);
	boot_log_set_variable(&s->log, boot_log_find(&s->log, EV_EFI_VARIABLE_DRIVER_CONFIG, "dbx"),
			      span_of(&list));
	boot_log_put(&s->log, &s->golden);
}

/* Content that is there to have a forbidden one's digest forbids nothing by it. */
static void only_hashes_and_certificates_count_as_forbidden(void **state)
{
	static const uint8_t sha256[16] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40,
					    0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28 };
	static const uint8_t x509[16] = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
					  0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72 };
	/* EFI_CERT_SHA1, EFI_CERT_X509_SHA256 */
	static const uint8_t others[][16] = {
		{ 0x12, 0xa5, 0x6c, 0x82, 0x10, 0xcf, 0xc9, 0x4a, 0xb1, 0x87, 0xbe, 0x01, 0x49,
		  0x66, 0x31, 0xbd },
		{ 0x92, 0xa4, 0xd2, 0x3b, 0xc0, 0x96, 0x79, 0x40, 0xb4, 0x20, 0xfc, 0xf9, 0x8e,
		  0xf1, 0x03, 0xed },
	};
	const struct span content = TEXT("a certificate, as bytes that anybody has");
	AUTO_DONE(scene) s = { 0 };
	struct golden_digests *dbx = &s.golden.manifest[0].dbx;
	(void)state;

	scene_init(&s);
	dbx->count = 1;
	assert_int_equal(digest_of(DIGEST_SHA256, content, &dbx->item[0]), OK);
	forbid(&s, x509, content);
	scene_expect_configured(&s);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		forbid(&s, others[i], content);
		scene_expect_boot(&s, "dbx-below-minimum");
	}
	/* No hash is as long. */
	forbid(&s, sha256, content);
	scene_expect_boot(&s, "dbx-below-minimum");
	forbid(&s, sha256, digest_span(&dbx->item[0]));
	scene_expect_configured(&s);
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

/* What shim measures of a variable of its own that holds one byte. */
static void insert_shim_state(struct scene *s, const char *name, uint8_t value)
{
	static const uint8_t shim_lock[16] = { 0x50, 0xab, 0x5d, 0x60, 0x46, 0xe0, 0x00, 0x43,
					       0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23 };
	AUTO_DONE(bytes) variable = { 0 };

	put(&variable, (struct span){ shim_lock, sizeof(shim_lock) });
	put_le(&variable, strlen(name), 8);
	put_le(&variable, 1, 8);
	for (const char *letter = name; *letter != '\0'; letter++)
		put_le(&variable, (uint8_t)*letter, 2);
	put_le(&variable, value, 1);
	boot_log_insert(&s->log, boot_log_find(&s->log, EV_IPL, "MokListTrusted"), 7,
			EV_EFI_VARIABLE_AUTHORITY, span_of(&variable));
	boot_log_put(&s->log, &s->golden);
}

/* In PCR 14 its event and that of MokListTrusted have one digest, and no name. */
static void shim_without_validation_is_refused_whatever_a_release_says(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *ignore = &s.golden.manifest[0].ignore;
	struct golden_rules *events = &s.golden.manifest[0].events;
	size_t at;
	(void)state;

	scene_init(&s);
	insert_shim_state(&s, "MokSBState", 1);
	scene_expect_boot(&s, "secure-boot-off");
	ignore->item[ignore->count++] =
		(struct golden_rule){ .pcr = 7, .type = EV_EFI_VARIABLE_AUTHORITY };
	scene_expect_boot(&s, "secure-boot-off");
	at = boot_log_find(&s.log, EV_EFI_VARIABLE_AUTHORITY, "MokSBState");
	events->item[events->count++] =
		(struct golden_rule){ .pcr = 7, .digest = s.log.event[at].digest[1] };
	scene_expect_boot(&s, "secure-boot-off");
}

/* Nor is its name that of another's, or validation that is on a fault. */
static void other_states_of_shim_are_events_like_any(void **state)
{
	static const struct {
		const char *name;
		uint8_t value;
	} states[] = { { "MokSBState", 0 }, { "MokSBStatf", 1 }, { "MokListTrusted", 1 } };
	(void)state;

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		struct golden_rules *ignore = &s.golden.manifest[0].ignore;

		scene_init(&s);
		insert_shim_state(&s, states[i].name, states[i].value);
		scene_expect_boot(&s, "boot-event-unknown");
		ignore->item[ignore->count++] =
			(struct golden_rule){ .pcr = 7, .type = EV_EFI_VARIABLE_AUTHORITY };
		scene_expect_configured(&s);
	}
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
		cmocka_unit_test(only_hashes_and_certificates_count_as_forbidden),
		cmocka_unit_test(a_firmware_without_a_platform_key_is_refused),
		cmocka_unit_test(a_malformed_key_list_is_refused),
		cmocka_unit_test(an_authority_is_an_entry_of_db),
		cmocka_unit_test(shim_without_validation_is_refused_whatever_a_release_says),
		cmocka_unit_test(other_states_of_shim_are_events_like_any),
		cmocka_unit_test(secure_boot_locks_down_only_where_shim_s_state_is_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
