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

#include "daemon/channel.h"
#include "daemon/file.h"
#include "daemon/file_watch.h"
#include "daemon/settings.h"
#include "scratch.h"

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

static const struct setting schema[] = {
	{ "server", false, "listen", SETTING_TEXT, 0, 40, "[::]:8443", false, "where" },
	{ "server", false, "port", SETTING_NUMBER, 1, 65535, "8443", false, "port" },
	{ "server", false, "admins", SETTING_LIST, 0, 0, NULL, false, "who" },
	{ "server", false, "strict", SETTING_BOOL, 0, 0, "no", false, "how" },
	{ "identity", true, "spiffe_id", SETTING_TEXT, 0, 0, NULL, true, "its name" },
	{ "identity", true, "mode", SETTING_TEXT, 0, 4, "0600", false, "file mode" },
	{ NULL, false, NULL, SETTING_TEXT, 0, 0, NULL, false, NULL },
};

static enum status parse(const char *text, struct settings **out, struct settings_error *error)
{
	AUTO(settings) s = NULL;
	enum status status = settings_new(schema, &s);

	assert_int_equal(status, OK);
	status = settings_parse(s, "x.conf", 0, span_text(text), error);
	if (status == OK) {
		*out = s;
		s = NULL;
	}
	return status;
}

static void settings_give_values_lists_and_defaults(void **state)
{
	AUTO(settings) s = NULL;
	struct settings_error error;
	(void)state;

	assert_int_equal(parse("# comment\n[server]\nport = 99\nadmins = a  b\n\tc\nstrict=yes\n"
			       "[identity web]\nspiffe_id = spiffe://x/web\n"
			       "[identity db]\nspiffe_id = spiffe://x/db\nmode = 0640",
			       &s, &error),
			 OK);
	assert_int_equal(settings_number(s, "server", NULL, "port"), 99);
	assert_string_equal(settings_text(s, "server", NULL, "admins"), "a b c");
	assert_string_equal(settings_text(s, "server", NULL, "listen"), "[::]:8443");
	assert_true(settings_bool(s, "server", NULL, "strict"));
	assert_int_equal(settings_name_count(s, "identity"), 2);
	assert_string_equal(settings_name(s, "identity", 0), "web");
	assert_string_equal(settings_name(s, "identity", 1), "db");
	assert_null(settings_name(s, "identity", 2));
	assert_string_equal(settings_text(s, "identity", "db", "mode"), "0640");
	assert_string_equal(settings_text(s, "identity", "web", "mode"), "0600");
	assert_null(settings_text(s, "server", NULL, "no-such-key"));
}

static void a_wrong_setting_names_file_line_and_key(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "[server]\nprt = 1\n", "x.conf:2: unknown key 'prt' in section [server]" },
		{ "[servr]\nport = 1\n", "x.conf:2: unknown section [servr]" },
		{ "port = 1\n", "x.conf:1: unknown section []" },
		{ "[server]\nport = 1\n\nport = 2\n", "x.conf:4: port is given twice" },
		{ "[server]\nport = 0\n", "x.conf:2: port is a number from 1 to 65535" },
		{ "[server]\nport = 1x\n", "x.conf:2: port is a number from 1 to 65535" },
		{ "[server]\nport = 01\n", "x.conf:2: port is a number from 1 to 65535" },
		{ "[server]\nstrict = true\n", "x.conf:2: strict is yes or no" },
		{ "[server]\nlisten =\n", "x.conf:2: listen is empty" },
		{ "[server]\nlisten = 12345678901234567890123456789012345678901\n",
		  "x.conf:2: listen is longer than 40 bytes" },
		{ "[server]\nlisten = a\n  b\n",
		  "x.conf:3: listen has one line; only lists go on in the next" },
		{ "[server\nport = 1\n",
		  "x.conf:1: not a [section], a 'key = value' or a comment" },
		{ "[server]\nport\n", "x.conf:2: not a [section], a 'key = value' or a comment" },
		{ "[identity]\nmode = 1\n", "x.conf:2: unknown section [identity]" },
		{ "[identity a/b]\nmode = 1\n",
		  "x.conf:2: [identity a/b]: a name has letters, digits, '.', '_' and '-'" },
		{ "[identity aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
		  "x.conf:1: the section's name is too long" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(settings) s = NULL;
		struct settings_error error = { 0 };

		assert_int_equal(parse(cases[i].text, &s, &error), STATUS_MALFORMED);
		assert_string_equal(error.text, cases[i].error);
	}
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void a_file_over_the_cap_is_refused_before_memory_is_taken(void **state)
{
	char path[SCRATCH_MAX];
	int fd = mkstemp(scratch_name(path, "file"));
	AUTO_DONE(bytes) content = { 0 };
	(void)state;

	assert_true(fd >= 0);
	/* Sparse: reading up to the cap would take 8 GiB. */
	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	assert_int_equal(file_read(path, (size_t)8 << 30, &content), STATUS_TOO_LARGE);
	assert_int_equal(ftruncate(fd, 5), 0);
	assert_int_equal(file_read(path, 4, &content), STATUS_TOO_LARGE);
	assert_int_equal(file_read(path, 5, &content), OK);
	assert_int_equal(content.len, 5);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
}

