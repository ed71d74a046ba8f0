/* SPDX-License-Identifier: Apache-2.0 */
/* What a boot's texts and lists say, word for word: SBAT, dbx, db, lockdown, a kernel's path,
 * a module's name, a class's cells. */
#include "unit.h"

#include <string.h>

#include "appraisal_scene.h"
#include "log_bytes.h"
#include "verifier/appraisal/command_line.h"
#include "verifier/appraisal/secure_boot.h"

static void sbat_is_compared_component_by_component(void **state)
{
	static const struct {
		const char *level, *minimum;
		bool wanted;
	} rows[] = {
		{ "sbat,1,2025021800\nshim,4\ngrub,5\n", "sbat,1,2025021800\n\nshim,4\n", true },
		{ "sbat,1,2025021800\nshim,5,a,word\n", "shim,4,another\n", true },
		{ "sbat,1,2025021800\n", "sbat,1,2025021801\n", false },
		{ "sbat,1\n", "sbat,1,2025021801\n", false },
		{ "shim,3\n", "shim,4\n", false },
		{ "grub,4\n", "shim,4\n", false },
		{ "", "shim,4\n", false },
		/* What cannot be read is no component. */
		{ "shim\nshim,4\n", "shim,4\n", true },
		{ "shim,four\n", "shim,4\n", false },
		{ "shim,4294967296\n", "shim,4\n", false },
		{ "sbat,2,today\n", "sbat,1\n", false },
		/* A minimum that cannot be read is met by nothing. */
		{ "shim,4\n", "shim\n", false },
		{ "shim,4\n", "shim,four\n", false },
		{ "sbat,1,2025021800\n", "sbat,1,today\n", false },
		{ ",4\n", ",4\n", false },
		{ "shim,4\n", "shim,4\nshim\n", false },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (sbat_is_at_least(span_text(rows[i].level), span_text(rows[i].minimum)) !=
		    rows[i].wanted)
			fail_msg("row %zu: %s", i, rows[i].level);
}

/* Whoever writes variables may give one any name, under a GUID of their own. */
static void a_variable_of_that_name_under_another_guid_is_another(void **state)
{
	static const char *const names[] = { "SecureBoot", "PK", "KEK", "dbx" };
	(void)state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		AUTO_DONE(bytes) payload = { 0 };
		size_t at;

		scene_init(&s);
		at = boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, names[i]);
		put(&payload, span_of(&s.log.event[at].payload));
		payload.data[0] ^= 1;
		boot_log_rewrite(&s.log, at, span_of(&payload));
		scene_expect_put(&s, "boot-event-unknown");
	}
}

/* EFI_SIGNATURE_LIST of SHA-256 hashes (UEFI 2.10, 32.4.1). */
static void put_hashes(struct bytes *out, const struct digest *const *hashes, size_t count)
{
	static const uint8_t type[16] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40,
					  0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28 };

	put(out, (struct span){ type, sizeof(type) });
	put_le(out, 28 + 48 * count, 4);
	put_le(out, 0, 4);
	put_le(out, 48, 4);
	for (size_t i = 0; i < count; i++) {
		put_filled(out, 0, 16);
		put(out, digest_span(hashes[i]));
	}
}

/* A hash that is forbidden twice stands for no other. */
static void each_hash_of_the_minimum_is_forbidden_itself(void **state)
{
	const struct digest one = digest_filled(DIGEST_SHA256, 1);
	const struct digest two = digest_filled(DIGEST_SHA256, 2);
	const struct digest *const both[] = { &one, &two, &one };
	const struct digest *const twice[] = { &one, &one };
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(bytes) enough = { 0 };
	AUTO_DONE(bytes) less = { 0 };
	struct golden_digests *dbx = &s.golden.manifest[0].dbx;
	size_t at;
	(void)state;

	scene_init(&s);
	put_hashes(&enough, both, 3);
	put_hashes(&less, twice, 2);
	dbx->count = 2;
	dbx->item[0] = one;
	dbx->item[1] = two;
	at = boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "dbx");
	boot_log_set_variable(&s.log, at, span_of(&enough));
	boot_log_put(&s.log, &s.golden);
	scene_expect_configured(&s);
	boot_log_set_variable(&s.log, at, span_of(&less));
	scene_expect_put(&s, "dbx-below-minimum");
}

