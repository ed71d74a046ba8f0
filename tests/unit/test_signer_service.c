/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <sqlite3.h>

#include "daemon/channel.h"
#include "daemon/file.h"
#include "golden_release.h"
#include "scratch.h"
#include "verifier/loader_messages.h"
#include "verifier/signer/authority.h"
#include "verifier/signer/signer.h"
#include "verifier/signer_messages.h"

#define PATIENCE_MS 10000

/* The signer as a process of its own, with one appraiser's channel. */
struct fixture {
	char directory[SCRATCH_MAX];
	char paths[5][128];
	const char *inventory; /* NULL: none is configured */
	uint32_t narrow_per_hour;
	const char *log; /* NULL: ours */
	pid_t pid;
	struct channel parent, appraiser, loader;
	struct golden golden;
};

static const char *const file_names[] = { "ca_key.pem", "ca.pem", "result_key.pem", "mac_key",
					  "store.db" };

static int run_signer(const struct fixture *f, int parent_fd)
{
	struct signer_authority_settings authority = { "prod.example", f->paths[0], f->paths[1] };
	struct signer_settings settings = { .store = f->paths[4],
					    .mac_key = f->paths[3],
					    .result_key = f->paths[2],
					    .authorities = &authority,
					    .authority_count = 1,
					    .inventory = f->inventory,
					    .narrow_per_hour = f->narrow_per_hour,
					    .issuer = "verifier.example",
					    .audience = "prod.example" };

	return signer_run(&settings, parent_fd);
}

/* Hands the signer a channel as number's. */
static void connect_appraiser(struct fixture *f, uint64_t number)
{
	int fds[2];

	assert_int_equal(channel_pair(fds), OK);
	channel_done(&f->appraiser);
	channel_init(&f->appraiser, fds[0], SIGNER_FRAME_MAX);
	assert_int_equal(
		channel_send_fd(&f->parent, FRAME_APPRAISER, number, (struct span){ 0 }, fds[1]),
		OK);
	(void)close(fds[1]);
}

static void start(struct fixture *f)
{
	struct frame frame;
	int parent[2];

	assert_int_equal(channel_pair(parent), OK);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0) {
		(void)close(parent[0]);
		/* For limit_files(): writing fails then, as on a full disk. */
		(void)signal(SIGXFSZ, SIG_IGN);
		if (f->log != NULL && freopen(f->log, "w", stderr) == NULL)
			_exit(99);
		_exit(run_signer(f, parent[1]));
	}
	(void)close(parent[1]);
	channel_init(&f->parent, parent[0], SIGNER_FRAME_MAX);
	assert_int_equal(channel_receive(&f->parent, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_READY);
	connect_appraiser(f, 0);
}

