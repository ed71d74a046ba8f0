/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/writer.h"
#include "daemon/clock.h"

#define HEADER_SIZE 16
#define FLAG_HAS_FD 1
#define READ_STEP 65536
/* A buffer that one large frame made is given back before the next. */
#define KEEP_MAX ((size_t)1 << 20)

enum status channel_pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return STATUS_IO;
	return OK;
}

void channel_init(struct channel *c, int fd, size_t body_max)
{
	*c = (struct channel){ .fd = fd,
			       .body_max = body_max < FRAME_BODY_MAX ? body_max : FRAME_BODY_MAX,
			       .out_fd = -1,
			       .passed_fd = -1 };
}

void channel_read_ahead(struct channel *c)
{
	c->reads_ahead = true;
}

void channel_refuse_fds(struct channel *c)
{
	c->has_no_fds = true;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void channel_done(struct channel *c)
{
	close_fd(&c->fd);
	close_fd(&c->passed_fd);
	close_fd(&c->out_fd);
	bytes_done(&c->in);
	bytes_done(&c->out);
	*c = (struct channel){ .fd = -1, .out_fd = -1, .passed_fd = -1 };
}

static enum status put_frame(struct bytes *out, uint16_t type, uint64_t id, struct span body,
			     bool has_fd)
{
	size_t before = out->len;
	struct writer w = writer_to(out, SIZE_MAX);

	writer_be32(&w, (uint32_t)body.len);
	writer_be16(&w, type);
	writer_be16(&w, has_fd ? FLAG_HAS_FD : 0);
	writer_be64(&w, id);
	writer_put(&w, body);
	/* A header alone would have the next frame read as its body. */
	if (writer_end(&w) != OK)
		out->len = before;
	return writer_end(&w);
}

/* deadline_ms is of clock_monotonic_ms(); negative: for ever. */
static enum status wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline_ms < 0 ? -1 : deadline_ms - clock_monotonic_ms();
		int ready;

		if (deadline_ms >= 0 && left < 0)
			left = 0;
		ready = poll(&p, 1, (int)left);
		if (ready > 0)
			return OK;
		if (ready == 0)
			return STATUS_UNAVAILABLE;
		if (errno != EINTR)
			return STATUS_IO;
	}
}

/* One sendmsg; how much went, or negative. The descriptor goes with the first
 * byte. */
static ssize_t send_some(int fd, struct span bytes, int passed)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { .iov_base = (void *)(uintptr_t)bytes.data, .iov_len = bytes.len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (passed >= 0) {
		message.msg_control = control.space;
		message.msg_controllen = sizeof(control.space);

		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &passed, sizeof(int));
	}
	for (;;) {
		ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent >= 0 || errno != EINTR)
			return sent;
	}
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK;
}

enum status channel_send_fd(struct channel *c, uint16_t type, uint64_t id, struct span body, int fd)
{
	AUTO_DONE(bytes) frame = { 0 };

	if (body.len > c->body_max)
		return STATUS_TOO_LARGE;
	if (channel_has_output(c))
		return STATUS_DENIED;

	enum status status = put_frame(&frame, type, id, body, fd >= 0);
	struct span rest = span_of(&frame);
	while (status == OK && rest.len > 0) {
		ssize_t sent = send_some(c->fd, rest, fd);

		if (sent < 0 && !would_block())
			return STATUS_IO;
		if (sent < 0) {
			status = wait_for(c->fd, POLLOUT, -1);
			continue;
		}
		fd = -1;
		rest.data += sent;
		rest.len -= (size_t)sent;
	}
	return status;
}

enum status channel_send(struct channel *c, uint16_t type, uint64_t id, struct span body)
{
	return channel_send_fd(c, type, id, body, -1);
}

/* Takes the descriptors out of a message: one is kept until its frame is taken, any
 * other is closed and is malformed. */
static enum status keep_descriptors(struct channel *c, struct msghdr *message)
{
	enum status status = (message->msg_flags & MSG_CTRUNC) != 0 ? STATUS_MALFORMED : OK;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h != NULL; h = CMSG_NXTHDR(message, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= h->cmsg_len; at += sizeof(int)) {
			int fd;

