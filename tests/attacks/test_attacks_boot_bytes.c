/* SPDX-License-Identifier: Apache-2.0 */
/* The boot log: banks, numbers, sizes and counts that it claims, and what the
 * reading of it costs. */
#include "attacks.h"

#include <string.h>

#include "boot_scene.h"
#include "log_bytes.h"

#define TEXT(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })

/* Of the event, in the golden log as it stands. */
static uint8_t *bytes_of_event(struct scene *s, size_t index)
{
	struct boot_log log;
	struct boot_event event = { 0 };

	assert_int_equal(boot_log_open(span_of(&s->golden.boot_log), &log), OK);
	do
		assert_int_equal(boot_log_next(&log, &event), OK);
	while (event.index < index);
	return s->golden.boot_log.data + event.offset;
}

#define FIRST_DIGEST 12 /* behind PCR, type and count */

static void widen_sha1(struct scene *s)
{
	AUTO_DONE(bytes) old = s->golden.boot_log;
	struct bytes *out = &s->golden.boot_log;
	struct boot_log log;
	struct boot_event event;

	*out = (struct bytes){ 0 };
	assert_int_equal(boot_log_open(span_of(&old), &log), OK);
	put(out, (struct span){ old.data, log.reader.offset });
	assert_int_equal(out->data[62], digest_size(DIGEST_SHA1));
	out->data[62] = SHA256_SIZE;
	while (boot_log_next(&log, &event) == OK) {
		const uint8_t *record = old.data + event.offset;
		size_t head = FIRST_DIGEST + 2 + digest_size(DIGEST_SHA1);

		put(out, (struct span){ record, head });
		put_filled(out, 0, SHA256_SIZE - digest_size(DIGEST_SHA1));
		put(out, (struct span){ record + head, log.reader.offset - event.offset - head });
	}
}

static void b06_a_record_has_each_bank_once(void **state)
{
	AUTO_DONE(scene) doubled = { 0 };
	AUTO_DONE(scene) unlisted = { 0 };
	AUTO_DONE(scene) sized = { 0 };
	AUTO_DONE(scene) missing = { 0 };
	(void)state;

	scene_init(&doubled);
	doubled.log.event[20].digest[0] = doubled.log.event[20].digest[1];
	boot_expect_unreadable(&doubled);

	scene_init(&unlisted);
	bytes_of_event(&unlisted, 20)[FIRST_DIGEST] = 0x12; /* SM3-256 */
	boot_expect_refused(&unlisted, "boot-log-malformed");

	/* SHA-1 of 32 bytes, in the header and in every record. */
	scene_init(&sized);
	widen_sha1(&sized);
	boot_expect_refused(&sized, "boot-log-malformed");

	/* That PCR is unverifiable in that bank. */
	scene_init(&missing);
	boot_event_of(&missing, EV_EFI_GPT_EVENT, "")->digest[1] = (struct digest){ 0 };
	boot_log_put(&missing.log, &missing.golden);
	boot_expect_refused(&missing, "boot-bank-missing");
	assert_string_equal(missing.result.findings.list[0].detail, "pcr=5 sha256");
}

static void b07_a_pcr_number_is_bounded(void **state)
{
	static const uint32_t numbers[] = { 24, 31, 32, 64, 0x80000000u, 0xffffffffu };
	(void)state;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		s.log.event[20].pcr = numbers[i];
		boot_expect_unreadable(&s);
	}
}

static void b08_sizes_do_not_wrap(void **state)
{
	static const uint8_t high[4] = { 0, 0, 0, 0x80 };
	(void)state;

	{ /* EventSize */
		AUTO_DONE(scene) s = { 0 };
		const size_t digests = 2 + digest_size(DIGEST_SHA1) + 2 + SHA256_SIZE;

		scene_init(&s);
		memset(bytes_of_event(&s, 20) + FIRST_DIGEST + digests, 0xff, 4);
		boot_expect_refused(&s, "boot-log-malformed");
	}
	{ /* 2^63 + 10 characters are 20 bytes, where multiplication wraps. */
		AUTO_DONE(scene) s = { 0 };
		AUTO_DONE(bytes) payload = { 0 };
		struct made_event *event;

		scene_init(&s);
		event = boot_event_of(&s, EV_EFI_VARIABLE_DRIVER_CONFIG, "SecureBoot");
		assert_int_equal(bytes_copy(span_of(&event->payload), &payload), OK);
		memcpy(payload.data + 20, high, 4);
		boot_log_rewrite(&s.log, (size_t)(event - s.log.event), span_of(&payload));
		boot_expect_told_refused(&s, "boot-payload-unmeasured");
	}
	{ /* EFI_SIGNATURE_LIST: a size of its header that reaches round. */
		AUTO_DONE(scene) s = { 0 };
		AUTO_DONE(bytes) payload = { 0 };
		struct made_event *event;

		scene_init(&s);
		event = boot_event_of(&s, EV_EFI_VARIABLE_DRIVER_CONFIG, "KEK");
		assert_int_equal(bytes_copy(span_of(&event->payload), &payload), OK);
		memset(payload.data + 32 + 6 + 20, 0xff, 4);
		boot_log_rewrite(&s.log, (size_t)(event - s.log.event), span_of(&payload));
		boot_expect_told_refused(&s, "boot-log-malformed");
	}
}

