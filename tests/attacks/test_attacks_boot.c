/* SPDX-License-Identifier: Apache-2.0 */
/* The boot log: what was measured, in which order, and what hides in it. */
#include "attacks.h"

#include <string.h>

#include "appraisal_scene.h"
#include "log_bytes.h"
#include "tpm/policy_digest.h"

#define TEXT(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })

/* Refused for this reason first, and nothing carries on. */
static void expect_refused(struct scene *s, const char *code)
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

/* After a change to the log that the TPM's values bear out. */
static void expect_told_refused(struct scene *s, const char *code)
{
	boot_log_put(&s->log, &s->golden);
	expect_refused(s, code);
}

/* A log that cannot be read leads to no values. */
static void expect_unreadable(struct scene *s)
{
	boot_log_write(&s->log, &s->golden);
	expect_refused(s, "boot-log-malformed");
}

/* boot_aggregate follows the PCRs, so executables need not affirm here. */
static void expect_configured(struct scene *s)
{
	golden_build(&s->golden);
	scene_judge(s);
	if (s->result.claims.tier[CLAIM_CONFIGURATION] != TIER_AFFIRMING)
		fail_msg("%s %s", scene_first_code(s), s->result.findings.list[0].detail);
}

static void ignore(struct scene *s, uint8_t pcr, uint32_t type)
{
	struct golden_rules *rules = &s->golden.manifest[0].ignore;

	rules->item[rules->count++] = (struct golden_rule){ .pcr = pcr, .type = type };
}

static void set_pcr(struct scene *s, unsigned pcr, uint8_t filled)
{
	struct digest value = digest_filled(DIGEST_SHA256, filled);

	assert_int_equal(pcr_value_set(&s->golden.values, pcr, &value), OK);
}

static struct made_event *event_of(struct scene *s, uint32_t type, const char *text)
{
	return &s->log.event[boot_log_find(&s->log, type, text)];
}

static void b01_an_event_s_type_decides_nothing(void **state)
{
	(void)state;

	{ /* A program under the label of something that is ignored. */
		AUTO_DONE(scene) s = { 0 };
		size_t at;

		scene_init(&s);
		ignore(&s, 4, EV_EFI_ACTION);
		at = boot_log_find(&s.log, EV_EFI_BOOT_SERVICES_APPLICATION, "");
		boot_log_insert(&s.log, at, 4, EV_EFI_ACTION, TEXT("Booting"));
		boot_log_put(&s.log, &s.golden);
		expect_configured(&s);
		s.log.event[at].digest[1] = digest_filled(DIGEST_SHA256, 0x66);
		expect_told_refused(&s, "boot-event-unknown");
		/* Nor does its content help, since it is no text. */
		boot_log_rewrite(&s.log, at, (struct span){ (const uint8_t *)"MZ\x90\x00\x03", 5 });
		expect_told_refused(&s, "boot-event-unknown");
	}
	{ /* A Secure Boot variable likewise. */
		AUTO_DONE(scene) s = { 0 };
		size_t at;

		scene_init(&s);
		ignore(&s, 7, EV_EFI_ACTION);
		at = boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "dbx");
		boot_log_insert(&s.log, at, 7, EV_EFI_ACTION, span_of(&s.log.event[at].payload));
		expect_told_refused(&s, "boot-event-unknown");
	}
	{ /* An unknown type, appended. */
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		boot_log_insert(&s.log, s.log.count, 5, 0x80000099u, TEXT("data"));
		ignore(&s, 5, 0x80000099u);
		ignore(&s, 5, 0);
		expect_told_refused(&s, "boot-event-type-unknown");
	}
}

static void b02_data_that_was_not_hashed_is_not_believed(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct made_event *event;
	(void)state;

	/* Shows SecureBoot 1; what was measured said something else. */
	scene_init(&s);
	event = event_of(&s, EV_EFI_VARIABLE_DRIVER_CONFIG, "SecureBoot");
	event->digest[1] = digest_filled(DIGEST_SHA256, 5);
	assert_int_equal(event->payload.data[event->payload.len - 1], 1);
	expect_told_refused(&s, "boot-payload-unmeasured");
}

