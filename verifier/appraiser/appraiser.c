/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraiser/appraiser.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/directory.h"
#include "daemon/file.h"
#include "daemon/log.h"
#include "verifier/appraiser/requests.h"

#define POOL_FILE_MAX ((size_t)1 << 20)
#define REFERENCE_MAX ((off_t)1 << 30)
#define SIGNER_TIMEOUT_MS 30000

/* Without these nobody could be sure that the pages stay what was checked. */
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

static enum status add_certificates(void *pool, const char *path, struct span content)
{
	enum status status = ek_pool_add_certificates(pool, content);

	if (status != OK)
		log_line(LOG_LEVEL_WARNING, "%s: no certificate in it", path);
	return status == STATUS_NO_MEMORY ? status : OK;
}

static enum status add_crls(void *pool, const char *path, struct span content)
{
	enum status status = ek_pool_add_crls(pool, content);

	if (status != OK)
		log_line(LOG_LEVEL_WARNING, "%s: no CRL in it", path);
	return status == STATUS_NO_MEMORY ? status : OK;
}

static bool read_pool(const char *path, directory_visitor add, struct ek_pool *pool)
{
	enum status status =
		path == NULL ? OK : directory_read_guarded(path, POOL_FILE_MAX, add, pool);

	if (status != OK)
		log_line(LOG_LEVEL_ERROR, "%s: %s", path, file_guard_text(status));
	return status == OK;
}

static bool read_pools(struct appraiser *a)
{
	const struct appraiser_settings *s = a->settings;

	return read_pool(s->ek_roots, add_certificates, &a->roots) &&
	       read_pool(s->ek_intermediates, add_certificates, &a->intermediates) &&
	       read_pool(s->ek_crls, add_crls, &a->crls) &&
	       (!s->allow_software_tpm ||
		read_pool(s->software_roots, add_certificates, &a->software_roots));
}

static void unmap(struct mapped_reference *mapped)
{
	if (mapped->image.len > 0)
		(void)munmap((void *)(uintptr_t)mapped->image.data, mapped->image.len);
	*mapped = (struct mapped_reference){ 0 };
}

static bool map(int fd, struct mapped_reference *out)
{
	struct mapped_reference mapped = { 0 };
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) != 0 || st.st_size <= 0 ||
	    st.st_size > REFERENCE_MAX)
		return false;

	void *pages = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (pages == MAP_FAILED)
		return false;
	mapped.image = (struct span){ .data = pages, .len = (size_t)st.st_size };
	if (reference_open(mapped.image, &mapped.reference) != OK) {
		unmap(&mapped);
		return false;
	}
	*out = mapped;
	return true;
}

void adopt_reference(struct appraiser *a)
{
	struct mapped_reference mapped;

	if (a->pending_reference < 0)
		return;
	if (map(a->pending_reference, &mapped)) {
		unmap(&a->reference);
		a->reference = mapped;
	} else {
		log_line(LOG_LEVEL_ERROR, "the reference values handed over are not usable");
		a->is_broken = true;
	}
	(void)close(a->pending_reference);
	a->pending_reference = -1;
}

/* A newer image takes the place of one that nobody used yet. */
static bool keep_reference(struct appraiser *a, const struct frame *frame)
{
	if (frame->type != FRAME_REFERENCE || frame->fd < 0)
		return false;
	if (a->pending_reference >= 0)
		(void)close(a->pending_reference);
	a->pending_reference = frame->fd;
	return true;
}

static enum status receive_answer(struct appraiser *a, uint64_t id, struct frame *frame)
{
	for (;;) {
		enum status status = channel_receive(&a->signer, SIGNER_TIMEOUT_MS, frame);

		if (status != OK)
			return status;
		if (keep_reference(a, frame))
			continue;
		if (frame->fd >= 0)
			(void)close(frame->fd);
		if (frame->type != FRAME_ANSWER || frame->id != id || frame->fd >= 0)
			return STATUS_MALFORMED;
		return OK;
	}
}

bool ask_signer(struct appraiser *a, const struct signer_request *request, struct answer *answer)
{
	AUTO_DONE(bytes) body = { 0 };
	uint64_t id = ++a->calls;
	struct frame frame = { .fd = -1 };
	enum status status = signer_request_encode(request, &body);

	if (status != OK) {
		answer_error(answer, 400, "too-large", NULL);
		return false;
	}
	status = channel_send(&a->signer, (uint16_t)request->type, id, span_of(&body));
	if (status == OK)
		status = receive_answer(a, id, &frame);
	if (status == OK)
		status = signer_answer_decode(request->type, frame.body, &a->reply);
	if (status != OK) {
		log_line(LOG_LEVEL_ERROR, "signer: %s", status_text(status));
		a->is_broken = true;
		answer->retry_after_s = 5;
		answer_error(answer, 503, "store-unavailable", NULL);
		return false;
	}
	if (a->reply.refusal == REFUSAL_NONE)
		return true;
	answer->retry_after_s =
		a->reply.retry_after_s < UINT16_MAX ? a->reply.retry_after_s : UINT16_MAX;
	answer_error(answer, refusal_http_status(a->reply.refusal), refusal_name(a->reply.refusal),
		     NULL);
	return false;
}

