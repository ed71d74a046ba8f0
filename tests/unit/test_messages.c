/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "messages/activate.h"
#include "messages/enrol.h"
#include "messages/error.h"
#include "messages/evidence.h"
#include "messages/json_writer.h"
#include "messages/metric.h"
#include "messages/result.h"
#include "messages/wait.h"

#define ID "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""
#define CHALLENGE                                                                                  \
	"{\"nonce\":\"AQID\",\"bank\":\"sha256\",\"select\":[0,4,14],\"policyPcrs\":[4],"          \
	"\"cap\":13,\"nextEntry\":158,\"wantBootLog\":false,\"wantCertify\":true,"                 \
	"\"intervalS\":300,\"wantSvid\":true}"
#define ENROL                                                                                      \
	"{\"version\":1,\"hostname\":\"r01n07\",\"ek\":{\"index\":\"01c0000a\","                   \
	"\"certificate\":\"AAEC\",\"chain\":[\"AQ==\",\"Ag==\"],\"public\":\"Aw==\"},"             \
	"\"ak\":{\"public\":\"BA==\"}}"
#define ENROL_ANSWER                                                                               \
	"{\"nodeId\":" ID ",\"record\":\"AQID\",\"credential\":{\"idObject\":\"AQ==\","            \
	"\"encryptedSecret\":\"Ag==\"},\"challenge\":" CHALLENGE "}"
#define ACTIVATE                                                                                   \
	"{\"version\":1,\"record\":\"AQ==\",\"secret\":\"Ag==\",\"nonce\":\"Aw==\","               \
	"\"attest\":\"BA==\",\"signature\":\"BQ==\"}"
#define ACTIVATE_ANSWER "{\"nodeId\":" ID ",\"state\":\"pending\"}"
#define ATTEST "{\"version\":1,\"resetCount\":3,\"restartCount\":0}"
#define EVIDENCE                                                                                   \
	"{\"version\":1,\"nonce\":\"AQ==\",\"attest\":\"Ag==\",\"signature\":\"Aw==\","            \
	"\"pcrs\":[\"00ff\",\"abcd\"],\"mintingKey\":{\"public\":\"BA==\","                        \
	"\"attest\":\"BQ==\",\"signature\":\"Bg==\"},\"bootLog\":\"\","                            \
	"\"imaLog\":{\"first\":158,\"entries\":\"AQID\"},\"states\":[\"boot-log-missing\"],"       \
	"\"svid\":\"Bw==\",\"report\":\"CA==\",\"ear\":true}"
#define RESULT                                                                                     \
	"{\"verdict\":\"AQ==\",\"signature\":\"Ag==\",\"certificate\":\"Aw==\","                   \
	"\"chain\":[\"BA==\"],\"bundle\":\"BQ==\",\"bundleSignature\":\"Bg==\","                   \
	"\"ear\":\"a.b.c\",\"reasons\":[{\"code\":\"ima-entry-unknown\","                          \
	"\"layer\":\"userland\",\"owner\":\"J\xc3\xbcrgen\",\"contact\":\"\",\"entry\":158,"       \
	"\"detail\":\"a\\\"\\\\\\u0001b\",\"advice\":\"\"}],\"retry\":false}"
#define ERROR "{\"error\":{\"code\":\"node-unknown\",\"advice\":\"enrol again\"}}"

/* Parses, and writes what it understood. */
typedef enum status (*round_trip)(struct span json, struct bytes *again, const char **fault);

#define ROUND_TRIP(T)                                                                              \
	static enum status T##_round(struct span json, struct bytes *again, const char **fault)    \
	{                                                                                          \
		AUTO_DONE(T) message = { 0 };                                                      \
		enum status status = T##_parse(json, &message, fault);                             \
		return status == OK ? T##_write(&message, again) : status;                         \
	}                                                                                          \
	struct round_needs_semicolon

static void nothing_done(void *message)
{
	(void)message;
}

AUTO_RELEASE(activation_answer, nothing_done);
AUTO_RELEASE(attestation_request, nothing_done);
AUTO_RELEASE(wait_answer, nothing_done);