static void insert_again(struct scene *s, const char *name, size_t at)
{
	boot_log_insert(&s->log, at, 7, EV_EFI_VARIABLE_DRIVER_CONFIG,
			span_of(&event_of(s, EV_EFI_VARIABLE_DRIVER_CONFIG, name)->payload));
}

static void b03_late_and_second_events_are_out_of_order(void **state)
{
	static const char *const names[] = { "SecureBoot", "PK", "KEK", "dbx" };
	static const uint8_t zeros[4];
	(void)state;

	for (size_t i = 0; i < 4; i++) {
		AUTO_DONE(scene) second = { 0 };
		AUTO_DONE(scene) late = { 0 };

		scene_init(&second);
		insert_again(&second, names[i],
			     boot_log_find(&second.log, EV_EFI_VARIABLE_DRIVER_CONFIG, names[i]));
		expect_told_refused(&second, "boot-event-order");
		scene_init(&late);
		insert_again(&late, names[i], late.log.count);
		expect_told_refused(&late, "boot-event-order");
	}
	for (unsigned pcr = 0; pcr <= 7; pcr++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		boot_log_insert(&s.log, s.log.count, pcr, EV_SEPARATOR, (struct span){ zeros, 4 });
		expect_told_refused(&s, "boot-event-order");
		/* Under another label too. */
		s.log.event[s.log.count - 1].type = EV_EFI_ACTION;
		expect_told_refused(&s, "boot-event-order");
	}
}

