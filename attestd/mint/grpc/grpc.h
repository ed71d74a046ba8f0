/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_GRPC_GRPC_H
#define ATTESTD_MINT_GRPC_GRPC_H

#include "attestd/mint/grpc/grpc_message.h"
#include "attestd/mint/grpc/http2.h"

/*
 * gRPC over HTTP/2, the server's side. A call has one message pending at most,
 * and that is the newest: what a slow reader has not begun to take is replaced.
 * No compression.
 */
enum grpc_code {
	GRPC_OK = 0,
	GRPC_INVALID_ARGUMENT = 3,
	GRPC_DEADLINE_EXCEEDED = 4,
	GRPC_NOT_FOUND = 5,
	GRPC_PERMISSION_DENIED = 7,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
	GRPC_UNAVAILABLE = 14,
};

struct grpc_server;
struct grpc_call;

struct grpc_method {
	const char *path; /* "/SERVICE/METHOD" */
	const char *guard; /* a field that must be there, once and as "true"; or NULL */
	bool takes_many; /* requests; else one */
	/* To be answered now or later, by grpc_send() and grpc_end(). */
	void (*request)(struct grpc_call *call, struct span message);
	/* After grpc_poke(), once there is room for a message. */
	void (*poked)(struct grpc_call *call);
	/* The last that is heard of it. Of either NULL: nothing to do. */
	void (*closed)(struct grpc_call *call);
};

struct grpc_settings {
	const struct grpc_method *const *methods; /* NULL behind the last */
	size_t request_max; /* bytes of a message */
	int64_t request_ms; /* for all of a request to arrive */
	int64_t stall_ms; /* for an answer that is not read */
	/* One more request, whatever it asks for, or one more message where a method takes
	 * many: NULL, or why not, which is all that is answered. */
	const char *(*refused)(void *context, void *peer);
	/* The connection is gone, after its calls. */
	void (*gone)(void *context, void *peer);
};

enum status grpc_server_new(struct event_base *base, const struct http2_limits *limits,
			    const struct grpc_settings *settings, void *context,
			    struct grpc_server **out);
void grpc_server_free(struct grpc_server *server);
/* As http2_serve(). */
enum status grpc_serve(struct grpc_server *server, int fd, void *peer,
		       struct http2_connection **out);

void *grpc_context(const struct grpc_call *call);
void *grpc_peer(const struct grpc_call *call);
/* The method's own, from its first request on. */
void *grpc_state(const struct grpc_call *call);
void grpc_set_state(struct grpc_call *call, void *state);

/* Takes the frame: grpc_frame(). */
void grpc_send(struct grpc_call *call, struct bytes *frame);
/* Once: after what is pending where the code is OK or the peer reads, else at once. */
void grpc_end(struct grpc_call *call, enum grpc_code code, const char *message);
/* poked() is to be called when a message can go; false: that is not now. */
bool grpc_poke(struct grpc_call *call);

AUTO_FREE(grpc_server, struct grpc_server, grpc_server_free);

#endif
