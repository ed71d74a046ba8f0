/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/signer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "daemon/channel.h"
#include "daemon/file.h"
#include "daemon/log.h"
#include "verifier/signer/core.h"

#define DESKS_MAX 32
#define POLL_MS 1000

/* One appraiser's channel, and its request in the group being answered. */
struct desk {
	struct channel channel;
	bool is_open;
	bool wants_reference;
	struct pending pending;
	bool is_asking;
	uint64_t id;
	struct signer_request request;
	struct signer_answer answer;
	struct keep keep;
};

struct service {
	const struct signer_settings *settings;
	struct signer signer;
	struct channel parent, loader;
	bool has_loader;
	struct desk *desks;
	size_t desk_count;
	struct span image; /* mapped */
	int image_fd;
	struct timespec inventory_time;
	int64_t now;
};

static enum status system_random(uint8_t *buffer, size_t len)
{
	return RAND_bytes(buffer, (int)len) == 1 ? OK : STATUS_UNAVAILABLE;
}

static int64_t system_time(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_REALTIME, &now) == 0 ? (int64_t)now.tv_sec : 0;
}

static struct turn turn_of(struct service *v, struct pending *pending, struct keep *keep)
{
	return (struct turn){ .signer = &v->signer,
			      .pending = pending,
			      .keep = keep,
			      .random = system_random,
			      .now = v->now };
}

/* Reads the inventory again where the file changed. A wrong one changes
 * nothing: the old list stays, and the log says which line it was. */
static enum status refresh_inventory(struct service *v)
{
	AUTO_DONE(bytes) text = { 0 };
	const char *path = v->settings->inventory;
	struct inventory inventory;
	struct stat facts;
	size_t line = 0;

	if (path == NULL)
		return OK;
	/* A file that went away is told once, as one that changed. */
	if (stat(path, &facts) != 0)
		facts = (struct stat){ .st_mtim = { .tv_sec = -1 } };
	if (memcmp(&facts.st_mtim, &v->inventory_time, sizeof(facts.st_mtim)) == 0)
		return OK;
	v->inventory_time = facts.st_mtim;

	enum status status = file_read_guarded(path, INVENTORY_MAX, false, &text);

	if (status == OK)
		status = inventory_parse(&text, &inventory, &line);
	if (status != OK) {
		log_line(LOG_LEVEL_ERROR, "inventory %s, line %zu: %s; the list before stays", path,
			 line, file_guard_text(status));
		return status;
	}
	inventory_done(&v->signer.inventory);
	v->signer.inventory = inventory;
	log_line(LOG_LEVEL_INFO, "inventory %s: %zu keys", path, inventory.count);
	return OK;
}

static void close_desk(struct desk *desk, const char *why)
{
	log_line(LOG_LEVEL_WARNING, "an appraiser's channel ends: %s", why);
	channel_done(&desk->channel);
	pending_done(&desk->pending);
	keep_done(&desk->keep);
	desk->is_open = false;
	desk->is_asking = false;
}

/* The next request of a desk, if all of it is there. */
static void take_request(struct desk *desk)
{
	struct frame frame = { .fd = -1 };
	enum status status = channel_fill(&desk->channel);

	if (status == OK)
		status = channel_take(&desk->channel, &frame);
	if (status == STATUS_NOT_FOUND)
		return;
	if (status == OK && frame.fd >= 0) {
		(void)close(frame.fd);
		status = STATUS_MALFORMED;
	}
	if (status == OK)
		status = signer_request_decode((enum frame_type)frame.type, frame.body,
					       &desk->request);
	if (status != OK) {
		close_desk(desk, status_text(status));
		return;
	}
	desk->id = frame.id;
	desk->is_asking = true;
}

static void refuse(struct desk *desk, enum refusal refusal)
{
	keep_done(&desk->keep);
	pending_done(&desk->pending);
	desk->answer = (struct signer_answer){ .type = desk->request.type,
					       .refusal = refusal,
					       .retry_after_s = BUSY_RETRY_S };
}

static void answer_desk(struct service *v, struct desk *desk)
{
	struct turn turn = turn_of(v, &desk->pending, &desk->keep);

	if (store_step_begin(v->signer.store) != OK) {
		refuse(desk, REFUSAL_STORE_UNAVAILABLE);
		return;
	}
	signer_answer_request(&turn, &desk->request, &desk->answer);
	if (store_step_end(v->signer.store, desk->answer.refusal == REFUSAL_NONE) != OK)
		refuse(desk, REFUSAL_STORE_UNAVAILABLE);
}

