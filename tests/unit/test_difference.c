/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>

#include "base/text.h"
#include "policies/difference/difference.h"

#define A "1111111111111111111111111111111111111111111111111111111111111111"
#define B "2222222222222222222222222222222222222222222222222222222222222222"
#define C "3333333333333333333333333333333333333333333333333333333333333333"
#define TEXT_MAX 16384
#define SETS 2

/* A manifest of two sets, and their files. */
struct side {
	const char *version, *boot, *ima; /* members, or NULL */
	const char *files[SETS]; /* NULL: no such set */
	const char *set[SETS]; /* members beside name, sha256 and size */
	char text[TEXT_MAX];
	struct difference_side open;
};

static const char *const set_names[SETS] = { "base.files", "identity.files" };

#define BASE_SIDE(base, identity)                                                                  \
	{                                                                                          \
		.files = { (base), (identity) },                                                   \
		.set = { "\"class\":\"base\"",                                                     \
			 "\"class\":\"identity\"" }                                                \
	}

static void hex_of(const char *text, char out[65])
{
	AUTO_DONE(bytes) hex = { 0 };
	struct digest digest;

	assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), &digest), OK);
	assert_int_equal(hex_append(&hex, digest_span(&digest)), OK);
	(void)snprintf(out, 65, "%.64s", (const char *)hex.data);
}

static void open_side(struct side *side)
{
	char sets[1024] = "", subjects[512] = "", hex[65];
	bool has_one = false;

	for (size_t i = 0; i < SETS; i++) {
		if (side->files[i] == NULL)
			continue;
		hex_of(side->files[i], hex);
		(void)snprintf(sets + strlen(sets), sizeof(sets) - strlen(sets),
			       "%s{\"name\":\"%s\",\"sha256\":\"%s\",\"size\":%zu,%s}",
			       has_one ? "," : "", set_names[i], hex, strlen(side->files[i]),
			       side->set[i]);
		(void)snprintf(subjects + strlen(subjects), sizeof(subjects) - strlen(subjects),
			       "%s{\"name\":\"%s\",\"digest\":{\"sha256\":\"%s\"}}",
			       has_one ? "," : "", set_names[i], hex);
		has_one = true;
	}
	(void)snprintf(
		side->text, sizeof(side->text),
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[%s],"
		"\"predicateType\":\"https://attestd.dev/manifest/v1\",\"predicate\":{"
		"\"line\":\"prod\",\"version\":%s,\"securityEpoch\":1,\"changeClass\":\"low-risk\","
		"\"target\":{\"platform\":\"q35\",\"kernel\":\"6.1\"},\"notBefore\":1,\"notAfter\":"
		"2,"
		"\"boot\":{%s},\"ima\":{\"templates\":[\"ima-sig\"],\"hash\":\"sha256\","
		"\"policy\":{\"path\":\"/etc/policy\",\"sha256\":[\"" A "\"]},"
		"\"violations\":\"refuse\",\"allowBuiltinPolicy\":false,%s\"sets\":[%s]}}}",
		subjects, side->version == NULL ? "1" : side->version,
		side->boot == NULL ? "\"secureBoot\":false,\"lockdown\":\"none\"" : side->boot,
		side->ima == NULL ? "" : side->ima, sets);

	enum status status = difference_side_open(span_text(side->text), &side->open);
	if (status != OK)
		fail_msg("%s at %s", side->open.statement.document.fault,
			 side->open.statement.document.path);
}

/* What was told, a line each: "KIND FIELD SET PATH BEFORE AFTER". */
struct told {
	struct side *before, *after;
	struct class_rules rules;
	struct bytes changes, text;
	struct difference difference;
	struct set_fault why;
	unsigned opened;
};

static void told_done(struct told *told)
{
	bytes_done(&told->changes);
	bytes_done(&told->text);
	if (told->before != NULL)
		difference_side_done(&told->before->open);
	difference_side_done(&told->after->open);
}

AUTO_RELEASE(told, told_done);

static enum status open_set(void *self, const struct manifest_set *set, struct span *file)
{
	struct told *told = self;
	struct side *sides[] = { told->before, told->after };

