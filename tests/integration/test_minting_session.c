/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy session that is begun ahead of a minting key's next signature: which
 * commands a signature still takes, and what makes such a session worth nothing. The
 * software TPM's port stands in ATTESTD_TEST_TPM_PORT.
 */
#include "../unit/unit.h"

#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker_life.h"
#include "tpm/device/device.h"
#include "tpm_proxy.h"

#define POLICY ((pcr_mask)(1 << 4 | 1 << 7 | 1 << 14 | 1 << LIFE_CAP))
#define POLICY_PCR 14
#define OTHER_PCR 15
#define UNCOUNTED_PCR 16
#define BEGUN_MS 1000
#define POLICY_SESSION 0x03000000 /* the first handle of those (Part 2, 7.2) */
#define PAUSE_US 20000
#define PATIENCE_US 60000000
/* How often two signatures may miss each other on a busy machine. */
#define BURSTS 500

/* Part 2, 6.5.2 */
enum { FLUSH = 0x165, SIGN = 0x15d, START = 0x176, PCR = 0x17f, COUNTERS = 0x16d };

static struct tpm_proxy proxy;
static struct tpm_device *device;
static struct broker_life life;

static void assert_ok(enum status status)
{
	if (status != OK)
		fail_msg("%s: %s", status_text(status), tpm_device_reason(device));
}

/* --- a device ---------------------------------------------------------------- */

static enum status sign(int64_t now_ms)
{
	AUTO_DONE(bytes) signature = { 0 };
	struct digest digest = digest_filled(DIGEST_SHA256, 7);

	return tpm_device_mint_sign(device, &digest, now_ms, &signature);
}

static void begin_ahead(void)
{
	bool is_done = false;

	while (!is_done)
		assert_ok(tpm_device_mint_ahead(device, BEGUN_MS, &is_done));
}

/* In a verb, with a minting key and one signature made. */
static void sign_the_first(pcr_mask pcrs)
{
	bool is_new = false;

	tpm_device_begin(device);
	assert_ok(tpm_device_minting_key(device, DIGEST_SHA256, pcrs, &is_new));
	assert_ok(sign(BEGUN_MS));
	tpm_proxy_arm(&proxy, 0, NULL, false);
}

/* And the next one's session is begun. */
static void begin_with(pcr_mask pcrs)
{
	sign_the_first(pcrs);
	begin_ahead();
}

static int open_device(void **state)
{
	char tcti[64];

	(void)state;
	(void)snprintf(tcti, sizeof(tcti), "swtpm:host=127.0.0.1,port=%u", proxy.port);
	return tpm_device_new(tcti, (struct span){ 0 }, &device) != OK;
}

/* Nothing stays behind, whatever was begun. */
static int close_device(void **state)
{
	(void)state;
	tpm_device_end(device);
	tpm_device_free(device);
	return tpm_proxy_loaded(&proxy) != 0;
}

#define ASSERT_COMMANDS(...)                                                                       \
	do {                                                                                       \
		static const uint32_t wanted[] = { __VA_ARGS__ };                                  \
		assert_commands(wanted, sizeof(wanted) / sizeof(*wanted));                         \
	} while (false)

static void assert_commands(const uint32_t *wanted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(tpm_proxy_command(&proxy, i), wanted[i]);
	assert_int_equal(tpm_proxy_count(&proxy), count);
}

static void put32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* By another than us: TPM2_PCR_Extend with an empty password. */
static void extend(unsigned pcr)
{
	uint8_t command[65] = { 0x80, 0x02, 0,	  0,	0, sizeof(command),
				0,    0,    0x01, 0x82, 0, 0,
				0,    0,    0,	  0,	0, 9,
				0x40, 0,    0,	  9,	0, 0,
				0,    0,    0,	  0,	0, 0,
				1,    0,    0x0b };

	put32(command + 10, pcr);
	assert_true(tpm_proxy_past(&proxy, command, sizeof(command), NULL));
}

