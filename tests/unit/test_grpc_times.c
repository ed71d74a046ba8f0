/* SPDX-License-Identifier: Apache-2.0 */
/* How long a client of the Workload API may keep what it does not use. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nghttp2/nghttp2.h>

#include "attestd/mint/grpc/grpc.h"

#define NEVER_MS 3600000
#define SOON_MS 50
/* A busy machine's; what takes that long does not come. */
#define PATIENCE_S 60
#define LARGE ((size_t)4 << 20)

struct scene {
	struct event_base *base;
	struct grpc_settings settings;
	struct grpc_server *server;
	nghttp2_session *client;
	int fd;
	struct event *readable, *late;
	size_t answer; /* bytes of the method's one message; 0: it says nothing */
	bool ends; /* with OK behind that */
	const char *timeout; /* of the client; NULL: none */
	bool is_half; /* its request */
	char status[8], message[64]; /* grpc- */
	bool is_told, is_gone, is_closed, is_late;
};

static void answer(struct grpc_call *call, struct span message)
{
	struct scene *s = grpc_context(call);
	AUTO_DONE(bytes) frame = { 0 };
	(void)message;

	if (s->answer == 0)
		return;
	assert_int_equal(bytes_reserve(&frame, s->answer), OK);
	memset(frame.data, 0, s->answer);
	frame.len = s->answer;
	grpc_send(call, &frame);
	if (s->ends)
		grpc_end(call, GRPC_OK, NULL);
}

static const struct grpc_method method = { .path = "/Service/Method", .request = answer };
static const struct grpc_method *const methods[] = { &method, NULL };

static const char *refuse_nobody(void *context, void *peer)
{
	(void)context;
	(void)peer;
	return NULL;
}

static void note_gone(void *context, void *peer)
{
	struct scene *s = context;
	(void)peer;

	s->is_gone = true;
}

/* --- the client --------------------------------------------------------------------- */

static int on_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		    void *user)
{
	struct scene *s = user;
	struct span field = { name, name_len };
	char *out = NULL;
	size_t room = 0;

	(void)session;
	(void)frame;
	(void)flags;
	if (span_equal(field, span_text("grpc-status"))) {
		out = s->status;
		room = sizeof(s->status);
	} else if (span_equal(field, span_text("grpc-message"))) {
		out = s->message;
		room = sizeof(s->message);
	}
	if (out != NULL) {
		assert_in_range(value_len, 1, room - 1);
		memcpy(out, value, value_len);
	}
	return 0;
}

static int on_end(nghttp2_session *session, int32_t id, uint32_t why, void *user)
{
	struct scene *s = user;
	(void)session;
	(void)id;
	(void)why;

	s->is_told = true;
	return 0;
}

static void flush(struct scene *s)
{
	const uint8_t *data;
	ssize_t len;

	while ((len = nghttp2_session_mem_send(s->client, &data)) > 0)
		assert_int_equal(send(s->fd, data, (size_t)len, MSG_NOSIGNAL), len);
	assert_int_equal(len, 0);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct scene *s = arg;
	uint8_t data[16384];
	ssize_t len = recv(fd, data, sizeof(data), MSG_DONTWAIT);

	(void)what;
	if (len <= 0) {
		s->is_closed = true;
		(void)event_del(s->readable);
		return;
	}
	assert_int_equal(nghttp2_session_mem_recv(s->client, data, (size_t)len), len);
	/* Whoever is gone is told nothing. */
	if (!s->is_gone)
		flush(s);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	struct scene *s = arg;
	(void)fd;
	(void)what;

	s->is_late = true;
}

static ssize_t give_message(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
			    uint32_t *flags, nghttp2_data_source *source, void *user)
{
	const struct scene *s = user;
	(void)session;
	(void)id;
	(void)source;

	assert_true(room >= GRPC_PREFIX_SIZE);
	memset(out, 0, GRPC_PREFIX_SIZE);
	*flags |= NGHTTP2_DATA_FLAG_EOF | (s->is_half ? NGHTTP2_DATA_FLAG_NO_END_STREAM : 0);
	return s->is_half ? 2 : GRPC_PREFIX_SIZE;
}

static nghttp2_nv field(const char *name, const char *value)
{
	return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)name,
			     .namelen = strlen(name),
			     .value = (uint8_t *)(uintptr_t)value,
			     .valuelen = strlen(value) };
}

static void request(struct scene *s)
{
	const nghttp2_data_provider body = { .read_callback = give_message };
	const nghttp2_nv fields[] = {
		field(":method", "POST"),
		field(":scheme", "http"),
		field(":authority", "localhost"),
		field(":path", method.path),
		field("content-type", "application/grpc"),
		field("grpc-timeout", s->timeout == NULL ? "" : s->timeout),
	};

	assert_true(nghttp2_submit_request(s->client, NULL, fields, s->timeout == NULL ? 5 : 6,
					   &body, NULL) > 0);
	flush(s);
}

static void greet(struct scene *s, uint32_t window)
{
	const nghttp2_settings_entry entry = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window };

	assert_int_equal(nghttp2_submit_settings(s->client, NGHTTP2_FLAG_NONE, &entry, 1), 0);
	assert_int_equal(
		nghttp2_session_set_local_window_size(s->client, NGHTTP2_FLAG_NONE, 0, INT32_MAX),
		0);
	flush(s);
}

/* --- the scene ---------------------------------------------------------------------- */

static int make(void **state)
{
	static struct scene scene;

	scene = (struct scene){ .base = event_base_new(), .fd = -1 };
	assert_non_null(scene.base);
	*state = &scene;
	return 0;
}