	told->opened++;
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; sides[i] != NULL && j < SETS; j++) {
			struct digest digest;
			struct span text = span_text(sides[i]->files[j]);

			assert_int_equal(digest_of(DIGEST_SHA256, text, &digest), OK);
			if (sides[i]->files[j] == NULL || !digest_equal(&digest, &set->digest))
				continue;
			*file = text;
			return OK;
		}
	}
	return STATUS_NOT_FOUND;
}

static void close_set(void *self, struct span file)
{
	(void)file;
	assert_true(((struct told *)self)->opened > 0);
}

static enum status tell(void *self, const struct change *change)
{
	struct told *told = self;
	const struct span parts[] = { change->field, change->set, change->path, change->before,
				      change->after };
	enum status status =
		bytes_append(&told->changes, span_text(change_kind_name(change->kind)));

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && status == OK; i++) {
		if (parts[i].len == 0)
			continue;
		status = bytes_append_byte(&told->changes, ' ');
		if (status == OK)
			status = bytes_append(&told->changes, parts[i]);
	}
	return status == OK ? bytes_append_byte(&told->changes, '\n') : status;
}

static enum status write_text(void *self, struct span text)
{
	return bytes_append(&((struct told *)self)->text, text);
}

static enum status compare(struct told *told)
{
	const struct set_source sets = { open_set, close_set, told };
	const struct difference_listener listener = { tell, write_text, told };

	if (told->before != NULL)
		open_side(told->before);
	open_side(told->after);
	return difference_of(told->before == NULL ? NULL : &told->before->open, &told->after->open,
			     &sets, &told->rules, &listener, &told->difference, &told->why);
}

/* Exactly these changes, in this order. */
static void assert_told(struct side *before, struct side *after, const char *changes)
{
	AUTO_DONE(told) told = { .before = before, .after = after };

	assert_int_equal(compare(&told), OK);
	assert_int_equal(bytes_append_byte(&told.changes, 0), OK);
	assert_string_equal((const char *)told.changes.data, changes);
}

#define OLD_FILES A "  /usr/bin/cat\n" B "  /usr/bin/dog\n" C "  /usr/sbin/agent\n"

static void nothing_differs_from_itself(void **state)
{
	struct side before = BASE_SIDE(OLD_FILES, NULL);
	struct side after = BASE_SIDE(OLD_FILES, NULL);
	AUTO_DONE(told) told = { .before = &before, .after = &after };
	(void)state;

	assert_int_equal(compare(&told), OK);
	assert_int_equal(told.changes.len, 0);
	assert_int_equal(told.difference.class, CHANGE_LOW_RISK);
	/* Sets of one digest are not even read. */
	assert_int_equal(told.opened, 0);
}

static void members_and_elements_are_told_one_by_one(void **state)
{
	struct side before = BASE_SIDE(OLD_FILES, NULL);
	struct side after = BASE_SIDE(OLD_FILES, NULL);
	(void)state;

	before.boot = "\"secureBoot\":false,\"lockdown\":\"none\",\"cmdline\":[\"a\",\"b\"],"
		      "\"ignore\":[{\"pcr\":1,\"type\":\"any\"}]";
	after.boot = "\"lockdown\":\"none\",\"secureBoot\":true,\"cmdline\":[ \"c\", \"b\" ],"
		     "\"ignore\":[{\"type\":\"any\",\"pcr\":1},{\"type\":\"any\",\"pcr\":3}],"
		     "\"dbxMinimum\":[],\"sbatMinimum\":\"\",\"pcrs\":{\"11\":[\"sha256:" A "\"]}";
	assert_told(&before, &after,
		    "command-line boot.cmdline \"a\"\n"
		    "command-line boot.cmdline \"c\"\n"
		    "ignore-widened boot.ignore {\"pcr\":3,\"type\":\"any\"}\n"
		    "pcr-value boot.pcrs.11 \"sha256:" A "\"\n"
		    "firmware-minimum boot.sbatMinimum \"\"\n"
		    "secure-boot boot.secureBoot false true\n");
}

