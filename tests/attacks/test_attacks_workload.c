/* SPDX-License-Identifier: Apache-2.0 */
/* Workloads that ask for what is another's (s13): real processes before the gate,
 * and a broker that says what the test wants. */
#include "attacks.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/file.h"
#include "workload_scene.h"

#define PROGRAM_MAX ((size_t)64 << 20)

static struct gate *gate;
static struct entry list[4];
static struct entries entries = { .list = list };
/* What the broker says, and how often it was asked. */
static enum measured_state measured;
static bool is_silent;
static unsigned questions;

static enum status answer(void *context, uid_t user, struct span question, measured_answer take,
			  void *slot)
{
	const uint8_t state = (uint8_t)measured;

	(void)context;
	(void)user;
	(void)question;
	questions++;
	take(slot, is_silent ? STATUS_UNAVAILABLE : OK, (struct span){ &state, is_silent ? 0 : 1 });
	return OK;
}

static void answered(void *context)
{
	(void)context;
}

static struct span path_of(const char *name)
{
	return span_text(workload_path(name));
}

/* The content that the program's file has now is approved for that path. */
static void approve(struct entry *e, const char *program)
{
	AUTO_DONE(bytes) content = { 0 };
	struct digest digest;

	assert_int_equal(file_read(workload_path(program), PROGRAM_MAX, &content), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&content), &digest), OK);
	bytes_done(&e->digests);
	assert_int_equal(bytes_copy(digest_span(&digest), &e->digests), OK);
}

static struct entry *add_entry(const char *name, const char *program)
{
	struct entry *e = &list[entries.count++];

	assert_int_equal(bytes_copy(span_text(name), &e->name), OK);
	assert_int_equal(bytes_copy(path_of(program), &e->executable), OK);
	approve(e, program);
	return e;
}

static int begin(void **state)
{
	const struct measured_source source = { .ask = answer, .answered = answered };

	(void)state;
	measured = MEASURED_QUOTED;
	is_silent = false;
	questions = 0;
	entries.count = 0;
	return gate_new(&source, &gate) == OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	gate_free(gate);
	for (size_t i = 0; i < entries.count; i++)
		entry_done(&list[i]);
	memset(list, 0, sizeof(list));
	return 0;
}

static enum workload_outcome ask(const struct workload *w, struct admitted *out, const char **why)
{
	enum workload_outcome outcome;

	*why = "";
	outcome = gate_admit(gate, w->caller, &entries, out, why);
	/* The broker has answered by now. */
	return outcome == WORKLOAD_AGAIN ? gate_admit(gate, w->caller, &entries, out, why)
					 : outcome;
}

static void assert_admitted(const struct workload *w, const struct entry *to)
{
	struct admitted a;
	const char *why;

	assert_int_equal(ask(w, &a, &why), WORKLOAD_GIVEN);
	assert_int_equal(a.count, 1);
	assert_ptr_equal(a.entries[0], to);
	assert_int_equal(gate_confirm(gate, w->caller, &a, &why), WORKLOAD_GIVEN);
}

static void assert_outcome(const struct workload *w, enum workload_outcome wanted,
			   const char *because)
{
	struct admitted a = { .count = 77 };
	const char *why;

	assert_int_equal(ask(w, &a, &why), wanted);
	assert_int_equal(a.count, 77);
	if (strstr(why, because) == NULL)
		fail_msg("%s, not %s", why, because);
}

static void s13_each_workload_gets_its_own_identity(void **state)
{
	(void)state;
	const struct entry *first = add_entry("first", "one");
	const struct entry *second = add_entry("second", "two");
	AUTO_DONE(workload) one = workload_called("one", true, NULL);
	AUTO_DONE(workload) two = workload_called("two", true, NULL);

	assert_admitted(&one, first);
	assert_admitted(&two, second);
	/* And by what it is now, not by what it was. */
	workload_do(&one, WORKLOAD_EXECUTE, 0, workload_path("two"));
	assert_admitted(&one, second);
}

