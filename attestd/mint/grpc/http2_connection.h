/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_GRPC_HTTP2_CONNECTION_H
#define ATTESTD_MINT_GRPC_HTTP2_CONNECTION_H

#include <nghttp2/nghttp2.h>
#include <sys/queue.h>

#include "attestd/mint/grpc/http2.h"

/* Between http2.c, which reads and writes sockets, and http2_session.c, which hears of
 * frames. */
#define HTTP2_WRITE_MAX ((size_t)64 << 10) /* gathered for one write */

struct http2_stream {
	LIST_ENTRY(http2_stream) others;
	struct http2_connection *connection;
	void *call;
	int32_t id;
	uint32_t header_list;
	size_t unconsumed;
	int64_t deadline_ms;
	bool has_ended; /* the request */
};

struct http2_connection {
	LIST_ENTRY(http2_connection) others;
	struct http2_server *server;
	void *peer;
	int fd;
	nghttp2_session *session;
	struct event *readable, *writable, *timer;
	struct bytes out; /* what a write could not take */
	size_t sent; /* of it */
	LIST_HEAD(http2_streams, http2_stream) streams;
	int64_t deadline_ms; /* of handshake, idleness or stall */
	int64_t tokens_at_ms;
	int tokens;
	bool is_greeted;
	bool is_over; /* to be freed when the session is not at work */
};

struct http2_server {
	struct event_base *base;
	struct http2_limits limits;
	const struct http2_handler *handler;
	void *context;
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *options;
	LIST_HEAD(http2_connections, http2_connection) connections;
	uint8_t buffer[HTTP2_WRITE_MAX]; /* of whichever connection reads or writes now */
};

static inline bool http2_has_output(const struct http2_connection *c)
{
	return c->out.len > 0;
}

enum status http2_options_make(nghttp2_option **out);
enum status http2_callbacks_make(nghttp2_session_callbacks **out);
/* With our SETTINGS to be sent first, and all tokens. */
bool http2_session_begin(struct http2_connection *c);
void http2_stream_free(struct http2_stream *s);
/* What is to be written is, from the loop. */
void http2_write_soon(struct http2_connection *c);
/* Anything but 0 ends the connection, from the loop. */
void http2_check(struct http2_connection *c, int result);

#endif
