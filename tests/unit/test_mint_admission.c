/* SPDX-License-Identifier: Apache-2.0 */
/* Each selector of a registration entry by itself: whom it names, everybody else, and
 * who lacks what it asks about. */
#include "unit.h"

#include <string.h>

#include "attestd/mint/admission/admission.h"

#define PATH "/usr/bin/web"

static struct entry entry;
static struct caller_facts caller;

/* A caller of whom all is known, and an entry that asks for its program alone. */
static int begin(void **state)
{
	(void)state;
	caller = (struct caller_facts){
		.pid = 4711,
		.uid = 1000,
		.gid = 1001,
		.unit = span_text("web.service"),
		.executable = span_text(PATH),
		.socket = span_text("web"),
		.digest = digest_filled(DIGEST_SHA256, 0x11),
	};
	return bytes_copy(span_text(PATH), &entry.executable) == OK &&
			       bytes_copy(digest_span(&caller.digest), &entry.digests) == OK
		       ? 0
		       : -1;
}

static int end(void **state)
{
	(void)state;
	entry_done(&entry);
	entry = (struct entry){ 0 };
	return 0;
}

static void expect(enum admission wanted)
{
	assert_int_equal(entry_selects(&entry, &caller), wanted);
	assert_int_equal(entry_admits(&entry, &caller), wanted);
}

static void set(struct bytes *selector, const char *text)
{
	bytes_done(selector);
	assert_int_equal(bytes_copy(span_text(text), selector), OK);
}

/* All other facts: no entry asks about them here, so none of them counts. */
static void forget_the_rest(void)
{
	caller.uid = 77;
	caller.gid = 78;
	caller.unit = caller.socket = (struct span){ 0 };
	expect(ADMITTED);
}

/* Names that are not the one that is wanted, and none at all. */
static void expect_texts_refused(struct span *fact, const char *wanted, enum admission refusal)
{
	char others[4][64];

	(void)snprintf(others[0], sizeof(others[0]), "%sx", wanted);
	(void)snprintf(others[1], sizeof(others[1]), "%.*s", (int)strlen(wanted) - 1, wanted);
	(void)snprintf(others[2], sizeof(others[2]), "x%s", wanted + 1);
	(void)snprintf(others[3], sizeof(others[3]), "%s", wanted);
	others[3][1] = (char)(others[3][1] ^ ('a' ^ 'A'));
	for (size_t i = 0; i < 4; i++) {
		*fact = span_text(others[i]);
		expect(refusal);
	}
	/* With a NUL it is another. */
	*fact = (struct span){ (const uint8_t *)wanted, strlen(wanted) + 1 };
	expect(refusal);
	*fact = (struct span){ 0 };
	expect(refusal);
	*fact = span_text(wanted);
	expect(ADMITTED);
}

static void an_executable_alone_admits_its_path(void **state)
{
	(void)state;
	forget_the_rest();
	expect_texts_refused(&caller.executable, PATH, ADMISSION_OTHER_EXECUTABLE);
	/* Not as a prefix, nor with the mark of one that was removed. */
	caller.executable = span_text(PATH "/x");
	expect(ADMISSION_OTHER_EXECUTABLE);
	caller.executable = span_text(PATH " (deleted)");
	expect(ADMISSION_OTHER_EXECUTABLE);
}

static void a_digest_alone_admits_its_content(void **state)
{
	struct digest second = digest_filled(DIGEST_SHA256, 0x22);

	(void)state;
	forget_the_rest();
	assert_int_equal(bytes_append(&entry.digests, digest_span(&second)), OK);
	expect(ADMITTED);
	caller.digest = second;
	expect(ADMITTED);
	/* It is selected by who it is, and not admitted by what it contains. */
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		caller.digest = second;
		caller.digest.value[i] ^= 1;
		assert_int_equal(entry_selects(&entry, &caller), ADMITTED);
		assert_int_equal(entry_admits(&entry, &caller), ADMISSION_NOT_APPROVED);
	}
	/* Of another algorithm it is another, whatever its bytes. */
	caller.digest = digest_filled(DIGEST_SHA512, 0x22);
	assert_int_equal(entry_admits(&entry, &caller), ADMISSION_NOT_APPROVED);
	caller.digest.alg = DIGEST_NONE;
	assert_int_equal(entry_admits(&entry, &caller), ADMISSION_NOT_APPROVED);
	caller.digest = (struct digest){ 0 };
	assert_int_equal(entry_admits(&entry, &caller), ADMISSION_NOT_APPROVED);
}