static void s13_a_workload_is_told_nothing_of_others_entries(void **state)
{
	struct admitted a;
	const char *why;

	(void)state;
	struct entry *e = add_entry("payments", "one");

	e->has_uid = true;
	e->uid = 4711;

	AUTO_DONE(workload) one = workload_called("one", true, NULL);

	assert_int_equal(ask(&one, &a, &why), WORKLOAD_DENIED);
	assert_null(strstr(why, "payments"));
	assert_null(strstr(why, "4711"));
	assert_non_null(strstr(why, workload_path("one")));
	assert_non_null(strstr(why, "owner: identity-security"));
}

static void s13_each_selector_keeps_others_out(void **state)
{
	(void)state;
	need_root();
	struct entry *e = add_entry("first", "one");
	AUTO_DONE(workload) one = workload_called("one", false, NULL);
	AUTO_DONE(workload) other = workload_called("two", false, NULL);

	assert_admitted(&one, e);
	assert_outcome(&other, WORKLOAD_DENIED, "no registration entry");

	e->has_uid = true;
	e->uid = WORKLOAD_UID + 1;
	assert_outcome(&one, WORKLOAD_DENIED, "no registration entry");
	e->uid = WORKLOAD_UID;
	assert_admitted(&one, e);

	e->has_gid = true;
	e->gid = WORKLOAD_GID + 1;
	assert_outcome(&one, WORKLOAD_DENIED, "no registration entry");
	e->gid = WORKLOAD_GID;
	assert_admitted(&one, e);

	assert_int_equal(bytes_copy(span_text("a.service"), &e->unit), OK);
	assert_outcome(&one, WORKLOAD_DENIED, "no registration entry");
	bytes_done(&e->unit);

	assert_int_equal(bytes_copy(span_text("other"), &e->socket), OK);
	assert_outcome(&one, WORKLOAD_DENIED, "no registration entry");
	bytes_done(&e->socket);
	assert_int_equal(bytes_copy(span_text(WORKLOAD_SOCKET), &e->socket), OK);
	assert_admitted(&one, e);

	/* An entry without an executable would admit everybody. */
	bytes_done(&e->executable);
	assert_outcome(&one, WORKLOAD_DENIED, "no registration entry");
}

static void s13_content_that_no_release_approves_is_refused(void **state)
{
	(void)state;
	struct entry *e = add_entry("first", "one");
	AUTO_DONE(workload) one = workload_called("one", true, NULL);

	assert_admitted(&one, e);
	e->digests.data[0] ^= 1;
	assert_outcome(&one, WORKLOAD_DENIED, "not one that a release in force approves");
	bytes_done(&e->digests);
	assert_outcome(&one, WORKLOAD_DENIED, "no release in force approves a file");
}

/* Written to since it was hashed, at the same place: hashed again. */
static void s13_content_that_changed_is_looked_at_again(void **state)
{
	(void)state;
	workload_program("grown");

	struct entry *e = add_entry("first", "grown");
	AUTO_DONE(workload) before = workload_called("grown", true, NULL);

	assert_admitted(&before, e);
	workload_done(&before);

	FILE *f = fopen(workload_path("grown"), "ab");

	assert_non_null(f);
	assert_int_equal(fputc('x', f), 'x');
	assert_int_equal(fclose(f), 0);

	AUTO_DONE(workload) after = workload_called("grown", true, NULL);

	assert_outcome(&after, WORKLOAD_DENIED, "not one that a release in force approves");
	approve(e, "grown");
	assert_admitted(&after, e);
	workload_remove("grown");
}