/* A header that announces this many algorithms, all of a size. */
static void announce(struct scene *s, uint32_t count, uint32_t written)
{
	struct bytes log = { 0 };
	struct span old = span_of(&s->golden.boot_log);
	size_t records = s->log.header.len;

	put(&log, (struct span){ old.data, 28 });
	put_le(&log, 28 + 4 * written + 1, 4);
	put(&log, (struct span){ old.data + 32, 24 });
	put_le(&log, count, 4);
	put(&log, (struct span){ old.data + 60, 8 }); /* SHA-1, SHA-256 */
	for (uint32_t i = 2; i < written; i++) {
		put_le(&log, 0x100 + i, 2);
		put_le(&log, 8, 2);
	}
	put_le(&log, 0, 1);
	put(&log, (struct span){ old.data + records, old.len - records });
	bytes_done(&s->golden.boot_log);
	s->golden.boot_log = log;
}

static void b09_a_count_is_bounded_before_it_is_used(void **state)
{
	(void)state;

	{ /* As many as a header may announce, with values that nobody reads. */
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		announce(&s, BOOT_LOG_ALGS_MAX, BOOT_LOG_ALGS_MAX);
		scene_expect_configured(&s);
	}
	for (unsigned i = 0; i < 2; i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		announce(&s, i == 0 ? BOOT_LOG_ALGS_MAX + 1 : 0xffffffffu, BOOT_LOG_ALGS_MAX + 1);
		boot_expect_refused(&s, "boot-log-malformed");
		assert_string_equal(s.result.findings.list[0].detail,
				    status_text(STATUS_TOO_LARGE));
	}
	{ /* Digests of one record */
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		memset(bytes_of_event(&s, 20) + FIRST_DIGEST - 4, 0xff, 4);
		boot_expect_refused(&s, "boot-log-malformed");
	}
}

static void b12_nothing_follows_the_end(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct bytes *log = &s.golden.boot_log;
	(void)state;

	scene_init(&s);
	put_filled(log, 0, 4096);
	scene_expect_configured(&s);
	log->data[log->len - 1] = 1;
	boot_expect_refused(&s, "boot-log-malformed");
	/* A whole record behind the padding. */
	log->len--;
	put(log, (struct span){ bytes_of_event(&s, 20), 200 });
	boot_expect_refused(&s, "boot-log-malformed");
	log->len -= 200 + 4095;
	put_filled(log, 0xff, 4096);
	scene_expect_configured(&s);
	log->data[log->len - 1] = 0;
	boot_expect_refused(&s, "boot-log-malformed");
}

/* The fuzz targets fuzz_boot_log, fuzz_boot_payload and fuzz_boot_appraisal go
 * over bytes that no hand would write. */
static void b15_no_truncation_is_a_boot(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(bytes) whole = { 0 };
	struct boot_log log;
	struct boot_event event;
	size_t start = 0, boundary, len = 0;
	(void)state;

	scene_init(&s);
	assert_int_equal(bytes_copy(span_of(&s.golden.boot_log), &whole), OK);
	assert_int_equal(boot_log_open(span_of(&whole), &log), OK);
	do {
		/* Within a record it is malformed, unless what is there of it
		 * could be padding; behind one it ends too early. */
		for (boundary = log.reader.offset; len <= boundary && len < whole.len; len++) {
			struct span part = { whole.data + start, len - start };

			s.golden.boot_log.len = len;
			scene_judge(&s);
			if (len == 0)
				assert_string_equal(scene_first_code(&s), "boot-log-missing");
			if (len < boundary && !span_is_zero(part))
				assert_string_equal(scene_first_code(&s), "boot-log-malformed");
			assert_true(s.result.findings.count > 0);
			assert_int_equal(s.result.claims.tier[CLAIM_CONFIGURATION],
					 TIER_CONTRAINDICATED);
			assert_false(s.result.has_release);
			assert_int_equal(s.result.state.len, 0);
		}
		start = boundary;
	} while (boot_log_next(&log, &event) == OK);
	assert_int_equal(len, whole.len);
	s.golden.boot_log.len = len;
	scene_expect_nothing(&s);
}