/* HEALTH must say that the store fails even where nothing else can be said. */
static void refuse_group(struct service *v)
{
	log_line(LOG_LEVEL_ERROR,
		 "%s can't be written: nothing is granted; is its disk full, or is it locked?",
		 v->settings->store);
	/* What was not stored was not seen. */
	(void)high_water_read(&v->signer);
	for (size_t i = 0; i < v->desk_count; i++) {
		struct desk *desk = &v->desks[i];

		if (!desk->is_asking)
			continue;
		refuse(desk, REFUSAL_STORE_UNAVAILABLE);
		if (desk->request.type != FRAME_HEALTH)
			continue;
		desk->answer.refusal = REFUSAL_NONE;
		desk->answer.retry_after_s = 0;
		desk->answer.health.health = HEALTH_STORE_UNAVAILABLE;
	}
}

static void send_answer(struct desk *desk)
{
	AUTO_DONE(bytes) body = { 0 };
	enum status status = signer_answer_encode(&desk->answer, &body);

	/* Two logs that fit the store may not fit a frame. */
	if (status != OK) {
		body.len = 0;
		desk->answer = (struct signer_answer){ .type = desk->request.type,
						       .refusal = REFUSAL_INTERNAL };
		status = signer_answer_encode(&desk->answer, &body);
	}
	if (status == OK)
		status = channel_queue(&desk->channel, FRAME_ANSWER, desk->id, span_of(&body));
	keep_done(&desk->keep);
	desk->is_asking = false;
	if (status != OK)
		close_desk(desk, "its answer could not be made");
}

/* All that is waiting is one transaction: synced once, and no answer leaves
 * before it is durable. */
static void answer_group(struct service *v)
{
	bool is_open = false, has_request = false;

	for (size_t i = 0; i < v->desk_count; i++)
		has_request |= v->desks[i].is_asking;
	if (!has_request)
		return;
	is_open = store_begin(v->signer.store) == OK;
	for (size_t i = 0; i < v->desk_count && is_open; i++)
		if (v->desks[i].is_asking)
			answer_desk(v, &v->desks[i]);
	if (!is_open || store_commit(v->signer.store) != OK) {
		store_rollback(v->signer.store);
		refuse_group(v);
	}
	for (size_t i = 0; i < v->desk_count; i++)
		if (v->desks[i].is_asking)
			send_answer(&v->desks[i]);
}

static enum status accept_image(struct service *v, struct span image,
				const struct release_marks *marks)
{
	AUTO_DONE(keep) keep = { 0 };
	struct turn turn = turn_of(v, NULL, &keep);
	struct reference reference;
	enum status status = store_begin(v->signer.store);

	if (status == OK)
		status = releases_accept(&turn, image, marks, &reference);
	if (status == OK)
		status = store_commit(v->signer.store);
	if (status != OK) {
		store_rollback(v->signer.store);
		return status;
	}
	releases_use(&v->signer, &reference, v->now);
	return OK;
}

/* A new generation: everybody maps the same sealed pages. */
static enum status take_image(struct service *v, struct frame *frame)
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
	status = accept_image(v, image, &marks);
	if (status != OK) {
		(void)munmap((void *)(uintptr_t)image.data, image.len);
		return status;
	}
	if (v->image.data != NULL)
		(void)munmap((void *)(uintptr_t)v->image.data, v->image.len);
	if (v->image_fd >= 0)
		(void)close(v->image_fd);
	v->image = image;
	v->image_fd = frame->fd;
	frame->fd = -1;
	for (size_t i = 0; i < v->desk_count; i++)
		v->desks[i].wants_reference = true;
	log_line(LOG_LEVEL_NOTICE, "a release is loaded");
	return OK;
}

static enum status take_refusal(struct service *v, const struct frame *frame)
{
	AUTO_DONE(keep) keep = { 0 };
	struct turn turn = turn_of(v, NULL, &keep);
	struct load_refusal refusal;
	enum status status = load_refusal_decode(frame->body, &refusal);

	if (status != OK)
		return status;
	log_line(LOG_LEVEL_ERROR, "a release was refused: %.*s in %.*s", (int)refusal.code.len,
		 (const char *)refusal.code.data, (int)refusal.document.len,
		 (const char *)refusal.document.data);
	status = store_begin(v->signer.store);
	if (status == OK)
		status = releases_refused(&turn, &refusal);
	if (status == OK)
		return store_commit(v->signer.store);
	store_rollback(v->signer.store);
	return status;
}

