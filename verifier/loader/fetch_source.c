/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/loader/fetch_source.h"

#include <string.h>
#include <unistd.h>

#include "daemon/file.h"

/* The fetcher has its own limit for each file: this one is for one that hangs. */
#define FETCH_TIMEOUT_MS (2400 * 1000)
#define FETCH_ID 1

void fetch_source_init(struct fetch_source *source, int fetcher_fd)
{
	*source = (struct fetch_source){ 0 };
	channel_init(&source->fetcher, fetcher_fd, FETCH_BODY_MAX);
}

void fetch_source_done(struct fetch_source *source)
{
	channel_done(&source->fetcher);
}

static enum status lost(struct fetch_source *source)
{
	static const char text[] = "the fetcher ended or hangs; its lines in the log say why";

	source->cause = FETCH_NOT_KEPT;
	memcpy(source->text, text, sizeof(text));
	return STATUS_IO;
}

static enum status note(struct fetch_source *source, struct span body)
{
	struct fetch_failure failure;

	if (fetch_failure_decode(body, &failure) != OK)
		return lost(source);
	/* Whoever asked has a refusal of his own for that. */
	if (failure.cause == FETCH_TOO_LARGE)
		return STATUS_TOO_LARGE;
	source->cause = failure.cause;
	if (failure.text.len > 0)
		memcpy(source->text, failure.text.data, failure.text.len);
	source->text[failure.text.len] = '\0';
	return STATUS_IO;
}

/* Asks; the answer's type in *type, its descriptor, which only FRAME_FETCHED has, in *fd. */
static enum status ask(struct fetch_source *source, uint16_t what, struct span body, uint16_t *type,
		       int *fd)
{
	struct frame frame;

	if (source->cause != 0)
		return STATUS_IO;
	if (channel_call(&source->fetcher, what, FETCH_ID, body, FETCH_TIMEOUT_MS, &frame) != OK)
		return lost(source);
	if (frame.fd >= 0 && frame.type != FRAME_FETCHED) {
		(void)close(frame.fd);
		return lost(source);
	}
	if (frame.type == FRAME_FETCH_FAILED)
		return note(source, frame.body);
	*type = frame.type;
	*fd = frame.fd;
	return OK;
}

enum status fetch_source_read(void *self, const char *path, size_t max, struct bytes *out)
{
	struct fetch_source *source = self;
	AUTO_DONE(bytes) body = { 0 };
	struct fetch_request request = { .path = span_text(path), .most = max };
	enum status status = fetch_request_encode(&request, &body);
	uint16_t type = 0;
	int fd = -1;

	if (status == OK)
		status = ask(source, FRAME_FETCH, span_of(&body), &type, &fd);
	if (status != OK)
		return status;
	if (fd >= 0) {
		status = file_read_fd(fd, max, out);
		(void)close(fd);
		return status;
	}
	return type == FRAME_FETCH_ABSENT ? STATUS_NOT_FOUND : lost(source);
}

enum status fetch_source_news(struct fetch_source *source, bool *out)
{
	uint16_t type = 0;
	int fd = -1;
	enum status status = ask(source, FRAME_NEWS_WANTED, (struct span){ 0 }, &type, &fd);

	if (fd >= 0)
		(void)close(fd);
	if (status != OK)
		return status;
	if (type != FRAME_NEWS && type != FRAME_NO_NEWS)
		return lost(source);
	*out = type == FRAME_NEWS;
	return OK;
}

enum status fetch_source_adopt(struct fetch_source *source)
{
	uint16_t type = 0;
	int fd = -1;
	enum status status = ask(source, FRAME_ADOPT, (struct span){ 0 }, &type, &fd);

	if (fd >= 0)
		(void)close(fd);
	if (status == OK && type != FRAME_ADOPTED)
		return lost(source);
	return status;
}
