/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "log_bytes.h"
#include "tests/data/sb-exec-policy/facts.h"
#include "tpm/boot_payload.h"

/* The first event of that type whose data begins with text. */
static void find_event(const struct bytes *bytes, uint32_t type, const char *text,
		       struct boot_event *out)
{
	struct boot_log log;

	assert_int_equal(boot_log_open(span_of(bytes), &log), OK);
	do
		assert_int_equal(boot_log_next(&log, out), OK);
	while (out->type != type || !span_starts_with(out->payload, text));
}

/* The first event about a variable of that name. */
static void find_variable(const struct bytes *bytes, const char *name, struct boot_event *out,
			  struct uefi_variable *variable)
{
	struct boot_log log;

	assert_int_equal(boot_log_open(span_of(bytes), &log), OK);
	do
		assert_int_equal(boot_log_next(&log, out), OK);
	while (out->type != EV_EFI_VARIABLE_DRIVER_CONFIG ||
	       uefi_variable_parse(out->payload, variable) != OK ||
	       !uefi_variable_is_named(variable, name));
}

static void grub_s_text_is_believed_without_its_prefix(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(hasher) hasher = { 0 };
	struct boot_event event;
	struct span measured;
	(void)state;

	read_capture("boot_log.bin", &log);
	assert_int_equal(hasher_init(&hasher, DIGEST_SHA256), OK);
	find_event(&log, EV_IPL, "kernel_cmdline: /vmlinuz", &event);
	assert_true(boot_payload_is_measured(&event, DIGEST_SHA256, &hasher, &measured));
	assert_true(span_starts_with(measured, "/vmlinuz-"));
	assert_int_not_equal(measured.data[measured.len - 1], 0);
}

static void data_is_not_believed_where_the_digest_says_otherwise(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(hasher) hasher = { 0 };
	struct boot_event event;
	struct uefi_variable variable;
	struct span measured;
	(void)state;

	read_capture("boot_log.bin", &log);
	assert_int_equal(hasher_init(&hasher, DIGEST_SHA256), OK);
	find_event(&log, EV_IPL, "/vmlinuz", &event); /* a file's name, with the file's digest */
	assert_false(boot_payload_is_measured(&event, DIGEST_SHA256, &hasher, &measured));
	find_variable(&log, "SecureBoot", &event, &variable);
	assert_true(boot_payload_is_measured(&event, DIGEST_SHA256, &hasher, &measured));
	assert_true(span_equal(measured, event.payload));
	assert_false(boot_payload_is_measured(&event, DIGEST_SHA384, &hasher, &measured));
	log.data[(size_t)(event.payload.data - log.data) + event.payload.len - 1] ^= 1;
	assert_false(boot_payload_is_measured(&event, DIGEST_SHA256, &hasher, &measured));
}

static void a_variable_has_a_guid_a_name_and_content(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	struct boot_event event;
	struct uefi_variable variable;
	(void)state;

	read_capture("boot_log.bin", &log);
	find_variable(&log, "SecureBoot", &event, &variable);
	assert_false(uefi_variable_is_named(&variable, "SecureBoo"));
	assert_false(uefi_variable_is_named(&variable, "SecureBoot2"));
	assert_int_equal(variable.content.len, 1);
	assert_int_equal(variable.content.data[0], 1);
	for (size_t len = 0; len < event.payload.len; len++)
		assert_int_equal(
			uefi_variable_parse((struct span){ event.payload.data, len }, &variable),
			STATUS_TRUNCATED);
}

static void lengths_that_wrap_are_refused(void **state)
{
	const uint64_t lengths[] = { 1, 0x8000000000000000u, 0x8000000000000001u, UINT64_MAX };
	(void)state;

	for (size_t i = 0; i < 4; i++) {
		AUTO_DONE(bytes) name = { 0 };
		AUTO_DONE(bytes) content = { 0 };
		AUTO_DONE(bytes) image = { 0 };
		struct uefi_variable variable;
		struct uefi_image parsed;

		put_filled(&name, 1, 16);
		put_le(&name, lengths[i], 8);
		put_le(&name, 0, 8);
		assert_int_equal(uefi_variable_parse(span_of(&name), &variable), STATUS_TRUNCATED);
		put_filled(&content, 1, 16);
		put_le(&content, 0, 8);
		put_le(&content, lengths[i], 8);
		assert_int_equal(uefi_variable_parse(span_of(&content), &variable),
				 STATUS_TRUNCATED);
		put_filled(&image, 0, 24);
		put_le(&image, lengths[i], 8);
		assert_int_equal(uefi_image_parse(span_of(&image), &parsed), STATUS_TRUNCATED);
	}
}