/* By another: TPM2_StartAuthSession, of a policy. */
static uint32_t start_session(void)
{
	static const uint8_t command[43] = { 0x80, 0x01, 0,	   0, 0,    43,	  0,   0, 0x01,
					     0x76, 0x40, 0,	   0, 7,    0x40, 0,   0, 7,
					     0,	   16,	 [38] = 1, 0, 0x10, 0,	  0x0b };
	uint32_t session = 0;

	assert_true(tpm_proxy_past(&proxy, command, sizeof(command), &session));
	return session;
}

/* False where it is not loaded. */
static bool flush(uint32_t handle)
{
	uint8_t command[14] = { 0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65 };

	put32(command + 10, handle);
	return tpm_proxy_past(&proxy, command, sizeof(command), NULL);
}

static void each_call_is_one_command(void **state)
{
	bool is_done = true;

	(void)state;
	sign_the_first(POLICY);
	for (size_t i = 1; i <= 2; i++) {
		assert_ok(tpm_device_mint_ahead(device, BEGUN_MS, &is_done));
		assert_int_equal(tpm_proxy_count(&proxy), i);
		assert_int_equal(is_done, i == 2);
	}
	assert_ok(tpm_device_mint_ahead(device, BEGUN_MS, &is_done));
	ASSERT_COMMANDS(PCR, COUNTERS);
}

static void what_it_proved_is_good_for_one_signature(void **state)
{
	(void)state;
	begin_with(POLICY);
	assert_ok(sign(BEGUN_MS + TPM_SESSION_AHEAD_MS));
	assert_ok(sign(BEGUN_MS + TPM_SESSION_AHEAD_MS));
	ASSERT_COMMANDS(PCR, COUNTERS, SIGN, PCR, COUNTERS, SIGN);
}

static void one_that_proved_nothing_yet_is_never_too_old(void **state)
{
	(void)state;
	sign_the_first(POLICY);
	assert_ok(sign(BEGUN_MS + 100 * TPM_SESSION_AHEAD_MS));
	ASSERT_COMMANDS(PCR, COUNTERS, SIGN);
}

static void without_a_key_that_is_kept_none_stays(void **state)
{
	(void)state;
	sign_the_first(POLICY);
	tpm_device_end(device);
	assert_int_equal(tpm_proxy_loaded(&proxy), 0);
	assert_ok(sign(BEGUN_MS));
	assert_int_equal(tpm_proxy_loaded(&proxy), 0);
}

static void what_was_begun_is_gone_on_with(void **state)
{
	bool is_done = true;

	(void)state;
	sign_the_first(POLICY);
	assert_ok(tpm_device_mint_ahead(device, BEGUN_MS, &is_done));
	assert_ok(sign(BEGUN_MS));
	ASSERT_COMMANDS(PCR, COUNTERS, SIGN);
}

static void one_that_is_too_old_is_not_used(void **state)
{
	(void)state;
	begin_with(POLICY);
	assert_ok(sign(BEGUN_MS + TPM_SESSION_AHEAD_MS + 1));
	ASSERT_COMMANDS(PCR, COUNTERS, FLUSH, START, PCR, COUNTERS, SIGN);
}

static void its_age_is_that_of_its_first_term(void **state)
{
	bool is_done = true;

	(void)state;
	sign_the_first(POLICY);
	assert_ok(tpm_device_mint_ahead(device, BEGUN_MS, &is_done));
	assert_ok(tpm_device_mint_ahead(device, BEGUN_MS + TPM_SESSION_AHEAD_MS, &is_done));
	assert_ok(sign(BEGUN_MS + TPM_SESSION_AHEAD_MS + 1));
	ASSERT_COMMANDS(PCR, COUNTERS, FLUSH, START, PCR, COUNTERS, SIGN);
}

static void nor_one_of_a_time_to_come(void **state)
{
	(void)state;
	begin_with(POLICY);
	assert_ok(sign(BEGUN_MS - 1));
	ASSERT_COMMANDS(PCR, COUNTERS, FLUSH, START, PCR, COUNTERS, SIGN);
}