/* Ends it as it should end: the parent's channel closes. */
static int stop(struct fixture *f)
{
	int status = 0;

	channel_done(&f->parent);
	channel_done(&f->appraiser);
	channel_done(&f->loader);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void init(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	channel_init(&f->loader, -1, SIGNER_FRAME_MAX);
	channel_init(&f->appraiser, -1, SIGNER_FRAME_MAX);
	assert_non_null(mkdtemp(scratch_name(f->directory, "service")));
	for (size_t i = 0; i < 5; i++)
		(void)snprintf(f->paths[i], sizeof(f->paths[i]), "%s/%s", f->directory,
			       file_names[i]);
	assert_int_equal(signer_keys_init(f->directory, "prod.example"), OK);
	golden_init(&f->golden);
	golden_build(&f->golden);
}

static void done(struct fixture *f)
{
	static const char *const others[] = { "result_pub.pem", "store.db-wal", "store.db-shm" };
	char path[128];

	for (size_t i = 0; i < 5; i++)
		(void)unlink(f->paths[i]);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", f->directory, others[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->directory);
	golden_done(&f->golden);
}

static void ask(struct fixture *f, const struct signer_request *request,
		struct signer_answer *answer)
{
	AUTO_DONE(bytes) body = { 0 };
	struct frame frame;

	assert_int_equal(signer_request_encode(request, &body), OK);
	assert_int_equal(channel_call(&f->appraiser, (uint16_t)request->type, 77, span_of(&body),
				      PATIENCE_MS, &frame),
			 OK);
	assert_int_equal(frame.type, FRAME_ANSWER);
	assert_int_equal(signer_answer_decode(request->type, frame.body, answer), OK);
}

static enum health health_of(struct fixture *f)
{
	struct signer_request request = { .type = FRAME_HEALTH };
	struct signer_answer answer;

	ask(f, &request, &answer);
	assert_int_equal(answer.refusal, REFUSAL_NONE);
	return answer.health.health;
}

/* Hands the signer a loader's channel and asks for the marks. */
static void connect_loader(struct fixture *f, struct release_marks *marks)
{
	struct frame frame;
	int fds[2];

	assert_int_equal(channel_pair(fds), OK);
	channel_done(&f->loader);
	channel_init(&f->loader, fds[0], SIGNER_FRAME_MAX);
	assert_int_equal(channel_send_fd(&f->parent, FRAME_LOADER, 0, (struct span){ 0 }, fds[1]),
			 OK);
	(void)close(fds[1]);
	assert_int_equal(channel_call(&f->loader, FRAME_MARKS_WANTED, 5, (struct span){ 0 },
				      PATIENCE_MS, &frame),
			 OK);
	assert_int_equal(frame.type, FRAME_MARKS);
	assert_int_equal(release_marks_decode(frame.body, marks), OK);
}

static void send_image(struct fixture *f, const struct release_marks *marks, bool is_sealed)
{
	AUTO_DONE(bytes) body = { 0 };
	int fd = memfd_create("reference", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, f->golden.image.data, f->golden.image.len),
			 (ssize_t)f->golden.image.len);
	if (is_sealed)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW),
				 0);
	assert_int_equal(release_marks_encode(marks, &body), OK);
	assert_int_equal(channel_send_fd(&f->loader, FRAME_LOADED, 0, span_of(&body), fd), OK);
	(void)close(fd);
}