ROUND_TRIP(enrolment_request);
ROUND_TRIP(enrolment_answer);
ROUND_TRIP(activation_request);
ROUND_TRIP(activation_answer);
ROUND_TRIP(attestation_request);
ROUND_TRIP(attestation_challenge);
ROUND_TRIP(evidence);
ROUND_TRIP(attestation_result);
ROUND_TRIP(wait_answer);

static enum status error_round(struct span json, struct bytes *again, const char **fault)
{
	AUTO_DONE(error_answer) error = { 0 };
	AUTO(char) code = NULL;
	AUTO(char) advice = NULL;
	enum status status = error_answer_parse(json, &error, fault);

	if (status != OK)
		return status;
	assert_int_equal(bytes_text(span_of(&error.code), &code), OK);
	assert_int_equal(bytes_text(span_of(&error.advice), &advice), OK);
	return error_answer_write(code, advice, again);
}

static const struct {
	round_trip round;
	const char *json;
} families[] = {
	{ enrolment_request_round, ENROL },
	{ enrolment_answer_round, ENROL_ANSWER },
	{ activation_request_round, ACTIVATE },
	{ activation_answer_round, ACTIVATE_ANSWER },
	{ attestation_request_round, ATTEST },
	{ attestation_challenge_round, CHALLENGE },
	{ evidence_round, EVIDENCE },
	{ attestation_result_round, RESULT },
	{ error_round, ERROR },
	{ wait_answer_round, "{\"attest\":true}" },
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

static void what_is_written_is_what_was_read(void **state)
{
	(void)state;

	for (size_t i = 0; i < FAMILIES; i++) {
		AUTO_DONE(bytes) again = { 0 };
		const char *fault = "none";

		assert_int_equal(families[i].round(span_text(families[i].json), &again, &fault),
				 OK);
		assert_string_equal(fault, "none");
		assert_int_equal(again.len, strlen(families[i].json));
		assert_memory_equal(again.data, families[i].json, again.len);
	}
}

static void every_truncation_is_refused(void **state)
{
	(void)state;

	for (size_t i = 0; i < FAMILIES; i++) {
		struct span json = span_text(families[i].json);

		for (size_t len = 0; len < json.len; len++) {
			AUTO_DONE(bytes) again = { 0 };

			assert_int_not_equal(
				families[i].round((struct span){ json.data, len }, &again, NULL),
				OK);
		}
	}
}

static void a_member_that_nobody_knows_is_refused_everywhere(void **state)
{
	(void)state;

	for (size_t i = 0; i < FAMILIES; i++) {
		AUTO_DONE(bytes) json = { 0 };
		AUTO_DONE(bytes) again = { 0 };
		const char *fault = NULL;

		assert_int_equal(bytes_printf(&json, "{\"more\":1,%s", families[i].json + 1), OK);
		assert_int_equal(families[i].round(span_of(&json), &again, &fault),
				 STATUS_MALFORMED);
		assert_string_equal(fault, "unknown-field");
	}
}

/* In one family's golden text, this for that. */
static const char *fault_of(round_trip round, const char *golden, const char *this,
			    const char *that)
{
	AUTO_DONE(bytes) json = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	const char *at = strstr(golden, this);
	const char *fault = "none";

	assert_non_null(at);
	assert_int_equal(bytes_printf(&json, "%.*s%s%s", (int)(at - golden), golden, that,
				      at + strlen(this)),
			 OK);
	assert_true((round(span_of(&json), &again, &fault) == OK) == (strcmp(fault, "none") == 0));
	return fault;
}

static void one_wrong_field_is_named(void **state)
{
	static const struct {
		round_trip round;
		const char *golden, *this, *that, *fault;
	} cases[] = {
		{ enrolment_request_round, ENROL, "\"version\":1", "\"version\":2",
		  "out-of-range" },
		{ enrolment_request_round, ENROL, "r01n07", "../n07", "bad-value" },
		{ enrolment_request_round, ENROL, "r01n07", "", "empty" },
		{ enrolment_request_round, ENROL, "01c0000a", "01C0000A", "bad-value" },
		{ enrolment_request_round, ENROL, "01c0000a", "1c0000a", "bad-value" },
		{ enrolment_request_round, ENROL, "\"AAEC\"", "\"AAEC\\n\"", "bad-value" },
		{ enrolment_request_round, ENROL, "[\"AQ==\"",
		  "[\"AQ==\",\"AQ==\",\"AQ==\",\"AQ==\",\"AQ==\",\"AQ==\"", "too-many-elements" },
		{ enrolment_answer_round, ENROL_ANSWER, "0123", "0A23", "bad-value" },
		{ activation_request_round, ACTIVATE, "\"BA==\"", "\"\"", "empty" },
		{ activation_answer_round, ACTIVATE_ANSWER, "pending", "fine", "bad-value" },
		{ attestation_request_round, ATTEST, "3,", "4294967296,", "out-of-range" },
		{ attestation_challenge_round, CHALLENGE, "sha256", "sha1", "bad-value" },
		{ attestation_challenge_round, CHALLENGE, "[0,4,14]", "[4,0,14]", "out-of-range" },
		{ attestation_challenge_round, CHALLENGE, "[0,4,14]", "[0,4,24]", "out-of-range" },
		{ attestation_challenge_round, CHALLENGE, "[0,4,14]", "[0,0]", "out-of-range" },
		{ evidence_round, EVIDENCE, "abcd", "ab", "bad-value" },
		{ evidence_round, EVIDENCE, "boot-log-missing", "all-is-well", "bad-value" },
		{ evidence_round, EVIDENCE, "\"attest\":\"BQ==\",", "", "missing-field" },
		{ attestation_result_round, RESULT, "\"certificate\":\"Aw==\",", "",
		  "missing-field" },
		{ attestation_result_round, RESULT, "ima-entry-unknown", "ima entry", "bad-value" },
		{ error_round, ERROR, "node-unknown", "node\\nunknown", "bad-value" },
		{ wait_answer_round, "{\"attest\":true}", "true", "1", "wrong-type" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
			fault_of(cases[i].round, cases[i].golden, cases[i].this, cases[i].that),
			cases[i].fault);
}

static void evidence_may_leave_out_what_was_not_asked_for(void **state)
{
	AUTO_DONE(evidence) evidence = { 0 };
	(void)state;

	assert_int_equal(evidence_parse(span_text("{\"version\":1,\"nonce\":\"AQ==\","
						  "\"attest\":\"Ag==\",\"signature\":\"Aw==\","
						  "\"pcrs\":[],\"states\":[]}"),
					&evidence, NULL),
			 OK);
	assert_false(evidence.has_boot_log);
	assert_false(evidence.has_ima_log);
	assert_int_equal(evidence.minting_public.len, 0);
}

/* Prometheus, exposition format 0.0.4: HELP and TYPE stand before the values. */
static void metrics_are_told_as_a_scraper_reads_them(void **state)
{
	static const struct metric metrics[] = {
		{ "answers_total", METRIC_COUNTER, "Answers given.", 0 },
		{ "open", METRIC_GAUGE, "Open now.", UINT64_MAX },
	};
	AUTO_DONE(bytes) text = { 0 };
	(void)state;

	assert_int_equal(metrics_append(&text, metrics, 2), OK);
	assert_true(span_equal(span_of(&text), span_text("# HELP answers_total Answers given.\n"
							 "# TYPE answers_total counter\n"
							 "answers_total 0\n"
							 "# HELP open Open now.\n"
							 "# TYPE open gauge\n"
							 "open 18446744073709551615\n")));
}

/* Who reads texts as C's strings, as attestctl does, refuses a document with a NUL. */
static void a_text_with_a_nul_is_written_for_all_readers(void **state)
{
	AUTO_DONE(bytes) out = { 0 };
	struct json_writer w = json_to(&out);
	(void)state;

	json_text(&w, NULL, (struct span){ (const uint8_t *)"a\0b\xff", 4 });
	assert_int_equal(json_end(&w), OK);
	assert_true(span_equal(span_of(&out), span_text("\"a\\ufffdb\\ufffd\"")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_what_was_read),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(a_member_that_nobody_knows_is_refused_everywhere),
		cmocka_unit_test(one_wrong_field_is_named),
		cmocka_unit_test(evidence_may_leave_out_what_was_not_asked_for),
		cmocka_unit_test(metrics_are_told_as_a_scraper_reads_them),
		cmocka_unit_test(a_text_with_a_nul_is_written_for_all_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