			memcpy(&fd, (const uint8_t *)h + at, sizeof(fd));
			if (c->passed_fd < 0) {
				c->passed_fd = fd;
				continue;
			}
			close_fd(&fd);
			status = STATUS_MALFORMED;
		}
	}
	return status;
}

/* Room for so many more bytes, behind what was read and not returned yet. */
static enum status make_room(struct channel *c, size_t room)
{
	size_t doubled = c->in.capacity * 2;

	if (c->start > 0) {
		memmove(c->in.data, c->in.data + c->start, c->in.len - c->start);
		c->in.len -= c->start;
		c->start = 0;
	}
	if (c->in.capacity - c->in.len >= room)
		return OK;
	return bytes_reserve(&c->in, doubled > c->in.len + room ? doubled : c->in.len + room);
}

/* How much of what is there is read, where so much is missing. While a descriptor waits
 * for its frame, no more than that frame: the next one may bring its own. */
static size_t read_size(const struct channel *c, size_t missing)
{
	bool is_ahead = c->reads_ahead && c->passed_fd < 0;

	return is_ahead || missing > READ_STEP ? READ_STEP : missing;
}

/* Onto c->in, what is there; *got 0 where nothing is yet. */
static enum status read_some(struct channel *c, size_t missing, size_t *got)
{
	union {
		char space[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control;
	size_t room = read_size(c, missing);
	enum status status = make_room(c, room);

	if (status != OK)
		return status;

	struct iovec part = { .iov_base = c->in.data + c->in.len, .iov_len = room };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.space,
				  .msg_controllen = sizeof(control.space) };
	ssize_t len;

	/* Without room for them, descriptors are closed and told of (MSG_CTRUNC). */
	if (c->has_no_fds)
		message.msg_controllen = 0;
	do
		len = recvmsg(c->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (len < 0 && errno == EINTR);
	if (len < 0 && would_block()) {
		*got = 0;
		return OK;
	}
	if (len <= 0)
		return STATUS_IO;
	status = keep_descriptors(c, &message);
	c->in.len += (size_t)len;
	*got = (size_t)len;
	return status;
}

/* What was read and not returned yet. */
static struct span unread(const struct channel *c)
{
	if (c->start == c->in.len)
		return (struct span){ 0 };
	return (struct span){ .data = c->in.data + c->start, .len = c->in.len - c->start };
}

/* Bytes that the frame still lacks, as far as its header tells; 0: complete. */
static enum status frame_missing(const struct channel *c, size_t *missing)
{
	struct span there = unread(c);
	struct reader r = reader_over(there);

	if (there.len < HEADER_SIZE) {
		*missing = HEADER_SIZE - there.len;
		return OK;
	}

	size_t whole = HEADER_SIZE + (size_t)reader_be32(&r);
	reader_skip(&r, 2);
	if (whole - HEADER_SIZE > c->body_max)
		return STATUS_TOO_LARGE;
	if ((reader_be16(&r) & ~FLAG_HAS_FD) != 0)
		return STATUS_MALFORMED;
	*missing = there.len < whole ? whole - there.len : 0;
	return OK;
}

/* The frame that was returned makes room. */
static void drop_taken(struct channel *c)
{
	c->start += c->taken;
	c->taken = 0;
	if (c->start < c->in.len)
		return;
	c->start = c->in.len = 0;
	if (c->in.capacity > KEEP_MAX)
		bytes_done(&c->in);
}

enum status channel_fill(struct channel *c)
{
	if (c->taken > 0)
		drop_taken(c);
	for (;;) {
		size_t missing = 0, got = 0;
		enum status status = frame_missing(c, &missing);

		if (status != OK || missing == 0)
			return status;
		status = read_some(c, missing, &got);
		if (status != OK || got == 0)
			return status;
	}
}

/* A frame has its descriptor, and a descriptor its frame. */
static enum status take_fd(struct channel *c, bool is_said, bool is_last, int *out)
{
	if (is_said ? c->passed_fd < 0 : is_last && c->passed_fd >= 0)
		return STATUS_MALFORMED;
	if (!is_said)
		return OK;
	*out = c->passed_fd;
	c->passed_fd = -1;
	return OK;
}

enum status channel_take(struct channel *c, struct frame *out)
{
	size_t missing = 0;
	enum status status = c->taken > 0 ? STATUS_NOT_FOUND : frame_missing(c, &missing);

