/* SPDX-License-Identifier: Apache-2.0 */
/* Files that a start rests on, in which others have a hand. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/file.h"
#include "service_scene.h"

#define NOBODY 65534

/* A file that the start rests on, and how it may be spoilt. */
struct guarded {
	const char *name;
	bool is_secret;
	int end; /* documented exit status */
};

static const struct guarded verifier_files[] = {
	{ "verifierd.conf", false, 2 },	    { "verifierd.conf.d/10-more.conf", false, 2 },
	{ "keys/tls_key.pem", true, 1 },    { "keys/mac_key", true, 1 },
	{ "keys/result_key.pem", true, 1 }, { "keys/log_key.pem", true, 1 },
	{ "keys/ca_key.pem", true, 1 },	    { "keys/ca.pem", false, 1 },
	{ "keys/admin_pub.pem", false, 1 }, { "inventory", false, 1 },
	{ "roots/ca.pem", false, 1 },	    { "roots", false, 1 },
};

static void expect_start_refused(struct service *s, const struct guarded *file, const char *how)
{
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(bytes) path = { 0 };
	int end = service_start_refused(s);

	service_log(s, &log);
	service_path(s, file->name, &path);
	if (end != file->end)
		fail_msg("%s %s: ends with %d", file->name, how, end);
	/* The whole path, but for the pool's directory, which stands for its files. */
	if (strncmp(file->name, "roots", 5) != 0 && occurrences(&log, (const char *)path.data) == 0)
		fail_msg("%s %s: not named: %.*s", file->name, how, (int)log.len,
			 (const char *)log.data);
}

static void spoil_and_start(struct service *s, const struct guarded *file)
{
	AUTO_DONE(bytes) path = { 0 };
	struct stat before;

	service_path(s, file->name, &path);

	const char *name = (const char *)path.data;

	assert_int_equal(stat(name, &before), 0);
	assert_int_equal(chmod(name, before.st_mode | S_IWGRP), 0);
	expect_start_refused(s, file, "writable by a group");
	assert_int_equal(chmod(name, before.st_mode | S_IWOTH), 0);
	expect_start_refused(s, file, "writable by all");
	if (file->is_secret) {
		assert_int_equal(chmod(name, before.st_mode | S_IRGRP), 0);
		expect_start_refused(s, file, "readable by a group");
		assert_int_equal(chmod(name, before.st_mode | S_IROTH), 0);
		expect_start_refused(s, file, "readable by all");
	}
	assert_int_equal(chmod(name, before.st_mode), 0);
	/* Only root can give a file away. */
	if (geteuid() == 0) {
		assert_int_equal(chown(name, NOBODY, (gid_t)-1), 0);
		expect_start_refused(s, file, "of another user");
		assert_int_equal(chown(name, before.st_uid, (gid_t)-1), 0);
	}
}

static void write_file(const struct service *s, const char *name, const char *text)
{
	AUTO_DONE(bytes) path = { 0 };

	service_path(s, name, &path);
	assert_int_equal(
		file_replace((const char *)path.data, span_text(text), 0600, (uid_t)-1, (gid_t)-1),
		OK);
}

static void add_drop_in(const struct service *s)
{
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) text = { 0 };

	service_path(s, "verifierd.conf.d", &path);
	assert_int_equal(mkdir((const char *)path.data, 0700), 0);
	write_file(s, "inventory", "# nobody yet\n");
	assert_int_equal(
		bytes_printf(&text, "[nodes]\ninventory = %s/inventory\n%c", s->directory, '\0'),
		OK);
	write_file(s, "verifierd.conf.d/10-more.conf", (const char *)text.data);
}

static void s11_verifierd_starts_with_no_file_that_others_have_a_hand_in(void **state)
{
	AUTO_DONE(service) s = { 0 };
	(void)state;

	service_init(&s, "");
	add_drop_in(&s);
	/* As they are, all is well. */
	service_start(&s);
	service_stop(&s);
	for (size_t i = 0; i < sizeof(verifier_files) / sizeof(verifier_files[0]); i++)
		spoil_and_start(&s, &verifier_files[i]);
	service_start(&s);
	service_expect_others_served(&s);
}

static const struct guarded host_files[] = {
	{ "attestd.conf", false, 2 },	   { "attestd.conf.d/10-more.conf", false, 2 },
	{ "keys/tls_cert.pem", false, 2 }, { "keys/result_pub.pem", false, 2 },
	{ "password", true, 2 },
};

static int check_host(const struct service *s)
{
	AUTO_DONE(bytes) program = { 0 };
	AUTO_DONE(bytes) configuration = { 0 };
	AUTO_DONE(bytes) log = { 0 };

	built("attestd/attestd", &program);
	service_path(s, "attestd.conf", &configuration);
	service_path(s, "log", &log);

	/* The start itself reads the same way, and then goes on for ever. */
	const char *const argv[] = { (const char *)program.data, "--check-config", "--config",
				     (const char *)configuration.data, NULL };

	return run_to_file(argv, (const char *)log.data);
}

static void spoil_and_check(const struct service *s, const struct guarded *file)
{
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) log = { 0 };
	const mode_t modes[] = { S_IWGRP, S_IWOTH, S_IRGRP, S_IROTH };
	struct stat before;

	service_path(s, file->name, &path);

	const char *name = (const char *)path.data;

	assert_int_equal(stat(name, &before), 0);
	for (size_t i = 0; i < (file->is_secret ? 4U : 2U); i++) {
		assert_int_equal(chmod(name, before.st_mode | modes[i]), 0);
		if (check_host(s) != file->end)
			fail_msg("%s with mode %o is accepted", file->name,
				 before.st_mode | modes[i]);
	}
	service_log(s, &log);
	assert_true(occurrences(&log, name) > 0);
	assert_int_equal(chmod(name, before.st_mode), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(name, NOBODY, (gid_t)-1), 0);
		if (check_host(s) != file->end)
			fail_msg("%s of another user is accepted", file->name);
		assert_int_equal(chown(name, before.st_uid, (gid_t)-1), 0);
	}
}

static void s11_attestd_starts_with_no_file_that_others_have_a_hand_in(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	(void)state;

	service_init(&s, "");
	service_path(&s, "attestd.conf.d", &path);
	assert_int_equal(mkdir((const char *)path.data, 0700), 0);
	write_file(&s, "password", "secret\n");
	write_file(&s, "attestd.conf.d/10-more.conf", "[agent]\nhostname = host\n");
	assert_int_equal(bytes_printf(&text,
				      "[verifier]\nurl = https://localhost\n"
				      "ca_file = %s/keys/tls_cert.pem\n"
				      "result_key = %s/keys/result_pub.pem\n"
				      "[tpm]\nendorsement_auth_file = %s/password\n%c",
				      s.directory, s.directory, s.directory, '\0'),
			 OK);
	write_file(&s, "attestd.conf", (const char *)text.data);
	assert_int_equal(check_host(&s), 0);
	for (size_t i = 0; i < sizeof(host_files) / sizeof(host_files[0]); i++)
		spoil_and_check(&s, &host_files[i]);
	assert_int_equal(check_host(&s), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s11_verifierd_starts_with_no_file_that_others_have_a_hand_in),
	cmocka_unit_test(s11_attestd_starts_with_no_file_that_others_have_a_hand_in),
};

ATTACKS_MAIN(tests)
