/* SPDX-License-Identifier: Apache-2.0 */
/* The framed local channel between roles. */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/channel.h"

#define BODY_MAX 4096

struct two {
	struct channel a, b;
};

static struct two two_ends(void)
{
	struct two t;
	int fds[2];

	assert_int_equal(channel_pair(fds), OK);
	channel_init(&t.a, fds[0], BODY_MAX);
	channel_init(&t.b, fds[1], BODY_MAX);
	return t;
}

static void two_done(struct two *t)
{
	channel_done(&t->a);
	channel_done(&t->b);
}

static void frames_arrive_whole_in_order_and_with_their_descriptor(void **state)
{
	struct two t = two_ends();
	struct frame frame;
	int pipe_fds[2];
	(void)state;

	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(channel_send(&t.a, 1, 10, span_text("one")), OK);
	assert_int_equal(channel_send_fd(&t.a, 2, 11, span_text("two"), pipe_fds[1]), OK);
	assert_int_equal(channel_send(&t.a, 3, 12, (struct span){ 0 }), OK);

	assert_int_equal(channel_receive(&t.b, 1000, &frame), OK);
	assert_int_equal(frame.type, 1);
	assert_int_equal(frame.id, 10);
	assert_int_equal(frame.fd, -1);
	assert_true(span_equal(frame.body, span_text("one")));

	assert_int_equal(channel_receive(&t.b, 1000, &frame), OK);
	assert_int_equal(frame.id, 11);
	assert_true(frame.fd >= 0);
	assert_int_equal(write(frame.fd, "x", 1), 1);
	assert_int_equal(close(frame.fd), 0);

	assert_int_equal(channel_receive(&t.b, 1000, &frame), OK);
	assert_int_equal(frame.id, 12);
	assert_int_equal(frame.body.len, 0);
	assert_int_equal(frame.fd, -1);
	assert_int_equal(channel_receive(&t.b, 0, &frame), STATUS_UNAVAILABLE);

	assert_int_equal(close(pipe_fds[0]), 0);
	assert_int_equal(close(pipe_fds[1]), 0);
	two_done(&t);
}

static void a_frame_over_the_cap_ends_the_channel_before_memory_is_taken(void **state)
{
	static const uint8_t huge[16] = { 0x7f, 0xff, 0xff, 0xff, 0, 1 };
	static const uint8_t over[16] = { 0, 0, 0x10, 0x01, 0, 1 };
	struct frame frame;
	(void)state;

	for (int i = 0; i < 2; i++) {
		struct two t = two_ends();

		assert_int_equal(write(t.a.fd, i == 0 ? huge : over, 16), 16);
		assert_int_equal(channel_receive(&t.b, 1000, &frame), STATUS_TOO_LARGE);
		assert_true(t.b.in.capacity <= 2 * BODY_MAX);
		two_done(&t);
	}
}

static void a_frame_is_malformed_with_an_unknown_flag_or_without_the_descriptor_it_speaks_of(
	void **state)
{
	(void)state;

	for (unsigned bit = 0; bit < 16; bit++) {
		const uint8_t raw[16] = {
			[5] = 1, [6] = (uint8_t)(1U << bit >> 8), [7] = (uint8_t)(1U << bit)
		};
		struct two t = two_ends();
		struct frame frame;

		assert_int_equal(write(t.a.fd, raw, sizeof(raw)), sizeof(raw));
		assert_int_equal(channel_receive(&t.b, 1000, &frame), STATUS_MALFORMED);
		two_done(&t);
	}
}

static void every_truncated_frame_ends_with_its_peer(void **state)
{
	static const uint8_t raw[20] = { 0, 0, 0, 4, 0, 1, 0,	0,   0,	  0,
					 0, 0, 0, 0, 0, 9, 'b', 'o', 'd', 'y' };
	struct frame frame;
	(void)state;

	for (size_t len = 0; len < sizeof(raw); len++) {
		struct two t = two_ends();

		assert_int_equal(write(t.a.fd, raw, len), len);
		assert_int_equal(channel_fill(&t.b), OK);
		assert_int_equal(channel_take(&t.b, &frame), STATUS_NOT_FOUND);
		assert_int_equal(shutdown(t.a.fd, SHUT_WR), 0);
		assert_int_equal(channel_receive(&t.b, 1000, &frame), STATUS_IO);
		two_done(&t);
	}
}