static void another_order_is_a_change(void **state)
{
	struct side before = BASE_SIDE(OLD_FILES, NULL);
	struct side after = BASE_SIDE(OLD_FILES, NULL);
	(void)state;

	before.boot = "\"secureBoot\":false,\"lockdown\":\"none\",\"cmdline\":[\"a\",\"b\"]";
	after.boot = "\"secureBoot\":false,\"lockdown\":\"none\",\"cmdline\":[\"b\",\"a\"]";
	assert_told(&before, &after, "command-line boot.cmdline [\"a\",\"b\"] [\"b\",\"a\"]\n");
}

static void files_are_paired_by_path(void **state)
{
	struct side before = BASE_SIDE(OLD_FILES, NULL);
	struct side after =
		BASE_SIDE(A "  /usr/bin/dog\n" B "  /usr/bin/emu\n" C "  /usr/sbin/agent\n", NULL);
	(void)state;

	assert_told(&before, &after,
		    "base-file-removed ima.sets base.files /usr/bin/cat " A "\n"
		    "base-file-changed ima.sets base.files /usr/bin/dog " B " " A "\n"
		    "base-file-added ima.sets base.files /usr/bin/emu " B "\n");
}

/* A base set with another digest for a path of the identity set. */
static void a_base_set_does_not_take_over_another_set_s_file(void **state)
{
	struct side before = BASE_SIDE(A "  /usr/bin/cat\n", C "  /usr/sbin/agent\n");
	struct side after =
		BASE_SIDE(A "  /usr/bin/cat\n" B "  /usr/sbin/agent\n", C "  /usr/sbin/agent\n");
	struct side old = BASE_SIDE(A "  /opt/my_agent\n", NULL);
	struct side new = BASE_SIDE(A "  /opt/my_agent\n" B "  /opt/my agent\n", NULL);
	(void)state;

	assert_told(&before, &after, "privileged-file ima.sets base.files /usr/sbin/agent " B "\n");
	/* As IMA logs them, these are one path; and somebody waits for it. */
	new.set[0] = old.set[0] = "\"class\":\"base\",\"mustAppear\":[\"/opt/my_agent\"]";
	assert_told(&old, &new, "privileged-file ima.sets base.files /opt/my_agent " B "\n");
}

/* What may be at the path changes, whichever set lists it once more. */
static void a_path_that_is_listed_once_more_is_no_addition(void **state)
{
	struct side before = BASE_SIDE(A "  /usr/bin/cat\n" B "  /opt/my_dog\n", NULL);
	struct side twice =
		BASE_SIDE(A "  /usr/bin/cat\n" B "  /opt/my_dog\n" C "  /usr/bin/cat\n", NULL);
	struct side other = BASE_SIDE(A "  /usr/bin/cat\n" B "  /opt/my_dog\n",
				      A "  /opt/emu\n" C "  /opt/my dog\n");
	struct side again = BASE_SIDE(A "  /usr/bin/cat\n" B "  /opt/my_dog\n", NULL);
	(void)state;

	assert_told(&before, &twice, "base-file-changed ima.sets base.files /usr/bin/cat " C "\n");
	other.set[1] = "\"class\":\"base\"";
	assert_told(&again, &other,
		    "set-class ima.sets.class identity.files \"base\"\n"
		    "base-file-added ima.sets identity.files /opt/emu " A "\n"
		    "base-file-changed ima.sets identity.files /opt/my_dog " C "\n");
}

/* Removed here and added there under the same digest: it was identity code. */
static void a_file_does_not_leave_its_class_unseen(void **state)
{
	struct side before = BASE_SIDE(A "  /usr/bin/cat\n", C "  /usr/sbin/agent\n");
	struct side after = BASE_SIDE(A "  /usr/bin/cat\n" C "  /usr/sbin/agent\n", NULL);
	struct side class = BASE_SIDE(A "  /usr/bin/cat\n", C "  /usr/sbin/agent\n");
	(void)state;

	assert_told(&before, &after,
		    "privileged-file ima.sets base.files /usr/sbin/agent " C "\n"
		    "set-class ima.sets.class identity.files \"identity\"\n"
		    "identity-file ima.sets identity.files /usr/sbin/agent " C "\n");
	class.set[1] = "\"class\":\"base\"";
	struct side again = BASE_SIDE(A "  /usr/bin/cat\n", C "  /usr/sbin/agent\n");
	assert_told(&again, &class,
		    "set-class ima.sets.class identity.files \"identity\" \"base\"\n");
}