static void b04_a_pcr_without_events_holds_its_reset_value(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cap;
	(void)state;

	scene_init(&s);
	set_pcr(&s, 11, 7);
	scene_expect(&s, "pcr-unexplained", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
	assert_int_equal(s.result.findings.count, 1);
	assert_string_equal(s.result.findings.list[0].detail, "pcr=11");
	/* Without the log, later in the session, it is seen as well. */
	scene_commit(&s);
	scene_expect(&s, "pcr-unexplained", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);

	/* Up to 64 caps may follow in the cap PCR, and in no other. */
	set_pcr(&s, 11, 0);
	assert_int_equal(cap_digest(DIGEST_SHA256, &cap), OK);
	for (unsigned i = 1; i <= 64; i++)
		golden_extend(&s.golden, 13, &cap);
	scene_expect_nothing(&s);
	golden_extend(&s.golden, 13, &cap);
	scene_expect(&s, "pcr-unexplained", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
	set_pcr(&s, 13, 0);
	golden_extend(&s.golden, 11, &cap);
	scene_expect(&s, "pcr-unexplained", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
}

static void insert_locality(struct scene *s, size_t at, char locality)
{
	char payload[] = "StartupLocality\0?";

	payload[16] = locality;
	boot_log_insert(&s->log, at, 0, EV_NO_ACTION,
			(struct span){ (const uint8_t *)payload, 17 });
}

static void b05_no_action_hides_no_extend(void **state)
{
	static const char localities[] = { 1, 2, 5, (char)0xff };
	(void)state;

	{
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		event_of(&s, EV_EFI_BOOT_SERVICES_APPLICATION, "")->type = EV_NO_ACTION;
		boot_log_write(&s.log, &s.golden);
		expect_refused(&s, "boot-replay-mismatch");
	}
	{ /* Where a locality may be told, it starts PCR 0. */
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		insert_locality(&s, 0, 3);
		boot_log_write(&s.log, &s.golden);
		expect_refused(&s, "boot-replay-mismatch");
		boot_log_put(&s.log, &s.golden);
		expect_configured(&s);
	}
	for (size_t i = 0; i < sizeof(localities); i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		insert_locality(&s, 0, localities[i]);
		expect_unreadable(&s);
	}
	for (unsigned i = 0; i < 2; i++) { /* in the middle; at the end */
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		insert_locality(&s, i == 0 ? s.log.count / 2 : s.log.count, 3);
		expect_unreadable(&s);
	}
}

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
	expect_unreadable(&doubled);

	scene_init(&unlisted);
	bytes_of_event(&unlisted, 20)[FIRST_DIGEST] = 0x12; /* SM3-256 */
	expect_refused(&unlisted, "boot-log-malformed");

	/* SHA-1 of 32 bytes, in the header and in every record. */
	scene_init(&sized);
	widen_sha1(&sized);
	expect_refused(&sized, "boot-log-malformed");

	/* That PCR is unverifiable in that bank. */
	scene_init(&missing);
	event_of(&missing, EV_EFI_GPT_EVENT, "")->digest[1] = (struct digest){ 0 };
	boot_log_put(&missing.log, &missing.golden);
	expect_refused(&missing, "boot-bank-missing");
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
		expect_unreadable(&s);
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
		expect_refused(&s, "boot-log-malformed");
	}
	{ /* 2^63 + 10 characters are 20 bytes, where multiplication wraps. */
		AUTO_DONE(scene) s = { 0 };
		AUTO_DONE(bytes) payload = { 0 };
		struct made_event *event;

		scene_init(&s);
		event = event_of(&s, EV_EFI_VARIABLE_DRIVER_CONFIG, "SecureBoot");
		assert_int_equal(bytes_copy(span_of(&event->payload), &payload), OK);
		memcpy(payload.data + 20, high, 4);
		boot_log_rewrite(&s.log, (size_t)(event - s.log.event), span_of(&payload));
		expect_told_refused(&s, "boot-payload-unmeasured");
	}
	{ /* EFI_SIGNATURE_LIST: a size of its header that reaches round. */
		AUTO_DONE(scene) s = { 0 };
		AUTO_DONE(bytes) payload = { 0 };
		struct made_event *event;

		scene_init(&s);
		event = event_of(&s, EV_EFI_VARIABLE_DRIVER_CONFIG, "KEK");
		assert_int_equal(bytes_copy(span_of(&event->payload), &payload), OK);
		memset(payload.data + 32 + 6 + 20, 0xff, 4);
		boot_log_rewrite(&s.log, (size_t)(event - s.log.event), span_of(&payload));
		expect_told_refused(&s, "boot-log-malformed");
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
		expect_configured(&s);
	}
	for (unsigned i = 0; i < 2; i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		announce(&s, i == 0 ? BOOT_LOG_ALGS_MAX + 1 : 0xffffffffu, BOOT_LOG_ALGS_MAX + 1);
		expect_refused(&s, "boot-log-malformed");
		assert_string_equal(s.result.findings.list[0].detail,
				    status_text(STATUS_TOO_LARGE));
	}
	{ /* Digests of one record */
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		memset(bytes_of_event(&s, 20) + FIRST_DIGEST - 4, 0xff, 4);
		expect_refused(&s, "boot-log-malformed");
	}
}

static void b10_dbx_and_sbat_are_minimums(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *m = &s.golden.manifest[0];
	struct golden_digests *dbx = &m->dbx;
	(void)state;

	scene_init(&s);
	dbx->item[dbx->count++] = digest_filled(DIGEST_SHA256, 0x77);
	expect_refused(&s, "dbx-below-minimum");
	/* It may forbid more than the minimum. */
	dbx->count = 0;
	expect_configured(&s);

	m->sbat = "sbat,1,2025021900\n";
	expect_refused(&s, "sbat-below-minimum");
	m->sbat = "shim,5\n";
	expect_refused(&s, "sbat-below-minimum");
	m->sbat = "grub.debian,4\n";
	expect_refused(&s, "sbat-below-minimum");
	m->sbat = "shim,3\n";
	expect_configured(&s);
	boot_log_drop(&s.log, boot_log_find(&s.log, EV_EFI_VARIABLE_AUTHORITY, "SbatLevel"));
	expect_told_refused(&s, "sbat-below-minimum");
}

static void b10_an_older_shim_is_none_of_the_release_s(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	event_of(&s, EV_EFI_BOOT_SERVICES_APPLICATION, "")->digest[1] =
		digest_filled(DIGEST_SHA256, 0x66);
	expect_told_refused(&s, "boot-image-unknown");
}

/* The SecureBoot variable under another name of the same vendor, of one byte. */
static void insert_mode(struct scene *s, const char *name, uint8_t value)
{
	AUTO_DONE(bytes) payload = { 0 };
	size_t at = boot_log_find(&s->log, EV_EFI_VARIABLE_DRIVER_CONFIG, "SecureBoot");

	put(&payload, (struct span){ s->log.event[at].payload.data, 16 });
	put_le(&payload, strlen(name), 8);
	put_le(&payload, 1, 8);
	for (const char *c = name; *c != '\0'; c++)
		put_le(&payload, (uint8_t)*c, 2);
	put_le(&payload, value, 1);
	boot_log_insert(&s->log, at, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, span_of(&payload));
}

static void b11_secure_boot_is_exactly_one_byte_that_is_1(void **state)
{
	static const struct {
		const char *content;
		size_t len;
	} bad[] = { { "\0", 1 }, { "", 0 }, { "\1\1", 2 }, { "\2", 1 }, { "\1\0", 2 } };
	static const struct {
		const char *name;
		uint8_t good, bad;
	} modes[] = { { "SetupMode", 0, 1 }, { "AuditMode", 0, 1 }, { "DeployedMode", 1, 2 } };
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		boot_log_set_variable(
			&s.log, boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "SecureBoot"),
			(struct span){ (const uint8_t *)bad[i].content, bad[i].len });
		expect_told_refused(&s, "secure-boot-off");
	}
	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(scene) right = { 0 };
		AUTO_DONE(scene) wrong = { 0 };

		scene_init(&right);
		insert_mode(&right, modes[i].name, modes[i].good);
		boot_log_put(&right.log, &right.golden);
		expect_configured(&right);
		scene_init(&wrong);
		insert_mode(&wrong, modes[i].name, modes[i].bad);
		expect_told_refused(&wrong, "secure-boot-mode");
	}
	AUTO_DONE(scene) s = { 0 };

	scene_init(&s);
	boot_log_drop(&s.log, boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "SecureBoot"));
	expect_told_refused(&s, "secure-boot-off");
}

