/* SPDX-License-Identifier: Apache-2.0 */
#include "workload_client.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TRIES 500
#define TRY_US 10000

struct workload_client {
	int fd;
	nghttp2_session *session;
	size_t messages; /* that came and nobody waited for */
	size_t size; /* of the last one */
	size_t ended; /* streams, by the server */
	bool is_greeted; /* the server's settings came */
	bool may_end;
};

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "workload client: %s\n", what);
	exit(1);
}

int unix_socket(const char *path, bool listens)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0, "no socket");
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (listens) {
		must(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
			     listen(fd, 8) == 0,
		     "cannot listen");
		return fd;
	}
	for (int i = 0; i < TRIES; i++) {
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return fd;
		(void)usleep(TRY_US);
	}
	must(false, "nobody listens");
	return -1;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct workload_client *client = user;

	(void)session;
	if (frame->hd.type == NGHTTP2_SETTINGS)
		client->is_greeted = true;
	if (frame->hd.type == NGHTTP2_DATA && frame->hd.length > 0) {
		client->messages++;
		client->size = frame->hd.length;
	}
	if (frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
		client->ended++;
	must(frame->hd.type != NGHTTP2_GOAWAY && (client->ended == 0 || client->may_end),
	     "was refused");
	return 0;
}

static void flush(struct workload_client *client)
{
	uint8_t out[16384];
	const uint8_t *more;
	size_t len = 0;

	for (ssize_t part; (part = nghttp2_session_mem_send(client->session, &more)) > 0;) {
		if (len + (size_t)part > sizeof(out)) {
			must(send(client->fd, out, len, MSG_NOSIGNAL) == (ssize_t)len,
			     "cannot send");
			len = 0;
		}
		memcpy(out + len, more, (size_t)part);
		len += (size_t)part;
	}
	if (len > 0)
		must(send(client->fd, out, len, MSG_NOSIGNAL) == (ssize_t)len, "cannot send");
}

struct workload_client *workload_client_new(const char *path)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20 },
	};
	struct workload_client *client = calloc(1, sizeof(*client));
	nghttp2_session_callbacks *callbacks = NULL;

	must(client != NULL && nghttp2_session_callbacks_new(&callbacks) == 0, "out of memory");
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	client->fd = unix_socket(path, false);
	must(nghttp2_session_client_new(&client->session, callbacks, client) == 0 &&
		     nghttp2_submit_settings(client->session, 0, settings, 1) == 0 &&
		     nghttp2_session_set_local_window_size(client->session, 0, 0, 1 << 26) == 0,
	     "no session");
	nghttp2_session_callbacks_del(callbacks);
	flush(client);
	return client;
}

void workload_client_free(struct workload_client *client)
{
	nghttp2_session_del(client->session);
	(void)close(client->fd);
	free(client);
}

static ssize_t pull(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
		    uint32_t *flags, nghttp2_data_source *source, void *user)
{
	(void)session;
	(void)id;
	(void)room;
	(void)source;
	(void)user;
	/* No compression, no bytes: the request has no fields. */
	memset(out, 0, 5);
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	return 5;
}

int32_t workload_client_fetch(struct workload_client *client)
{
	static const char *const texts[][2] = {
		{ ":method", "POST" },
		{ ":scheme", "http" },
		{ ":path", "/SpiffeWorkloadAPI/FetchX509SVID" },
		{ ":authority", "localhost" },
		{ "content-type", "application/grpc" },
		{ "te", "trailers" },
		{ "workload.spiffe.io", "true" },
	};
	enum { FIELDS = sizeof(texts) / sizeof(*texts) };
	const nghttp2_data_provider body = { .read_callback = pull };
	nghttp2_nv fields[FIELDS];

	for (size_t i = 0; i < FIELDS; i++) {
		union {
			const char *read;
			uint8_t *write;
		} name = { texts[i][0] }, value = { texts[i][1] };

		fields[i] = (nghttp2_nv){ name.write, value.write, strlen(name.read),
					  strlen(value.read), 0 };
	}

	int32_t stream = nghttp2_submit_request(client->session, NULL, fields, FIELDS, &body, NULL);

	must(stream > 0, "no stream");
	flush(client);
	return stream;
}

void workload_client_read(struct workload_client *client)
{
	uint8_t in[65536];
	ssize_t len = recv(client->fd, in, sizeof(in), 0);

	must(len > 0 && nghttp2_session_mem_recv(client->session, in, (size_t)len) == len,
	     "the server is gone");
	flush(client);
}

void workload_client_await(struct workload_client *client, size_t messages)
{
	while (client->messages < messages)
		workload_client_read(client);
	client->messages -= messages;
}

void workload_client_greet(struct workload_client *client)
{
	while (!client->is_greeted)
		workload_client_read(client);
}

int workload_client_fd(const struct workload_client *client)
{
	return client->fd;
}

size_t workload_client_messages(const struct workload_client *client)
{
	return client->messages;
}

size_t workload_client_size(const struct workload_client *client)
{
	return client->size;
}

void workload_client_may_end(struct workload_client *client)
{
	client->may_end = true;
}

size_t workload_client_ended(const struct workload_client *client)
{
	return client->ended;
}

void workload_client_reset(struct workload_client *client, int32_t stream)
{
	must(nghttp2_submit_rst_stream(client->session, 0, stream, NGHTTP2_CANCEL) == 0,
	     "no reset");
}
