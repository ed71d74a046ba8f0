/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_GRPC_HTTP2_H
#define ATTESTD_MINT_GRPC_HTTP2_H

#include <event2/event.h>
#include <stdint.h>

#include "base/bytes.h"

/*
 * HTTP/2 (RFC 9113) for clients on this host, by prior knowledge, without TLS. A
 * connection costs its session and what one write could not take; bodies are
 * pulled when there is room for them. What costs us work and a peer nothing
 * (PING, SETTINGS, resets ...) is counted, and ends the connection.
 */
struct http2_server;
struct http2_connection;
struct http2_stream;

struct http2_limits {
	uint32_t streams; /* open at a time on one connection */
	uint32_t header_list; /* bytes, as RFC 9113, 6.5.2 counts */
	uint32_t window; /* of a request's body that nobody took yet; of all: 65,535 */
	int64_t handshake_ms; /* until the client's SETTINGS */
	int64_t idle_ms; /* without a stream */
	int64_t stall_ms; /* in which nothing could be written */
};

struct http2_field {
	struct span name, value; /* name in lower case */
};

/* The layer above. What open() returns is handed to the others; closed() is the
 * last of them, and frees it. */
struct http2_handler {
	void *(*open)(void *context, void *peer, struct http2_stream *s); /* NULL: refused */
	void (*field)(void *call, struct span name, struct span value);
	void (*request)(void *call); /* its fields are complete */
	void (*body)(void *call, struct span part); /* to be given back: http2_consume() */
	void (*end)(void *call); /* of the body */
	/* At most room bytes of the answer's body. *is_end: it ended, by http2_end().
	 * 0 without: nothing for now, until http2_resume(). */
	size_t (*pull)(void *call, uint8_t *out, size_t room, bool *is_end);
	void (*expired)(void *call);
	void (*closed)(void *call);
	/* The connection is gone, after its streams; or it could not be begun. */
	void (*gone)(void *context, void *peer);
};

enum status http2_server_new(struct event_base *base, const struct http2_limits *limits,
			     const struct http2_handler *handler, void *context,
			     struct http2_server **out);
/* GOAWAY, what is written already, and the end of each connection: once its peer has
 * ended it too, but within a second for all of them. */
void http2_server_free(struct http2_server *server);
/* Takes fd, which is non-blocking, and peer, also where it fails. */
enum status http2_serve(struct http2_server *server, int fd, void *peer,
			struct http2_connection **out);
/* Nothing was asked on it that is not answered. */
bool http2_is_idle(const struct http2_connection *c);
/* At once, without a word: whoever was there is not any more. Not from within a
 * handler. */
void http2_drop(struct http2_connection *c);

/* Fields that a body follows, which is pulled. */
void http2_respond(struct http2_stream *s, const struct http2_field *fields, size_t count);
/* Fields that end the stream: the only ones, or behind a body. */
void http2_end(struct http2_stream *s, const struct http2_field *fields, size_t count);
/* There is something to pull again. */
void http2_resume(struct http2_stream *s);
/* Could a part of a body go now? By the peer's windows and by the socket. */
bool http2_is_writable(const struct http2_stream *s);
/* So many bytes of the request's body were dealt with: the peer may send more. */
void http2_consume(struct http2_stream *s, size_t len);
/* By clock_monotonic_ms(); 0: none. */
void http2_set_deadline(struct http2_stream *s, int64_t deadline_ms);
/* Its connection pays as for so many frames that cost a peer nothing, or ends. */
void http2_charge(struct http2_stream *s, int tokens);

AUTO_FREE(http2_server, struct http2_server, http2_server_free);

#endif