static void a_pcr_of_the_policy_extended_since_refuses(void **state)
{
	(void)state;
	begin_with(POLICY);
	extend(POLICY_PCR);
	assert_int_equal(sign(BEGUN_MS), STATUS_DENIED);
	/* The TPM noticed, and one of now said why. */
	ASSERT_COMMANDS(PCR, COUNTERS, SIGN, FLUSH, START, PCR, COUNTERS, SIGN, FLUSH);
}

static void another_pcr_extended_since_costs_a_session(void **state)
{
	(void)state;
	begin_with(POLICY);
	extend(OTHER_PCR);
	assert_ok(sign(BEGUN_MS));
	ASSERT_COMMANDS(PCR, COUNTERS, SIGN, FLUSH, START, PCR, COUNTERS, SIGN);
}

/* The TPM does not count what is extended into some of those that software may reset. */
static void a_policy_over_pcrs_that_are_not_counted_has_none_ahead(void **state)
{
	(void)state;
	begin_with(POLICY | (pcr_mask)1 << UNCOUNTED_PCR);
	extend(UNCOUNTED_PCR);
	assert_int_equal(sign(BEGUN_MS), STATUS_DENIED);
	ASSERT_COMMANDS(START, PCR, COUNTERS, SIGN, FLUSH);
}

static void a_cap_is_proved_by_a_session_of_its_own(void **state)
{
	(void)state;
	begin_with(POLICY);
	assert_ok(tpm_device_cap(device, LIFE_CAP));
	tpm_proxy_arm(&proxy, 0, NULL, false);
	assert_int_equal(sign(BEGUN_MS), STATUS_DENIED);
	ASSERT_COMMANDS(START, PCR, COUNTERS, SIGN, FLUSH);
}

static void a_key_that_is_dropped_takes_it_along(void **state)
{
	(void)state;
	begin_with(POLICY);
	tpm_device_drop_minting_key(device);
	assert_int_equal(tpm_proxy_loaded(&proxy), 0);
}

/* A TPM has three places for sessions. */
static void whoever_needs_a_session_finds_room(void **state)
{
	AUTO_DONE(tpm_identity) identity = { 0 };
	AUTO_DONE(tpm_statement) quoted = { 0 };
	AUTO_DONE(bytes) nothing = { 0 };
	struct pcr_values values;
	uint32_t others[2];

	(void)state;
	assert_ok(tpm_device_identify(device, &identity));
	begin_with(POLICY);
	for (size_t i = 0; i < 2; i++)
		others[i] = start_session();
	assert_ok(tpm_device_quote(device, DIGEST_SHA256, POLICY, (struct span){ 0 }, &quoted,
				   &values));
	/* It is no credential, and the TPM comes to say so. */
	assert_int_not_equal(tpm_device_activate(device, &identity, span_text("none"),
						 span_text("none"), &nothing),
			     OK);
	assert_non_null(strstr(tpm_device_reason(device), "TPM2_ActivateCredential"));
	for (size_t i = 0; i < 2; i++)
		assert_true(flush(others[i]));
}

/* Flushed by somebody who tidies a TPM that has no resource manager. */
static void one_that_is_lost_costs_no_signature(void **state)
{
	(void)state;
	begin_with(POLICY);
	for (uint32_t session = POLICY_SESSION; session < POLICY_SESSION + 3; session++)
		(void)flush(session);
	/* The key. */
	assert_int_equal(tpm_proxy_loaded(&proxy), 1);
	assert_ok(sign(BEGUN_MS));
	/* Nor does what had to be put in order then. */
	assert_ok(sign(BEGUN_MS));
}

/* --- a broker ------------------------------------------------------------------ */

static int start_broker(void **state)
{
	(void)state;
	broker_life_init(&life, proxy.port);
	tpm_proxy_arm(&proxy, 0, NULL, false);
	broker_life_start(&life);
	return life_identity(&life) != OK || life_evidence(&life) != OK ||
	       life_verdict(&life) != OK;
}

static int end_broker(void **state)
{
	(void)state;
	broker_life_done(&life);
	return 0;
}

static bool comes_to_be_empty(void)
{
	for (unsigned waited = 0; waited < PATIENCE_US; waited += PAUSE_US) {
		if (tpm_proxy_loaded(&proxy) == 0)
			return true;
		(void)usleep(PAUSE_US);
	}
	return false;
}

