/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker says of workloads' executables: the log of a real boot, and what
 * somebody adds to it. */
#include "attacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "attestd/broker/measured.h"
#include "daemon/file.h"
#include "log_maker.h"
#include "scratch.h"

#define PATH "/usr/bin/workload"

static char path[SCRATCH_MAX];
static struct golden golden;
static struct log_files logs;
static struct measured_log measured;
static struct digest content;

static void write_log(void)
{
	assert_int_equal(file_replace(path, span_of(&golden.ima_log), 0600, (uid_t)-1, (gid_t)-1),
			 OK);
	logs_done(&logs);
	logs_open("none", path, "none", &logs);
	assert_true(logs.ima_fd >= 0);
}

static int begin(void **state)
{
	(void)state;
	int fd = mkstemp(scratch_name(path, "measured"));

	if (fd < 0 || close(fd) != 0)
		return -1;
	golden_init(&golden);
	logs = (struct log_files){ .boot_fd = -1, .ima_fd = -1, .count_fd = -1 };
	measured = (struct measured_log){ 0 };
	content = digest_filled(DIGEST_SHA256, 0x77);
	write_log();
	return 0;
}

static int end(void **state)
{
	(void)state;
	logs_done(&logs);
	golden_done(&golden);
	return unlink(path);
}

static void quote(bool is_again)
{
	measured_quote(&measured, &logs, DIGEST_SHA256, &golden.values, is_again);
}

static enum measured_state ask(const char *which, const struct digest *digest)
{
	enum measured_state state = MEASURED_QUOTED;

	assert_int_equal(measured_find(&measured, &logs, span_text(which), digest, &state), OK);
	return state;
}

static void add_workload(void)
{
	ima_log_add(&golden, "ima-sig", PATH, &content);
	write_log();
}

static void s13_what_no_trusted_quote_covers_is_not_measured(void **state)
{
	(void)state;
	assert_int_equal(ask(PATH, &content), MEASURED_NOT);
	quote(false);
	measured_trust(&measured);
	add_workload();
	assert_int_equal(ask(PATH, &content), MEASURED_NOT_QUOTED);
	/* A quote alone says nothing: the verifier has not seen it. */
	quote(false);
	assert_int_equal(ask(PATH, &content), MEASURED_NOT_QUOTED);
	measured_trust(&measured);
	assert_int_equal(ask(PATH, &content), MEASURED_QUOTED);
	/* And stays so. */
	quote(false);
	assert_int_equal(ask(PATH, &content), MEASURED_QUOTED);
}

/* The kernel's list is ahead of the PCR: what the quote does not reach waits. */
static void s13_the_log_may_be_longer_than_the_quote(void **state)
{
	struct golden before;

	(void)state;
	golden_init(&before);
	add_workload();
	measured_quote(&measured, &logs, DIGEST_SHA256, &before.values, false);
	measured_trust(&measured);
	assert_int_equal(measured.trusted, CAPTURE_IMA_ENTRIES);
	assert_int_equal(ask(PATH, &content), MEASURED_NOT_QUOTED);
	golden_done(&before);
}

static void s13_a_log_that_does_not_lead_to_the_quote_covers_nothing(void **state)
{
	struct digest other = digest_filled(DIGEST_SHA256, 1);

	(void)state;
	quote(false);
	assert_int_equal(measured.offered, CAPTURE_IMA_ENTRIES);
	add_workload();
	golden_extend(&golden, IMA_PCR, &other);
	quote(false);
	measured_trust(&measured);
	assert_int_equal(measured.trusted, 0);
	assert_int_equal(ask(PATH, &content), MEASURED_NOT_QUOTED);
}

/* A captured agent asks twice with one nonce, and brings the verdict on the first. */
static void s13_a_nonce_covers_no_more_than_when_it_was_first_quoted(void **state)
{
	(void)state;
	quote(false);
	add_workload();
	quote(true);
	measured_trust(&measured);
	assert_int_equal(ask(PATH, &content), MEASURED_NOT_QUOTED);
}

static void s13_path_and_content_both_count(void **state)
{
	struct digest other = digest_filled(DIGEST_SHA256, 0x78);

	(void)state;
	add_workload();
	quote(false);
	measured_trust(&measured);
	assert_int_equal(ask(PATH, &content), MEASURED_QUOTED);
	assert_int_equal(ask(PATH, &other), MEASURED_NOT);
	assert_int_equal(ask("/usr/bin/other", &content), MEASURED_NOT);
	assert_int_equal(ask("/usr/bin/workloa", &content), MEASURED_NOT);
}

/* The kernel logs a space in a path as '_'. */
static void s13_a_path_with_a_space_is_met_as_it_is_logged(void **state)
{
	(void)state;
	ima_log_add(&golden, "ima-sig", "/opt/a_b/c_d", &content);
	write_log();
	quote(false);
	measured_trust(&measured);
	assert_int_equal(ask("/opt/a b/c d", &content), MEASURED_QUOTED);
	assert_int_equal(ask("/opt/a_b/c_d", &content), MEASURED_QUOTED);
	assert_int_equal(ask("/opt/a-b/c d", &content), MEASURED_NOT);
	assert_int_equal(ask("/opt/a b/c", &content), MEASURED_NOT);
}

static void s13_a_violation_and_a_verity_digest_measure_nothing(void **state)
{
	static const char name[] = PATH;
	struct made_entry entry = {
		.pcr = IMA_PCR,
		.template = "ima-ng",
		.digest_prefix = "sha256:",
		.digest = digest_span(&content),
		.path = { (const uint8_t *)name, sizeof(name) },
		.is_violation = true,
	};

	(void)state;
	ima_log_add_made(&golden, &entry);
	entry.is_violation = false;
	entry.template = "d-ngv2|n-ng";
	entry.digest_prefix = "verity:sha256:";
	ima_log_add_made(&golden, &entry);
	write_log();
	quote(false);
	measured_trust(&measured);
	assert_int_equal(ask(PATH, &content), MEASURED_NOT);
	entry.digest_prefix = "ima:sha256:";
	ima_log_add_made(&golden, &entry);
	write_log();
	quote(false);
	measured_trust(&measured);
	assert_int_equal(ask(PATH, &content), MEASURED_QUOTED);
}

/* One question reads a part of a long log; the next goes on there. */
static void s13_a_long_log_is_searched_in_steps(void **state)
{
	unsigned steps = 0;
	size_t first = golden.ima_log.len;

	(void)state;
	while (golden.ima_log.len < first + 3 * MEASURED_STEP)
		ima_log_add(&golden, "ima-sig", "/usr/bin/a-file-among-many", &content);
	add_workload();
	quote(false);
	measured_trust(&measured);
	while (ask(PATH, &content) == MEASURED_SEARCHING)
		steps++;
	assert_in_range(steps, 2, 3);
	assert_int_equal(ask(PATH, &content), MEASURED_QUOTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static const struct CMUnitTest tests[] = {
	TEST(s13_what_no_trusted_quote_covers_is_not_measured),
	TEST(s13_the_log_may_be_longer_than_the_quote),
	TEST(s13_a_log_that_does_not_lead_to_the_quote_covers_nothing),
	TEST(s13_a_nonce_covers_no_more_than_when_it_was_first_quoted),
	TEST(s13_path_and_content_both_count),
	TEST(s13_a_path_with_a_space_is_met_as_it_is_logged),
	TEST(s13_a_violation_and_a_verity_digest_measure_nothing),
	TEST(s13_a_long_log_is_searched_in_steps),
};

ATTACKS_MAIN(tests)
