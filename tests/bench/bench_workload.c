/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Workload API costs.
 *
 *	bench_workload [ROUNDS]
 *
 * A fetch of an SVID that is there, caller looked at and confirmed as the mint does,
 * against a bare nghttp2 server that sends as many bytes; and a thousand streams: what
 * one costs, and how long it takes until each has what a rotation made.
 */
#include <event2/event.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attestd/mint/caller/caller.h"
#include "attestd/mint/workload/workload_api.h"
#include "measure.h"
#include "workload_client.h"

#define CHAIN_SIZE 1300
#define KEY_SIZE 138
#define BUNDLE_SIZE 560
/* The same in one message, with what gRPC and protocol buffers put around it. */
#define ECHO_SIZE (CHAIN_SIZE + KEY_SIZE + BUNDLE_SIZE + 60)
#define FETCHES 400 /* of a round */
#define CONNECTIONS 10
#define STREAMS 100 /* on each */

static struct workload_api *api;
static uint8_t chain[CHAIN_SIZE], key[KEY_SIZE], bundle[BUNDLE_SIZE];

static enum workload_outcome x509(void *core, struct caller *c, struct workload_x509 *out,
				  const char **why)
{
	static struct workload_svid svid;
	struct caller_facts facts;

	(void)core;
	if (caller_look(c, &facts, why) != OK || caller_confirm(c, &facts, why) != OK)
		return WORKLOAD_DENIED;
	svid = (struct workload_svid){ .spiffe_id = span_text("spiffe://example.org/web/1"),
				       .chain = { chain, sizeof(chain) },
				       .key = { key, sizeof(key) },
				       .bundle = { bundle, sizeof(bundle) } };
	*out = (struct workload_x509){ .svids = &svid, .svid_count = 1 };
	return WORKLOAD_GIVEN;
}

static void on_rotation(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	chain[0]++;
	workload_api_changed(api);
}

static int serve_api(const char *path)
{
	const struct workload_source source = { .x509 = x509 };
	const struct workload_limits limits = { 64, 64, STREAMS, 2 * CONNECTIONS * STREAMS };
	const struct socket_settings socket = {
		.name = "", .path = path, .owner = getuid(), .group = getgid(), .mode = 0600
	};
	struct event_base *base = event_base_new();
	struct event *rotation = evsignal_new(base, SIGUSR1, on_rotation, NULL);

	if (event_add(rotation, NULL) != 0 ||
	    workload_api_new(base, &limits, &source, &api) != OK ||
	    workload_api_listen(api, &socket) != OK)
		return 1;
	return event_base_dispatch(base);
}

/* The bare server: a session, what it says, and nothing about anybody. */
struct echo {
	struct event_base *base;
	nghttp2_session *session;
	struct event *readable;
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
	echo->left = ECHO_SIZE;
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

static int serve_echo(const char *path)
{
	struct echo echo = { .base = event_base_new() };
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
	echo.readable = event_new(echo.base, fd, EV_READ | EV_PERSIST, echo_read, &echo);
	return event_add(echo.readable, NULL) == 0 ? event_base_dispatch(echo.base) : 1;
}

static pid_t start(int (*serve)(const char *path), const char *path)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(serve(path));
}

static void stop(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* Microseconds for one. */
static double fetch_us(struct workload_client *client)
{
	double begun = measure_wall();

	for (int i = 0; i < FETCHES; i++) {
		int32_t stream = workload_client_fetch(client);

		workload_client_await(client, 1);
		workload_client_reset(client, stream);
	}
	return (measure_wall() - begun) * 1e6 / FETCHES;
}

static void measure_fetches(const char *api_path, const char *echo_path, int rounds)
{
	struct measure ratio = { .name = "workload_fetch",
				 .unit = "ratio",
				 .compared_with =
					 "a bare nghttp2 server that sends as many bytes" };
	struct measure api_us = { .name = "workload_fetch_time", .unit = "us" };
	struct workload_client *ours = workload_client_new(api_path);
	struct workload_client *bare = workload_client_new(echo_path);

	(void)fetch_us(ours);
	(void)fetch_us(bare);
	for (int i = 0; i < rounds; i++) {
		double us = fetch_us(ours);

		measure_add(&api_us, us);
		measure_add(&ratio, us / fetch_us(bare));
	}
	measure_print(&ratio);
	measure_print(&api_us);
	workload_client_free(ours);
	workload_client_free(bare);
}

/* Of a process, in bytes. */
static double private_memory(pid_t pid)
{
	char path[64], line[256];
	long kib = 0, sum = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "Private_Dirty: %ld", &kib) == 1)
			sum += kib;
	}
	if (file != NULL)
		(void)fclose(file);
	return (double)sum * 1024;
}

static void measure_streams(pid_t server, const char *path, int rounds)
{
	struct measure memory = { .name = "workload_stream_memory", .unit = "bytes" };
	struct measure rotation = { .name = "workload_rotation_1000",
				    .unit = "s",
				    .wanted = "at most 2" };
	struct workload_client *clients[CONNECTIONS];
	double before;

	for (int i = 0; i < CONNECTIONS; i++) {
		clients[i] = workload_client_new(path);
		(void)workload_client_fetch(clients[i]);
		workload_client_await(clients[i], 1);
	}
	before = private_memory(server);
	for (int i = 0; i < CONNECTIONS; i++) {
		for (int j = 1; j < STREAMS; j++)
			(void)workload_client_fetch(clients[i]);
		workload_client_await(clients[i], STREAMS - 1);
	}
	measure_add(&memory, (private_memory(server) - before) / (CONNECTIONS * (STREAMS - 1)));
	for (int round = 0; round < rounds; round++) {
		double begun = measure_wall();

		(void)kill(server, SIGUSR1);
		for (int i = 0; i < CONNECTIONS; i++)
			workload_client_await(clients[i], STREAMS);
		measure_add(&rotation, measure_wall() - begun);
	}
	measure_print(&memory);
	measure_print(&rotation);
	for (int i = 0; i < CONNECTIONS; i++)
		workload_client_free(clients[i]);
}

int main(int argc, char **argv)
{
	char directory[] = "/tmp/attestd-bench-XXXXXX";
	char api_path[64], echo_path[64];
	int rounds = argc > 1 ? atoi(argv[1]) : 15;

	if (mkdtemp(directory) == NULL)
		return 1;
	(void)snprintf(api_path, sizeof(api_path), "%s/api", directory);
	(void)snprintf(echo_path, sizeof(echo_path), "%s/echo", directory);

	pid_t api_pid = start(serve_api, api_path);
	pid_t echo_pid = start(serve_echo, echo_path);

	measure_fetches(api_path, echo_path, rounds);
	measure_streams(api_pid, api_path, rounds);
	stop(api_pid);
	stop(echo_pid);
	(void)unlink(api_path);
	(void)unlink(echo_path);
	return rmdir(directory) == 0 ? 0 : 1;
}