static void connect_client(struct scene *s, const struct http2_limits *limits, int64_t request_ms,
			   int64_t stall_ms)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_option *option = NULL;
	struct http2_connection *connection = NULL;
	int ends[2];

	s->settings = (struct grpc_settings){ .methods = methods,
					      .request_max = 100,
					      .request_ms = request_ms,
					      .stall_ms = stall_ms,
					      .refused = refuse_nobody,
					      .gone = note_gone };
	assert_int_equal(grpc_server_new(s->base, limits, &s->settings, s, &s->server), OK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	s->fd = ends[0];
	assert_int_equal(grpc_serve(s->server, ends[1], s, &connection), OK);
	assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_field);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_end);
	assert_int_equal(nghttp2_option_new(&option), 0);
	/* A window that was used stays so. */
	nghttp2_option_set_no_auto_window_update(option, 1);
	assert_int_equal(nghttp2_session_client_new2(&s->client, callbacks, s, option), 0);
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
	s->readable = event_new(s->base, s->fd, EV_READ | EV_PERSIST, on_readable, s);
	s->late = event_new(s->base, -1, 0, on_late, s);
	assert_true(s->readable != NULL && s->late != NULL);
	assert_int_equal(event_add(s->late, &patience), 0);
}

static int drop(void **state)
{
	struct scene *s = *state;

	nghttp2_session_del(s->client);
	if (s->fd >= 0)
		(void)close(s->fd);
	grpc_server_free(s->server);
	if (s->readable != NULL)
		event_free(s->readable);
	if (s->late != NULL)
		event_free(s->late);
	event_base_free(s->base);
	return 0;
}

static void await(struct scene *s, const bool *what)
{
	while (!*what && !s->is_late)
		assert_int_equal(event_base_loop(s->base, EVLOOP_ONCE), 0);
	assert_true(*what);
}

/* Nothing ends by itself but what a test is about. */
static const struct http2_limits endless = {
	.streams = 10,
	.header_list = 8192,
	.window = 32768,
	.handshake_ms = NEVER_MS,
	.idle_ms = NEVER_MS,
	.stall_ms = NEVER_MS,
};

static void who_never_greets_is_let_go(void **state)
{
	struct http2_limits limits = endless;
	struct scene *s = *state;

	limits.handshake_ms = SOON_MS;
	connect_client(s, &limits, NEVER_MS, NEVER_MS);
	await(s, &s->is_gone);
}

static void who_asks_for_nothing_is_told_goodbye(void **state)
{
	struct http2_limits limits = endless;
	struct scene *s = *state;

	limits.idle_ms = SOON_MS;
	connect_client(s, &limits, NEVER_MS, NEVER_MS);
	assert_int_equal(event_add(s->readable, NULL), 0);
	greet(s, 1000);
	await(s, &s->is_gone);
	await(s, &s->is_closed);
	assert_int_equal(nghttp2_session_want_read(s->client), 0);
}

static void half_a_request_is_not_waited_for(void **state)
{
	struct scene *s = *state;

	s->is_half = true;
	connect_client(s, &endless, SOON_MS, NEVER_MS);
	assert_int_equal(event_add(s->readable, NULL), 0);
	greet(s, 1000);
	request(s);
	await(s, &s->is_told);
	assert_string_equal(s->status, "4");
	assert_string_equal(s->message, "the%20request%20came%20too%20slowly");
}

static void a_clients_own_deadline_is_kept(void **state)
{
	struct scene *s = *state;

	s->timeout = "50m";
	connect_client(s, &endless, NEVER_MS, NEVER_MS);
	assert_int_equal(event_add(s->readable, NULL), 0);
	greet(s, 1000);
	request(s);
	await(s, &s->is_told);
	assert_string_equal(s->status, "4");
	assert_string_equal(s->message, "the%20deadline%20is%20over");
}

/* Of a client that leaves it no window, whatever it asks for besides. */
static void an_answer_that_is_not_taken_is_dropped(void **state)
{
	static const struct {
		bool ends;
		uint32_t window;
		const char *timeout;
	} rows[] = {
		{ false, 0, NULL }, { true, 0, NULL }, { false, 10, NULL }, { true, 0, "1H" }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene *s = *state;

		s->answer = 1000;
		s->ends = rows[i].ends;
		s->timeout = rows[i].timeout;
		connect_client(s, &endless, NEVER_MS, SOON_MS);
		assert_int_equal(event_add(s->readable, NULL), 0);
		greet(s, rows[i].window);
		request(s);
		await(s, &s->is_told);
		assert_string_equal(s->status, "8");
		assert_string_equal(s->message, "the%20answer%20was%20not%20read");
		(void)drop(state);
		(void)make(state);
	}
}

/* Of one that gives a window, and leaves the bytes in the socket. */
static void who_does_not_read_its_socket_is_let_go(void **state)
{
	struct http2_limits limits = endless;
	struct scene *s = *state;

	limits.stall_ms = SOON_MS;
	s->answer = LARGE;
	connect_client(s, &limits, NEVER_MS, NEVER_MS);
	greet(s, INT32_MAX);
	request(s);
	await(s, &s->is_gone);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_never_greets_is_let_go),
		TEST(who_asks_for_nothing_is_told_goodbye),
		TEST(half_a_request_is_not_waited_for),
		TEST(a_clients_own_deadline_is_kept),
		TEST(an_answer_that_is_not_taken_is_dropped),
		TEST(who_does_not_read_its_socket_is_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
