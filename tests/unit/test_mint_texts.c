/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel writes of a process: its cgroup, its users, its start. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "attestd/mint/caller/cgroup.h"
#include "attestd/mint/caller/proc_text.h"

static void assert_unit(const char *text, const char *unit, const char *path)
{
	struct cgroup_place place;

	assert_int_equal(cgroup_unit(span_text(text), &place), OK);
	if (!span_equal(place.unit, span_text(unit)) || !span_equal(place.path, span_text(path)))
		fail_msg("%s: %.*s in %.*s", text, (int)place.unit.len,
			 (const char *)place.unit.data, (int)place.path.len,
			 (const char *)place.path.data);
}

static void assert_no_unit(const char *text)
{
	assert_unit(text, "", "");
}

static void assert_malformed(const char *text)
{
	struct cgroup_place place;

	assert_int_equal(cgroup_unit(span_text(text), &place), STATUS_MALFORMED);
}

static void a_unit_is_the_first_component_that_is_no_slice(void **state)
{
	(void)state;
	assert_unit("0::/system.slice/nginx.service\n", "nginx.service",
		    "/system.slice/nginx.service");
	assert_unit("0::/system.slice/system-getty.slice/getty@tty1.service\n",
		    "getty@tty1.service", "/system.slice/system-getty.slice/getty@tty1.service");
	assert_unit("0::/init.scope\n", "init.scope", "/init.scope");
	assert_unit("0::/system.slice/a\\x2db.service/payload/deeper\n", "a\\x2db.service",
		    "/system.slice/a\\x2db.service");
	assert_unit("0::/user.slice/user-0.slice/session-2.scope\n", "session-2.scope",
		    "/user.slice/user-0.slice/session-2.scope");
}

static void a_user_names_no_unit_of_the_systems(void **state)
{
	(void)state;
	assert_unit("0::/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service\n",
		    "user@1000.service", "/user.slice/user-1000.slice/user@1000.service");
	assert_unit("0::/system.slice/delegated.service/system.slice/nginx.service\n",
		    "delegated.service", "/system.slice/delegated.service");
	/* Not skipped either: what is no unit hides what comes behind it. */
	assert_no_unit("0::/docker/system.slice/nginx.service\n");
	assert_no_unit("0::/../system.slice/nginx.service\n");
	assert_no_unit("0:://system.slice/nginx.service\n");
	assert_no_unit("0::/system.slice/./nginx.service\n");
}

static void what_is_no_units_name_is_none(void **state)
{
	char text[600];

	(void)state;
	assert_no_unit("0::/\n");
	assert_no_unit("0::/docker/0123456789abcdef\n");
	assert_no_unit("0::/system.slice\n");
	assert_no_unit("0::/.service\n");
	assert_no_unit("0::/@a.service\n");
	assert_no_unit("0::/nginx.timer\n");
	assert_no_unit("0::/nginx service.service\n");
	/* A cgroup that was removed below its last process. */
	assert_no_unit("0::/system.slice/nginx.service (deleted)\n");
	/* systemd escapes a name that looks like the kernel's. */
	assert_unit("0::/system.slice/_cgroup.service\n", "cgroup.service",
		    "/system.slice/_cgroup.service");

	/* The longest that there may be, and one byte more. */
	for (int len = UNIT_NAME_MAX; len <= UNIT_NAME_MAX + 1; len++) {
		struct cgroup_place place;

		(void)snprintf(text, sizeof(text), "0::/%0*d.service\n", len - 8, 0);
		assert_int_equal(cgroup_unit(span_text(text), &place), OK);
		assert_int_equal(place.unit.len, len == UNIT_NAME_MAX ? UNIT_NAME_MAX : 0);
	}
}

static void systemds_own_hierarchy_of_version_1_counts(void **state)
{
	(void)state;
	assert_unit("2:memory:/elsewhere.service\n1:name=systemd:/system.slice/a.service\n0::/\n",
		    "a.service", "/system.slice/a.service");
	assert_unit("1:name=systemd:/system.slice/a.service\n0::/system.slice/a.service\n",
		    "a.service", "/system.slice/a.service");
	/* Another program's leftover, on a host of version 2. */
	assert_unit("1:name=systemd:/\n0::/system.slice/a.service\n", "a.service",
		    "/system.slice/a.service");
	assert_no_unit("1:memory:/system.slice/a.service\n");
	assert_no_unit("1:name=other:/system.slice/a.service\n");
	assert_no_unit("1:cpu,name=systemd:/system.slice/a.service\n");
	assert_malformed("1:name=systemd:/system.slice/a.service\n0::/system.slice/b.service\n");
}

static void what_no_kernel_writes_is_refused(void **state)
{
	static const char golden[] = "1:name=systemd:/system.slice/a.service\n0::/\n";
	struct cgroup_place place;
	struct bytes long_text = { 0 };

	(void)state;
	assert_malformed("");
	assert_malformed("\n");
	assert_malformed("0::\n");
	assert_malformed("0::relative.service\n");
	assert_malformed("00::/a.service\n");
	assert_malformed("-1::/a.service\n");
	assert_malformed("4294967296::/a.service\n");
	assert_malformed("0:/a.service\n");
	assert_malformed("a.service\n");
	/* Cut off anywhere but between lines. */
	for (size_t len = 0; len < sizeof(golden) - 1; len++) {
		struct span part = { (const uint8_t *)golden, len };
		bool is_line = len > 0 && golden[len - 1] == '\n';

		assert_int_equal(cgroup_unit(part, &place), is_line ? OK : STATUS_MALFORMED);
	}
	while (long_text.len <= CGROUP_TEXT_MAX)
		assert_int_equal(bytes_append(&long_text, span_text("0::/a.service\n")), OK);
	assert_int_equal(cgroup_unit(span_of(&long_text), &place), STATUS_MALFORMED);
	bytes_done(&long_text);
}