/* An image that db lists by its hash: that is the whole entry. */
static void an_authority_may_be_an_images_hash(void **state)
{
	const struct digest image = digest_filled(DIGEST_SHA256, 3);
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(bytes) entry = { 0 };
	struct golden_digests *db = &s.golden.manifest[0].db;
	size_t at;
	(void)state;

	scene_init(&s);
	put_filled(&entry, 0, 16);
	put(&entry, digest_span(&image));
	at = boot_log_find(&s.log, EV_EFI_VARIABLE_AUTHORITY, "db");
	boot_log_set_variable(&s.log, at, span_of(&entry));
	scene_expect_put(&s, "secure-boot-key-unknown");
	db->item[db->count++] = image;
	golden_build(&s.golden);
	scene_expect_configured(&s);
	/* Not even an owner. */
	boot_log_set_variable(&s.log, at, (struct span){ entry.data, 15 });
	scene_expect_put(&s, "secure-boot-key-unknown");
}

static void lockdown_is_what_the_last_word_says(void **state)
{
	static const struct {
		const char *line;
		bool is_named;
		enum lockdown wanted;
	} rows[] = {
		{ "/vmlinuz quiet", false, LOCKDOWN_NONE },
		{ "/vmlinuz lockdown=integrity", true, LOCKDOWN_INTEGRITY },
		{ "/vmlinuz lockdown=confidentiality quiet", true, LOCKDOWN_CONFIDENTIALITY },
		{ "/vmlinuz lockdown=integrity lockdown=none", true, LOCKDOWN_NONE },
		{ "/vmlinuz lockdown=none lockdown=integrity", true, LOCKDOWN_INTEGRITY },
		{ "/vmlinuz lockdown=integrityy", true, LOCKDOWN_NONE },
		{ "/vmlinuz xlockdown=integrity", false, LOCKDOWN_NONE },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lockdown_words words = command_line_lockdown(span_text(rows[i].line));

		assert_int_equal(words.is_named, rows[i].is_named);
		assert_int_equal(words.level, rows[i].wanted);
	}
}

/* The path is the first word of what the kernel parses, and holds no arguments. To the
 * kernel bytes beyond ASCII may be blanks: 0xa0, 0240, is (kernel: lib/ctype.c). */
static void a_kernel_path_is_printable(void **state)
{
	static const char *const paths[] = {
		"/vmlinuz\tima=off",   "/vmlinuz\nima=off", "/vmlinuz\\\"", "/vmlinuz'",
		"/vmlinuz\240ima=off", "/vmlinuz\x7f",	    "vmlinuz",	    ""
	};
	AUTO_DONE(scene) s = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_IPL, "kernel_cmdline: ");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		AUTO_DONE(bytes) line = { 0 };

		assert_int_equal(bytes_printf(&line, "%s %s", paths[i], GOLDEN_CMDLINE), OK);
		boot_log_rewrite(&s.log, at, span_of(&line));
		scene_expect_put(&s, "cmdline-unknown");
	}
}

/* Whose an unknown module is: the kernel's, compressed or not. */
static void a_module_belongs_to_the_kernels_owner(void **state)
{
	static const struct {
		const char *path;
		enum layer wanted;
	} rows[] = {
		{ "/lib/modules/x.ko", LAYER_KERNEL },
		{ "/lib/modules/x.ko.xz", LAYER_KERNEL },
		{ "/lib/modules/x.ko.zst", LAYER_KERNEL },
		{ "/lib/modules/x.ko.gz", LAYER_KERNEL },
		{ "/lib/modules/x.ko.txt", LAYER_USERLAND },
	};
	const struct digest unknown = digest_filled(DIGEST_SHA256, 0x66);
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		ima_log_add(&s.golden, "ima-sigv2", rows[i].path, &unknown);
		scene_expect(&s, "ima-entry-unknown", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
		assert_int_equal(s.result.findings.list[0].layer, rows[i].wanted);
	}
}

/* Platform and kernel, and not one that only is as long. */
static void a_cell_is_compared_whole(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	char cell[64];
	(void)state;

	scene_init(&s);
	scene_expect_configured(&s);
	for (size_t i = 0; i <= strlen(GOLDEN_CELL); i++) {
		(void)snprintf(cell, sizeof(cell), "%s%s", GOLDEN_CELL,
			       i == strlen(GOLDEN_CELL) ? "x" : "");
		cell[i] = 'x';
		s.golden.cell = cell;
		scene_expect_boot(&s, "cell-not-allowed");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sbat_is_compared_component_by_component),
		cmocka_unit_test(a_variable_of_that_name_under_another_guid_is_another),
		cmocka_unit_test(each_hash_of_the_minimum_is_forbidden_itself),
		cmocka_unit_test(an_authority_may_be_an_images_hash),
		cmocka_unit_test(lockdown_is_what_the_last_word_says),
		cmocka_unit_test(a_kernel_path_is_printable),
		cmocka_unit_test(a_module_belongs_to_the_kernels_owner),
		cmocka_unit_test(a_cell_is_compared_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
