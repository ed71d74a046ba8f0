/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "ima_entry_bytes.h"
#include "tests/data/sb-exec-policy/facts.h"
#include "tpm/boot_log.h"
#include "tpm/ima_log.h"

/* PCR 10 after all entries of the capture, and its bytes. */
static void read_quoted(struct bytes *bytes, struct pcr_values *quoted)
{
	AUTO_DONE(hasher) hasher = { 0 };
	struct digest pcr = digest_filled(DIGEST_SHA256, 0);
	struct ima_log log;
	struct ima_entry entry;

	read_capture("ima.bin", bytes);
	assert_int_equal(hasher_init(&hasher, DIGEST_SHA256), OK);
	assert_int_equal(ima_log_open(span_of(bytes), DIGEST_SHA1, 0, &log), OK);
	while (ima_log_next(&log, &entry) == OK)
		assert_int_equal(ima_extend(&pcr, &entry, IMA_BANK_PROPER, &hasher, NULL), OK);
	pcr_values_init(quoted);
	assert_int_equal(pcr_value_set(quoted, IMA_PCR, &pcr), OK);
}

static enum status find_prefix(struct span log, const struct pcr_values *quoted,
			       struct ima_progress *progress, size_t *bytes)
{
	struct ima_progress after = *progress;
	bool is_reached = false;
	size_t replayed = 0;
	enum status status = ima_replay(log, DIGEST_SHA1, IMA_BANK_PROPER, quoted, NULL, &after,
					&replayed, &is_reached);

	if (status != OK)
		return status;
	if (!is_reached)
		return STATUS_MISMATCH;
	*progress = after;
	*bytes = replayed;
	return OK;
}

static void a_flipped_byte_in_any_entry_leaves_no_prefix(void **state)
{
	AUTO_DONE(bytes) bytes = { 0 };
	struct pcr_values quoted;
	struct ima_log log;
	struct ima_entry entry;
	size_t flipped = 0;
	(void)state;

	read_quoted(&bytes, &quoted);
	assert_int_equal(ima_log_open(span_of(&bytes), DIGEST_SHA1, 0, &log), OK);
	while (ima_log_next(&log, &entry) == OK) {
		struct ima_progress progress;
		size_t prefix = 77;
		/* The last byte of the file's digest. */
		uint8_t *byte = bytes.data + (size_t)(entry.file_digest.data - bytes.data) +
				entry.file_digest.len - 1;

		*byte ^= 1;
		ima_progress_init(&progress, DIGEST_SHA256);
		assert_int_equal(find_prefix(span_of(&bytes), &quoted, &progress, &prefix),
				 STATUS_MISMATCH);
		assert_true(progress.entries == 0 && prefix == 77);
		*byte ^= 1;
		flipped++;
	}
	assert_int_equal(flipped, CAPTURE_IMA_ENTRIES);
}

static void a_log_longer_than_the_quote_has_a_prefix_and_goes_on_from_there(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	struct pcr_values quoted;
	struct ima_progress progress;
	size_t prefix = 0;
	(void)state;

	read_quoted(&log, &quoted);
	size_t quoted_len = log.len;
	put_file(&log, 10, "/late");
	put_file(&log, 10, "/later");
	ima_progress_init(&progress, DIGEST_SHA256);
	assert_int_equal(find_prefix(span_of(&log), &quoted, &progress, &prefix), OK);
	assert_int_equal(prefix, quoted_len);
	assert_true(progress.entries == CAPTURE_IMA_ENTRIES && progress.named == 1u << 10);

	/* The same quote again, with new bytes only: nothing more is covered. */
	struct span tail = { log.data + prefix, log.len - prefix };
	assert_int_equal(find_prefix(tail, &quoted, &progress, &prefix), OK);
	assert_true(prefix == 0 && progress.entries == CAPTURE_IMA_ENTRIES);

	/* A later quote covers one of the two. */
	AUTO_DONE(hasher) hasher = { 0 };
	struct digest pcr = progress.bank.value[10];
	struct ima_log opened;
	struct ima_entry entry;
	assert_int_equal(hasher_init(&hasher, DIGEST_SHA256), OK);
	assert_int_equal(ima_log_open(tail, DIGEST_SHA1, CAPTURE_IMA_ENTRIES, &opened), OK);
	assert_int_equal(ima_log_next(&opened, &entry), OK);
	assert_true(entry.index == CAPTURE_IMA_ENTRIES);
	assert_int_equal(ima_extend(&pcr, &entry, IMA_BANK_PROPER, &hasher, NULL), OK);
	assert_int_equal(pcr_value_set(&quoted, 10, &pcr), OK);
	assert_int_equal(find_prefix(tail, &quoted, &progress, &prefix), OK);
	assert_true(prefix == entry.size && progress.entries == CAPTURE_IMA_ENTRIES + 1);
}

