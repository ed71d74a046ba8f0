/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "messages/entries.h"

#define HEX_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX_B "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD "attestd-entries/1\nclass server\n"
#define BATCH                                                                                      \
	"batch spiffe://example.org/batch/nightly /usr/bin/batch uid=1000 gid=100 "                \
	"unit=batch@a\\x2db.service socket=jobs hint=internal owner=Data%20team job jwt "          \
	"sha256:" HEX_A " sha256:" HEX_B
#define WEB "web spiffe://example.org/web /opt/my%20app/web uid=0"
#define GOLDEN HEAD "entry " BATCH "\nentry " WEB "\nend\n"

static void a_text_says_what_each_entry_says(void **state)
{
	AUTO_DONE(entries) e = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	struct digest digest;
	(void)state;

	assert_int_equal(entries_parse(span_text(GOLDEN), &e), OK);
	assert_int_equal(e.count, 2);
	assert_true(span_equal(span_of(&e.class), span_text("server")));

	const struct entry *batch = entries_find(&e, span_text("batch"));
	const struct entry *web = entries_find(&e, span_text("web"));

	assert_true(span_equal(span_of(&batch->spiffe_id),
			       span_text("spiffe://example.org/batch/nightly")));
	assert_true(batch->has_uid && batch->uid == 1000 && batch->has_gid && batch->gid == 100);
	assert_true(span_equal(span_of(&batch->unit), span_text("batch@a\\x2db.service")));
	assert_true(span_equal(span_of(&batch->socket), span_text("jobs")));
	assert_true(span_equal(span_of(&batch->hint), span_text("internal")));
	assert_true(span_equal(span_of(&batch->owner), span_text("Data team")));
	assert_true(batch->is_job && batch->may_jwt);
	assert_true(span_equal(span_of(&web->executable), span_text("/opt/my app/web")));
	assert_true(web->has_uid && web->uid == 0 && !web->has_gid);
	assert_false(web->is_job || web->may_jwt);
	assert_int_equal(web->digests.len, 0);
	assert_null(entries_find(&e, span_text("nobody")));
	assert_int_equal(digest_text_parse(span_text("sha256:" HEX_B), &digest), OK);
	assert_true(entry_has_digest(batch, &digest));
	assert_false(entry_has_digest(web, &digest));
	digest.value[31] ^= 1;
	assert_false(entry_has_digest(batch, &digest));
	digest.value[31] ^= 1;
	digest.alg = DIGEST_SHA384;
	assert_false(entry_has_digest(batch, &digest));
	assert_int_equal(entries_write(&e, &again), OK);
	assert_true(span_equal(span_of(&again), span_text(GOLDEN)));
}

static void a_class_without_entries_has_a_text_too(void **state)
{
	AUTO_DONE(entries) e = { 0 };
	(void)state;

	assert_int_equal(entries_parse(span_text(HEAD "end\n"), &e), OK);
	assert_int_equal(e.count, 0);
}

static void every_truncation_is_refused(void **state)
{
	AUTO_DONE(entries) e = { 0 };
	(void)state;

	for (size_t len = 0; len < strlen(GOLDEN); len++)
		assert_int_not_equal(
			entries_parse((struct span){ (const uint8_t *)GOLDEN, len }, &e), OK);
	assert_int_equal(e.count, 0);
}