static void a_descriptor_in_the_middle_of_a_frame_is_refused(void **state)
{
	static const uint8_t start[10] = { 0, 0, 0, 16, 0, 1 };
	struct two t = two_ends();
	struct frame frame;
	(void)state;

	/* The second frame's bytes are the first one's body. */
	assert_int_equal(write(t.a.fd, start, sizeof(start)), sizeof(start));
	assert_int_equal(write(t.a.fd, "\0\0\0\0\0\0", 6), 6);
	assert_int_equal(channel_send_fd(&t.a, 1, 1, (struct span){ 0 }, STDIN_FILENO), OK);
	assert_int_equal(channel_receive(&t.b, 1000, &frame), STATUS_MALFORMED);
	two_done(&t);
}

static void frames_that_came_together_are_read_together(void **state)
{
	struct two t = two_ends();
	struct frame frame;
	(void)state;

	channel_read_ahead(&t.b);
	for (uint64_t id = 0; id < 3; id++)
		assert_int_equal(channel_send(&t.a, 1, id, span_text("body")), OK);
	assert_int_equal(write(t.a.fd, "\0\0\0", 3), 3);
	assert_false(channel_has_frame(&t.b));
	for (uint64_t id = 0; id < 3; id++) {
		assert_int_equal(channel_fill(&t.b), OK);
		assert_true(channel_has_frame(&t.b));
		assert_int_equal(channel_take(&t.b, &frame), OK);
		assert_int_equal(frame.id, id);
		assert_true(span_equal(frame.body, span_text("body")));
		assert_int_equal(channel_take(&t.b, &frame), STATUS_NOT_FOUND);
		/* Nothing is left for a poll to tell of. */
		assert_true(recv(t.b.fd, &frame, 1, MSG_DONTWAIT | MSG_PEEK) < 0);
		assert_int_equal(channel_has_frame(&t.b), id < 2);
	}
	/* The fourth, whose first bytes lie behind the third. */
	assert_int_equal(write(t.a.fd, "\2\0\1\0\0\0\0\0\0\0\0\0\7on", 15), 15);
	assert_int_equal(channel_receive(&t.b, 1000, &frame), OK);
	assert_int_equal(frame.id, 7);
	assert_true(span_equal(frame.body, span_text("on")));
	assert_int_equal(channel_receive(&t.b, 0, &frame), STATUS_UNAVAILABLE);
	two_done(&t);
}

static ino_t inode_of(int fd)
{
	struct stat facts;

	assert_int_equal(fstat(fd, &facts), 0);
	return facts.st_ino;
}

static void each_of_many_frames_read_together_gets_its_own_descriptor(void **state)
{
	struct two t = two_ends();
	struct frame frame;
	int pipes[2][2];
	(void)state;

	channel_read_ahead(&t.b);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_int_equal(channel_send(&t.a, 1, i, span_text("none")), OK);
		assert_int_equal(channel_send_fd(&t.a, 2, i, span_text("one"), pipes[i][0]), OK);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(channel_receive(&t.b, 0, &frame), OK);
		assert_int_equal(frame.type, 1 + i % 2);
		assert_int_equal(frame.id, i / 2);
		if (frame.type == 1) {
			assert_int_equal(frame.fd, -1);
			continue;
		}
		assert_int_equal(inode_of(frame.fd), inode_of(pipes[i / 2][0]));
		(void)close(frame.fd);
	}
	for (size_t i = 0; i < 4; i++)
		(void)close(pipes[i / 2][i % 2]);
	two_done(&t);
}