static void b12_nothing_follows_the_end(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct bytes *log = &s.golden.boot_log;
	(void)state;

	scene_init(&s);
	put_filled(log, 0, 4096);
	expect_configured(&s);
	log->data[log->len - 1] = 1;
	expect_refused(&s, "boot-log-malformed");
	/* A whole record behind the padding. */
	log->len--;
	put(log, (struct span){ bytes_of_event(&s, 20), 200 });
	expect_refused(&s, "boot-log-malformed");
	log->len -= 200 + 4095;
	put_filled(log, 0xff, 4096);
	expect_configured(&s);
	log->data[log->len - 1] = 0;
	expect_refused(&s, "boot-log-malformed");
}

static void b13_what_cannot_be_replayed_needs_its_value_in_the_release(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *pcrs = &s.golden.manifest[0].pcrs;
	(void)state;

	scene_init(&s);
	set_pcr(&s, 0, 0x11);
	expect_refused(&s, "boot-replay-mismatch");
	assert_string_equal(s.result.findings.list[0].detail, "pcr=0");
	pcrs->item[0] =
		(struct golden_rule){ .pcr = 0, .digest = digest_filled(DIGEST_SHA256, 0x11) };
	pcrs->count = 1;
	expect_configured(&s);
	/* And then no other value will do, not even the one that the log leads to. */
	set_pcr(&s, 0, 0x12);
	expect_refused(&s, "pcr-not-allowed");
	boot_log_put(&s.log, &s.golden);
	expect_refused(&s, "pcr-not-allowed");
}

