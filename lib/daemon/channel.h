/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_CHANNEL_H
#define DAEMON_CHANNEL_H

#include "base/bytes.h"

/*
 * Typed, length-capped frames between the roles of one program, over a stream
 * socketpair: be32 body length, be16 type, be16 flags (1: a descriptor comes with it),
 * be64 id, body. A peer is a process that may have been taken over: what is over the
 * cap or out of form ends the channel. A descriptor travels with the first byte of its
 * frame, and of two frames that were read neither gets the other's.
 */
#define FRAME_BODY_MAX ((size_t)48 << 20)

struct frame {
	uint16_t type;
	uint64_t id;
	struct span body; /* valid until the next receive */
	int fd; /* passed descriptor, the receiver's to close; -1 */
};

struct channel {
	int fd;
	size_t body_max;
	struct bytes in; /* from start on the frame being read, header included */
	size_t start;
	size_t taken; /* bytes of the frame that was returned; 0: none */
	bool reads_ahead, has_no_fds;
	struct bytes out; /* bytes not yet sent (non-blocking use) */
	size_t sent;
	int out_fd; /* goes with the first byte of out; -1 */
	int passed_fd; /* received, for the first frame to be returned that says so */
};

/* Both ends, close-on-exec. */
enum status channel_pair(int fds[2]);
void channel_init(struct channel *c, int fd, size_t body_max);
/*
 * From here on a read takes what is there, of the frames that follow too: for a
 * reader that goes on until STATUS_NOT_FOUND or looks at channel_has_frame().
 */
void channel_read_ahead(struct channel *c);
/* From here on a descriptor that comes is STATUS_MALFORMED. */
void channel_refuse_fds(struct channel *c);
void channel_done(struct channel *c);

/* Blocking. */
enum status channel_send(struct channel *c, uint16_t type, uint64_t id, struct span body);
enum status channel_send_fd(struct channel *c, uint16_t type, uint64_t id, struct span body,
			    int fd);
/* timeout_ms -1 waits for ever; STATUS_UNAVAILABLE when it ran out,
 * STATUS_IO when the peer is gone, STATUS_MALFORMED, STATUS_TOO_LARGE. */
enum status channel_receive(struct channel *c, int timeout_ms, struct frame *out);
/* Send and wait for the answer; a frame with another id is STATUS_MALFORMED. */
enum status channel_call(struct channel *c, uint16_t type, uint64_t id, struct span body,
			 int timeout_ms, struct frame *out);

/*
 * Non-blocking: fill reads up to the end of one frame, take returns it or
 * STATUS_NOT_FOUND. With a level-triggered poll one of each is enough; to
 * empty the socket, repeat both until STATUS_NOT_FOUND. channel_receive() may
 * be mixed in; channel_send() only while channel_has_output() is false.
 */
enum status channel_fill(struct channel *c);
enum status channel_take(struct channel *c, struct frame *out);
/* One was read ahead, of which no poll tells any more. */
bool channel_has_frame(const struct channel *c);
/* Queue, then flush as far as the socket takes it. */
enum status channel_queue(struct channel *c, uint16_t type, uint64_t id, struct span body);
/* With a copy of fd; only while channel_has_output() is false, else STATUS_DENIED. */
enum status channel_queue_fd(struct channel *c, uint16_t type, uint64_t id, struct span body,
			     int fd);
enum status channel_flush(struct channel *c);
bool channel_has_output(const struct channel *c);
/* Bytes that are queued; and all behind so many of them taken back. */
size_t channel_queued(const struct channel *c);
void channel_unqueue(struct channel *c, size_t queued);

AUTO_RELEASE(channel, channel_done);

#endif