static void files_of_early_sets_and_of_rules_have_kinds_of_their_own(void **state)
{
	struct side before = BASE_SIDE(OLD_FILES, NULL);
	struct side after = BASE_SIDE(A "  /usr/bin/cat\n" B "  /usr/bin/dog\n", NULL);
	struct side same = BASE_SIDE(OLD_FILES, NULL);
	struct side fewer = BASE_SIDE(A "  /usr/bin/cat\n" B "  /usr/bin/dog\n", NULL);
	(void)state;

	before.ima = after.ima = "\"early\":[\"base.files\"],";
	assert_told(&before, &after, "early-file ima.sets base.files /usr/sbin/agent " C "\n");

	AUTO_DONE(told) told = { .before = &same, .after = &fewer };
	told.rules.path_count = 2;
	told.rules.path[0] = (struct path_rule){ span_text("/usr/sbin/agent"), SET_ENFORCEMENT };
	told.rules.path[1] = (struct path_rule){ span_text("/usr"), SET_KERNEL };
	assert_int_equal(compare(&told), OK);
	assert_int_equal(told.difference.count[CHANGE_ENFORCEMENT_FILE], 1);
	told.rules.path[0].path = span_text("/usr/sbin/age");
	assert_int_equal(class_rules_class(&told.rules, span_text("/usr/sbin/agent")), SET_KERNEL);
	assert_int_equal(class_rules_class(&told.rules, span_text("/usrx")), SET_BASE);
}

static void the_canonical_text_is_the_same_for_everybody(void **state)
{
	struct side before = BASE_SIDE(OLD_FILES, NULL);
	struct side after =
		BASE_SIDE(A "  /usr/bin/cat\n" C "  /usr/bin/dog\n" C "  /usr/sbin/agent\n", NULL);
	AUTO_DONE(told) told = { .before = &before, .after = &after };
	char expected[2048], hex[4][65];
	struct digest digest;
	(void)state;

	before.boot = "\"secureBoot\":false,\"lockdown\":\"none\"";
	after.boot = "\"secureBoot\":false,\"lockdown\":\"integrity\"";
	after.version = "2";
	assert_int_equal(compare(&told), OK);
	hex_of(before.text, hex[0]);
	hex_of(after.text, hex[1]);
	hex_of(before.files[0], hex[2]);
	hex_of(after.files[0], hex[3]);
	(void)snprintf(expected, sizeof(expected),
		       "attestd-difference/1\nfrom 1 sha256:%s\nto 2 sha256:%s\n"
		       "-boot.lockdown \"none\"\n+boot.lockdown \"integrity\"\n"
		       "=base.files %s %s\n-" B "  /usr/bin/dog\n+" C "  /usr/bin/dog\n",
		       hex[0], hex[1], hex[2], hex[3]);
	assert_int_equal(told.text.len, strlen(expected));
	assert_memory_equal(told.text.data, expected, told.text.len);
	assert_int_equal(digest_of(DIGEST_SHA256, span_text(expected), &digest), OK);
	assert_true(digest_equal(&digest, &told.difference.digest));
}

static void a_first_release_touches_trust_and_reads_no_set(void **state)
{
	struct side after = BASE_SIDE(OLD_FILES, NULL);
	AUTO_DONE(told) told = { .after = &after };
	(void)state;

	told.rules.low_risk = UINT64_MAX & ~(UINT64_C(1) << CHANGE_FIRST_RELEASE);
	assert_int_equal(compare(&told), OK);
	assert_int_equal(told.difference.count[CHANGE_FIRST_RELEASE], 1);
	assert_int_equal(told.difference.class, CHANGE_TRUST_IMPACTING);
	assert_int_equal(told.opened, 0);
}

