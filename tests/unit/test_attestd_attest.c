/* SPDX-License-Identifier: Apache-2.0 */
/* One round of the agent, between a verifier and a broker that say what the test wants:
 * what it keeps, and what it hands on to the mint. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attestd/agent/attest.h"
#include "attestd/agent/enrolment.h"
#include "attestd_grant.h"
#include "base/reader.h"
#include "messages/result.h"

#define ENTRIES(class) "attestd-entries/1\nclass " class "\nend\n"
#define FIRST ENTRIES("server")
#define SECOND ENTRIES("router")

static struct granted granted;
static struct configuration configuration;
static struct agent agent;
static struct channel mint; /* its end */
static uint8_t nonce[16]; /* of each challenge, as granted_sign() has it */
/* What the verifier answers to the next evidence. */
static struct attestation_result result;
/* What the broker was asked and told. */
static struct digest asked_with;
static unsigned verdicts;
static bool mint_was_told_first;

/* The agent's other parts (attestd/agent/agent.h, broker_client.h, verifier_client.h). */

static bool mint_has_frame(void)
{
	if (!channel_has_frame(&mint))
		assert_int_equal(channel_fill(&mint), OK);
	return channel_has_frame(&mint);
}

struct round agent_post(struct agent *a, const char *path, struct span body,
			struct verifier_answer *answer)
{
	struct attestation_challenge challenge = { .bank = DIGEST_SHA256,
						   .select = 0x2400,
						   .policy_pcrs = 0x80,
						   .cap = 13,
						   .interval_s = 300 };
	bool is_challenge = strstr(path, "/challenge") != NULL;

	(void)a;
	(void)body;
	answer->code = 200;
	if (!is_challenge) {
		assert_int_equal(attestation_result_write(&result, &answer->body), OK);
		return (struct round){ .outcome = OUTCOME_VERDICT };
	}
	assert_int_equal(bytes_copy((struct span){ nonce, sizeof(nonce) }, &challenge.nonce), OK);
	assert_int_equal(attestation_challenge_write(&challenge, &answer->body), OK);
	attestation_challenge_done(&challenge);
	return (struct round){ .outcome = OUTCOME_VERDICT };
}

struct round agent_refused(struct agent *a, const struct verifier_answer *answer, char code[65])
{
	(void)a;
	(void)answer;
	code[0] = '\0';
	return (struct round){ .outcome = OUTCOME_AWAY };
}

struct round agent_broker_refused(struct agent *a, const char *verb, enum status status)
{
	(void)a;
	(void)verb;
	(void)status;
	return (struct round){ .outcome = OUTCOME_BROKEN };
}

struct round agent_enrol(struct agent *a)
{
	(void)a;
	fail_msg("nobody asked for an enrolment");
	return (struct round){ .outcome = OUTCOME_BROKEN };
}

void agent_say(struct agent *a, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(a->state, sizeof(a->state), format, args);
	va_end(args);
}

void verifier_answer_done(struct verifier_answer *answer)
{
	bytes_done(&answer->body);
}

void broker_identity_done(struct broker_identity *identity)
{
	(void)identity;
}

void broker_evidence_done(struct broker_evidence *evidence)
{
	bytes_done(&evidence->body);
}

enum status broker_identity(struct broker_client *b, bool want_keys, struct broker_identity *out)
{
	(void)b;
	(void)want_keys;
	(void)out;
	return STATUS_IO;
}

enum status broker_evidence(struct broker_client *b, const struct attestation_challenge *challenge,
			    const struct digest *entries, struct broker_evidence *out)
{
	(void)b;
	(void)challenge;
	asked_with = *entries;
	*out = (struct broker_evidence){ .reset_count = 1 };
	return OK;
}

enum status broker_verdict(struct broker_client *b, struct span verdict, struct span signature,
			   struct span certificate, int64_t *expires)
{
	(void)b;
	(void)verdict;
	(void)signature;
	verdicts++;
	mint_was_told_first = mint_has_frame();
	*expires = certificate.len > 0 ? (int64_t)time(NULL) + LIFETIME_S : 0;
	return OK;
}