/* Half of one digest and half of the next are none. */
static void a_digest_stands_where_one_begins(void **state)
{
	uint8_t both[2 * SHA256_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(both); i++)
		both[i] = (uint8_t)i;
	bytes_done(&entry.digests);
	assert_int_equal(bytes_copy((struct span){ both, sizeof(both) }, &entry.digests), OK);
	for (size_t i = 0; i <= SHA256_SIZE; i++) {
		assert_int_equal(digest_from(DIGEST_SHA256, (struct span){ both + i, SHA256_SIZE },
					     &caller.digest),
				 OK);
		assert_int_equal(entry_admits(&entry, &caller),
				 i % SHA256_SIZE == 0 ? ADMITTED : ADMISSION_NOT_APPROVED);
	}
}

static void without_an_approved_content_nobody_is_admitted(void **state)
{
	(void)state;
	bytes_done(&entry.digests);
	expect(ADMISSION_NONE_APPROVED);
	caller.digest = (struct digest){ 0 };
	expect(ADMISSION_NONE_APPROVED);
}

static void a_user_alone_admits_himself(void **state)
{
	static const uid_t others[] = { 0, 999, 1001, 1000 + 65536, UINT32_MAX - 1 };

	(void)state;
	entry.has_uid = true;
	entry.uid = 1000;
	caller.uid = 77;
	expect(ADMISSION_OTHER_USER);
	caller.uid = 1000;
	caller.gid = 78;
	caller.unit = caller.socket = (struct span){ 0 };
	expect(ADMITTED);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		caller.uid = others[i];
		expect(ADMISSION_OTHER_USER);
	}
	/* Neither a group of that number nor root, where nobody named him. */
	caller.gid = 1000;
	expect(ADMISSION_OTHER_USER);
	/* Root is a user like others: 0 is no "any". */
	entry.uid = 0;
	caller.uid = 1000;
	expect(ADMISSION_OTHER_USER);
	caller.uid = 0;
	expect(ADMITTED);
}

static void a_group_alone_admits_its_own(void **state)
{
	static const gid_t others[] = { 0, 1000, 1002, 1001 + 65536, UINT32_MAX - 1 };

	(void)state;
	entry.has_gid = true;
	entry.gid = 1001;
	caller.uid = 77;
	caller.unit = caller.socket = (struct span){ 0 };
	expect(ADMITTED);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		caller.gid = others[i];
		expect(ADMISSION_OTHER_GROUP);
	}
	/* Nor a user of that number. */
	caller.uid = 1001;
	expect(ADMISSION_OTHER_GROUP);
	entry.gid = 0;
	expect(ADMISSION_OTHER_GROUP);
	caller.gid = 0;
	expect(ADMITTED);
}

static void a_unit_alone_admits_what_runs_in_it(void **state)
{
	(void)state;
	set(&entry.unit, "web.service");
	caller.uid = 77;
	caller.gid = 78;
	caller.socket = (struct span){ 0 };
	expect(ADMITTED);
	expect_texts_refused(&caller.unit, "web.service", ADMISSION_OTHER_UNIT);
	caller.unit = span_text("web@1.service");
	expect(ADMISSION_OTHER_UNIT);
}

static void a_socket_alone_admits_who_comes_by_it(void **state)
{
	(void)state;
	set(&entry.socket, "web");
	caller.uid = 77;
	caller.gid = 78;
	caller.unit = (struct span){ 0 };
	expect(ADMITTED);
	/* The one that is for all has no name. */
	expect_texts_refused(&caller.socket, "web", ADMISSION_OTHER_SOCKET);
}

/* Of several that do not fit, the one that tells best what is missing: users last. */
static void all_that_is_asked_for_counts_together(void **state)
{
	(void)state;
	entry.has_uid = entry.has_gid = true;
	entry.uid = 1000;
	entry.gid = 1001;
	set(&entry.unit, "web.service");
	set(&entry.socket, "web");
	expect(ADMITTED);

	caller.uid++;
	expect(ADMISSION_OTHER_USER);
	caller.gid++;
	expect(ADMISSION_OTHER_GROUP);
	caller.unit = span_text("other.service");
	expect(ADMISSION_OTHER_UNIT);
	caller.socket = span_text("other");
	expect(ADMISSION_OTHER_SOCKET);
	caller.executable = span_text("/usr/bin/other");
	expect(ADMISSION_OTHER_EXECUTABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_executable_alone_admits_its_path),
		TEST(a_digest_alone_admits_its_content),
		TEST(a_digest_stands_where_one_begins),
		TEST(without_an_approved_content_nobody_is_admitted),
		TEST(a_user_alone_admits_himself),
		TEST(a_group_alone_admits_its_own),
		TEST(a_unit_alone_admits_what_runs_in_it),
		TEST(a_socket_alone_admits_who_comes_by_it),
		TEST(all_that_is_asked_for_counts_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