static void a_log_shorter_than_the_quote_has_no_prefix(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	struct pcr_values quoted;
	struct ima_progress progress;
	size_t prefix = 0;
	(void)state;

	read_quoted(&log, &quoted);
	ima_progress_init(&progress, DIGEST_SHA256);
	assert_int_equal(find_prefix((struct span){ 0 }, &quoted, &progress, &prefix),
			 STATUS_MISMATCH);
	assert_int_equal(
		find_prefix((struct span){ log.data, log.len - 1 }, &quoted, &progress, &prefix),
		STATUS_TRUNCATED);
}

static void the_empty_prefix_needs_a_pcr_10_in_its_reset_state(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	struct pcr_values quoted;
	struct ima_progress progress;
	struct digest zero = digest_filled(DIGEST_SHA256, 0);
	size_t prefix = 9;
	(void)state;

	put_file(&log, 10, "/a");
	pcr_values_init(&quoted);
	ima_progress_init(&progress, DIGEST_SHA256);
	assert_int_equal(find_prefix(span_of(&log), &quoted, &progress, &prefix), STATUS_NOT_FOUND);
	assert_int_equal(pcr_value_set(&quoted, 10, &zero), OK);
	assert_int_equal(find_prefix(span_of(&log), &quoted, &progress, &prefix), OK);
	assert_true(prefix == 0 && progress.entries == 0);
}

static void a_prefix_reaches_every_pcr_that_entries_name(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(hasher) hasher = { 0 };
	struct pcr_values quoted;
	struct ima_progress progress;
	struct digest value[2] = { digest_filled(DIGEST_SHA256, 0),
				   digest_filled(DIGEST_SHA256, 0) };
	struct ima_log opened;
	struct ima_entry entry;
	size_t prefix = 0;
	(void)state;

	put_file(&log, 10, "/a");
	put_file(&log, 12, "/b");
	put_file(&log, 12, "/c");
	assert_int_equal(hasher_init(&hasher, DIGEST_SHA256), OK);
	assert_int_equal(ima_log_open(span_of(&log), DIGEST_SHA1, 0, &opened), OK);
	while (ima_log_next(&opened, &entry) == OK)
		assert_int_equal(
			ima_extend(&value[entry.pcr == 12], &entry, IMA_BANK_PROPER, &hasher, NULL),
			OK);
	pcr_values_init(&quoted);
	ima_progress_init(&progress, DIGEST_SHA256);
	assert_int_equal(pcr_value_set(&quoted, 10, &value[0]), OK);
	/* PCR 10 stands right after one entry, but PCR 12 was not quoted. */
	assert_int_equal(find_prefix(span_of(&log), &quoted, &progress, &prefix), STATUS_NOT_FOUND);
	/* Quoted, and something else was extended into it. */
	struct digest other = digest_filled(DIGEST_SHA256, 5);
	assert_int_equal(pcr_value_set(&quoted, 12, &other), OK);
	assert_int_equal(find_prefix(span_of(&log), &quoted, &progress, &prefix), STATUS_MISMATCH);
	/* Not yet extended: both entries of PCR 12 came after the quote. */
	struct digest zero = digest_filled(DIGEST_SHA256, 0);
	struct ima_progress early = progress;
	assert_int_equal(pcr_value_set(&quoted, 12, &zero), OK);
	assert_int_equal(find_prefix(span_of(&log), &quoted, &early, &prefix), OK);
	assert_true(early.entries == 1);
	assert_int_equal(pcr_value_set(&quoted, 12, &value[1]), OK);
	assert_int_equal(find_prefix(span_of(&log), &quoted, &progress, &prefix), OK);
	assert_true(progress.entries == 3 && prefix == log.len);
}