static void an_image_has_a_device_path(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	struct boot_event event;
	struct uefi_image image;
	(void)state;

	read_capture("boot_log.bin", &log);
	find_event(&log, EV_EFI_BOOT_SERVICES_APPLICATION, "", &event);
	assert_int_equal(uefi_image_parse(event.payload, &image), OK);
	assert_int_equal(image.length, CAPTURE_SHIM_SIZE);
	assert_int_not_equal(image.device_path.len, 0);
}

static void a_revocation_list_is_read_entry_by_entry(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	struct boot_event event;
	struct uefi_variable dbx;
	struct signature_entry entry;
	(void)state;

	read_capture("boot_log.bin", &log);
	find_variable(&log, "dbx", &event, &dbx);

	struct signature_list list = signature_list_over(dbx.content);
	assert_int_equal(signature_list_next(&list, &entry), OK);
	assert_true(signature_entry_is_sha256(&entry));
	assert_int_equal(signature_list_next(&list, &entry), STATUS_NOT_FOUND);

	for (size_t len = 1; len < dbx.content.len; len++) {
		list = signature_list_over((struct span){ dbx.content.data, len });
		assert_int_not_equal(signature_list_next(&list, &entry), OK);
		assert_int_not_equal(signature_list_next(&list, &entry), STATUS_NOT_FOUND);
	}
}

static void put_list(struct bytes *b, uint32_t list_size, uint32_t header_size, uint32_t entry_size)
{
	put_filled(b, 3, 16);
	put_le(b, list_size, 4);
	put_le(b, header_size, 4);
	put_le(b, entry_size, 4);
	put_filled(b, 4, 64);
}

static void signature_lists_whose_sizes_disagree_are_malformed(void **state)
{
	const uint32_t sizes[][3] = {
		{ 27, 0, 32 }, { 0, 0, 32 },	      { 92, 65, 32 }, { 92, 0xffffffff, 32 },
		{ 92, 0, 0 },  { 92, 0, 15 },	      { 92, 0, 48 },  { 92, 1, 32 },
		{ 92, 0, 65 }, { 92, 0, 0xffffffff },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		AUTO_DONE(bytes) content = { 0 };
		struct signature_entry entry;

		put_list(&content, sizes[i][0], sizes[i][1], sizes[i][2]);

		struct signature_list list = signature_list_over(span_of(&content));
		assert_int_equal(signature_list_next(&list, &entry), STATUS_MALFORMED);
	}

	AUTO_DONE(bytes) good = { 0 };
	struct signature_entry entry;

	put_list(&good, 92, 0, 32);
	put_list(&good, 92, 16, 48);
	put_list(&good, 28 + 64, 64, 32); /* a header and no entries */

	struct signature_list list = signature_list_over(span_of(&good));
	for (int i = 0; i < 3; i++)
		assert_int_equal(signature_list_next(&list, &entry), OK);
	assert_int_equal(entry.content.len, 32);
	assert_int_equal(signature_list_next(&list, &entry), STATUS_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grub_s_text_is_believed_without_its_prefix),
		cmocka_unit_test(data_is_not_believed_where_the_digest_says_otherwise),
		cmocka_unit_test(a_variable_has_a_guid_a_name_and_content),
		cmocka_unit_test(lengths_that_wrap_are_refused),
		cmocka_unit_test(an_image_has_a_device_path),
		cmocka_unit_test(a_revocation_list_is_read_entry_by_entry),
		cmocka_unit_test(signature_lists_whose_sizes_disagree_are_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