/* Its key is at hand for the next one, which does not come; nobody asks for anything. */
static void after_a_signature_the_tpm_is_tidied_unasked(void **state)
{
	(void)state;
	assert_int_equal(life_mint_sign(&life), OK);
	assert_true(comes_to_be_empty());
	broker_life_is_on(&life);
}

static size_t count_of(uint32_t command)
{
	size_t count = 0, all = tpm_proxy_count(&proxy);

	for (size_t i = 0; i < all; i++)
		count += tpm_proxy_command(&proxy, i) == command;
	return count;
}

/* A policy was met that no signature asked for. */
static bool was_begun_ahead(void)
{
	return count_of(COUNTERS) > count_of(SIGN);
}

static void in_a_burst_the_next_session_is_begun_ahead(void **state)
{
	bool was_ahead = false;

	(void)state;
	for (size_t i = 0; i < BURSTS && !was_ahead; i++) {
		tpm_proxy_arm(&proxy, 0, NULL, false);
		assert_int_equal(life_mint_sign(&life), OK);
		assert_int_equal(life_mint_sign(&life), OK);
		assert_true(comes_to_be_empty());
		was_ahead = was_begun_ahead();
	}
	assert_true(was_ahead);
}

static void what_the_agent_asks_after_a_burst_finds_the_tpm_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(life_mint_sign(&life), OK);
		assert_int_equal(life_mint_sign(&life), OK);
		assert_int_equal(life_activate(&life), OK);
		assert_int_equal(life_mint_sign(&life), OK);
		assert_int_equal(life_mint_sign(&life), OK);
		assert_int_equal(life_evidence(&life), OK);
	}
	assert_true(comes_to_be_empty());
	assert_int_equal(life_mint_sign(&life), OK);
	assert_int_equal(life_cap(&life), OK);
	assert_true(comes_to_be_empty());
}

static int make(void **state)
{
	const char *port = getenv("ATTESTD_TEST_TPM_PORT");

	(void)state;
	(void)umask(022);
	(void)signal(SIGPIPE, SIG_IGN);
	return port == NULL || !tpm_proxy_start(&proxy, (uint16_t)strtoul(port, NULL, 10));
}

static int drop(void **state)
{
	(void)state;
	tpm_proxy_stop(&proxy);
	return 0;
}

#define DEVICE_TEST(name) cmocka_unit_test_setup_teardown(name, open_device, close_device)
#define BROKER_TEST(name) cmocka_unit_test_setup_teardown(name, start_broker, end_broker)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		DEVICE_TEST(each_call_is_one_command),
		DEVICE_TEST(what_it_proved_is_good_for_one_signature),
		DEVICE_TEST(one_that_proved_nothing_yet_is_never_too_old),
		DEVICE_TEST(without_a_key_that_is_kept_none_stays),
		DEVICE_TEST(what_was_begun_is_gone_on_with),
		DEVICE_TEST(one_that_is_too_old_is_not_used),
		DEVICE_TEST(its_age_is_that_of_its_first_term),
		DEVICE_TEST(nor_one_of_a_time_to_come),
		DEVICE_TEST(a_pcr_of_the_policy_extended_since_refuses),
		DEVICE_TEST(another_pcr_extended_since_costs_a_session),
		DEVICE_TEST(a_policy_over_pcrs_that_are_not_counted_has_none_ahead),
		DEVICE_TEST(a_cap_is_proved_by_a_session_of_its_own),
		DEVICE_TEST(a_key_that_is_dropped_takes_it_along),
		DEVICE_TEST(whoever_needs_a_session_finds_room),
		DEVICE_TEST(one_that_is_lost_costs_no_signature),
		BROKER_TEST(after_a_signature_the_tpm_is_tidied_unasked),
		BROKER_TEST(in_a_burst_the_next_session_is_begun_ahead),
		BROKER_TEST(what_the_agent_asks_after_a_burst_finds_the_tpm_in_order),
	};

	if (argc == 2)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, make, drop);
}