static void a_violation_extends_all_ones(void **state)
{
	const struct field fields[] = { FIELD("sha1:\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
					FIELD("/a\0") };
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(hasher) hasher = { 0 };
	struct ima_entry entry;
	struct digest value;
	struct digest ones = digest_filled(DIGEST_SHA256, 0xff);
	(void)state;

	put_entry(&log, 10, "ima-ng", fields, 2, true);
	assert_int_equal(read_first(&log, &entry), OK);
	assert_int_equal(hasher_init(&hasher, DIGEST_SHA256), OK);
	assert_int_equal(
		ima_extended_value(&entry, DIGEST_SHA256, IMA_BANK_PROPER, &hasher, NULL, &value),
		OK);
	assert_true(digest_equal(&value, &ones));
}

static void the_padded_form_is_the_sha1_hash_and_zeros(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(hasher) sha1 = { 0 };
	struct ima_entry entry;
	struct digest value;
	(void)state;

	put_file(&log, 10, "/a");
	assert_int_equal(read_first(&log, &entry), OK);
	assert_int_equal(hasher_init(&sha1, DIGEST_SHA1), OK);
	assert_int_equal(ima_extended_value(&entry, DIGEST_SHA256, IMA_BANK_SHA1_PADDED, NULL,
					    &sha1, &value),
			 OK);
	assert_memory_equal(value.value, entry.template_hash.data, 20);
	assert_true(span_is_zero((struct span){ value.value + 20, 12 }));
	assert_int_equal(
		ima_extended_value(&entry, DIGEST_SHA256, IMA_BANK_SHA1_PADDED, NULL, NULL, &value),
		STATUS_UNSUPPORTED);
}

static void boot_aggregate_ties_the_list_to_the_boot_log(void **state)
{
	AUTO_DONE(bytes) boot = { 0 };
	AUTO_DONE(bytes) ima = { 0 };
	struct boot_replay replay;
	struct ima_entry first;
	struct digest aggregate;
	(void)state;

	read_capture("boot_log.bin", &boot);
	read_capture("ima.bin", &ima);
	assert_int_equal(boot_log_replay(span_of(&boot), &replay), OK);
	assert_int_equal(read_first(&ima, &first), OK);
	assert_true(span_equal(first.path, span_text("boot_aggregate")));
	assert_int_equal(ima_boot_aggregate(&replay.values, first.file_alg, 10, &aggregate), OK);
	assert_true(span_equal(digest_span(&aggregate), first.file_digest));
	assert_int_equal(ima_boot_aggregate(&replay.values, DIGEST_SHA384, 10, &aggregate),
			 STATUS_NOT_FOUND);
	assert_int_equal(ima_boot_aggregate(&replay.values, DIGEST_SHA256, 24, &aggregate),
			 STATUS_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flipped_byte_in_any_entry_leaves_no_prefix),
		cmocka_unit_test(a_log_longer_than_the_quote_has_a_prefix_and_goes_on_from_there),
		cmocka_unit_test(a_log_shorter_than_the_quote_has_no_prefix),
		cmocka_unit_test(the_empty_prefix_needs_a_pcr_10_in_its_reset_state),
		cmocka_unit_test(a_prefix_reaches_every_pcr_that_entries_name),
		cmocka_unit_test(a_violation_extends_all_ones),
		cmocka_unit_test(the_padded_form_is_the_sha1_hash_and_zeros),
		cmocka_unit_test(boot_aggregate_ties_the_list_to_the_boot_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
