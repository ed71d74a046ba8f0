/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fleet/workload_client.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"

#define PREFIX_SIZE 5 /* compressed u8, length b32 */
#define WIRE_VARINT 0
#define WIRE_FIXED64 1
#define WIRE_BYTES 2
#define WIRE_FIXED32 5

struct call {
	int fd;
	nghttp2_session *session;
	struct bytes request, answer;
	size_t sent;
	struct workload_reply *reply;
	bool is_closed, is_bad;
};

void workload_reply_done(struct workload_reply *reply)
{
	bytes_wipe(&reply->message);
}

static bool is_complete(const struct call *c)
{
	struct reader r = reader_over(span_of(&c->answer));

	reader_skip(&r, 1);
	return c->answer.len >= PREFIX_SIZE && reader_be32(&r) <= c->answer.len - PREFIX_SIZE;
}

static ssize_t pull(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
		    uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct call *c = user;
	size_t left = c->request.len - c->sent;
	size_t len = left < room ? left : room;

	(void)session;
	(void)id;
	(void)source;
	memcpy(out, c->request.data + c->sent, len);
	c->sent += len;
	if (c->sent == c->request.len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)len;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
		   size_t len, void *user)
{
	struct call *c = user;

	(void)session;
	(void)flags;
	(void)id;
	c->is_bad = c->is_bad || len > WORKLOAD_MESSAGE_MAX - c->answer.len ||
		    bytes_append(&c->answer, (struct span){ data, len }) != OK;
	return 0;
}

/* gRPC percent-encodes it. It came from another process, and goes to a terminal. */
static void take_why(struct span text, char *out, size_t room)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len + 1 < room; i++) {
		uint8_t c = text.data[i];

		if (c == '%' && i + 2 < text.len && hex_digit_value(text.data[i + 1]) >= 0 &&
		    hex_digit_value(text.data[i + 2]) >= 0) {
			c = (uint8_t)(hex_digit_value(text.data[i + 1]) << 4 |
				      hex_digit_value(text.data[i + 2]));
			i += 2;
		}
		out[len++] = (char)(c >= ' ' && c <= '~' ? c : '?');
	}
	out[len] = '\0';
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *user)
{
	struct call *c = user;
	struct span key = { name, name_len };
	struct span text = { value, value_len };
	uint64_t outcome = 0;

	(void)session;
	(void)frame;
	(void)flags;
	if (span_equal(key, span_text("grpc-status")) && decimal_parse(text, 16, &outcome) == OK)
		c->reply->outcome = (int)outcome;
	if (span_equal(key, span_text("grpc-message")))
		take_why(text, c->reply->why, sizeof(c->reply->why));
	return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *user)
{
	struct call *c = user;

	(void)session;
	(void)id;
	(void)error;
	c->is_closed = true;
	return 0;
}

static enum status open_socket(const char *path, int timeout_s, int *out)
{
	const struct timeval patience = { .tv_sec = timeout_s };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return STATUS_IO;
	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
	    (int)sizeof(address.sun_path)) {
		(void)close(fd);
		return STATUS_TOO_LARGE;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		(void)close(fd);
		return errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE;
	}
	*out = fd;
	return OK;
}

static bool flush(struct call *c)
{
	const uint8_t *data;

	for (ssize_t len; (len = nghttp2_session_mem_send(c->session, &data)) > 0;) {
		if (send(c->fd, data, (size_t)len, MSG_NOSIGNAL) != len)
			return false;
	}
	return true;
}

static bool begin(struct call *c, const char *method)
{
	const nghttp2_data_provider body = { .read_callback = pull };
	nghttp2_session_callbacks *callbacks = NULL;
	char path[64];

	(void)snprintf(path, sizeof(path), "/SpiffeWorkloadAPI/%s", method);

	char *const texts[][2] = {
		{ (char[]){ ":method" }, (char[]){ "POST" } },
		{ (char[]){ ":scheme" }, (char[]){ "http" } },
		{ (char[]){ ":path" }, path },
		{ (char[]){ ":authority" }, (char[]){ "localhost" } },
		{ (char[]){ "content-type" }, (char[]){ "application/grpc" } },
		{ (char[]){ "te" }, (char[]){ "trailers" } },
		{ (char[]){ "workload.spiffe.io" }, (char[]){ "true" } },
	};
	nghttp2_nv fields[sizeof(texts) / sizeof(*texts)];
	const size_t count = sizeof(texts) / sizeof(*texts);

	for (size_t i = 0; i < count; i++)
		fields[i] = (nghttp2_nv){ (uint8_t *)texts[i][0], (uint8_t *)texts[i][1],
					  strlen(texts[i][0]), strlen(texts[i][1]), 0 };
	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return false;
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);

	bool is_begun = nghttp2_session_client_new(&c->session, callbacks, c) == 0 &&
			nghttp2_submit_settings(c->session, 0, NULL, 0) == 0 &&
			nghttp2_submit_request(c->session, NULL, fields, count, &body, NULL) > 0;

	nghttp2_session_callbacks_del(callbacks);
	return is_begun;
}

