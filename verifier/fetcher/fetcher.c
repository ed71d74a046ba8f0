/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/fetcher/fetcher.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/channel.h"
#include "daemon/file.h"
#include "daemon/log.h"
#include "verifier/fetcher/staging.h"

/* What a look for news reads of one file: a document. What is longer is news. */
#define NEWS_MAX ((uint64_t)4 << 20)

struct fetcher {
	const struct fetcher_settings *settings;
	struct https_client *https;
	struct staging staging;
	struct channel loader;
	uint64_t total; /* bytes that came in this pass, kept or not */
};

/* A path of a request, as text. */
struct path {
	char text[FETCH_PATH_MAX + 1];
};

static struct path path_of(struct span span)
{
	struct path path = { 0 };

	memcpy(path.text, span.data, span.len);
	return path;
}

static enum status send_failure(struct fetcher *f, uint64_t id, enum fetch_cause cause,
				const char *text)
{
	AUTO_DONE(bytes) body = { 0 };
	struct fetch_failure failure = { .cause = cause, .text = span_text(text) };
	enum status status = fetch_failure_encode(&failure, &body);

	log_line(LOG_LEVEL_WARNING, "%s (%s)", text, fetch_cause_code(cause));
	return status == OK ? channel_send(&f->loader, FRAME_FETCH_FAILED, id, span_of(&body))
			    : status;
}

static enum status send_file(struct fetcher *f, uint64_t id, int fd)
{
	enum status status = channel_send_fd(&f->loader, FRAME_FETCHED, id, (struct span){ 0 }, fd);

	(void)close(fd);
	return status;
}

static enum status not_kept(struct fetcher *f, uint64_t id, const char *path, enum status status)
{
	char text[FETCH_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "%s/%s: can't be kept in %s (%s)",
		       f->settings->https.url, path, f->settings->directory, status_text(status));
	return send_failure(f, id, status == STATUS_MISMATCH ? FETCH_DAMAGED : FETCH_NOT_KEPT,
			    text);
}

/* The time to ask with; 0: whatever it is. */
static int64_t known_since(const struct fetcher *f, const char *path)
{
	int fd = f->settings->is_conditional ? staging_find_current(&f->staging, path) : -1;
	struct stat facts = { 0 };

	if (fd < 0)
		return 0;
	if (fstat(fd, &facts) != 0)
		facts.st_mtim.tv_sec = 0;
	(void)close(fd);
	return facts.st_mtim.tv_sec;
}

static enum status keep(struct fetcher *f, uint64_t id, const char *path, int fd, int64_t modified)
{
	enum status status = staging_keep(&f->staging, path, fd, modified);
	int kept = status == OK ? staging_find(&f->staging, path) : -1;

	return kept < 0 ? not_kept(f, id, path, status) : send_file(f, id, kept);
}

static enum status reuse(struct fetcher *f, uint64_t id, const char *path)
{
	enum status status = staging_reuse(&f->staging, path);
	int kept = status == OK ? staging_find(&f->staging, path) : -1;

	return kept < 0 ? not_kept(f, id, path, status) : send_file(f, id, kept);
}

static enum status absent(struct fetcher *f, uint64_t id, const char *path)
{
	enum status status = staging_note_absent(&f->staging, path);

	return status == OK ? channel_send(&f->loader, FRAME_FETCH_ABSENT, id, (struct span){ 0 })
			    : not_kept(f, id, path, status);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* At most most bytes, and no more than this pass has left. What comes to nothing, a page
 * beside an error or a file that breaks off, counts as well: a server could go on with
 * that for ever. */
static void get(struct fetcher *f, const char *path, int64_t since, uint64_t most, int fd,
		struct https_answer *out)
{
	uint64_t total_max = f->settings->total_max;
	uint64_t rest = total_max - least(f->total, total_max);

	https_get(f->https, path, since, least(most, rest), fd, out);
	f->total += out->received;
	if (f->total <= total_max &&
	    !(out->end == HTTPS_FAILED && out->cause == FETCH_TOO_LARGE && rest < most))
		return;
	out->end = HTTPS_FAILED;
	out->cause = FETCH_OVER_TOTAL;
	(void)snprintf(out->text, sizeof(out->text), "%s/%s: more than %llu bytes in one pass",
		       f->settings->https.url, path, (unsigned long long)total_max);
}

static enum status fetch(struct fetcher *f, uint64_t id, const char *path, uint64_t most)
{
	struct https_answer answer;
	int fd = staging_receive(&f->staging);
	enum status status;

	if (fd < 0)
		return not_kept(f, id, path, STATUS_IO);
	get(f, path, known_since(f, path), most, fd, &answer);
	if (answer.end == HTTPS_TAKEN)
		status = keep(f, id, path, fd, answer.modified);
	else if (answer.end == HTTPS_UNCHANGED)
		status = reuse(f, id, path);
	else if (answer.end == HTTPS_ABSENT)
		status = absent(f, id, path);
	else
		status = send_failure(f, id, answer.cause, answer.text);
	(void)close(fd);
	return status;
}

/* Each file comes once: what was verified is what will be put in place. */
static enum status serve_file(struct fetcher *f, const struct frame *frame)
{
	struct fetch_request request;
	enum status status = fetch_request_decode(frame->body, &request);

	if (status == STATUS_DENIED)
		return send_failure(f, frame->id, FETCH_NAME,
				    "what was asked for is no name of a "
				    "release");
	if (status != OK)
		return status;