static enum status send_marks(struct service *v, uint64_t id)
{
	AUTO_DONE(bytes) body = { 0 };
	struct release_marks marks;
	enum status status = releases_marks(&v->signer, &marks);

	if (status == OK)
		status = release_marks_encode(&marks, &body);
	return status == OK ? channel_send(&v->loader, FRAME_MARKS, id, span_of(&body)) : status;
}

/* Whoever loaded it learns whether it counts: a store that fails for a moment
 * must not leave the old release in use until the next one comes. */
static enum status answer_image(struct service *v, struct frame *frame)
{
	enum status status = take_image(v, frame);

	/* A loader that does not wait for the answer has loaded all the same. */
	if (status == OK)
		(void)send_marks(v, frame->id);
	else
		log_line(LOG_LEVEL_ERROR, "a verified release is not in use: %s; see %s",
			 status_text(status), v->settings->store);
	return status;
}

static void end_loader(struct service *v)
{
	channel_done(&v->loader);
	v->has_loader = false;
}

/* One frame; false where none is complete, or the loader is done. */
static bool serve_loader(struct service *v)
{
	struct frame frame = { .fd = -1 };
	enum status status = channel_fill(&v->loader);

	if (status == OK)
		status = channel_take(&v->loader, &frame);
	if (status == STATUS_NOT_FOUND)
		return false;
	if (status == OK && frame.type == FRAME_MARKS_WANTED)
		status = send_marks(v, frame.id);
	else if (status == OK && frame.type == FRAME_LOADED)
		status = answer_image(v, &frame);
	else if (status == OK && frame.type == FRAME_LOAD_REFUSED)
		status = take_refusal(v, &frame);
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
	end_loader(v);
	return false;
}

/* False where the parent is gone, or speaks another language. */
static bool serve_parent(struct service *v)
{
	struct frame frame = { .fd = -1 };
	enum status status = channel_fill(&v->parent);

	if (status == OK)
		status = channel_take(&v->parent, &frame);
	if (status == STATUS_NOT_FOUND)
		return true;
	if (status != OK || frame.type != FRAME_LOADER || frame.fd < 0) {
		if (frame.fd >= 0)
			(void)close(frame.fd);
		return false;
	}
	/* The one before may have said its last word already. */
	while (v->has_loader && serve_loader(v))
		;
	if (v->has_loader)
		end_loader(v);
	channel_init(&v->loader, frame.fd, SIGNER_FRAME_MAX);
	v->has_loader = true;
	return true;
}

/* Sends what is queued, then the reference image between two answers. */
static void flush_desk(struct service *v, struct desk *desk)
{
	enum status status = channel_flush(&desk->channel);

	if (status == OK && desk->wants_reference && !channel_has_output(&desk->channel)) {
		status = channel_send_fd(&desk->channel, FRAME_REFERENCE, 0, (struct span){ 0 },
					 v->image_fd);
		desk->wants_reference = status != OK;
	}
	if (status != OK)
		close_desk(desk, status_text(status));
}

static void flush_desks(struct service *v)
{
	for (size_t i = 0; i < v->desk_count; i++)
		if (v->desks[i].is_open)
			flush_desk(v, &v->desks[i]);
}

#define SLOT_PARENT 0
#define SLOT_LOADER 1
#define SLOT_DESKS 2

static int wait_for_frames(const struct service *v, struct pollfd *slots)
{
	slots[SLOT_PARENT] = (struct pollfd){ .fd = v->parent.fd, .events = POLLIN };
	slots[SLOT_LOADER] =
		(struct pollfd){ .fd = v->has_loader ? v->loader.fd : -1, .events = POLLIN };
	for (size_t i = 0; i < v->desk_count; i++) {
		const struct desk *desk = &v->desks[i];
		short events = channel_has_output(&desk->channel) ? POLLIN | POLLOUT : POLLIN;

		slots[SLOT_DESKS + i] =
			(struct pollfd){ .fd = desk->is_open ? desk->channel.fd : -1,
					 .events = events };
	}
	return poll(slots, SLOT_DESKS + v->desk_count, POLL_MS);
}