static void drop_ins_override_in_name_order_and_no_stranger_may_write_them(void **state)
{
	char directory[SCRATCH_MAX], path[128], drop[144], first[160], second[160];
	struct settings_error error;
	struct settings *s = NULL;
	(void)state;

	assert_non_null(mkdtemp(scratch_name(directory, "daemon")));
	(void)snprintf(path, sizeof(path), "%s/x.conf", directory);
	(void)snprintf(drop, sizeof(drop), "%s.d", path);
	(void)snprintf(first, sizeof(first), "%s/10.conf", drop);
	(void)snprintf(second, sizeof(second), "%s/20.conf", drop);

	assert_int_equal(settings_load(path, schema, &s, &error), STATUS_NOT_FOUND);
	write_file(path, "[server]\nport = 1\nlisten = base\n[identity a]\nspiffe_id = i\n", 0644);
	assert_int_equal(settings_load(path, schema, &s, &error), OK);
	settings_free(s);
	assert_int_equal(mkdir(drop, 0755), 0);
	write_file(second, "[server]\nport = 3\n", 0644);
	write_file(first, "[server]\nport = 2\nlisten = first\n", 0644);
	assert_int_equal(settings_load(path, schema, &s, &error), OK);
	assert_int_equal(settings_number(s, "server", NULL, "port"), 3);
	assert_string_equal(settings_text(s, "server", NULL, "listen"), "first");
	settings_free(s);
	s = NULL;
	assert_int_equal(chmod(first, 0666), 0);
	assert_int_equal(settings_load(path, schema, &s, &error), STATUS_DENIED);
	assert_non_null(strstr(error.text, "10.conf"));
	write_file(first, "[identity b]\nmode = 1\n", 0644);
	assert_int_equal(settings_load(path, schema, &s, &error), STATUS_NOT_FOUND);
	assert_non_null(strstr(error.text, "[identity b] wants the key 'spiffe_id'"));
	assert_null(s);
	assert_int_equal(
		unlink(first) | unlink(second) | rmdir(drop) | unlink(path) | rmdir(directory), 0);
}

/* What stands in them may narrow: left out, it would be missed by nobody. */
static void drop_ins_that_cannot_be_read_are_not_left_out(void **state)
{
	char directory[SCRATCH_MAX], path[128], drop[144];
	struct settings_error error;
	struct settings *s = NULL;
	(void)state;

	assert_non_null(mkdtemp(scratch_name(directory, "daemon")));
	(void)snprintf(path, sizeof(path), "%s/x.conf", directory);
	(void)snprintf(drop, sizeof(drop), "%s.d", path);
	write_file(path, "[server]\nport = 1\n[identity a]\nspiffe_id = i\n", 0644);

	/* A file, a link to itself, one to nowhere, a directory of everybody's. */
	write_file(drop, "", 0644);
	assert_int_not_equal(settings_load(path, schema, &s, &error), OK);
	assert_non_null(strstr(error.text, "x.conf.d: "));
	assert_int_equal(unlink(drop), 0);
	assert_int_equal(symlink("x.conf.d", drop), 0);
	assert_int_not_equal(settings_load(path, schema, &s, &error), OK);
	assert_int_equal(unlink(drop), 0);
	assert_int_equal(symlink("nowhere", drop), 0);
	assert_int_not_equal(settings_load(path, schema, &s, &error), OK);
	assert_int_equal(unlink(drop), 0);
	assert_int_equal(mkdir(drop, 0755), 0);
	assert_int_equal(chmod(drop, 0777), 0);
	assert_int_equal(settings_load(path, schema, &s, &error), STATUS_DENIED);
	assert_non_null(strstr(error.text, "nobody else may write"));
	assert_null(s);
	assert_int_equal(chmod(drop, 0755), 0);
	assert_int_equal(settings_load(path, schema, &s, &error), OK);
	settings_free(s);
	assert_int_equal(rmdir(drop) | unlink(path) | rmdir(directory), 0);
}