static int begin(void **state)
{
	int fds[2];

	(void)state;
	granted_init(&granted);
	configuration = (struct configuration){ .result_key = granted.result };
	agent = (struct agent){ .configuration = &configuration, .has_node = true };
	agent.node.value[SHA256_SIZE - 1] = 7;
	assert_int_equal(channel_pair(fds), OK);
	channel_init(&agent.mint, fds[0], FRAME_RIGHT_MAX);
	channel_init(&mint, fds[1], FRAME_RIGHT_MAX);
	verdicts = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	bytes_done(&agent.entries);
	channel_done(&agent.mint);
	channel_done(&mint);
	granted_done(&granted);
	return 0;
}

static void set(struct bytes *out, struct span text)
{
	bytes_done(out);
	assert_int_equal(bytes_copy(text, out), OK);
}

/* A verdict that gives a right and names these entries. */
static void grant_with(const char *named)
{
	set(&granted.entries, span_text(named));
	granted_sign(&granted, "trusted", NOW + LIFETIME_S, "spiffe://example.org/web/*");
}

/* One round, upon a verdict with this text of entries beside it. */
static struct round attest(const char *sent)
{
	bool is_granted = granted.entries.len > 0;

	attestation_result_init(&result);
	set(&result.verdict, span_of(&granted.text));
	set(&result.signature, span_of(&granted.signature));
	if (is_granted)
		set(&result.certificate, span_of(&granted.certificate));
	set(&result.entries, span_text(sent));

	struct round round = agent_attest(&agent);

	attestation_result_done(&result);
	return round;
}

static void expect_asked_with(const char *text)
{
	struct digest wanted = { 0 };

	if (text[0] != '\0')
		assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), &wanted), OK);
	if (text[0] == '\0')
		assert_int_equal(asked_with.alg, DIGEST_NONE);
	else
		assert_true(digest_equal(&asked_with, &wanted));
}

/* The mint is given a right with these entries. */
static void expect_handed_on(const char *entries)
{
	struct frame frame;

	assert_true(mint_has_frame());
	assert_int_equal(channel_take(&mint, &frame), OK);
	assert_int_equal(frame.type, FRAME_RIGHT);

	struct reader r = reader_over(frame.body);

	assert_true(span_equal(reader_sized32(&r, STATEMENT_MAX), span_of(&granted.text)));
	assert_true(span_equal(reader_sized(&r, SIGNATURE_MAX), span_of(&granted.signature)));
	assert_true(span_equal(reader_sized32(&r, 65536), span_of(&granted.certificate)));
	assert_int_equal(reader_sized32(&r, STATEMENT_MAX).len, 0);
	assert_int_equal(reader_sized(&r, SIGNATURE_MAX).len, 0);
	assert_true(span_equal(reader_sized32(&r, ENTRIES_TEXT_MAX), span_text(entries)));
	assert_int_equal(reader_end(&r), OK);
}

static void give(const char *named, const char *sent)
{
	grant_with(named);
	struct round round = attest(sent);

	assert_int_equal(round.outcome, OUTCOME_VERDICT);
	/* Which ends the waits that grew before it (schedule.h). */
	assert_true(round.is_signed);
}

static void entries_that_the_verdict_names_are_kept_and_handed_on(void **state)
{
	(void)state;
	give(FIRST, FIRST);
	expect_asked_with("");
	expect_handed_on(FIRST);
	/* The verifier does not send again what is held. */
	give(FIRST, "");
	expect_asked_with(FIRST);
	expect_handed_on(FIRST);
	/* Nor does it matter what comes beside. */
	give(FIRST, SECOND);
	expect_handed_on(FIRST);
	give(FIRST, "");
	expect_asked_with(FIRST);
	expect_handed_on(FIRST);
}