static void a_file_that_is_no_set_is_named(void **state)
{
	static const char *const wrong[] = {
		A "  /usr/bin/cat\n" A "  /usr/bin/bat\n",
		A "  /usr/bin/cat\nno line\n",
		A "  /usr/bin/cat\n" B "  /boot/vmlinuz\n",
		A "  /usr/bin/cat\n" B "  /usr/bin/dog",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct side before = BASE_SIDE(OLD_FILES, NULL);
		struct side after = BASE_SIDE(wrong[i], NULL);
		AUTO_DONE(told) told = { .before = &before, .after = &after };

		assert_int_equal(compare(&told), STATUS_MALFORMED);
		assert_non_null(told.why.code);
		assert_int_equal(told.why.line, 2);
		assert_int_equal(told.difference.digest.alg, DIGEST_NONE);
	}
}

static void a_field_that_nobody_classed_touches_trust(void **state)
{
	static const char *const fields[] = {
		"vendor", "boot.new", "boots.cmdline", "ima.sets.new", "evidence.x", "notAfters", ""
	};
	(void)state;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		assert_int_equal(change_kind_of_field(span_text(fields[i]), true), CHANGE_OTHER);
	assert_false(change_kind_may_be_low_risk(CHANGE_OTHER));
}

static void privilege_rests_on_files_under_either_name(void **state)
{
	static const char *const privileged[] = {
		"/usr/bin/sudo",
		"/bin/su",
		"/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
		"/usr/lib/x86_64-linux-gnu/libc.so.6",
		"/usr/lib/systemd/systemd-logind",
		"/lib/systemd/systemd",
		"/usr/lib/modules/6.1.0/kernel/fs/ext4/ext4.ko",
		"/usr/lib/firmware/a",
		"/etc/pam.d/sshd",
		"/opt/x/driver.ko.xz",
		"/usr/lib/x86_64-linux-gnu/security/pam_unix.so",
		"/usr/lib/security/x",
		"/usr/sbin/sshd",
		"/usr/libexec/sudo/sudoers.so",
	};
	static const char *const others[] = {
		"/usr/bin/cat",
		"/usr/bin/sudoku",
		"/usr/lib/modulesx/a",
		"/opt/etc/x",
		"/usr/share/doc/sudo/readme",
		"/usr/bin/x.ko/y",
		"/usr/lib/.ko",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(privileged) / sizeof(privileged[0]); i++)
		if (!path_is_privileged(span_text(privileged[i])))
			fail_msg("%s", privileged[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (path_is_privileged(span_text(others[i])))
			fail_msg("%s", others[i]);
}

static void every_kind_has_a_name_and_words(void **state)
{
	(void)state;

	for (unsigned i = 0; i < CHANGE_KINDS; i++) {
		enum change_kind kind = CHANGE_OTHER;

		assert_non_null(change_kind_name((enum change_kind)i));
		assert_non_null(change_kind_words((enum change_kind)i));
		assert_int_equal(
			change_kind_named(span_text(change_kind_name((enum change_kind)i)), &kind),
			OK);
		assert_int_equal(kind, i);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_differs_from_itself),
		cmocka_unit_test(members_and_elements_are_told_one_by_one),
		cmocka_unit_test(another_order_is_a_change),
		cmocka_unit_test(files_are_paired_by_path),
		cmocka_unit_test(a_base_set_does_not_take_over_another_set_s_file),
		cmocka_unit_test(a_path_that_is_listed_once_more_is_no_addition),
		cmocka_unit_test(a_file_does_not_leave_its_class_unseen),
		cmocka_unit_test(files_of_early_sets_and_of_rules_have_kinds_of_their_own),
		cmocka_unit_test(the_canonical_text_is_the_same_for_everybody),
		cmocka_unit_test(a_first_release_touches_trust_and_reads_no_set),
		cmocka_unit_test(a_file_that_is_no_set_is_named),
		cmocka_unit_test(a_field_that_nobody_classed_touches_trust),
		cmocka_unit_test(privilege_rests_on_files_under_either_name),
		cmocka_unit_test(every_kind_has_a_name_and_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
