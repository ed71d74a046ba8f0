/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/loading.h"

#include <sys/mman.h>
#include <unistd.h>

#include "daemon/log.h"

#define LAST_WORDS 8 /* frames of a loader that another one follows */

static enum status accept_image(struct turn turn, struct span image,
				const struct release_marks *marks)
{
	AUTO_DONE(keep) keep = { 0 };
	struct store *store = turn.signer->store;
	struct reference reference;
	enum status status = store_begin(store);

	turn.keep = &keep;
	if (status == OK)
		status = releases_accept(&turn, image, marks, &reference);
	if (status == OK)
		status = store_commit(store);
	if (status != OK) {
		store_rollback(store);
		return status;
	}
	releases_use(turn.signer, &reference, turn.now);
	return OK;
}

static void drop_image(struct loading *l)
{
	if (l->image.data != NULL)
		(void)munmap((void *)(uintptr_t)l->image.data, l->image.len);
	if (l->image_fd >= 0)
		(void)close(l->image_fd);
}

/* A new generation: everybody maps the same sealed pages. */
static enum status take_image(struct loading *l, const struct turn *turn, struct frame *frame)
{
	struct release_marks marks;
	struct span image = { 0 };
	enum status status = frame->fd >= 0 ? OK : STATUS_MALFORMED;

	if (status == OK)
		status = release_marks_decode(frame->body, &marks);
	if (status == OK)
		status = releases_map(frame->fd, &image);
	if (status != OK)
		return status;
	status = accept_image(*turn, image, &marks);
	if (status != OK) {
		(void)munmap((void *)(uintptr_t)image.data, image.len);
		return status;
	}
	drop_image(l);
	l->image = image;
	l->image_fd = frame->fd;
	frame->fd = -1;
	l->is_new = true;
	log_line(LOG_LEVEL_NOTICE, "a release is loaded");
	return OK;
}

static enum status take_refusal(struct turn turn, const struct frame *frame, bool suspends)
{
	AUTO_DONE(keep) keep = { 0 };
	struct store *store = turn.signer->store;
	struct load_refusal refusal;
	enum status status = load_refusal_decode(frame->body, &refusal);

	if (status != OK)
		return status;
	log_line(LOG_LEVEL_ERROR, "a release was refused: %.*s in %.*s", (int)refusal.code.len,
		 (const char *)refusal.code.data, (int)refusal.document.len,
		 (const char *)refusal.document.data);
	turn.keep = &keep;
	status = store_begin(store);
	if (status == OK)
		status = releases_refused(&turn, &refusal, suspends);
	if (status == OK)
		return store_commit(store);
	store_rollback(store);
	return status;
}

static enum status take_current(struct signer *s, const struct frame *frame)
{
	return frame->body.len == 0 && frame->fd < 0 ? releases_current(s) : STATUS_MALFORMED;
}

static enum status send_marks(struct loading *l, struct signer *s, uint64_t id)
{
	AUTO_DONE(bytes) body = { 0 };
	struct release_marks marks;
	enum status status = releases_marks(s, &marks);

	if (status == OK)
		status = release_marks_encode(&marks, &body);
	if (status == OK)
		status = channel_queue(&l->channel, FRAME_MARKS, id, span_of(&body));
	if (status == OK)
		status = channel_flush(&l->channel);
	/* The socket holds hundreds of these: a loader that reads none is not one. */
	return status == OK && channel_has_output(&l->channel) ? STATUS_DENIED : status;
}

/* Whoever loaded it learns whether it counts: a store that fails for a moment
 * must not leave the old release in use until the next one comes. */
static enum status answer_image(struct loading *l, const struct turn *turn, struct frame *frame)
{
	enum status status = take_image(l, turn, frame);

	l->has_loaded = status == OK;
	/* A loader that does not wait for the answer has loaded all the same. */
	if (status == OK)
		(void)send_marks(l, turn->signer, frame->id);
	else
		log_line(LOG_LEVEL_ERROR, "a verified release is not in use: %s; see %s",
			 status_text(status), turn->signer->store_path);
	return status;
}

static void end_channel(struct loading *l)
{
	channel_done(&l->channel);
	l->is_open = false;
}

bool loading_serve(struct loading *l, const struct turn *turn)
{
	struct frame frame = { .fd = -1 };
	enum status status = channel_fill(&l->channel);

	if (status == OK)
		status = channel_take(&l->channel, &frame);
	if (status == STATUS_NOT_FOUND)
		return false;
	if (status == OK && frame.type == FRAME_MARKS_WANTED)
		status = send_marks(l, turn->signer, frame.id);
	else if (status == OK && frame.type == FRAME_LOADED)
		status = answer_image(l, turn, &frame);
	else if (status == OK && frame.type == FRAME_LOAD_REFUSED)
		status = take_refusal(*turn, &frame, l->has_loaded);
	else if (status == OK && frame.type == FRAME_LOAD_CURRENT)
		status = take_current(turn->signer, &frame);
	else if (status == OK)
		status = STATUS_UNSUPPORTED;
	if (frame.fd >= 0)
		(void)close(frame.fd);
	if (status == OK)
		return true;
	/* Its process ends when its work is done: no more than that is STATUS_IO. */
	if (status != STATUS_IO)
		log_line(LOG_LEVEL_ERROR, "what the loader sent was refused: %s",
			 status_text(status));
	end_channel(l);
	return false;
}

void loading_begin(struct loading *l, const struct turn *turn, int fd)
{
	for (unsigned i = 0; i < LAST_WORDS && l->is_open && loading_serve(l, turn); i++)
		;
	if (l->is_open)
		end_channel(l);
	channel_init(&l->channel, fd, SIGNER_FRAME_MAX);
	l->is_open = true;
	l->has_loaded = false;
}

void loading_init(struct loading *l)
{
	*l = (struct loading){ .image_fd = -1 };
	channel_init(&l->channel, -1, SIGNER_FRAME_MAX);
}

void loading_done(struct loading *l)
{
	channel_done(&l->channel);
	drop_image(l);
}