/* Which comes with a challenge is nobody's word; 300 here. */
static void the_node_rests_for_as_long_as_the_verdict_says(void **state)
{
	static const uint32_t said[] = { 1, 299, 301, 86400 };

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
		granted.interval_s = said[i];
		grant_with(FIRST);
		assert_int_equal(attest(FIRST).interval_s, said[i]);
		expect_handed_on(FIRST);
	}
	granted.interval_s = 0;
	grant_with(FIRST);
	assert_int_equal(attest(FIRST).interval_s, 300);
	expect_handed_on(FIRST);
}

static void newer_ones_take_their_place(void **state)
{
	(void)state;
	give(FIRST, FIRST);
	expect_handed_on(FIRST);
	give(SECOND, SECOND);
	expect_handed_on(SECOND);
	give(SECOND, "");
	expect_asked_with(SECOND);
	expect_handed_on(SECOND);
}

/* Whoever ends TLS may send any text: only what was signed for counts. */
static void entries_that_the_verdict_does_not_name_are_none(void **state)
{
	static const char *const others[] = { "", SECOND, FIRST "\n", ENTRIES("serves"), "x" };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		give(FIRST, others[i]);
		expect_handed_on("");
		expect_asked_with("");
	}
}

/* Then nothing is held, so that the next evidence asks for what is named now. */
static void what_is_held_goes_where_another_is_named(void **state)
{
	(void)state;
	give(FIRST, FIRST);
	expect_handed_on(FIRST);
	give(SECOND, "");
	expect_asked_with(FIRST);
	expect_handed_on("");
	give(SECOND, SECOND);
	expect_asked_with("");
	expect_handed_on(SECOND);
}

static void expect_ended(void)
{
	struct frame frame;

	assert_true(mint_has_frame());
	assert_int_equal(channel_take(&mint, &frame), OK);
	assert_int_equal(frame.type, FRAME_RIGHT_ENDED);
}

/* The right is taken from the mint first, however long the TPM takes; what is held is
 * good for the next one. */
static void a_verdict_without_a_right_leaves_what_is_held(void **state)
{
	(void)state;
	give(FIRST, FIRST);
	assert_false(mint_was_told_first);
	expect_handed_on(FIRST);
	granted_sign(&granted, "untrusted", 0, NULL);
	bytes_done(&granted.entries);
	assert_int_equal(attest(SECOND).outcome, OUTCOME_VERDICT);
	assert_true(mint_was_told_first);
	expect_ended();
	give(FIRST, "");
	expect_asked_with(FIRST);
	expect_handed_on(FIRST);
}

/* A word that was no lie is heeded at once the next time: one that brought entries. */
static void only_new_entries_make_a_word_true(void **state)
{
	(void)state;
	agent.told.times = 5;
	give(FIRST, SECOND);
	assert_int_equal(agent.told.times, 5);
	give(FIRST, FIRST);
	assert_int_equal(agent.told.times, 0);
	agent.told.times = 5;
	give(FIRST, FIRST);
	assert_int_equal(agent.told.times, 5);
}

static void expect_nothing_taken(void)
{
	assert_int_equal(attest(SECOND).outcome, OUTCOME_AWAY);
	assert_int_equal(verdicts, 1);
	assert_false(mint_has_frame());
	assert_true(span_equal(span_of(&agent.entries), span_text(FIRST)));
}

static void what_is_no_verdict_for_this_round_changes_nothing(void **state)
{
	AUTO(EVP_PKEY) other = EVP_EC_gen("P-256");
	EVP_PKEY *own = granted.result;

	(void)state;
	give(FIRST, FIRST);
	expect_handed_on(FIRST);

	granted.result = other;
	grant_with(SECOND);
	granted.result = own;
	expect_nothing_taken();
	assert_string_equal(agent.state, "the verdict is not by the result key");

	grant_with(SECOND);
	agent.node.value[0] ^= 1;
	expect_nothing_taken();
	assert_string_equal(agent.state, "the verdict answers another question");
	agent.node.value[0] ^= 1;
	nonce[15] ^= 1;
	expect_nothing_taken();
	assert_string_equal(agent.state, "the verdict answers another question");
	nonce[15] ^= 1;

	granted.text.data[granted.text.len - 1] ^= 1;
	expect_nothing_taken();
}

