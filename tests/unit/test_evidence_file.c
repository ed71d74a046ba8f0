/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "messages/evidence_file.h"

static void put(struct bytes *to, const char *text)
{
	assert_int_equal(bytes_append(to, span_text(text)), OK);
}

static void make(struct evidence_file *f)
{
	*f = (struct evidence_file){
		.at = 1767225600,
		.has_previous = true,
		.reset_count = 7,
		.restart_count = 1,
		.clock = 99999,
		.release_version = 42,
	};
	memset(f->node.value, 0xab, sizeof(f->node.value));
	put(&f->class_name, "server");
	put(&f->ak_public, "public");
	put(&f->vendor, "IFX");
	put(&f->minting_name, "name");
	put(&f->nonce, "nonce");
	put(&f->evidence.nonce, "nonce");
	put(&f->evidence.attest, "attest");
	put(&f->evidence.signature, "signature");
	put(&f->evidence.pcrs[0], "01234567890123456789012345678901");
	f->evidence.pcr_count = 1;
	f->evidence.has_boot_log = f->evidence.has_ima_log = true;
	put(&f->evidence.boot_log, "log");
	put(&f->evidence.ima_entries, "entries");
	f->evidence.states = HOST_IMA_LOG_MISSING;
}

static void a_file_gives_back_what_was_written(void **state)
{
	AUTO_DONE(evidence_file) written = { 0 };
	AUTO_DONE(evidence_file) read = { 0 };
	AUTO_DONE(bytes) json = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	const char *fault = NULL;
	(void)state;

	make(&written);
	assert_int_equal(evidence_file_write(&written, &json), OK);
	assert_int_equal(evidence_file_parse(span_of(&json), &read, &fault), OK);
	assert_int_equal(read.at, 1767225600);
	assert_int_equal(read.clock, 99999);
	assert_int_equal(read.release_version, 42);
	assert_memory_equal(&read.node, &written.node, sizeof(read.node));
	assert_int_equal(evidence_file_write(&read, &again), OK);
	assert_true(span_equal(span_of(&json), span_of(&again)));
}

static void every_truncation_is_refused(void **state)
{
	AUTO_DONE(evidence_file) written = { 0 };
	AUTO_DONE(bytes) json = { 0 };
	struct evidence_file read;
	const char *fault = NULL;
	(void)state;

	make(&written);
	assert_int_equal(evidence_file_write(&written, &json), OK);
	for (size_t len = 0; len < json.len; len++)
		assert_int_not_equal(
			evidence_file_parse((struct span){ json.data, len }, &read, &fault), OK);
}

/* Puts replace where find stands in a written file. */
static enum status parse_altered(const char *find, const char *replace)
{
	AUTO_DONE(evidence_file) written = { 0 };
	AUTO_DONE(evidence_file) read = { 0 };
	AUTO_DONE(bytes) json = { 0 };
	AUTO_DONE(bytes) altered = { 0 };
	const char *fault = NULL;
	const uint8_t *at;

	make(&written);
	assert_int_equal(evidence_file_write(&written, &json), OK);
	at = memmem(json.data, json.len, find, strlen(find));
	assert_non_null(at);
	assert_int_equal(
		bytes_append(&altered, (struct span){ json.data, (size_t)(at - json.data) }), OK);
	put(&altered, replace);
	at += strlen(find);
	assert_int_equal(
		bytes_append(&altered, (struct span){ at, (size_t)(json.data + json.len - at) }),
		OK);
	return evidence_file_parse(span_of(&altered), &read, &fault);
}

static void members_are_strict(void **state)
{
	(void)state;

	assert_int_equal(parse_altered("\"at\":1767225600", "\"at\":1767225601"), OK);
	assert_int_not_equal(parse_altered("attestd-evidence/1", "attestd-evidence/2"), OK);
	assert_int_not_equal(parse_altered("\"at\":", "\"at\":\"1\",\"at\":"), OK);
	assert_int_not_equal(parse_altered("\"at\":", "\"extra\":1,\"at\":"), OK);
	assert_int_not_equal(parse_altered("\"clock\":99999", "\"clock\":9223372036854775808"), OK);
	assert_int_not_equal(parse_altered("\"resetCount\":7", "\"resetCount\":4294967296"), OK);
	assert_int_not_equal(parse_altered("\"vendor\":\"IFX\"", "\"vendor\":\"IFXXX\""), OK);
	assert_int_not_equal(parse_altered("abab", "ABAB"), OK);
	assert_int_equal(parse_altered(",\"vendor\":\"IFX\"", ""), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_gives_back_what_was_written),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(members_are_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