/* Work is counted, not timed: the linker sends these calls through here. */
static uint64_t calls;

/* NOLINTBEGIN(bugprone-reserved-identifier): names that ld --wrap prescribes */
enum status __real_boot_log_next(struct boot_log *log, struct boot_event *out);
enum status __wrap_boot_log_next(struct boot_log *log, struct boot_event *out);
enum status __real_hasher_digest(struct hasher *h, const struct span *parts, size_t count,
				 struct digest *out);
enum status __wrap_hasher_digest(struct hasher *h, const struct span *parts, size_t count,
				 struct digest *out);
enum status __real_hasher_extend(struct hasher *h, struct digest *pcr, struct span extended);
enum status __wrap_hasher_extend(struct hasher *h, struct digest *pcr, struct span extended);

enum status __wrap_boot_log_next(struct boot_log *log, struct boot_event *out)
{
	calls++;
	return __real_boot_log_next(log, out);
}

enum status __wrap_hasher_digest(struct hasher *h, const struct span *parts, size_t count,
				 struct digest *out)
{
	calls++;
	return __real_hasher_digest(h, parts, count, out);
}

enum status __wrap_hasher_extend(struct hasher *h, struct digest *pcr, struct span extended)
{
	calls++;
	return __real_hasher_extend(h, pcr, extended);
}

struct digest __real_reference_digest(const struct reference *ref, uint32_t index);
struct digest __wrap_reference_digest(const struct reference *ref, uint32_t index);
bool __real_reference_range_has_digest(const struct reference *ref, struct ref_range range,
				       const struct digest *digest);
bool __wrap_reference_range_has_digest(const struct reference *ref, struct ref_range range,
				       const struct digest *digest);

struct digest __wrap_reference_digest(const struct reference *ref, uint32_t index)
{
	calls++;
	return __real_reference_digest(ref, index);
}

bool __wrap_reference_range_has_digest(const struct reference *ref, struct ref_range range,
				       const struct digest *digest)
{
	calls += range.count;
	return __real_reference_range_has_digest(ref, range, digest);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static uint64_t work_for(unsigned more_events)
{
	AUTO_DONE(scene) s = { 0 };

	scene_init(&s);
	boot_ignore(&s, 5, EV_EFI_ACTION);
	for (unsigned i = 0; i < more_events; i++)
		boot_log_insert(&s.log, s.log.count, 5, EV_EFI_ACTION, TEXT("again"));
	boot_log_put(&s.log, &s.golden);
	golden_build(&s.golden);
	calls = 0;
	scene_judge(&s);
	assert_true(s.result.has_release);
	return calls;
}

static void b15_work_is_linear_in_the_log(void **state)
{
	uint64_t none = work_for(0);
	uint64_t some = work_for(30);
	uint64_t twice = work_for(60);
	(void)state;

	assert_true(some > none);
	assert_int_equal(twice - some, some - none);
	assert_true(some - none <= (uint64_t)30 * 16);
}

static uint64_t work_of_refusal(struct scene *s, const char *reason)
{
	boot_log_put(&s->log, &s->golden);
	calls = 0;
	boot_expect_refused(s, reason);
	return calls;
}

/* What is none of a class's releases is compared with those of all others. */
static uint64_t work_of_another_cell(unsigned more_events)
{
	AUTO_DONE(scene) s = { 0 };

	scene_init(&s);
	s.golden.cell = "q35/6.1.0-57-cloud-amd64";
	for (unsigned i = 0; i < more_events; i++)
		boot_log_insert(&s.log, s.log.count, 5, EV_EFI_ACTION, TEXT("never seen"));
	return work_of_refusal(&s, more_events == 0 ? "cell-not-allowed" : "release-none");
}

static void b15_another_cell_s_release_costs_as_far_as_it_fits(void **state)
{
	uint64_t none = work_of_another_cell(0);
	uint64_t once = work_of_another_cell(1);
	uint64_t often = work_of_another_cell(60);
	(void)state;

	assert_true(once < none + 30);
	/* Replayed, and read once. */
	assert_in_range(often - once, 1, (uint64_t)59 * 4);
}

#define DBX_ENTRIES 3000

/* A list of certificates of this size, all alike. */
static void put_entries(struct bytes *out, uint32_t count, uint32_t size)
{
	static const uint8_t x509[16] = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
					  0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72 };

	put(out, (struct span){ x509, sizeof(x509) });
	put_le(out, 28 + count * size, 4);
	put_le(out, 0, 4);
	put_le(out, size, 4);
	put_filled(out, 2, (size_t)count * size);
}

