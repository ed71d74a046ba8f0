/* SPDX-License-Identifier: Apache-2.0 */
#include "workload_echo.h"

#include <event2/event.h>
#include <nghttp2/nghttp2.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload_client.h"

struct echo {
	struct event_base *base;
	nghttp2_session *session;
	size_t size; /* of an answer */
	size_t left; /* of the stream that is answered */
};

static ssize_t echo_pull(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
			 uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct echo *echo = user;
	size_t len = echo->left < room ? echo->left : room;

	(void)session;
	(void)id;
	(void)flags;
	(void)source;
	memset(out, 'x', len);
	echo->left -= len;
	return len > 0 ? (ssize_t)len : NGHTTP2_ERR_DEFERRED;
}

static int echo_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	static uint8_t names[] = ":status200content-typeapplication/grpc";
	const nghttp2_data_provider body = { .read_callback = echo_pull };
	const nghttp2_nv fields[] = { { names, names + 7, 7, 3, 0 },
				      { names + 10, names + 22, 12, 16, 0 } };
	struct echo *echo = user;

	if (frame->hd.type != NGHTTP2_DATA || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
		return 0;
	echo->left = echo->size;
	return nghttp2_submit_response(session, frame->hd.stream_id, fields, 2, &body);
}

static void echo_read(evutil_socket_t fd, short what, void *arg)
{
	struct echo *echo = arg;
	uint8_t in[16384];
	const uint8_t *out;
	ssize_t len = recv(fd, in, sizeof(in), 0);

	(void)what;
	if (len <= 0 || nghttp2_session_mem_recv(echo->session, in, (size_t)len) != len)
		_exit(0);
	len = 0;
	for (ssize_t more; (more = nghttp2_session_mem_send(echo->session, &out)) > 0;
	     len += more) {
		if ((size_t)(len + more) > sizeof(in))
			_exit(1);
		memcpy(in + len, out, (size_t)more);
	}
	if (len > 0 && send(fd, in, (size_t)len, MSG_NOSIGNAL) != len)
		_exit(1);
}

static int serve(const char *path, size_t size)
{
	struct echo echo = { .base = event_base_new(), .size = size };
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *options;
	int listener = unix_socket(path, true);
	int fd = accept(listener, NULL, NULL);

	if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&options) != 0)
		return 1;
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, echo_frame);
	/* The client hangs up after each answer, and more often than is its wont. */
	nghttp2_option_set_stream_reset_rate_limit(options, UINT32_MAX, UINT32_MAX);
	if (nghttp2_session_server_new2(&echo.session, callbacks, &echo, options) != 0 ||
	    nghttp2_submit_settings(echo.session, 0, NULL, 0) != 0)
		return 1;

	struct event *readable = event_new(echo.base, fd, EV_READ | EV_PERSIST, echo_read, &echo);

	return event_add(readable, NULL) == 0 ? event_base_dispatch(echo.base) : 1;
}

pid_t workload_echo_start(const char *path, size_t size)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(serve(path, size));
}
