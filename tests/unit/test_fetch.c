/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/confinement.h"
#include "daemon/file.h"
#include "scratch.h"
#include "verifier/fetch_messages.h"
#include "verifier/fetcher/confine.h"
#include "verifier/fetcher/staging.h"
#include "verifier/fetcher/tree.h"
#include "verifier/loader/fetch_source.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char top[SCRATCH_MAX];

static int make_top(void **state)
{
	(void)state;
	return mkdtemp(scratch_name(top, "fetch")) == NULL ? -1 : 0;
}

static int remove_top(void **state)
{
	(void)state;
	return tree_remove(AT_FDCWD, top) == OK ? 0 : -1;
}

/* --- names ---------------------------------------------------------------------- */

static void only_names_of_a_release_are_asked_for(void **state)
{
	static const char *const good[] = {
		"timestamp.json", "root/1/1.json",	    "index/12.json",
		"sets/" HEX,	  "proofs/" HEX "/key.1",   "log/tile/0/x001/067.p/12",
		"log/witnessed",  "reviews/" HEX "/1.json",
	};
	static const char *const bad[] = {
		"",
		"/",
		"/etc/passwd",
		"..",
		"sets/../../etc/passwd",
		"sets/..",
		"sets//" HEX,
		"sets/",
		"sets/.hidden",
		"./timestamp.json",
		"keys/root.pem",
		"validation/" HEX,
		"sets/a b",
		"sets/%2e%2e",
		"sets/a\\b",
		"sets/a?b",
		"sets/a#b",
		"sets/a\nb",
		"sets/A",
		"timestamp.jsonx",
	};
	char long_one[FETCH_PATH_MAX + 2];
	(void)state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!fetch_path_is_valid(span_text(good[i])))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (fetch_path_is_valid(span_text(bad[i])))
			fail_msg("%s", bad[i]);
	memset(long_one, 'a', sizeof(long_one));
	memcpy(long_one, "sets/", strlen("sets/"));
	assert_true(fetch_path_is_valid((struct span){ (uint8_t *)long_one, FETCH_PATH_MAX }));
	assert_false(fetch_path_is_valid((struct span){ (uint8_t *)long_one, FETCH_PATH_MAX + 1 }));
	assert_false(fetch_path_is_valid((struct span){ (const uint8_t *)"sets/a\0b", 8 }));
}

static void messages_come_back_as_they_went_and_no_part_of_them(void **state)
{
	const struct fetch_request request = { .path = span_text("sets/" HEX), .most = 1 };
	const struct fetch_failure failure = { .cause = FETCH_DAMAGED, .text = span_text("why") };
	AUTO_DONE(bytes) first = { 0 };
	AUTO_DONE(bytes) second = { 0 };
	struct fetch_request asked;
	struct fetch_failure told;
	(void)state;

	assert_int_equal(fetch_request_encode(&request, &first), OK);
	assert_int_equal(fetch_request_decode(span_of(&first), &asked), OK);
	assert_true(span_equal(asked.path, request.path) && asked.most == 1);
	assert_int_equal(fetch_failure_encode(&failure, &second), OK);
	assert_int_equal(fetch_failure_decode(span_of(&second), &told), OK);
	assert_true(told.cause == FETCH_DAMAGED && span_equal(told.text, failure.text));
	for (size_t len = 0; len < first.len; len++)
		assert_int_not_equal(fetch_request_decode((struct span){ first.data, len }, &asked),
				     OK);
	for (size_t len = 0; len < second.len; len++)
		assert_int_not_equal(fetch_failure_decode((struct span){ second.data, len }, &told),
				     OK);
	/* A path out of the directory does not leave, and is not taken. */
	first.data[first.len - 1] = '/';
	assert_int_equal(fetch_request_decode(span_of(&first), &asked), STATUS_DENIED);
	for (unsigned cause = FETCH_UNREACHABLE; cause < FETCH_CAUSES; cause++)
		assert_string_not_equal(fetch_cause_code((enum fetch_cause)cause), "source-failed");
}