static void b14_a_boot_matches_one_whole_release(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *newer;
	(void)state;

	scene_init(&s);
	newer = golden_update(&s.golden);
	expect_configured(&s);
	assert_int_equal(s.result.version, 43);
	newer->initrd.item[0].value[0] ^= 1;
	expect_configured(&s);
	assert_int_equal(s.result.version, 42);
	/* The chain of the one, the initrd of the other. */
	s.golden.manifest[0].chain.item[1].digest.value[0] ^= 1;
	expect_refused(&s, "boot-event-unknown");
	assert_int_equal(s.result.findings.list[0].entry, 44);
	assert_int_equal(s.result.findings.list[0].layer, LAYER_KERNEL);
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
/* NOLINTEND(bugprone-reserved-identifier) */

static uint64_t work_for(unsigned more_events)
{
	AUTO_DONE(scene) s = { 0 };

	scene_init(&s);
	ignore(&s, 5, EV_EFI_ACTION);
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

#define DBX_ENTRIES 3000

/* A dbx full of entries that have to be hashed, against a minimum none of which
 * is in it. */
static void b15_a_large_dbx_is_hashed_once(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(bytes) content = { 0 };
	struct golden_digests *dbx = &s.golden.manifest[0].dbx;
	const uint32_t entry = 16 + 1;
	(void)state;

	scene_init(&s);
	for (dbx->count = 0; dbx->count < GOLDEN_DIGESTS_MAX; dbx->count++)
		dbx->item[dbx->count] = digest_filled(DIGEST_SHA256, (uint8_t)dbx->count);
	put_filled(&content, 1, 16);
	put_le(&content, 28 + DBX_ENTRIES * entry, 4);
	put_le(&content, 0, 4);
	put_le(&content, entry, 4);
	put_filled(&content, 2, (size_t)DBX_ENTRIES * entry);
	boot_log_set_variable(&s.log, boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "dbx"),
			      span_of(&content));
	boot_log_put(&s.log, &s.golden);
	calls = 0;
	expect_refused(&s, "dbx-below-minimum");
	assert_in_range(calls, DBX_ENTRIES, 2 * DBX_ENTRIES);
}

static void r25_without_a_release_no_boot_is_good(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	bytes_done(&s.golden.manifest[0].base);
	bytes_done(&s.golden.manifest[0].early);
	s.golden.manifest_count = 0;
	expect_refused(&s, "release-none");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(b01_an_event_s_type_decides_nothing),
	cmocka_unit_test(b02_data_that_was_not_hashed_is_not_believed),
	cmocka_unit_test(b03_late_and_second_events_are_out_of_order),
	cmocka_unit_test(b04_a_pcr_without_events_holds_its_reset_value),
	cmocka_unit_test(b05_no_action_hides_no_extend),
	cmocka_unit_test(b06_a_record_has_each_bank_once),
	cmocka_unit_test(b07_a_pcr_number_is_bounded),
	cmocka_unit_test(b08_sizes_do_not_wrap),
	cmocka_unit_test(b09_a_count_is_bounded_before_it_is_used),
	cmocka_unit_test(b10_dbx_and_sbat_are_minimums),
	cmocka_unit_test(b10_an_older_shim_is_none_of_the_release_s),
	cmocka_unit_test(b11_secure_boot_is_exactly_one_byte_that_is_1),
	cmocka_unit_test(b12_nothing_follows_the_end),
	cmocka_unit_test(b13_what_cannot_be_replayed_needs_its_value_in_the_release),
	cmocka_unit_test(b14_a_boot_matches_one_whole_release),
	cmocka_unit_test(b15_no_truncation_is_a_boot),
	cmocka_unit_test(b15_work_is_linear_in_the_log),
	cmocka_unit_test(b15_a_large_dbx_is_hashed_once),
	cmocka_unit_test(r25_without_a_release_no_boot_is_good),
};

ATTACKS_MAIN(tests)
