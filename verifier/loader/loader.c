/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/loader/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "daemon/channel.h"
#include "daemon/file.h"
#include "daemon/log.h"
#include "verifier/loader/fetch_source.h"
#include "verifier/loader_messages.h"

#define CALL_TIMEOUT_MS 30000

static int open_beneath(int directory, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

/* A link that leads nowhere is not nothing: half of a copy, or somebody's way to keep a
 * revocation back. */
static bool is_link(int directory, const char *path)
{
	int fd = open_beneath(directory, path, O_PATH | O_NOFOLLOW);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

enum status loader_read(void *self, const char *path, size_t max, struct bytes *out)
{
	const int *directory = self;
	int fd = open_beneath(*directory, path, O_RDONLY | O_NONBLOCK);
	enum status status;

	/* What is there and cannot be read must not count as absent: a revocation. */
	if (fd < 0)
		return (errno == ENOENT || errno == ENOTDIR) && !is_link(*directory, path)
			       ? STATUS_NOT_FOUND
			       : STATUS_IO;
	status = file_read_fd(fd, max, out);
	(void)close(fd);
	return status;
}

/* Sealed: nobody, this process included, can change what was verified. */
static int seal(struct span image)
{
	int fd = memfd_create("attestd-reference", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && file_write_fd(fd, image) &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static enum status ask_marks(struct channel *signer, struct release_marks *out)
{
	struct frame frame;
	enum status status = channel_call(signer, FRAME_MARKS_WANTED, 1, (struct span){ 0 },
					  CALL_TIMEOUT_MS, &frame);

	if (status == OK && frame.fd >= 0)
		(void)close(frame.fd);
	if (status == OK && (frame.type != FRAME_MARKS || frame.fd >= 0))
		status = STATUS_MALFORMED;
	return status == OK ? release_marks_decode(frame.body, out) : status;
}

/* It counts when the signer has stored its marks, not before. */
static enum status await_use(struct channel *signer)
{
	struct frame frame;
	enum status status = channel_receive(signer, CALL_TIMEOUT_MS, &frame);

	if (status == OK && frame.fd >= 0)
		(void)close(frame.fd);
	return status == OK && frame.type != FRAME_MARKS ? STATUS_MALFORMED : status;
}

static enum status hand_over(struct channel *signer, struct span image,
			     const struct release_marks *marks)
{
	AUTO_DONE(bytes) body = { 0 };
	int fd = seal(image);
	enum status status = fd < 0 ? STATUS_IO : release_marks_encode(marks, &body);

	if (status == OK)
		status = channel_send_fd(signer, FRAME_LOADED, 2, span_of(&body), fd);
	if (fd >= 0)
		(void)close(fd);
	return status == OK ? await_use(signer) : status;
}

static enum status tell_refusal(struct channel *signer, const struct load_refusal *refusal)
{
	AUTO_DONE(bytes) body = { 0 };
	enum status status = load_refusal_encode(refusal, &body);

	log_line(LOG_LEVEL_WARNING, "release refused: %.*s, %.*s %.*s: %.*s",
		 (int)refusal->code.len, (const char *)refusal->code.data,
		 (int)refusal->document.len, (const char *)refusal->document.data,
		 (int)refusal->field.len, (const char *)refusal->field.data,
		 (int)refusal->advice.len, (const char *)refusal->advice.data);
	return status == OK ? channel_send(signer, FRAME_LOAD_REFUSED, 2, span_of(&body)) : status;
}

static int refused(struct channel *signer, const struct release_refusal *why)
{
	struct load_refusal refusal = {
		.code = span_text(why->code),
		.document = span_text(why->document),
		.field = span_text(why->field),
		.advice = span_text(why->advice),
	};

	return tell_refusal(signer, &refusal) == OK ? LOADER_REFUSED : LOADER_FAILED;
}

/* The file that did not come; "" where the server was only asked for news. */
static int not_fetched(struct channel *signer, const struct fetch_source *source,
		       const char *document)
{
	struct load_refusal refusal = {
		.code = span_text(fetch_cause_code(source->cause)),
		.document = span_text(document),
		.advice = span_text(source->text),
	};

	return tell_refusal(signer, &refusal) == OK ? LOADER_REFUSED : LOADER_FAILED;
}

/* fetched: behind source, where the release is followed; else NULL. */
static int load(const struct loader_settings *settings, const struct document_source *source,
		const struct fetch_source *fetched, struct channel *signer)
{
	AUTO_DONE(bytes) image = { 0 };
	struct release_trust trust = { .root = settings->root, .now = (int64_t)time(NULL) };
	struct release_marks marks = { 0 };
	struct release_refusal why = { 0 };
	enum status status = ask_marks(signer, &trust.marks);

	if (status != OK)
		return LOADER_FAILED;
	status = release_load(&trust, source, &image, &marks, &why);
	if (status == OK)
		status = hand_over(signer, span_of(&image), &marks);
	else if (fetched != NULL && fetched->cause != 0)
		return not_fetched(signer, fetched, why.document);
	else if (why.code != NULL)
		return refused(signer, &why);
	if (status != OK)
		log_line(LOG_LEVEL_ERROR,
			 "release: the signer could not take it (%s); trying again soon",
			 status_text(status));
	/* It is in use and gives no new right: that has its reason, too. */
	if (status == OK && why.code != NULL && refused(signer, &why) != LOADER_REFUSED)
		return LOADER_FAILED;
	return status == OK ? LOADER_LOADED : LOADER_FAILED;
}

static int load_directory(const struct loader_settings *settings, struct channel *signer)
{
	int directory = open(settings->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct document_source source = { .read = loader_read, .self = &directory };
	int end;

	if (directory < 0) {
		log_line(LOG_LEVEL_ERROR, "%s can't be opened", settings->directory);
		return LOADER_FAILED;
	}
	end = load(settings, &source, NULL, signer);
	(void)close(directory);
	return end;
}

int loader_run(const struct loader_settings *settings, int signer_fd)
{
	AUTO_DONE(channel) signer = { 0 };

	channel_init(&signer, signer_fd, FRAME_BODY_MAX);
	return load_directory(settings, &signer);
}

static int load_fetched(const struct loader_settings *settings, struct fetch_source *fetched,
			struct channel *signer)
{
	const struct document_source source = { .read = fetch_source_read, .self = fetched };
	int end = load(settings, &source, fetched, signer);

	/* A load that went on without a file that failed is in force, but does not
	 * lie here as a whole: what was adopted before stays for the next start. */
	if (end != LOADER_LOADED || fetched->cause != 0)
		return end;
	if (fetch_source_adopt(fetched) != OK)
		return not_fetched(signer, fetched, "");
	return LOADER_LOADED;
}

int loader_follow(const struct loader_settings *settings, bool is_in_force, int signer_fd,
		  int fetcher_fd)
{
	AUTO_DONE(channel) signer = { 0 };
	AUTO_DONE(fetch_source) fetched = { 0 };
	bool is_new = true;

	channel_init(&signer, signer_fd, FRAME_BODY_MAX);
	fetch_source_init(&fetched, fetcher_fd);
	if (is_in_force && fetch_source_news(&fetched, &is_new) != OK)
		return not_fetched(&signer, &fetched, "");
	if (is_new)
		return load_fetched(settings, &fetched, &signer);
	return channel_send(&signer, FRAME_LOAD_CURRENT, 1, (struct span){ 0 }) == OK
		       ? LOADER_LOADED
		       : LOADER_FAILED;
}