/* --- what is kept ----------------------------------------------------------------- */

static void receive(struct staging *s, const char *path, const char *content, enum status wanted)
{
	int fd = staging_receive(s);

	assert_true(fd >= 0 && file_write_fd(fd, span_text(content)));
	assert_int_equal(staging_keep(s, path, fd, 1000), wanted);
	(void)close(fd);
}

/* "" where there is none. */
static void expect_file(const char *name, const char *content)
{
	AUTO_DONE(bytes) got = { 0 };
	char path[SCRATCH_MAX + 256];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	assert_int_equal(file_read(path, 4096, &got), content[0] == '\0' ? STATUS_NOT_FOUND : OK);
	assert_true(span_equal(span_of(&got), span_text(content)));
}

/* sets/SHA256 of a content. */
static const char *set_path(const char *content)
{
	static char path[FETCH_PATH_MAX];
	AUTO_DONE(bytes) hex = { 0 };
	struct digest digest;

	assert_int_equal(digest_of(DIGEST_SHA256, span_text(content), &digest), OK);
	assert_int_equal(hex_append(&hex, digest_span(&digest)), OK);
	(void)snprintf(path, sizeof(path), "sets/%.*s", (int)hex.len, (const char *)hex.data);
	return path;
}

static void what_is_adopted_takes_the_place_of_what_was(void **state)
{
	struct staging s;
	(void)state;

	assert_int_equal(staging_open(top, &s), OK);
	assert_int_equal(s.now, -1);
	receive(&s, "timestamp.json", "one", OK);
	receive(&s, "index/1.json", "kept", OK);
	receive(&s, set_path("files"), "files", OK);
	assert_int_equal(staging_note_absent(&s, "root/2/1.json"), OK);
	assert_true(staging_is_absent(&s, "root/2/1.json"));
	assert_false(staging_is_absent(&s, "root/2/1.jso"));
	receive(&s, "proofs/0/a-index/9.json", "a proof", OK);
	assert_false(staging_is_absent(&s, "index/9.json"));
	expect_file("current/timestamp.json", "");
	assert_int_equal(staging_adopt(&s), OK);
	staging_done(&s);
	expect_file("current/timestamp.json", "one");
}

static void a_pass_goes_on_from_the_one_before(void **state)
{
	AUTO_DONE(bytes) asked = { 0 };
	struct staging s;
	(void)state;

	assert_int_equal(staging_open(top, &s), OK);
	assert_int_equal(staging_asked(&s, &asked), OK);
	assert_non_null(memmem(asked.data, asked.len, "-root/2/1.json\n", 15));
	assert_non_null(memmem(asked.data, asked.len, "+timestamp.json\n", 16));
	assert_int_equal(staging_find(&s, "timestamp.json"), -1);
	assert_int_equal(staging_reuse(&s, "index/1.json"), OK);
	assert_int_equal(staging_reuse(&s, "index/2.json"), STATUS_NOT_FOUND);
	assert_int_equal(staging_reuse_set(&s, set_path("files")), OK);
	assert_int_equal(staging_reuse_set(&s, set_path("others")), STATUS_NOT_FOUND);
	assert_int_equal(staging_reuse_set(&s, "timestamp.json"), STATUS_NOT_FOUND);
	receive(&s, "timestamp.json", "two", OK);
	/* It was cut off here: the one before is what there is. */
	staging_done(&s);
	expect_file("current/timestamp.json", "one");
	assert_int_equal(staging_open(top, &s), OK);
	assert_int_equal(staging_find(&s, "timestamp.json"), -1);
	receive(&s, "timestamp.json", "two", OK);
	assert_int_equal(staging_adopt(&s), OK);
	staging_done(&s);
	expect_file("current/timestamp.json", "two");
	/* No release has it any more. */
	expect_file(set_path("files"), "");
}