/* As in a unit without CAP_DAC_OVERRIDE: not even root reads it. */
static void drop_ins_of_another_user_are_not_left_out(void **state)
{
	char directory[SCRATCH_MAX], path[128], drop[144];
	struct settings_error error;
	struct settings *s = NULL;
	int how = 0;
	(void)state;

	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(scratch_name(directory, "daemon")));
	(void)snprintf(path, sizeof(path), "%s/x.conf", directory);
	(void)snprintf(drop, sizeof(drop), "%s.d", path);
	assert_int_equal(chmod(directory, 0755), 0);
	write_file(path, "[server]\nport = 1\n[identity a]\nspiffe_id = i\n", 0644);
	assert_int_equal(mkdir(drop, 0700), 0);

	pid_t pid = fork();

	if (pid == 0)
		_exit(setuid(65534) == 0 ? (int)settings_load(path, schema, &s, &error) : 99);
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_true(WIFEXITED(how));
	assert_int_equal(WEXITSTATUS(how), STATUS_DENIED);
	assert_int_equal(rmdir(drop) | unlink(path) | rmdir(directory), 0);
}

static void files_are_due_when_they_changed_and_came_to_rest(void **state)
{
	char directory[SCRATCH_MAX], file[128], other[128];
	const char *const paths[WATCHED_MAX] = { directory };
	struct file_watch watch;
	time_t now = 1000;
	(void)state;

	assert_non_null(mkdtemp(scratch_name(directory, "watch")));
	(void)snprintf(file, sizeof(file), "%s/a", directory);
	(void)snprintf(other, sizeof(other), "%s/b", directory);
	write_file(file, "one", 0644);
	file_watch_init(&watch, paths);
	assert_false(file_watch_is_due(&watch, now += 10));

	/* In place, of the same length; then one more, while the first look waits. */
	write_file(file, "two", 0644);
	assert_false(file_watch_is_due(&watch, now += 10));
	write_file(other, "three", 0644);
	assert_false(file_watch_is_due(&watch, now += 10));
	assert_false(file_watch_is_due(&watch, now += 1));
	assert_true(file_watch_is_due(&watch, now += 10));
	file_watch_was_read(&watch, false);
	assert_false(file_watch_is_due(&watch, now += 10));
	assert_true(file_watch_is_due(&watch, now += 60));
	file_watch_was_read(&watch, true);
	assert_false(file_watch_is_due(&watch, now += 60));

	/* Its mode alone; that it is gone. */
	assert_int_equal(chmod(file, 0666), 0);
	assert_false(file_watch_is_due(&watch, now += 10));
	assert_true(file_watch_is_due(&watch, now += 10));
	file_watch_was_read(&watch, true);
	assert_int_equal(unlink(file) | unlink(other) | rmdir(directory), 0);
	assert_false(file_watch_is_due(&watch, now += 10));
	assert_true(file_watch_is_due(&watch, now += 10));
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
		cmocka_unit_test(a_descriptor_waits_for_its_frame_and_nobody_waits_for_it),
		cmocka_unit_test(settings_give_values_lists_and_defaults),
		cmocka_unit_test(a_wrong_setting_names_file_line_and_key),
		cmocka_unit_test(a_file_over_the_cap_is_refused_before_memory_is_taken),
		cmocka_unit_test(drop_ins_override_in_name_order_and_no_stranger_may_write_them),
		cmocka_unit_test(files_are_due_when_they_changed_and_came_to_rest),
		cmocka_unit_test(drop_ins_that_cannot_be_read_are_not_left_out),
		cmocka_unit_test(drop_ins_of_another_user_are_not_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