	if (status != OK)
		return status;
	if (missing != 0)
		return STATUS_NOT_FOUND;

	struct reader r = reader_over(unread(c));
	struct frame frame = { .fd = -1 };
	size_t len = reader_be32(&r);

	frame.type = reader_be16(&r);
	bool has_fd = (reader_be16(&r) & FLAG_HAS_FD) != 0;
	frame.id = reader_be64(&r);
	frame.body = reader_take(&r, len);
	status = take_fd(c, has_fd, r.rest.len == 0, &frame.fd);
	if (status != OK)
		return status;
	c->taken = HEADER_SIZE + len;
	*out = frame;
	return OK;
}

/* One that makes no sense counts: whoever takes it learns so. */
bool channel_has_frame(const struct channel *c)
{
	struct channel next = *c;
	size_t missing = 0;

	next.start += next.taken;
	return frame_missing(&next, &missing) != OK || missing == 0;
}

enum status channel_receive(struct channel *c, int timeout_ms, struct frame *out)
{
	int64_t deadline_ms = timeout_ms < 0 ? -1 : clock_monotonic_ms() + timeout_ms;

	for (;;) {
		enum status status = channel_fill(c);

		if (status == OK)
			status = channel_take(c, out);
		if (status != STATUS_NOT_FOUND)
			return status;
		status = wait_for(c->fd, POLLIN, deadline_ms);
		if (status != OK)
			return status;
	}
}

enum status channel_call(struct channel *c, uint16_t type, uint64_t id, struct span body,
			 int timeout_ms, struct frame *out)
{
	struct frame frame;
	enum status status = channel_send(c, type, id, body);

	if (status == OK)
		status = channel_receive(c, timeout_ms, &frame);
	if (status != OK)
		return status;
	if (frame.id != id) {
		close_fd(&frame.fd);
		return STATUS_MALFORMED;
	}
	*out = frame;
	return OK;
}

static enum status queue(struct channel *c, uint16_t type, uint64_t id, struct span body,
			 bool has_fd)
{
	if (body.len > c->body_max)
		return STATUS_TOO_LARGE;
	/* What was sent makes room before more is allocated. */
	if (c->sent > 0 && c->sent >= c->out.len / 2) {
		memmove(c->out.data, c->out.data + c->sent, c->out.len - c->sent);
		c->out.len -= c->sent;
		c->sent = 0;
	}
	return put_frame(&c->out, type, id, body, has_fd);
}

enum status channel_queue(struct channel *c, uint16_t type, uint64_t id, struct span body)
{
	return queue(c, type, id, body, false);
}

enum status channel_queue_fd(struct channel *c, uint16_t type, uint64_t id, struct span body,
			     int fd)
{
	if (channel_has_output(c))
		return STATUS_DENIED;

	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return STATUS_IO;

	enum status status = queue(c, type, id, body, true);
	if (status != OK) {
		close_fd(&copy);
		return status;
	}
	c->out_fd = copy;
	return OK;
}

enum status channel_flush(struct channel *c)
{
	while (channel_has_output(c)) {
		struct span rest = { .data = c->out.data + c->sent, .len = c->out.len - c->sent };
		ssize_t sent = send_some(c->fd, rest, c->out_fd);

		if (sent < 0)
			return would_block() ? OK : STATUS_IO;
		close_fd(&c->out_fd);
		c->sent += (size_t)sent;
	}
	c->sent = 0;
	c->out.len = 0;
	if (c->out.capacity > KEEP_MAX)
		bytes_done(&c->out);
	return OK;
}

bool channel_has_output(const struct channel *c)
{
	return c->sent < c->out.len;
}

size_t channel_queued(const struct channel *c)
{
	return c->out.len - c->sent;
}

void channel_unqueue(struct channel *c, size_t queued)
{
	if (queued < channel_queued(c))
		c->out.len = c->sent + queued;
}
