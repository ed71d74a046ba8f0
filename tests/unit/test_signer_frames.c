/* SPDX-License-Identifier: Apache-2.0 */
/* What captured roles say to the real signer: the channel ends, nothing is stored,
 * and others are served on. */
#include "unit.h"

#include "frame_shots.h"
#include "signer_process.h"
#include "verifier/loader_messages.h"
#include "verifier/store/store.h"

static void start(struct signer_process *s)
{
	signer_process_init(s);
	signer_process_start(s);
}

/* Ends well, with nothing in its store: no node, no release, no entry. */
static void end_untouched(struct signer_process *s)
{
	AUTO(store) store = NULL;
	uint8_t hash[SHA256_SIZE];
	struct node_id id;
	uint64_t entries = 1;
	size_t nodes = 1;

	assert_int_equal(signer_process_end(s), 0);
	assert_int_equal(store_open(s->files.path[FILE_STORE], &store), OK);
	assert_int_equal(store_audit_last(store, &entries, hash), OK);
	assert_int_equal(entries, 0);
	assert_int_equal(store_node_ids(store, NULL, 1, &id, &nodes), OK);
	assert_int_equal(nodes, 0);
	signer_process_done(s);
}

static void assert_ends(struct channel *c, const struct shot *shot)
{
	struct frame frame = { .fd = -1 };
	enum status status = channel_receive(c, PATIENCE_MS, &frame);

	if (status != STATUS_IO)
		fail_msg("%s, type %u, %zu bytes: %s", shot->name, shot->type, shot->body.len,
			 status_text(status));
	channel_done(c);
}

static void at_desk(void *victim, const struct shot *shot)
{
	struct channel c = signer_process_connect(victim, FRAME_APPRAISER, 1);

	fire(&c, 77, shot);
	assert_ends(&c, shot);
}

static void at_loading(void *victim, const struct shot *shot)
{
	struct channel c = signer_process_connect(victim, FRAME_LOADER, 0);

	fire(&c, 77, shot);
	assert_ends(&c, shot);
}

static void assert_serves(struct signer_process *s)
{
	struct channel c = signer_process_connect(s, FRAME_APPRAISER, 0);
	struct signer_request request = { .type = FRAME_HEALTH };
	AUTO_DONE(bytes) body = { 0 };
	struct frame frame;

	assert_int_equal(signer_request_encode(&request, &body), OK);
	assert_int_equal(channel_call(&c, FRAME_HEALTH, 1, span_of(&body), PATIENCE_MS, &frame),
			 OK);
	assert_int_equal(frame.type, FRAME_ANSWER);
	channel_done(&c);
}

static void put_request(enum frame_type type, struct bytes *out)
{
	static const uint8_t bytes[SHA256_SIZE] = { 1 };
	const struct span digest = { bytes, sizeof(bytes) };
	struct signer_request request = { .type = type };

	/* The rest may be empty. */
	if (type == FRAME_ACTIVATE)
		request.activate.secret = digest;
	if (type == FRAME_AUTHENTICATE)
		request.authenticate.evidence_digest = digest;
	if (type == FRAME_COMMIT)
		request.commit.generation = digest;
	if (type == FRAME_ADMIN)
		request.admin.verb = ADMIN_LIST;
	assert_int_equal(signer_request_encode(&request, out), OK);
}

static void what_a_captured_appraiser_says_to_the_signer(void **state)
{
	static const uint16_t requests[] = { FRAME_ENROL,	 FRAME_ACTIVATE, FRAME_CHALLENGE,
					     FRAME_AUTHENTICATE, FRAME_COMMIT,	 FRAME_ADMIN,
					     FRAME_BUNDLE,	 FRAME_HEALTH };
	const size_t count = sizeof(requests) / sizeof(requests[0]);
	struct signer_process s;
	(void)state;

	start(&s);
	fire_other_types(&s, at_desk, requests, count);
	for (size_t i = 0; i < count; i++) {
		AUTO_DONE(bytes) body = { 0 };

		put_request((enum frame_type)requests[i], &body);
		fire_spoiled(&s, at_desk, requests[i], &body);
	}
	fire_raw(&s, at_desk);
	assert_serves(&s);
	end_untouched(&s);
}

static void what_a_captured_loader_says_to_the_signer(void **state)
{
	static const uint16_t known[] = { FRAME_MARKS_WANTED, FRAME_LOADED, FRAME_LOAD_REFUSED,
					  FRAME_LOAD_CURRENT };
	const struct shot current = { .name = "nothing new, and what",
				      .type = FRAME_LOAD_CURRENT,
				      .body = span_text("x") };
	struct load_refusal refusal = { span_text("code"), span_text("document"),
					span_text("field"), span_text("advice") };
	struct release_marks marks = { 0 };
	AUTO_DONE(bytes) refused = { 0 };
	AUTO_DONE(bytes) loaded = { 0 };
	struct signer_process s;
	(void)state;

	start(&s);
	fire_other_types(&s, at_loading, known, sizeof(known) / sizeof(known[0]));
	at_loading(&s, &current);
	assert_int_equal(release_marks_encode(&marks, &loaded), OK);
	fire_images(&s, at_loading, FRAME_LOADED, span_of(&loaded));
	fire_spoiled(&s, at_loading, FRAME_LOADED, &loaded);
	assert_int_equal(load_refusal_encode(&refusal, &refused), OK);
	for (size_t len = 0; len < refused.len; len++) {
		struct shot shot = { .name = "a refusal, truncated",
				     .type = FRAME_LOAD_REFUSED,
				     .body = { refused.data, len } };

		at_loading(&s, &shot);
	}
	fire_raw(&s, at_loading);
	assert_serves(&s);
	end_untouched(&s);
}

/* Who asks and does not read is not asked for more, and others are served. */
static void an_appraiser_that_does_not_read_holds_up_nobody(void **state)
{
	struct signer_request request = { .type = FRAME_HEALTH };
	AUTO_DONE(bytes) body = { 0 };
	struct signer_process s;
	struct channel deaf;
	(void)state;

	start(&s);
	assert_int_equal(signer_request_encode(&request, &body), OK);
	deaf = signer_process_connect(&s, FRAME_APPRAISER, 1);
	for (int i = 0; i < 20000 && !channel_has_output(&deaf); i++) {
		assert_int_equal(channel_queue(&deaf, FRAME_HEALTH, (uint64_t)i, span_of(&body)),
				 OK);
		assert_int_equal(channel_flush(&deaf), OK);
	}
	assert_true(channel_has_output(&deaf));
	assert_serves(&s);
	channel_done(&deaf);
	assert_serves(&s);
	end_untouched(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_captured_appraiser_says_to_the_signer),
		cmocka_unit_test(what_a_captured_loader_says_to_the_signer),
		cmocka_unit_test(an_appraiser_that_does_not_read_holds_up_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