static void users_are_read_in_all_their_kinds(void **state)
{
	static const char golden[] = "Name:\tUid:\\n\nState:\tS (sleeping)\n"
				     "Uid:\t1000\t0\t2\t4294967295\nGid:\t5\t6\t7\t8\n";
	struct proc_users users;

	(void)state;
	assert_int_equal(proc_users(span_text(golden), &users), OK);
	assert_memory_equal(users.uid, ((uint32_t[]){ 1000, 0, 2, UINT32_MAX }), 16);
	assert_memory_equal(users.gid, ((uint32_t[]){ 5, 6, 7, 8 }), 16);
	for (size_t len = 0; len < sizeof(golden) - 3; len++) {
		struct span part = { (const uint8_t *)golden, len };

		assert_int_equal(proc_users(part, &users), STATUS_MALFORMED);
	}
	assert_int_equal(proc_users(span_text("Uid:\t1\t1\t1\t1\nUid:\t0\t0\t0\t0\n"
					      "Gid:\t1\t1\t1\t1\n"),
				    &users),
			 STATUS_MALFORMED);
	assert_int_equal(proc_users(span_text("Uid:\t1\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\n"), &users),
			 STATUS_MALFORMED);
	assert_int_equal(
		proc_users(span_text("Uid:\t1\t1\t1\t4294967296\nGid:\t1\t1\t1\t1\n"), &users),
		STATUS_MALFORMED);
}

static void a_tracer_is_read_once(void **state)
{
	static const char golden[] = "Name:\tTracerPid:\\n7\nPid:\t5\nTracerPid:\t4711\n";
	uint32_t tracer = 0;

	(void)state;
	assert_int_equal(proc_tracer(span_text(golden), &tracer), OK);
	assert_int_equal(tracer, 4711);
	for (size_t len = 0; len < sizeof(golden) - 6; len++)
		assert_int_equal(
			proc_tracer((struct span){ (const uint8_t *)golden, len }, &tracer),
			STATUS_MALFORMED);
	assert_int_equal(proc_tracer(span_text("TracerPid:\t0\n"), &tracer), OK);
	assert_int_equal(tracer, 0);
	assert_int_not_equal(proc_tracer(span_text("TracerPid:\t1\nTracerPid:\t0\n"), &tracer), OK);
	assert_int_not_equal(proc_tracer(span_text("TracerPid:\t-1\n"), &tracer), OK);
	assert_int_not_equal(proc_tracer(span_text("TracerPid:\t2147483648\n"), &tracer), OK);
	assert_int_equal(tracer, 0);
}

static void each_kind_of_user_is_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < 8; i++) {
		struct proc_users users = { { 7, 7, 7, 7 }, { 9, 9, 9, 9 } };

		assert_true(proc_users_are_one(&users));
		*(i < 4 ? &users.uid[i] : &users.gid[i - 4]) = 0;
		assert_false(proc_users_are_one(&users));
	}
}

static void a_start_is_found_behind_any_name(void **state)
{
	static const char *const names[] = { "sh", "a b", "a) R 1 2 3 4 (b", ")", "(", "\n)\n" };
	static const char rest[] = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 424242 20 21\n";
	uint64_t started;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		AUTO_DONE(bytes) text = { 0 };

		assert_int_equal(bytes_printf(&text, "77 (%s)%s", names[i], rest), OK);
		assert_int_equal(proc_started(span_of(&text), &started), OK);
		assert_int_equal(started, 424242);
	}
	assert_int_equal(proc_started(span_text(""), &started), STATUS_MALFORMED);
	assert_int_equal(proc_started(span_text("77 sh S 1 2"), &started), STATUS_MALFORMED);
	assert_int_equal(proc_started(span_text("77 (sh)"), &started), STATUS_MALFORMED);
	assert_int_equal(proc_started(span_text("77 (sh) S 1 2 3"), &started), STATUS_MALFORMED);
	assert_int_equal(proc_started(span_text("77 (sh) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 "
						"17 18 -1 20"),
				      &started),
			 STATUS_MALFORMED);
}

static void how_one_ended_stands_at_the_end(void **state)
{
	AUTO_DONE(bytes) text = { 0 };
	int status = -1;

	(void)state;
	assert_int_equal(bytes_append(&text, span_text("77 (a 1 2) b) Z")), OK);
	for (unsigned i = 4; i < 52; i++)
		assert_int_equal(bytes_printf(&text, " %u", i), OK);
	assert_int_equal(proc_exit_status(span_of(&text), &status), STATUS_MALFORMED);
	assert_int_equal(bytes_append(&text, span_text(" 768\n")), OK);
	assert_int_equal(proc_exit_status(span_of(&text), &status), OK);
	assert_int_equal(status, 768);
	text.len -= 4;
	assert_int_equal(bytes_append(&text, span_text("65536\n")), OK);
	assert_int_equal(proc_exit_status(span_of(&text), &status), STATUS_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unit_is_the_first_component_that_is_no_slice),
		cmocka_unit_test(a_user_names_no_unit_of_the_systems),
		cmocka_unit_test(what_is_no_units_name_is_none),
		cmocka_unit_test(systemds_own_hierarchy_of_version_1_counts),
		cmocka_unit_test(what_no_kernel_writes_is_refused),
		cmocka_unit_test(users_are_read_in_all_their_kinds),
		cmocka_unit_test(a_tracer_is_read_once),
		cmocka_unit_test(each_kind_of_user_is_compared),
		cmocka_unit_test(a_start_is_found_behind_any_name),
		cmocka_unit_test(how_one_ended_stands_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