static void s13_an_executable_that_no_quote_covers_is_refused(void **state)
{
	(void)state;
	const struct entry *e = add_entry("first", "one");
	AUTO_DONE(workload) one = workload_called("one", true, NULL);

	measured = MEASURED_NOT;
	assert_outcome(&one, WORKLOAD_DENIED, "measured no such executable");
	measured = MEASURED_NOT_QUOTED;
	assert_outcome(&one, WORKLOAD_NOT_READY, "no verdict covers that yet");
	measured = MEASURED_SEARCHING;
	questions = 0;
	assert_outcome(&one, WORKLOAD_NOT_READY, "being read");
	assert_int_equal(questions, 16);
	measured = MEASURED_QUOTED + 1;
	assert_outcome(&one, WORKLOAD_NOT_READY, "cannot be read");
	is_silent = true;
	assert_outcome(&one, WORKLOAD_NOT_READY, "cannot be read");
	is_silent = false;
	measured = MEASURED_QUOTED;
	assert_admitted(&one, e);

	/* It stays true, and the broker is left in peace. */
	unsigned before = questions;

	measured = MEASURED_NOT;
	assert_admitted(&one, e);
	assert_int_equal(questions, before);
}

/* Whoever is refused anyway costs neither the disk nor the broker anything. */
static void s13_a_stranger_has_nothing_hashed_and_nothing_searched(void **state)
{
	(void)state;
	need_root();
	struct entry *e = add_entry("first", "one");

	e->has_uid = true;
	e->uid = WORKLOAD_UID + 1;

	AUTO_DONE(workload) one = workload_called("one", false, NULL);
	AUTO_DONE(workload) two = workload_called("two", false, NULL);

	assert_outcome(&one, WORKLOAD_DENIED, "");
	assert_outcome(&two, WORKLOAD_DENIED, "");
	assert_int_equal(questions, 0);
	assert_false(gate_step(gate));
}

static void s13_a_caller_that_changes_before_the_reply_gets_none(void **state)
{
	(void)state;
	(void)add_entry("first", "one");
	AUTO_DONE(workload) one = workload_called("one", true, NULL);
	AUTO_DONE(workload) other = workload_called("one", true, NULL);
	struct admitted a;
	const char *why;

	assert_int_equal(ask(&one, &a, &why), WORKLOAD_GIVEN);
	workload_do(&one, WORKLOAD_EXECUTE, 0, workload_path("two"));
	assert_int_equal(gate_confirm(gate, one.caller, &a, &why), WORKLOAD_DENIED);

	assert_int_equal(ask(&other, &a, &why), WORKLOAD_GIVEN);
	workload_order(&other, WORKLOAD_END, 0, NULL);
	assert_int_equal(workload_wait(&other), 0);
	assert_int_equal(gate_confirm(gate, other.caller, &a, &why), WORKLOAD_DENIED);
}

/* Admitted, and then this is done to the program that it runs: no reply. */
static void expect_lost_by(void (*change)(void), const char *because)
{
	struct admitted a;
	const char *why;

	workload_program("kept");
	const struct entry *e = add_entry("kept", "kept");
	AUTO_DONE(workload) w = workload_called("kept", true, NULL);

	assert_admitted(&w, e);
	assert_int_equal(ask(&w, &a, &why), WORKLOAD_GIVEN);
	change();
	assert_int_equal(gate_confirm(gate, w.caller, &a, &why), WORKLOAD_DENIED);
	assert_non_null(strstr(why, because));
	workload_remove("kept");
	entry_done(&list[--entries.count]);
	list[entries.count] = (struct entry){ 0 };
}

static void remove_it(void)
{
	workload_remove("kept");
}

/* The same content, in another file. */
static void replace_it(void)
{
	workload_program("kept");
}

static void touch_it(void)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1 } };

	assert_int_equal(utimensat(AT_FDCWD, workload_path("kept"), times, 0), 0);
}

static void change_its_mode(void)
{
	assert_int_equal(chmod(workload_path("kept"), 0700), 0);
}

static void s13_an_executable_that_goes_before_the_reply_gets_none(void **state)
{
	(void)state;
	expect_lost_by(remove_it, "was removed or replaced");
	expect_lost_by(replace_it, "was removed or replaced");
}

/* Whoever may change the file may have changed its content since it was hashed. */
static void s13_an_executable_that_changes_before_the_reply_gets_none(void **state)
{
	(void)state;
	expect_lost_by(touch_it, "became another process");
	expect_lost_by(change_its_mode, "became another process");
}