/* Entries that have to be hashed, against a list none of which they are. */
static void scene_with_dbx(struct scene *s, uint32_t count, uint32_t size)
{
	AUTO_DONE(bytes) content = { 0 };
	struct golden_digests *dbx = &s->golden.manifest[0].dbx;

	scene_init(s);
	for (dbx->count = 0; dbx->count < GOLDEN_DIGESTS_MAX; dbx->count++)
		dbx->item[dbx->count] = digest_filled(DIGEST_SHA256, (uint8_t)dbx->count);
	put_entries(&content, count, size);
	boot_log_set_variable(&s->log, boot_log_find(&s->log, EV_EFI_VARIABLE_DRIVER_CONFIG, "dbx"),
			      span_of(&content));
}

static void b15_a_large_dbx_is_hashed_and_looked_up_once(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_with_dbx(&s, DBX_ENTRIES, 16 + 1);
	assert_in_range(work_of_refusal(&s, "dbx-below-minimum"), DBX_ENTRIES, 2 * DBX_ENTRIES);
}

/* The same for keys, of which a release lists as many as it likes. */
static void b15_a_large_db_is_looked_up_once(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(bytes) content = { 0 };
	struct golden_digests *db = &s.golden.manifest[0].db;
	(void)state;

	scene_init(&s);
	for (; db->count < GOLDEN_DIGESTS_MAX; db->count++)
		db->item[db->count] = digest_filled(DIGEST_SHA256, (uint8_t)db->count);
	put_entries(&content, DBX_ENTRIES, 16 + 1);
	boot_log_set_variable(&s.log, boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "db"),
			      span_of(&content));
	assert_in_range(work_of_refusal(&s, "secure-boot-key-unknown"), DBX_ENTRIES,
			2 * DBX_ENTRIES);
}

/* One that was refused is not looked at once more. */
static void b15_a_dbx_that_failed_comes_once(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t at;
	(void)state;

	scene_with_dbx(&s, DBX_ENTRIES, 16 + 1);
	at = boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "dbx");
	for (int i = 0; i < 4; i++)
		boot_log_insert(&s.log, at, 7, EV_EFI_VARIABLE_DRIVER_CONFIG,
				span_of(&s.log.event[at].payload));
	assert_in_range(work_of_refusal(&s, "dbx-below-minimum"), DBX_ENTRIES, 2 * DBX_ENTRIES);
}

/* An owner and nothing of his: 16 bytes of log for an entry. */
static void b15_an_entry_is_more_than_its_owner(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_with_dbx(&s, DBX_ENTRIES, 16);
	(void)work_of_refusal(&s, "boot-log-malformed");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(b06_a_record_has_each_bank_once),
	cmocka_unit_test(b07_a_pcr_number_is_bounded),
	cmocka_unit_test(b08_sizes_do_not_wrap),
	cmocka_unit_test(b09_a_count_is_bounded_before_it_is_used),
	cmocka_unit_test(b12_nothing_follows_the_end),
	cmocka_unit_test(b15_a_dbx_that_failed_comes_once),
	cmocka_unit_test(b15_a_large_db_is_looked_up_once),
	cmocka_unit_test(b15_a_large_dbx_is_hashed_and_looked_up_once),
	cmocka_unit_test(b15_an_entry_is_more_than_its_owner),
	cmocka_unit_test(b15_no_truncation_is_a_boot),
	cmocka_unit_test(b15_work_is_linear_in_the_log),
	cmocka_unit_test(b15_another_cell_s_release_costs_as_far_as_it_fits),
};

ATTACKS_MAIN(tests)