static void it_serves_until_its_parent_ends(void **state)
{
	struct fixture f;
	(void)state;

	init(&f);
	start(&f);
	assert_int_equal(health_of(&f), HEALTH_NO_RELEASE);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void limit_files(const struct fixture *f, rlim_t bytes)
{
	struct rlimit limit = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	assert_int_equal(prlimit(f->pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

static void a_full_disk_is_not_healthy_and_recovers(void **state)
{
	struct fixture f;
	(void)state;

	init(&f);
	start(&f);
	limit_files(&f, 1);
	assert_int_equal(health_of(&f), HEALTH_STORE_UNAVAILABLE);
	assert_int_equal(health_of(&f), HEALTH_STORE_UNAVAILABLE);
	limit_files(&f, RLIM_INFINITY);
	assert_int_equal(health_of(&f), HEALTH_NO_RELEASE);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void the_store_is_its_owners_to_read(void **state)
{
	struct fixture f;
	struct stat facts;
	(void)state;

	init(&f);
	start(&f);
	assert_int_equal(stat(f.paths[4], &facts), 0);
	assert_int_equal(facts.st_mode & 077, 0);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void accepting_the_clock_makes_no_store(void **state)
{
	struct fixture f;
	(void)state;

	init(&f);
	assert_int_equal(signer_accept_clock(f.paths[4], "no verifier was here"), 1);
	assert_int_equal(access(f.paths[4], F_OK), -1);
	done(&f);
}

/* The root that --init made, as if it had been made so many days and an hour earlier. */
static void age_root(const struct fixture *f, int64_t days)
{
	static const uint8_t serial[16] = { 1 };
	AUTO_DONE(bytes) pem = { 0 };
	FILE *file = fopen(f->paths[0], "r");

	assert_non_null(file);
	AUTO(EVP_PKEY) key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(authority_make_root("prod.example", key, serial,
					     (int64_t)time(NULL) - days * 86400 - 3600, &pem),
			 OK);
	assert_int_equal(file_replace(f->paths[1], span_of(&pem), 0644, (uid_t)-1, (gid_t)-1), OK);
}

static void a_ca_that_ends_soon_is_named_at_the_start(void **state)
{
	static const struct {
		int64_t days;
		const char *words; /* NULL: none */
	} cases[] = {
		{ 0, NULL }, { 3619, NULL }, { 3621, "ends in 28 days" }, { 3649, "0 days" }
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DONE(bytes) said = { 0 };
		struct fixture f;
		char log[128];

		init(&f);
		(void)snprintf(log, sizeof(log), "%s/log", f.directory);
		f.log = log;
		age_root(&f, cases[i].days);
		start(&f);
		assert_int_equal(stop(&f), 0);
		assert_int_equal(file_read(log, 4096, &said), OK);
		assert_int_equal(bytes_append_byte(&said, 0), OK);
		if (cases[i].words == NULL)
			assert_null(strstr((const char *)said.data, "ends in"));
		else
			assert_non_null(strstr((const char *)said.data, cases[i].words));
		assert_int_equal(unlink(log), 0);
		done(&f);
	}
}

static void acts_that_narrow_are_as_many_as_the_settings_allow(void **state)
{
	struct signer_request request = { .type = FRAME_ADMIN,
					  .admin = { .verb = ADMIN_QUARANTINE,
						     .role = ROLE_PLATFORM,
						     .administrator = span_text("pat") } };
	struct signer_answer answer;
	struct fixture f;
	(void)state;

	for (uint32_t most = 0; most <= 1; most++) {
		init(&f);
		f.narrow_per_hour = most;
		start(&f);
		ask(&f, &request, &answer);
		assert_string_equal(refusal_name(answer.refusal),
				    most == 0 ? "too-many-acts" : "node-unknown");
		assert_int_equal(stop(&f), 0);
		done(&f);
	}
}

static void a_sealed_image_reaches_every_appraiser(void **state)
{
	struct release_marks marks = { 0 };
	struct fixture f;
	struct frame frame;
	(void)state;

	init(&f);
	start(&f);
	connect_loader(&f, &marks);
	assert_int_equal(marks.root.version, 0);
	marks.root.version = 3;
	marks.root.digest = digest_filled(DIGEST_SHA256, 1);
	marks.time = 1000;
	send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_MARKS);
	assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_REFERENCE);
	assert_true(frame.fd >= 0);
	(void)close(frame.fd);
	assert_int_not_equal(health_of(&f), HEALTH_NO_RELEASE);
	assert_int_equal(stop(&f), 0);
	/* What was seen may not be unseen, not even by a restart. */
	start(&f);
	connect_loader(&f, &marks);
	assert_int_equal(marks.root.version, 3);
	marks.root.version = 2;
	send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(health_of(&f), HEALTH_NO_RELEASE);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

/* The loader is told, so that somebody tries again (s07). */
static void an_image_that_the_store_cannot_take_is_not_acknowledged(void **state)
{
	struct release_marks marks = { 0 };
	struct fixture f;
	struct frame frame;
	sqlite3 *other = NULL;
	(void)state;

	init(&f);
	start(&f);
	connect_loader(&f, &marks);
	assert_int_equal(sqlite3_open(f.paths[4], &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	assert_int_equal(health_of(&f), HEALTH_NO_RELEASE);
	connect_loader(&f, &marks);
	send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_MARKS);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void an_image_that_could_still_change_is_refused(void **state)
{
	struct release_marks marks = { 0 };
	struct fixture f;
	struct frame frame;
	(void)state;

	init(&f);
	start(&f);
	connect_loader(&f, &marks);
	send_image(&f, &marks, false);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(health_of(&f), HEALTH_NO_RELEASE);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void a_malformed_frame_ends_that_channel(void **state)
{
	struct fixture f;
	struct frame frame;
	(void)state;

	init(&f);
	start(&f);
	assert_int_equal(channel_send(&f.appraiser, FRAME_COMMIT, 1, span_text("nonsense")), OK);
	assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

/* Read with those before them: no poll(2) tells of what a group had no room for. */
static void requests_that_come_all_at_once_are_all_answered(void **state)
{
	const uint64_t count = 3 * CONVERSATIONS_MAX + 1;
	struct fixture f;
	(void)state;

	init(&f);
	start(&f);
	for (uint64_t id = 1; id <= count; id++)
		assert_int_equal(channel_queue(&f.appraiser, FRAME_HEALTH, id, (struct span){ 0 }),
				 OK);
	assert_int_equal(channel_flush(&f.appraiser), OK);
	assert_false(channel_has_output(&f.appraiser));
	for (uint64_t id = 1; id <= count; id++) {
		struct frame frame;

		assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), OK);
		assert_int_equal(frame.id, id);
		assert_int_equal(frame.type, FRAME_ANSWER);
	}
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void a_descriptor_from_an_appraiser_ends_its_channel(void **state)
{
	struct fixture f;
	struct frame frame;
	(void)state;

	init(&f);
	start(&f);
	assert_int_equal(
		channel_send_fd(&f.appraiser, FRAME_HEALTH, 1, (struct span){ 0 }, STDERR_FILENO),
		OK);
	assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void a_refusal_is_kept_for_those_who_ask(void **state)
{
	struct release_marks marks = { 0 };
	struct load_refusal refusal = { span_text("threshold-not-met"),
					span_text("manifests/x.json"), span_text("signatures"),
					span_text("collect another approval") };
	struct signer_request request = {
		.type = FRAME_ADMIN, .admin = { .verb = ADMIN_RELEASES, .role = ROLE_AUDITOR }
	};
	AUTO_DONE(bytes) body = { 0 };
	struct signer_answer answer;
	struct fixture f;
	(void)state;

	init(&f);
	start(&f);
	connect_loader(&f, &marks);
	assert_int_equal(load_refusal_encode(&refusal, &body), OK);
	assert_int_equal(channel_send(&f.loader, FRAME_LOAD_REFUSED, 0, span_of(&body)), OK);
	connect_loader(&f, &marks);
	ask(&f, &request, &answer);
	assert_false(answer.admin.releases.is_loaded);
	assert_true(span_equal(answer.admin.releases.refused_code, span_text("threshold-not-met")));
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void what_was_answered_survives_a_kill(void **state)
{
	struct release_marks marks = { 0 };
	struct fixture f;
	struct frame frame;
	(void)state;

	init(&f);
	start(&f);
	connect_loader(&f, &marks);
	marks.index.version = 9;
	send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), OK);
	(void)close(frame.fd);
	assert_int_equal(kill(f.pid, SIGKILL), 0);
	assert_int_equal(stop(&f), -1);
	start(&f);
	connect_loader(&f, &marks);
	assert_int_equal(marks.index.version, 9);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

/* Does not start, and ends by itself. */
static void assert_does_not_start(struct fixture *f)
{
	int parent[2], status = 0;

	assert_int_equal(channel_pair(parent), OK);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0) {
		/* Were it to serve, it would end with its parent's channel. */
		(void)alarm(PATIENCE_MS / 1000);
		_exit(run_signer(f, parent[1]));
	}
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	for (size_t i = 0; i < 2; i++)
		(void)close(parent[i]);
}

static void keys_that_others_can_read_are_refused(void **state)
{
	struct fixture f;
	(void)state;

	init(&f);
	assert_int_equal(chmod(f.paths[3], 0644), 0);
	assert_does_not_start(&f);
	done(&f);
}

static void a_configured_inventory_that_is_not_there_is_no_empty_one(void **state)
{
	struct fixture f;
	(void)state;

	init(&f);
	f.inventory = "/nonexistent/inventory";
	assert_does_not_start(&f);
	done(&f);
}

static void init_never_overwrites_keys(void **state)
{
	struct fixture f;
	(void)state;

	init(&f);
	assert_int_equal(signer_keys_init(f.directory, "prod.example"), STATUS_DENIED);
	done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_serves_until_its_parent_ends),
		cmocka_unit_test(a_full_disk_is_not_healthy_and_recovers),
		cmocka_unit_test(the_store_is_its_owners_to_read),
		cmocka_unit_test(accepting_the_clock_makes_no_store),
		cmocka_unit_test(a_ca_that_ends_soon_is_named_at_the_start),
		cmocka_unit_test(acts_that_narrow_are_as_many_as_the_settings_allow),
		cmocka_unit_test(a_sealed_image_reaches_every_appraiser),
		cmocka_unit_test(an_image_that_the_store_cannot_take_is_not_acknowledged),
		cmocka_unit_test(an_image_that_could_still_change_is_refused),
		cmocka_unit_test(a_malformed_frame_ends_that_channel),
		cmocka_unit_test(requests_that_come_all_at_once_are_all_answered),
		cmocka_unit_test(a_descriptor_from_an_appraiser_ends_its_channel),
		cmocka_unit_test(a_refusal_is_kept_for_those_who_ask),
		cmocka_unit_test(what_was_answered_survives_a_kill),
		cmocka_unit_test(keys_that_others_can_read_are_refused),
		cmocka_unit_test(a_configured_inventory_that_is_not_there_is_no_empty_one),
		cmocka_unit_test(init_never_overwrites_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