/* Until the parent's channel ends. */
static void serve(struct service *v)
{
	struct pollfd slots[SLOT_DESKS + DESKS_MAX];

	for (;;) {
		if (wait_for_frames(v, slots) < 0 && errno != EINTR)
			return;
		v->now = system_time();
		(void)refresh_inventory(v);
		if (slots[SLOT_PARENT].revents != 0 && !serve_parent(v))
			return;
		if (v->has_loader && slots[SLOT_LOADER].revents != 0)
			(void)serve_loader(v);
		for (size_t i = 0; i < v->desk_count; i++)
			if (v->desks[i].is_open && (slots[SLOT_DESKS + i].revents & ~POLLOUT) != 0)
				take_request(&v->desks[i]);
		answer_group(v);
		flush_desks(v);
	}
}

/* What the store has to know before the first request. */
static enum status prepare_store(struct service *v)
{
	struct signer *s = &v->signer;
	enum status status = high_water_read(s);

	if (status == OK)
		status = store_begin(s->store);
	if (status == OK)
		status = store_generation_set(s->store, signer_generation(s));
	if (status == OK)
		status = statement_prepare_bundles(s);
	if (status == OK)
		return store_commit(s->store);
	store_rollback(s->store);
	return status;
}

static enum status prepare(struct service *v)
{
	const struct signer_settings *settings = v->settings;
	const char *what = "";
	enum status status = signer_keys_load(settings, &v->signer.keys, &what);

	if (status != OK) {
		log_line(LOG_LEVEL_ERROR, "key file %s: %s", what, file_guard_text(status));
		return status;
	}
	v->signer.approve_role = settings->approve_role;
	v->signer.release_role = settings->release_role;
	v->signer.expects_reference = settings->has_release;
	v->signer.allow_software_tpm = settings->allow_software_tpm;
	v->signer.issuer = settings->issuer;
	v->signer.audience = settings->audience;
	v->signer.fallback_class = signer_fallback_class();
	v->now = system_time();
	status = store_open(settings->store, &v->signer.store);
	if (status == OK)
		status = prepare_store(v);
	if (status != OK)
		log_line(LOG_LEVEL_ERROR, "store %s: %s%s", settings->store, status_text(status),
			 status == STATUS_UNSUPPORTED
				 ? "; a newer verifierd has written it"
				 : "; it wants a directory that can be written, and a SQLite file "
				   "that is whole");
	/* One that is configured and not there is a mistake, not an empty list. */
	return status == OK ? refresh_inventory(v) : status;
}

static void finish(struct service *v)
{
	for (size_t i = 0; i < v->desk_count; i++) {
		channel_done(&v->desks[i].channel);
		pending_done(&v->desks[i].pending);
		keep_done(&v->desks[i].keep);
	}
	free(v->desks);
	channel_done(&v->parent);
	channel_done(&v->loader);
	store_free(v->signer.store);
	signer_keys_done(&v->signer.keys);
	inventory_done(&v->signer.inventory);
	if (v->image.data != NULL)
		(void)munmap((void *)(uintptr_t)v->image.data, v->image.len);
	if (v->image_fd >= 0)
		(void)close(v->image_fd);
}

int signer_run(const struct signer_settings *settings, int parent_fd, const int *appraiser_fds,
	       size_t appraiser_count)
{
	struct service v = { .settings = settings, .image_fd = -1 };
	enum status status = appraiser_count <= DESKS_MAX ? OK : STATUS_TOO_LARGE;

	/* The store holds what every host runs: its owner's to read, also where no
	 * service manager saw to that. */
	(void)umask(077);
	channel_init(&v.parent, parent_fd, SIGNER_FRAME_MAX);
	channel_init(&v.loader, -1, SIGNER_FRAME_MAX);
	v.desks = calloc(appraiser_count + 1, sizeof(*v.desks));
	if (v.desks == NULL)
		status = STATUS_NO_MEMORY;
	for (size_t i = 0; i < appraiser_count && status == OK; i++) {
		channel_init(&v.desks[i].channel, appraiser_fds[i], SIGNER_FRAME_MAX);
		v.desks[i].is_open = true;
		v.desk_count = i + 1;
	}
	if (status == OK)
		status = prepare(&v);
	if (status == OK)
		status = channel_send(&v.parent, FRAME_READY, 0, (struct span){ 0 });
	if (status == OK)
		serve(&v);
	finish(&v);
	return status == OK ? 0 : 1;
}