/* Until a whole message is there, or the stream ends. */
static enum status run(struct call *c)
{
	uint8_t in[16384];

	while (flush(c) && !c->is_closed && !is_complete(c)) {
		ssize_t len = recv(c->fd, in, sizeof(in), 0);

		if (len <= 0)
			return STATUS_UNAVAILABLE;
		if (nghttp2_session_mem_recv(c->session, in, (size_t)len) != len || c->is_bad)
			return STATUS_MALFORMED;
	}
	return OK;
}

static enum status take_message(struct call *c)
{
	struct reader r = reader_over(span_of(&c->answer));
	uint8_t is_compressed = reader_u8(&r);
	struct span message = reader_take(&r, reader_be32(&r));

	if (r.status != OK || is_compressed != 0)
		return STATUS_MALFORMED;
	c->reply->outcome = GRPC_OK;
	return bytes_copy(message, &c->reply->message);
}

enum status workload_call(const char *socket_path, const char *method, struct span request,
			  int timeout_s, struct workload_reply *out)
{
	struct call c = { .fd = -1, .reply = out };
	struct writer w = writer_to(&c.request, WORKLOAD_MESSAGE_MAX);
	enum status status = open_socket(socket_path, timeout_s, &c.fd);

	*out = (struct workload_reply){ .outcome = GRPC_NONE };
	writer_u8(&w, 0);
	writer_sized32(&w, request);
	if (status == OK)
		status = writer_end(&w);
	if (status == OK && !begin(&c, method))
		status = STATUS_NO_MEMORY;
	if (status == OK)
		status = run(&c);
	if (status == OK && is_complete(&c))
		status = take_message(&c);
	if (status == OK && out->outcome == GRPC_NONE)
		status = STATUS_MALFORMED;
	nghttp2_session_del(c.session);
	if (c.fd >= 0)
		(void)close(c.fd);
	bytes_done(&c.request);
	/* Keys are in it. */
	bytes_wipe(&c.answer);
	return status;
}

static uint64_t take_varint(struct reader *r)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t part = reader_u8(r);

		value |= (uint64_t)(part & 0x7f) << shift;
		if ((part & 0x80) == 0)
			return value;
	}
	reader_fail(r, STATUS_MALFORMED);
	return 0;
}

bool protobuf_next(struct span *rest, unsigned *number, struct span *value, enum status *status)
{
	struct reader r = reader_over(*rest);

	while (!reader_is_done(&r)) {
		uint64_t key = take_varint(&r);
		unsigned wire = (unsigned)(key & 7);

		if (wire == WIRE_BYTES) {
			uint64_t len = take_varint(&r);

			*value = reader_take(&r, len > SIZE_MAX ? SIZE_MAX : (size_t)len);
			*number = (unsigned)(key >> 3);
			*rest = r.rest;
			*status = r.status;
			return r.status == OK;
		}
		if (wire == WIRE_VARINT)
			(void)take_varint(&r);
		else if (wire == WIRE_FIXED64 || wire == WIRE_FIXED32)
			reader_skip(&r, wire == WIRE_FIXED64 ? 8 : 4);
		else
			reader_fail(&r, STATUS_MALFORMED);
	}
	*status = r.status;
	return false;
}

enum status protobuf_put(struct bytes *out, unsigned number, struct span value)
{
	enum status status = bytes_append_byte(out, (uint8_t)(number << 3 | WIRE_BYTES));
	size_t len = value.len;

	for (; status == OK && len > 0x7f; len >>= 7)
		status = bytes_append_byte(out, (uint8_t)(len | 0x80));
	if (status == OK)
		status = bytes_append_byte(out, (uint8_t)len);
	return status == OK ? bytes_append(out, value) : status;
}