static void a_set_is_what_its_name_says_or_is_not_kept(void **state)
{
	char damaged[SCRATCH_MAX + 256];
	struct staging s;
	(void)state;

	assert_int_equal(staging_open(top, &s), OK);
	receive(&s, set_path("right"), "wrong", STATUS_MISMATCH);
	receive(&s, "sets/0123", "wrong", STATUS_MISMATCH);
	receive(&s, set_path("right"), "right", OK);
	(void)snprintf(damaged, sizeof(damaged), "%s/%s", top, set_path("right"));
	assert_int_equal(file_replace(damaged, span_text("wrong"), 0600, (uid_t)-1, (gid_t)-1), OK);
	assert_int_equal(staging_reuse_set(&s, set_path("right")), STATUS_NOT_FOUND);
	expect_file(set_path("right"), "");
	staging_done(&s);
}

static void what_others_put_there_stays(void **state)
{
	char path[SCRATCH_MAX + 32];
	struct staging s;
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", top,
			       (const char *[]){ "verifier.db", "7up", "0" }[i]);
		assert_int_equal(file_replace(path, span_text("x"), 0600, (uid_t)-1, (gid_t)-1),
				 OK);
	}
	assert_int_equal(staging_open(top, &s), OK);
	staging_done(&s);
	expect_file("verifier.db", "x");
	expect_file("7up", "x");
	expect_file("0", "x");
}

/* --- a fetcher that lies ------------------------------------------------------------ */

/* Answers one request with this frame. */
static void answer(struct fetch_source *source, struct channel *fetcher, uint16_t type,
		   struct span body, int fd)
{
	/* The answer stands there before the request does. */
	(void)source;
	if (fd >= 0)
		assert_int_equal(channel_send_fd(fetcher, type, 1, body, fd), OK);
	else
		assert_int_equal(channel_send(fetcher, type, 1, body), OK);
}

struct pair {
	struct fetch_source source;
	struct channel fetcher;
};

static void open_pair(struct pair *p)
{
	int ends[2];

	assert_int_equal(channel_pair(ends), OK);
	fetch_source_init(&p->source, ends[0]);
	channel_init(&p->fetcher, ends[1], FETCH_BODY_MAX);
}

static void close_pair(struct pair *p)
{
	fetch_source_done(&p->source);
	channel_done(&p->fetcher);
}

static void the_first_failure_of_a_fetcher_sticks(void **state)
{
	const struct fetch_failure failure = { .cause = FETCH_REDIRECTED, .text = span_text("x") };
	AUTO_DONE(bytes) body = { 0 };
	AUTO_DONE(bytes) out = { 0 };
	struct pair p;
	(void)state;

	open_pair(&p);
	assert_int_equal(fetch_failure_encode(&failure, &body), OK);
	answer(&p.source, &p.fetcher, FRAME_FETCH_FAILED, span_of(&body), -1);
	assert_int_equal(fetch_source_read(&p.source, "timestamp.json", 10, &out), STATUS_IO);
	assert_int_equal(p.source.cause, FETCH_REDIRECTED);
	assert_string_equal(p.source.text, "x");
	answer(&p.source, &p.fetcher, FRAME_FETCH_ABSENT, (struct span){ 0 }, -1);
	assert_int_equal(fetch_source_read(&p.source, "timestamp.json", 10, &out), STATUS_IO);
	assert_int_equal(fetch_source_adopt(&p.source), STATUS_IO);
	close_pair(&p);
}