/* The very same file, of which an entry may approve one path and not the other. */
static void s13_another_path_of_the_same_file_is_another_executable(void **state)
{
	char link_path[192];
	struct admitted a;
	const char *why;

	(void)state;
	(void)snprintf(link_path, sizeof(link_path), "%s", workload_path("link"));
	assert_int_equal(link(workload_path("one"), link_path), 0);
	const struct entry *e = add_entry("first", "one");
	AUTO_DONE(workload) w = workload_called("one", true, NULL);

	assert_admitted(&w, e);
	assert_int_equal(ask(&w, &a, &why), WORKLOAD_GIVEN);
	workload_do(&w, WORKLOAD_EXECUTE, 0, link_path);
	assert_int_equal(gate_confirm(gate, w.caller, &a, &why), WORKLOAD_DENIED);
	assert_outcome(&w, WORKLOAD_DENIED, "no registration entry");
	workload_remove("link");
}

#define SUPPLEMENTARY (WORKLOAD_GID + 1)

static void join_group(void)
{
	const gid_t group = SUPPLEMENTARY;

	if (setgroups(1, &group) != 0)
		_exit(52);
}

/* Who is in a group as one of many is not who runs as it. */
static void s13_a_supplementary_group_is_no_selector(void **state)
{
	(void)state;
	need_root();
	struct entry *e = add_entry("first", "one");
	AUTO_DONE(workload) w = workload_called("one", false, join_group);

	e->has_gid = true;
	e->gid = SUPPLEMENTARY;
	assert_outcome(&w, WORKLOAD_DENIED, "no registration entry");
	e->gid = WORKLOAD_GID;
	assert_admitted(&w, e);
}

/* In a mount namespace of its own, another program stands at the entry's path: the
 * kernel names it so, and here it is another file. */
static void mount_over(void)
{
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount(workload_path("two"), workload_path("one"), NULL, MS_BIND, NULL) != 0)
		_exit(50);
}

static void s13_a_file_mounted_over_an_executable_is_another(void **state)
{
	(void)state;
	need_root();
	(void)add_entry("first", "one");
	AUTO_DONE(workload) w = workload_called("one", true, mount_over);
	struct caller_facts facts;
	const char *why;

	assert_int_equal(caller_look(w.caller, &facts, &why), OK);
	assert_true(span_equal(facts.executable, path_of("one")));
	assert_outcome(&w, WORKLOAD_DENIED, "leads to another file");
}

/* The same root and the same files, as systemd's PrivateTmp= has it. */
static void enter_mount_namespace(void)
{
	if (unshare(CLONE_NEWNS) != 0)
		_exit(51);
}

static void s13_a_mount_namespace_alone_keeps_nobody_out(void **state)
{
	(void)state;
	need_root();
	const struct entry *e = add_entry("first", "one");
	AUTO_DONE(workload) w = workload_called("one", true, enter_mount_namespace);

	assert_admitted(&w, e);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static const struct CMUnitTest tests[] = {
	TEST(s13_each_workload_gets_its_own_identity),
	TEST(s13_a_workload_is_told_nothing_of_others_entries),
	TEST(s13_each_selector_keeps_others_out),
	TEST(s13_content_that_no_release_approves_is_refused),
	TEST(s13_content_that_changed_is_looked_at_again),
	TEST(s13_an_executable_that_no_quote_covers_is_refused),
	TEST(s13_a_stranger_has_nothing_hashed_and_nothing_searched),
	TEST(s13_a_caller_that_changes_before_the_reply_gets_none),
	TEST(s13_an_executable_that_goes_before_the_reply_gets_none),
	TEST(s13_an_executable_that_changes_before_the_reply_gets_none),
	TEST(s13_another_path_of_the_same_file_is_another_executable),
	TEST(s13_a_supplementary_group_is_no_selector),
	TEST(s13_a_file_mounted_over_an_executable_is_another),
	TEST(s13_a_mount_namespace_alone_keeps_nobody_out),
};

ATTACKS_MAIN_WITH(tests, workload_scene_begin, workload_scene_end)