/* A verifier that is newer than this attestd. */
static void of_what_it_does_not_know_only_what_is_extra_is_passed_over(void **state)
{
	(void)state;
	granted.last_lines = "extra later 1\n";
	give(FIRST, FIRST);
	expect_handed_on(FIRST);

	granted.last_lines = "later 1\n";
	grant_with(SECOND);
	expect_nothing_taken();
	assert_string_equal(agent.state, "the verdict is by the result key, and not readable: is "
					 "attestd older than its verifier?");
	granted.last_lines = NULL;
}

static void where_nothing_was_decided_nothing_changes(void **state)
{
	struct round round;

	(void)state;
	give(FIRST, FIRST);
	expect_handed_on(FIRST);
	attestation_result_init(&result);
	result.retry = true;
	round = agent_attest(&agent);
	attestation_result_done(&result);
	assert_int_equal(round.outcome, OUTCOME_SOON);
	assert_int_equal(verdicts, 1);
	assert_false(mint_has_frame());
	assert_true(span_equal(span_of(&agent.entries), span_text(FIRST)));
}

/* What a round logs. */
static void log_of(void (*round)(void), char text[4096])
{
	FILE *file = tmpfile();
	int before = dup(STDERR_FILENO);

	assert_true(file != NULL && before >= 0);
	assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	round();
	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	(void)close(before);
	rewind(file);
	text[fread(text, 1, 4095, file)] = '\0';
	(void)fclose(file);
}

/* Beside the verdict, in the verifier's place. */
static void add_unsigned(void)
{
	struct result_reason *r = &result.reasons[result.reason_count++];

	*r = (struct result_reason){ 0 };
	set(&r->code, span_text("ima-log-partial"));
	set(&r->layer, span_text("kernel"));
	set(&r->contact, span_text("somebody@else.example"));
	set(&r->detail, span_text("call somebody else"));
	set(&r->advice, span_text("run this as root"));
}

static void judge(void)
{
	attestation_result_init(&result);
	set(&result.verdict, span_of(&granted.text));
	set(&result.signature, span_of(&granted.signature));
	add_unsigned();
	assert_int_equal(agent_attest(&agent).outcome, OUTCOME_VERDICT);
	attestation_result_done(&result);
}

static void decide_nothing(void)
{
	attestation_result_init(&result);
	result.retry = true;
	add_unsigned();
	assert_int_equal(agent_attest(&agent).outcome, OUTCOME_SOON);
	attestation_result_done(&result);
}

/* TLS ends in the verifier's front, and people do what a log tells them. */
static void reasons_are_logged_as_they_were_signed(void **state)
{
	char text[4096];
	(void)state;

	granted.last_lines = "reason ima-entry-unknown userland web 158 /bin/odd\n";
	granted_sign(&granted, "untrusted", 0, NULL);
	granted.last_lines = NULL;
	log_of(judge, text);
	assert_non_null(strstr(text, "ima-entry-unknown: /bin/odd, entry 158; layer userland, "
				     "owner web"));
	assert_null(strstr(text, "else"));
	assert_null(strstr(text, "partial"));
	/* Once. */
	log_of(judge, text);
	assert_null(strstr(text, "ima-entry-unknown: "));

	log_of(decide_nothing, text);
	assert_non_null(strstr(text, "the verifier decided nothing: ima-log-partial\n"));
	assert_null(strstr(text, "else"));
	assert_null(strstr(text, "root"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(entries_that_the_verdict_names_are_kept_and_handed_on),
		TEST(the_node_rests_for_as_long_as_the_verdict_says),
		TEST(newer_ones_take_their_place),
		TEST(entries_that_the_verdict_does_not_name_are_none),
		TEST(what_is_held_goes_where_another_is_named),
		TEST(a_verdict_without_a_right_leaves_what_is_held),
		TEST(only_new_entries_make_a_word_true),
		TEST(what_is_no_verdict_for_this_round_changes_nothing),
		TEST(of_what_it_does_not_know_only_what_is_extra_is_passed_over),
		TEST(where_nothing_was_decided_nothing_changes),
		TEST(reasons_are_logged_as_they_were_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