static void what_a_fetcher_may_not_say_fails(void **state)
{
	AUTO_DONE(bytes) out = { 0 };
	int null = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	const struct {
		uint16_t type;
		int fd;
	} lies[] = {
		{ FRAME_FETCHED, -1 }, { FRAME_FETCH_ABSENT, null }, { FRAME_NEWS, -1 },
		{ FRAME_ADOPTED, -1 }, { FRAME_FETCH_FAILED, -1 },   { FRAME_LOADED, -1 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct pair p;

		open_pair(&p);
		answer(&p.source, &p.fetcher, lies[i].type, (struct span){ 0 }, lies[i].fd);
		assert_int_equal(fetch_source_read(&p.source, "timestamp.json", 10, &out),
				 STATUS_IO);
		assert_int_not_equal(p.source.cause, 0);
		close_pair(&p);
	}

	struct pair p;
	bool is_new = true;
	open_pair(&p);
	/* More than was asked for. */
	answer(&p.source, &p.fetcher, FRAME_FETCHED, (struct span){ 0 }, null);
	assert_int_equal(fetch_source_read(&p.source, "timestamp.json", 10, &out),
			 STATUS_TOO_LARGE);
	assert_int_equal(fetch_source_read(&p.source, "../keys", 10, &out), STATUS_DENIED);
	answer(&p.source, &p.fetcher, FRAME_FETCHED, (struct span){ 0 }, null);
	assert_int_equal(fetch_source_news(&p.source, &is_new), STATUS_IO);
	assert_true(is_new);
	close_pair(&p);
	open_pair(&p);
	(void)shutdown(p.fetcher.fd, SHUT_RDWR);
	assert_int_equal(fetch_source_news(&p.source, &is_new), STATUS_IO);
	close_pair(&p);
	(void)close(null);
}

/* --- confinement ------------------------------------------------------------------- */

static bool can_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* 0: as it should be; 77: no Landlock here. */
static int try_confinement(void)
{
	const struct confinement_rule rules[] = {
		{ .path = top, .is_writable = true },
		{ .path = "/etc/hosts" },
		{ .path = "/is/not/there" },
	};
	char inside[SCRATCH_MAX + 8];

	(void)snprintf(inside, sizeof(inside), "%s/in", top);
	if (!confinement_begin(rules, sizeof(rules) / sizeof(rules[0])))
		return 77;
	return can_open(inside, O_RDWR | O_CREAT) && can_open("/etc/hosts", O_RDONLY) &&
			       !can_open("/etc/hosts", O_RDWR) &&
			       !can_open("/etc/passwd", O_RDONLY) && !can_open("/etc", O_RDONLY) &&
			       !can_open("/proc/self/mem", O_RDWR)
		       ? 0
		       : 1;
}

/* Keys lie beside certificates, and it may be root. */
static int try_as_fetcher(void)
{
	const struct fetcher_settings settings = { .directory = top };
	bool has_certificates = can_open("/etc/ssl/certs", O_RDONLY);
	bool has_settings = can_open("/etc/ssl/openssl.cnf", O_RDONLY);

	if (!fetcher_confine(&settings))
		return 77;
	return can_open(top, O_RDONLY) && !can_open("/etc/ssl", O_RDONLY) &&
			       !can_open("/etc/ssl/private", O_RDONLY) &&
			       !can_open("/etc/pki", O_RDONLY) &&
			       !can_open("/etc/pki/tls/private", O_RDONLY) &&
			       can_open("/etc/ssl/certs", O_RDONLY) == has_certificates &&
			       can_open("/etc/ssl/openssl.cnf", O_RDONLY) == has_settings
		       ? 0
		       : 1;
}

static void expect_confined(int (*try_it)(void))
{
	int how = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(try_it());
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_true(WIFEXITED(how));
	if (WEXITSTATUS(how) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(how), 0);
}

static void a_confined_process_opens_only_what_it_was_left(void **state)
{
	(void)state;

	expect_confined(try_confinement);
}

static void a_fetcher_opens_no_directory_of_keys(void **state)
{
	(void)state;

	expect_confined(try_as_fetcher);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_names_of_a_release_are_asked_for),
		cmocka_unit_test(messages_come_back_as_they_went_and_no_part_of_them),
		cmocka_unit_test(what_is_adopted_takes_the_place_of_what_was),
		cmocka_unit_test(a_pass_goes_on_from_the_one_before),
		cmocka_unit_test(a_set_is_what_its_name_says_or_is_not_kept),
		cmocka_unit_test(what_others_put_there_stays),
		cmocka_unit_test(the_first_failure_of_a_fetcher_sticks),
		cmocka_unit_test(what_a_fetcher_may_not_say_fails),
		cmocka_unit_test(a_confined_process_opens_only_what_it_was_left),
		cmocka_unit_test(a_fetcher_opens_no_directory_of_keys),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