static void handle(struct appraiser *a, const struct request *request, struct answer *answer)
{
	switch (request->route) {
	case ROUTE_ENROL:
		handle_enrol(a, request, answer);
		return;
	case ROUTE_ACTIVATE:
		handle_activate(a, request, answer);
		return;
	case ROUTE_CHALLENGE:
		handle_challenge(a, request, answer);
		return;
	case ROUTE_EVIDENCE:
		handle_evidence(a, request, answer);
		return;
	case ROUTE_BUNDLE:
		handle_bundle(a, request, answer);
		return;
	case ROUTE_HEALTH:
		handle_health(a, request, answer);
		return;
	case ROUTE_METRICS:
		handle_metrics(a, request, answer);
		return;
	case ROUTE_ADMIN_NODES:
	case ROUTE_ADMIN_NODE:
	case ROUTE_ADMIN_NODE_EVIDENCE:
	case ROUTE_ADMIN_QUARANTINE:
	case ROUTE_ADMIN_RETIRE:
	case ROUTE_ADMIN_ACT:
	case ROUTE_ADMIN_RELEASES:
	case ROUTE_ADMIN_AUDIT:
		handle_admin(a, request, answer);
		return;
	}
}

static bool on_request(struct appraiser *a, const struct frame *frame)
{
	AUTO_DONE(bytes) body = { 0 };
	struct answer answer = { .status = 500, .content_type = "application/json" };
	struct request request;
	enum status status;

	if (frame->fd >= 0)
		(void)close(frame->fd);
	if (frame->type != FRAME_REQUEST || frame->fd >= 0 ||
	    request_decode(frame->body, &request) != OK)
		return false;
	handle(a, &request, &answer);
	status = answer_encode(&answer, &body);
	bytes_done(&answer.body);
	if (status == OK)
		status = channel_send(&a->front, FRAME_RESPONSE, frame->id, span_of(&body));
	return status == OK;
}

/* One frame where there is one. False: the channel is at its end. */
static bool serve_signer(struct appraiser *a)
{
	struct frame frame;
	enum status status = channel_receive(&a->signer, 0, &frame);

	if (status == STATUS_UNAVAILABLE)
		return true;
	if (status != OK)
		return false;
	if (keep_reference(a, &frame))
		return true;
	if (frame.fd >= 0)
		(void)close(frame.fd);
	return false;
}

static bool serve_front(struct appraiser *a)
{
	struct frame frame;
	enum status status = channel_receive(&a->front, 0, &frame);

	if (status == STATUS_UNAVAILABLE)
		return true;
	return status == OK && on_request(a, &frame);
}

/* False: the parent is gone, or says what it may not. */
static bool serve_parent(struct appraiser *a)
{
	struct frame frame;
	enum status status = channel_receive(&a->parent, 0, &frame);

	if (status == STATUS_UNAVAILABLE)
		return true;
	if (status != OK)
		return false;
	if (frame.fd >= 0)
		(void)close(frame.fd);
	return frame.fd < 0 && frame.type == FRAME_PING &&
	       channel_send(&a->parent, FRAME_PONG, frame.id, (struct span){ 0 }) == OK;
}

/* 0 when the parent ended it, 1 when something else did. */
static int serve(struct appraiser *a)
{
	for (;;) {
		struct pollfd p[] = {
			{ .fd = a->parent.fd, .events = POLLIN },
			{ .fd = a->signer.fd, .events = POLLIN },
			{ .fd = a->front.fd, .events = POLLIN },
		};

		if (poll(p, 3, -1) < 0)
			continue;
		if (p[0].revents != 0 && !serve_parent(a))
			return 0;
		/* First what decides, then who asks. */
		if (p[1].revents != 0 && !serve_signer(a))
			return 1;
		adopt_reference(a);
		if (!a->is_broken && p[2].revents != 0 && !serve_front(a))
			return 1;
		if (a->is_broken)
			return 1;
	}
}

int appraiser_run(const struct appraiser_settings *settings, int parent_fd, int front_fd,
		  int signer_fd)
{
	struct appraiser *a = calloc(1, sizeof(*a));
	int end = 1;

	if (a == NULL || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return 1;
	a->settings = settings;
	a->pending_reference = -1;
	channel_init(&a->parent, parent_fd, 0);
	channel_init(&a->front, front_fd, FRAME_BODY_MAX);
	channel_init(&a->signer, signer_fd, FRAME_BODY_MAX);
	if (read_pools(a) && channel_send(&a->parent, FRAME_READY, 0, (struct span){ 0 }) == OK)
		end = serve(a);
	ek_pool_done(&a->roots);
	ek_pool_done(&a->intermediates);
	ek_pool_done(&a->crls);
	ek_pool_done(&a->software_roots);
	channel_done(&a->parent);
	channel_done(&a->front);
	channel_done(&a->signer);
	unmap(&a->reference);
	if (a->pending_reference >= 0)
		(void)close(a->pending_reference);
	free(a);
	return end;
}
