/* SPDX-License-Identifier: Apache-2.0 */
/* The signer and what the loader brings it: an image, or why there is none. */
#include "unit.h"

#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "served_scene.h"

static void a_sealed_image_reaches_every_appraiser(void **state)
{
	struct release_marks marks = { 0 };
	struct served f;
	struct frame frame;
	(void)state;

	served_begin(&f);
	served_connect_loader(&f, &marks);
	assert_int_equal(marks.root.version, 0);
	marks.root.version = 3;
	marks.root.digest = digest_filled(DIGEST_SHA256, 1);
	marks.time = 1000;
	served_send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_MARKS);
	assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_REFERENCE);
	assert_true(frame.fd >= 0);
	(void)close(frame.fd);
	assert_int_not_equal(served_health(&f), HEALTH_NO_RELEASE);
	assert_int_equal(served_stop(&f), 0);
	/* What was seen may not be unseen, not even by a restart. */
	served_start(&f);
	served_connect_loader(&f, &marks);
	assert_int_equal(marks.root.version, 3);
	marks.root.version = 2;
	served_send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(served_health(&f), HEALTH_NO_RELEASE);
	served_end(&f);
}

/* The loader is told, so that somebody tries again (s07). */
static void an_image_that_the_store_cannot_take_is_not_acknowledged(void **state)
{
	struct release_marks marks = { 0 };
	struct served f;
	struct frame frame;
	sqlite3 *other = NULL;
	(void)state;

	served_begin(&f);
	served_connect_loader(&f, &marks);
	assert_int_equal(sqlite3_open(f.process.files.path[FILE_STORE], &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	served_send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	assert_int_equal(served_health(&f), HEALTH_NO_RELEASE);
	served_connect_loader(&f, &marks);
	served_send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_MARKS);
	served_end(&f);
}

static void an_image_that_could_still_change_is_refused(void **state)
{
	struct release_marks marks = { 0 };
	struct served f;
	struct frame frame;
	(void)state;

	served_begin(&f);
	served_connect_loader(&f, &marks);
	served_send_image(&f, &marks, false);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(served_health(&f), HEALTH_NO_RELEASE);
	served_end(&f);
}

static void refuse(struct served *f, const char *code, const char *advice)
{
	const struct load_refusal refusal = { span_text(code), span_text("manifests/x.json"),
					      span_text("signatures"), span_text(advice) };
	AUTO_DONE(bytes) body = { 0 };

	assert_int_equal(load_refusal_encode(&refusal, &body), OK);
	assert_int_equal(channel_send(&f->loader, FRAME_LOAD_REFUSED, 0, span_of(&body)), OK);
}

static void ask_releases(struct served *f, struct signer_answer *answer)
{
	struct signer_request request = { .type = FRAME_ADMIN,
					  .admin = { .verb = ADMIN_RELEASES,
						     .role = ROLE_AUDITOR,
						     .administrator = span_text("pat") } };

	served_ask(f, &request, answer);
}

static void a_refusal_is_kept_for_those_who_ask(void **state)
{
	struct release_marks marks = { 0 };
	struct signer_answer answer;
	struct served f;
	(void)state;

	served_begin(&f);
	served_connect_loader(&f, &marks);
	refuse(&f, "threshold-not-met", "collect another approval");
	served_connect_loader(&f, &marks);
	ask_releases(&f, &answer);
	assert_false(answer.admin.releases.is_loaded);
	assert_true(span_equal(answer.admin.releases.refused_code, span_text("threshold-not-met")));
	served_end(&f);
}

static void bring_image(struct served *f, struct release_marks *marks)
{
	struct frame frame;

	served_connect_loader(f, marks);
	served_send_image(f, marks, true);
	assert_int_equal(channel_receive(&f->loader, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_MARKS);
	assert_int_equal(channel_receive(&f->appraiser, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_REFERENCE);
	(void)close(frame.fd);
}

/* A server that cannot be reached for a moment, and then has nothing newer. */
static void look_again(struct served *f, struct release_marks *marks)
{
	served_connect_loader(f, marks);
	refuse(f, "server-unreachable", "");
	served_connect_loader(f, marks);
	assert_int_equal(channel_send(&f->loader, FRAME_LOAD_CURRENT, 1, (struct span){ 0 }), OK);
	served_connect_loader(f, marks);
}

static void what_suspends_a_release_stands_until_another_one_is_loaded(void **state)
{
	struct release_marks marks = { 0 };
	struct signer_answer answer;
	struct served f;
	(void)state;

	served_begin(&f);
	bring_image(&f, &marks);
	refuse(&f, "key-revoked", "another key publishes");
	look_again(&f, &marks);
	ask_releases(&f, &answer);
	assert_true(answer.admin.releases.is_loaded);
	assert_true(span_equal(answer.admin.releases.refused_code, span_text("key-revoked")));

	bring_image(&f, &marks);
	look_again(&f, &marks);
	ask_releases(&f, &answer);
	assert_int_equal(answer.admin.releases.refused_code.len, 0);
	served_end(&f);
}

static uint64_t audit_entries(struct served *f)
{
	struct signer_request request = {
		.type = FRAME_ADMIN,
		.admin = { .verb = ADMIN_AUDIT,
			   .role = ROLE_AUDITOR,
			   .administrator = span_text("pat"),
			   .limit = 100 },
	};
	struct signer_answer answer;

	served_ask(f, &request, &answer);
	return answer.admin.audit.count;
}

/* libcurl says after how many milliseconds. */
static void a_refusal_in_other_words_is_no_entry_of_the_log(void **state)
{
	struct release_marks marks = { 0 };
	struct served f;
	uint64_t entries;
	(void)state;

	served_begin(&f);
	served_connect_loader(&f, &marks);
	refuse(&f, "server-unreachable", "after 3 ms");
	served_connect_loader(&f, &marks);
	entries = audit_entries(&f);
	refuse(&f, "server-unreachable", "after 4 ms");
	served_connect_loader(&f, &marks);
	assert_int_equal(audit_entries(&f), entries);
	refuse(&f, "server-not-trusted", "after 4 ms");
	served_connect_loader(&f, &marks);
	assert_int_equal(audit_entries(&f), entries + 1);
	served_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sealed_image_reaches_every_appraiser),
		cmocka_unit_test(an_image_that_the_store_cannot_take_is_not_acknowledged),
		cmocka_unit_test(an_image_that_could_still_change_is_refused),
		cmocka_unit_test(a_refusal_is_kept_for_those_who_ask),
		cmocka_unit_test(what_suspends_a_release_stands_until_another_one_is_loaded),
		cmocka_unit_test(a_refusal_in_other_words_is_no_entry_of_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