	struct path path = path_of(request.path);
	int fd = staging_find(&f->staging, path.text);

	if (fd < 0 && staging_reuse_set(&f->staging, path.text) == OK)
		fd = staging_find(&f->staging, path.text);
	if (fd >= 0)
		return send_file(f, frame->id, fd);
	if (staging_is_absent(&f->staging, path.text))
		return channel_send(&f->loader, FRAME_FETCH_ABSENT, frame->id, (struct span){ 0 });
	return fetch(f, frame->id, path.text, request.most);
}

/* Of a server that answers though nothing changed. */
static bool is_same_content(int a, int b)
{
	AUTO_DONE(bytes) first = { 0 };
	AUTO_DONE(bytes) second = { 0 };

	return a >= 0 && b >= 0 && lseek(b, 0, SEEK_SET) == 0 &&
	       file_read_fd(a, NEWS_MAX, &first) == OK &&
	       file_read_fd(b, NEWS_MAX, &second) == OK &&
	       span_equal(span_of(&first), span_of(&second));
}

static bool is_as_kept(struct fetcher *f, const char *path, int received)
{
	int kept = staging_find_current(&f->staging, path);
	bool is_same = is_same_content(kept, received);

	if (kept >= 0)
		(void)close(kept);
	return is_same;
}

/* One line of what was asked for the last time: is it still so? */
static bool is_unchanged(struct fetcher *f, struct span line, struct https_answer *answer)
{
	bool was_there = line.data[0] == '+';
	struct span name = { line.data + 1, line.len - 1 };

	*answer = (struct https_answer){ .end = HTTPS_UNCHANGED };
	if (!fetch_path_is_valid(name))
		return false;

	struct path path = path_of(name);
	/* Named by its content. */
	if (was_there && strncmp(path.text, "sets/", strlen("sets/")) == 0)
		return true;

	int fd = staging_receive(&f->staging);
	if (fd < 0)
		return false;
	get(f, path.text, was_there ? known_since(f, path.text) : 0, NEWS_MAX, fd, answer);

	bool is_same = was_there ? answer->end == HTTPS_UNCHANGED || (answer->end == HTTPS_TAKEN &&
								      is_as_kept(f, path.text, fd))
				 : answer->end == HTTPS_ABSENT;
	(void)close(fd);
	return is_same;
}

/* Everything that the last load rests on, asked for again: what is absent, too. */
static enum status serve_news(struct fetcher *f, const struct frame *frame)
{
	AUTO_DONE(bytes) asked = { 0 };
	enum status status = staging_asked(&f->staging, &asked);
	struct https_answer answer = { 0 };
	bool is_new = status != OK || asked.len == 0;

	for (size_t at = 0; at < asked.len && !is_new;) {
		const uint8_t *end = memchr(asked.data + at, '\n', asked.len - at);
		size_t len = end == NULL ? 0 : (size_t)(end - asked.data) - at;

		is_new =
			len < 2 || !is_unchanged(f, (struct span){ asked.data + at, len }, &answer);
		at += len + 1;
	}
	if (is_new && answer.end == HTTPS_FAILED && answer.cause != FETCH_TOO_LARGE)
		return send_failure(f, frame->id, answer.cause, answer.text);
	return channel_send(&f->loader, is_new ? FRAME_NEWS : FRAME_NO_NEWS, frame->id,
			    (struct span){ 0 });
}

static enum status serve_adoption(struct fetcher *f, const struct frame *frame)
{
	enum status status = staging_adopt(&f->staging);

	if (status != OK)
		return not_kept(f, frame->id, "", status);
	log_line(LOG_LEVEL_NOTICE, "%s: adopted, %llu bytes were fetched", f->settings->https.url,
		 (unsigned long long)f->total);
	return channel_send(&f->loader, FRAME_ADOPTED, frame->id, (struct span){ 0 });
}

static enum status serve(struct fetcher *f)
{
	struct frame frame;
	enum status status = channel_receive(&f->loader, -1, &frame);

	if (status != OK)
		return status;
	if (frame.fd >= 0) {
		(void)close(frame.fd);
		return STATUS_MALFORMED;
	}
	if (frame.type == FRAME_FETCH)
		return serve_file(f, &frame);
	if (frame.type == FRAME_NEWS_WANTED)
		return serve_news(f, &frame);
	if (frame.type == FRAME_ADOPT)
		return serve_adoption(f, &frame);
	return STATUS_UNSUPPORTED;
}

int fetcher_run(const struct fetcher_settings *settings, int loader_fd)
{
	struct fetcher f = { .settings = settings };
	enum status status = staging_open(settings->directory, &f.staging);

	channel_init(&f.loader, loader_fd, FETCH_BODY_MAX);
	if (status != OK)
		log_line(LOG_LEVEL_ERROR, "%s can't be written", settings->directory);
	if (status == OK) {
		status = https_client_new(&settings->https, &f.https);
		if (status != OK)
			log_line(LOG_LEVEL_ERROR, "%s: %s",
				 settings->https.ca == NULL ? "libcurl" : settings->https.ca,
				 file_guard_text(status));
	}
	while (status == OK)
		status = serve(&f);
	/* The loader ends when it is done: no more than that is STATUS_IO. */
	if (status != STATUS_IO)
		log_line(LOG_LEVEL_ERROR, "the loader's channel: %s", status_text(status));
	https_client_free(f.https);
	staging_done(&f.staging);
	channel_done(&f.loader);
	return status == STATUS_IO ? 0 : 1;
}
