/* SPDX-License-Identifier: Apache-2.0 */
/* What captured roles say to the real appraiser: it says that it can't go on, or that
 * a request makes no sense, and never crashes. */
#include "unit.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/writer.h"
#include "frame_shots.h"
#include "verifier/appraiser/appraiser.h"

#define PATIENCE_MS 60000
#define BODY_MAX 4096

struct appraiser_process {
	pid_t pid;
	struct channel parent, front, signer;
};

static void appraiser_start(struct appraiser_process *a)
{
	static const struct appraiser_settings settings = { 0 };
	int parent[2], front[2], signer[2];
	struct frame frame;

	assert_int_equal(channel_pair(parent), OK);
	assert_int_equal(channel_pair(front), OK);
	assert_int_equal(channel_pair(signer), OK);
	a->pid = fork();
	assert_true(a->pid >= 0);
	if (a->pid == 0) {
		(void)close(parent[0]);
		(void)close(front[0]);
		(void)close(signer[0]);
		(void)alarm(PATIENCE_MS / 1000);
		_exit(appraiser_run(&settings, parent[1], front[1], signer[1]));
	}
	(void)close(parent[1]);
	(void)close(front[1]);
	(void)close(signer[1]);
	channel_init(&a->parent, parent[0], BODY_MAX);
	channel_init(&a->front, front[0], FRAME_BODY_MAX);
	channel_init(&a->signer, signer[0], FRAME_BODY_MAX);
	assert_int_equal(channel_receive(&a->parent, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_READY);
}

static void assert_ended_with(struct appraiser_process *a, const struct shot *shot, int code)
{
	int how = 0;

	assert_int_equal(waitpid(a->pid, &how, 0), a->pid);
	if (!WIFEXITED(how) || WEXITSTATUS(how) != code)
		fail_msg("%s, type %u, %zu bytes: ended with %x", shot->name, shot->type,
			 shot->body.len, (unsigned)how);
}

/* It says that it can't go on, and is replaced. */
static void assert_appraiser_ends(struct appraiser_process *a, const struct shot *shot)
{
	assert_ended_with(a, shot, 1);
	channel_done(&a->parent);
	channel_done(&a->front);
	channel_done(&a->signer);
}

static void put_health_request(struct bytes *out)
{
	struct writer w = writer_to(out, BODY_MAX);

	writer_u8(&w, ROUTE_HEALTH);
	writer_u8(&w, ROLE_NONE);
	for (int i = 0; i < 3; i++)
		writer_sized(&w, (struct span){ 0 });
	writer_be64(&w, 1000);
	writer_sized32(&w, (struct span){ 0 });
	assert_int_equal(writer_end(&w), OK);
}

static void at_front_side(void *unused, const struct shot *shot)
{
	struct appraiser_process a;
	(void)unused;

	appraiser_start(&a);
	fire(&a.front, 77, shot);
	assert_appraiser_ends(&a, shot);
}

static void assert_refused(struct appraiser_process *a, uint64_t id, const struct shot *shot)
{
	struct frame frame;

	if (channel_receive(&a->front, PATIENCE_MS, &frame) != OK)
		fail_msg("%s, %zu bytes: no answer", shot->name, shot->body.len);

	struct reader r = reader_over(frame.body);

	assert_int_equal(frame.type, FRAME_RESPONSE);
	assert_int_equal(frame.id, id);
	assert_int_equal(reader_be16(&r), 400);
}

/* A frame of the right type, whatever is in it: refused, and the next one is served. A
 * descriptor is the front's own doing. */
static void at_request(void *unused, const struct shot *shot)
{
	AUTO_DONE(bytes) next = { 0 };
	struct appraiser_process a;
	struct frame frame;

	if (shot->passenger != NONE) {
		at_front_side(unused, shot);
		return;
	}
	appraiser_start(&a);
	fire(&a.front, 77, shot);
	assert_refused(&a, 77, shot);
	put_health_request(&next);
	assert_int_equal(channel_send(&a.front, FRAME_REQUEST, 78, span_of(&next)), OK);
	assert_int_equal(channel_receive(&a.signer, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_HEALTH);
	channel_done(&a.parent);
	assert_ended_with(&a, shot, 0);
	channel_done(&a.front);
	channel_done(&a.signer);
}

static void at_signer_side(void *unused, const struct shot *shot)
{
	struct appraiser_process a;
	(void)unused;

	appraiser_start(&a);
	fire(&a.signer, 77, shot);
	assert_appraiser_ends(&a, shot);
}

/* While a request of it is under way. */
static void at_asking_appraiser(void *unused, const struct shot *shot)
{
	AUTO_DONE(bytes) request = { 0 };
	struct appraiser_process a;
	struct frame frame;
	(void)unused;

	appraiser_start(&a);
	put_health_request(&request);
	assert_int_equal(channel_send(&a.front, FRAME_REQUEST, 5, span_of(&request)), OK);
	assert_int_equal(channel_receive(&a.signer, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_HEALTH);
	fire(&a.signer, frame.id, shot);
	assert_appraiser_ends(&a, shot);
}

static void what_a_captured_front_says_to_an_appraiser(void **state)
{
	static const uint16_t known[] = { FRAME_REQUEST };
	(void)state;

	fire_other_types(NULL, at_front_side, known, 1);
	fire_raw(NULL, at_front_side);
}

/* Its bytes are those of whoever asks the front. */
static void a_request_that_makes_no_sense_ends_no_appraiser(void **state)
{
	AUTO_DONE(bytes) body = { 0 };
	struct shot shot = { .name = "a route that is none", .type = FRAME_REQUEST };
	(void)state;

	put_health_request(&body);
	shot.body = span_of(&body);
	for (unsigned route = 0; route < 256; route += route == 0 ? ROUTE_LAST + 1 : 80) {
		body.data[0] = (uint8_t)route;
		at_request(NULL, &shot);
	}
	body.data[0] = ROUTE_HEALTH;
	body.data[1] = ROLE_AUDITOR + 1;
	shot.name = "a role that is none";
	at_request(NULL, &shot);
	body.data[1] = ROLE_NONE;
	fire_spoiled(NULL, at_request, FRAME_REQUEST, &body);
}

static void what_nobody_asked_the_signer_for_ends_an_appraiser(void **state)
{
	static const uint16_t known[] = { FRAME_REFERENCE };
	(void)state;

	/* An answer among them: nothing was asked. */
	fire_other_types(NULL, at_signer_side, known, 1);
	fire_images(NULL, at_signer_side, FRAME_REFERENCE, (struct span){ 0 });
	fire_raw(NULL, at_signer_side);
}

static void an_answer_that_is_none_ends_an_appraiser(void **state)
{
	struct signer_answer answer = { .type = FRAME_HEALTH };
	AUTO_DONE(bytes) body = { 0 };
	(void)state;

	assert_int_equal(signer_answer_encode(&answer, &body), OK);
	fire_spoiled(NULL, at_asking_appraiser, FRAME_ANSWER, &body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_captured_front_says_to_an_appraiser),
		cmocka_unit_test(a_request_that_makes_no_sense_ends_no_appraiser),
		cmocka_unit_test(what_nobody_asked_the_signer_for_ends_an_appraiser),
		cmocka_unit_test(an_answer_that_is_none_ends_an_appraiser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