static void there_is_one_spelling_for_each_entry(void **state)
{
	static const char *const lines[] = {
		"",
		"web",
		"web spiffe://example.org/web",
		"web spiffe://example.org/web -",
		"Web spiffe://example.org/web /bin/web",
		"-web spiffe://example.org/web /bin/web",
		"a23456789012345678901234567890123456789012345678901234567890123x "
		"spiffe://example.org/web /bin/web",
		"web https://example.org/web /bin/web",
		"web spiffe://example.org/web bin/web",
		"web spiffe://example.org/web /",
		"web spiffe://example.org/web /bin/",
		"web spiffe://example.org/web /bin//web",
		"web spiffe://example.org/web /bin/./web",
		"web spiffe://example.org/web /bin/../web",
		"web spiffe://example.org/web /bin/w%00eb",
		"web spiffe://example.org/web /bin/%77eb",
		"web spiffe://example.org/web /bin/web ",
		"web  spiffe://example.org/web /bin/web",
		"web spiffe://example.org/web /bin/web uid=",
		"web spiffe://example.org/web /bin/web uid=01",
		"web spiffe://example.org/web /bin/web uid=4294967295",
		"web spiffe://example.org/web /bin/web uid=4294967296",
		"web spiffe://example.org/web /bin/web gid=4294967295",
		"web spiffe://example.org/web /bin/web gid=1 uid=1",
		"web spiffe://example.org/web /bin/web uid=1 uid=1",
		"web spiffe://example.org/web /bin/web unit=",
		"web spiffe://example.org/web /bin/web unit=a/b.service",
		"web spiffe://example.org/web /bin/web unit=a%20b.service",
		"web spiffe://example.org/web /bin/web socket=A",
		"web spiffe://example.org/web /bin/web hint=%0A",
		"web spiffe://example.org/web /bin/web owner=%C3%A9",
		"web spiffe://example.org/web /bin/web jobs",
		"web spiffe://example.org/web /bin/web jwt job",
		"web spiffe://example.org/web /bin/web root",
		"web spiffe://example.org/web /bin/web sha256:" HEX_A " jwt",
		"web spiffe://example.org/web /bin/web sha256:" HEX_A " sha256:" HEX_A,
		"web spiffe://example.org/web /bin/web sha256:" HEX_B " sha256:" HEX_A,
		"web spiffe://example.org/web /bin/web sha256:0123",
		"web spiffe://example.org/web /bin/web "
		"sha1:0123456789012345678901234567890123456789",
		"web spiffe://example.org/web /bin/web SHA256:" HEX_A,
	};
	AUTO_DONE(entry) e = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_not_equal(entry_parse(span_text(lines[i]), &e), OK);
	assert_int_equal(entry_parse(span_text(WEB), &e), OK);
	entry_done(&e);
	e = (struct entry){ 0 };
	assert_int_equal(
		entry_parse(span_text("web spiffe://example.org/web /bin/web uid=4294967294"), &e),
		OK);
}

static void a_name_stands_once_and_in_its_order(void **state)
{
	static const char *const texts[] = {
		HEAD "entry " WEB "\nentry " BATCH "\nend\n",
		HEAD "entry " WEB "\nentry " WEB "\nend\n",
		HEAD "entry " WEB "\nend\nend\n",
		HEAD "entry " WEB "\n",
		HEAD "\nend\n",
		"attestd-entries/1\nentry " WEB "\nend\n",
		"attestd-entries/1\nclass Server\nend\n",
		"attestd-entries/2\nclass server\nend\n",
	};
	AUTO_DONE(entries) e = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_not_equal(entries_parse(span_text(texts[i]), &e), OK);
}

static void add_entries(struct bytes *text, size_t count, int padding)
{
	assert_int_equal(bytes_append(text, span_text(HEAD)), OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(bytes_printf(text, "entry e%05zu spiffe://example.org/%0*d /a\n",
					      i, padding, 0),
				 OK);
	assert_int_equal(bytes_append(text, span_text("end\n")), OK);
}

static void entries_and_their_text_have_a_limit(void **state)
{
	AUTO_DONE(bytes) most = { 0 };
	AUTO_DONE(bytes) too_many = { 0 };
	AUTO_DONE(bytes) too_large = { 0 };
	AUTO_DONE(entries) e = { 0 };
	(void)state;

	add_entries(&most, ENTRIES_MAX, 1);
	add_entries(&too_many, ENTRIES_MAX + 1, 1);
	add_entries(&too_large, ENTRIES_MAX, 1024);
	assert_int_equal(entries_parse(span_of(&too_many), &e), STATUS_TOO_LARGE);
	assert_int_equal(entries_parse(span_of(&too_large), &e), STATUS_TOO_LARGE);
	assert_int_equal(entries_parse(span_of(&most), &e), OK);
	assert_int_equal(e.count, ENTRIES_MAX);
}

static void an_entry_has_a_limited_number_of_digests(void **state)
{
	AUTO_DONE(bytes) line = { 0 };
	AUTO_DONE(entry) e = { 0 };
	(void)state;

	assert_int_equal(bytes_append(&line, span_text(WEB)), OK);
	for (unsigned i = 0; i < ENTRY_DIGESTS_MAX; i++)
		assert_int_equal(bytes_printf(&line, " sha256:%064x", i), OK);
	assert_int_equal(entry_parse(span_of(&line), &e), OK);
	entry_done(&e);
	e = (struct entry){ 0 };
	assert_int_equal(bytes_printf(&line, " sha256:%064x", ENTRY_DIGESTS_MAX), OK);
	assert_int_not_equal(entry_parse(span_of(&line), &e), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_says_what_each_entry_says),
		cmocka_unit_test(a_class_without_entries_has_a_text_too),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(there_is_one_spelling_for_each_entry),
		cmocka_unit_test(a_name_stands_once_and_in_its_order),
		cmocka_unit_test(entries_and_their_text_have_a_limit),
		cmocka_unit_test(an_entry_has_a_limited_number_of_digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