static void a_descriptor_waits_for_the_rest_of_its_frame_before_the_next_one_comes(void **state)
{
	struct two t = two_ends();
	struct channel first = { .fd = t.a.fd, .body_max = BODY_MAX, .out_fd = -1 };
	struct frame frame;
	int pipe_fds[2];
	(void)state;

	channel_read_ahead(&t.b);
	assert_int_equal(pipe(pipe_fds), 0);
	/* The frame without its last byte, which comes with the next frame. */
	assert_int_equal(channel_queue_fd(&first, 1, 1, span_text("rest"), pipe_fds[0]), OK);
	first.out.len--;
	assert_int_equal(channel_flush(&first), OK);
	assert_int_equal(channel_fill(&t.b), OK);
	assert_int_equal(channel_take(&t.b, &frame), STATUS_NOT_FOUND);
	assert_int_equal(write(t.a.fd, "t", 1), 1);
	assert_int_equal(channel_send_fd(&t.a, 2, 2, span_text("next"), pipe_fds[1]), OK);
	for (uint64_t id = 1; id <= 2; id++) {
		assert_int_equal(channel_receive(&t.b, 1000, &frame), OK);
		assert_int_equal(frame.id, id);
		assert_int_equal(fcntl(frame.fd, F_GETFL) & O_ACCMODE,
				 id == 1 ? O_RDONLY : O_WRONLY);
		(void)close(frame.fd);
	}
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
	bytes_done(&first.out);
	two_done(&t);
}

static void no_descriptor_comes_in_where_none_is_taken(void **state)
{
	struct two t = two_ends();
	struct frame frame;
	int pipe_fds[2];
	char byte;
	(void)state;

	channel_refuse_fds(&t.b);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(channel_send_fd(&t.a, 1, 1, span_text("x"), pipe_fds[1]), OK);
	(void)close(pipe_fds[1]);
	assert_int_equal(channel_receive(&t.b, 1000, &frame), STATUS_MALFORMED);
	/* It was the last one open: what came was closed, not kept. */
	assert_int_equal(read(pipe_fds[0], &byte, 1), 0);
	(void)close(pipe_fds[0]);
	two_done(&t);
}

static void an_answer_to_another_question_is_malformed(void **state)
{
	struct two t = two_ends();
	struct frame frame;
	(void)state;

	assert_int_equal(channel_send(&t.b, 9, 7, span_text("answer")), OK);
	assert_int_equal(channel_call(&t.a, 1, 8, span_text("question"), 1000, &frame),
			 STATUS_MALFORMED);
	assert_int_equal(channel_send(&t.b, 9, 9, span_text("answer")), OK);
	assert_int_equal(channel_call(&t.a, 1, 9, span_text("question"), 1000, &frame), OK);
	two_done(&t);
}

static void queued_frames_leave_as_the_socket_takes_them(void **state)
{
	static const uint8_t block[BODY_MAX] = { 1 };
	struct two t = two_ends();
	struct frame frame;
	(void)state;

	for (uint64_t id = 0; id < 200; id++)
		assert_int_equal(channel_queue(&t.a, 1, id, (struct span){ block, BODY_MAX }), OK);
	for (uint64_t id = 0; id < 200;) {
		assert_int_equal(channel_flush(&t.a), OK);
		assert_int_equal(channel_fill(&t.b), OK);
		if (channel_take(&t.b, &frame) == OK)
			assert_int_equal(frame.id, id++);
	}
	assert_false(channel_has_output(&t.a));
	assert_int_equal(channel_queue(&t.a, 1, 0, (struct span){ block, BODY_MAX + 1 }),
			 STATUS_TOO_LARGE);
	two_done(&t);
}

static bool is_memory_short;
/* The linker's names for it. NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_realloc(void *old, size_t size)
{
	return is_memory_short ? NULL : __real_realloc(old, size);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void a_frame_for_which_memory_is_short_leaves_nothing_of_it(void **state)
{
	static const uint8_t block[BODY_MAX] = { 1 };
	struct two t = two_ends();
	struct frame frame;
	(void)state;

	assert_int_equal(channel_queue(&t.a, 1, 1, span_text("before")), OK);
	is_memory_short = true;
	assert_int_equal(channel_queue(&t.a, 1, 2, (struct span){ block, BODY_MAX }),
			 STATUS_NO_MEMORY);
	is_memory_short = false;
	assert_int_equal(channel_queue(&t.a, 1, 3, span_text("after")), OK);
	assert_int_equal(channel_flush(&t.a), OK);
	assert_int_equal(channel_receive(&t.b, 1000, &frame), OK);
	assert_int_equal(frame.id, 1);
	assert_int_equal(channel_receive(&t.b, 1000, &frame), OK);
	assert_int_equal(frame.id, 3);
	assert_true(span_equal(frame.body, span_text("after")));
	two_done(&t);
}

/* A peer that does not read may not hold up whoever has something for it. */
static void a_descriptor_waits_for_its_frame_and_nobody_waits_for_it(void **state)
{
	static const uint8_t block[BODY_MAX] = { 1 };
	struct two t = two_ends();
	struct frame frame;
	size_t sent = 0, received = 0;
	(void)state;

	do {
		assert_int_equal(channel_queue(&t.a, 1, sent, (struct span){ block, BODY_MAX }),
				 OK);
		assert_int_equal(channel_flush(&t.a), OK);
		sent++;
	} while (!channel_has_output(&t.a));
	assert_int_equal(channel_queue_fd(&t.a, 2, 0, (struct span){ 0 }, STDIN_FILENO),
			 STATUS_DENIED);
	/* Room for all of the frame that is under way, and for no other. */
	while (channel_has_output(&t.a)) {
		assert_int_equal(channel_receive(&t.b, 1000, &frame), OK);
		assert_int_equal(channel_flush(&t.a), OK);
		received++;
	}
	assert_int_equal(channel_queue_fd(&t.a, 2, 77, (struct span){ 0 }, STDIN_FILENO), OK);
	assert_int_equal(channel_queue(&t.a, 3, 78, span_text("after it")), OK);
	for (; received < sent; received++)
		assert_int_equal(channel_receive(&t.b, 1000, &frame), OK);
	assert_int_equal(channel_flush(&t.a), OK);
	assert_int_equal(channel_receive(&t.b, 1000, &frame), OK);
	assert_int_equal(frame.id, 77);
	assert_true(frame.fd >= 0);
	(void)close(frame.fd);
	assert_int_equal(channel_receive(&t.b, 1000, &frame), OK);
	assert_int_equal(frame.id, 78);
	assert_int_equal(frame.fd, -1);
	two_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_arrive_whole_in_order_and_with_their_descriptor),
		cmocka_unit_test(a_frame_over_the_cap_ends_the_channel_before_memory_is_taken),
		cmocka_unit_test(
			a_frame_is_malformed_with_an_unknown_flag_or_without_the_descriptor_it_speaks_of),
		cmocka_unit_test(every_truncated_frame_ends_with_its_peer),
		cmocka_unit_test(a_descriptor_in_the_middle_of_a_frame_is_refused),
		cmocka_unit_test(frames_that_came_together_are_read_together),
		cmocka_unit_test(each_of_many_frames_read_together_gets_its_own_descriptor),
		cmocka_unit_test(
			a_descriptor_waits_for_the_rest_of_its_frame_before_the_next_one_comes),
		cmocka_unit_test(no_descriptor_comes_in_where_none_is_taken),
		cmocka_unit_test(an_answer_to_another_question_is_malformed),
		cmocka_unit_test(queued_frames_leave_as_the_socket_takes_them),
		cmocka_unit_test(a_frame_for_which_memory_is_short_leaves_nothing_of_it),
		cmocka_unit_test(a_descriptor_waits_for_its_frame_and_nobody_waits_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
