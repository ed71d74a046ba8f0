/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/openpgp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/file.h"
#include "tools/command.h"

#define TEXT_MAX ((size_t)16 << 20) /* of a document that is signed in the clear */
#define STATUS_MAX ((size_t)1 << 20)
#define STATUS_FD 3 /* in gpgv */

/* gpgv at work: the document goes in, text and status lines stay in memory. */
struct gpgv {
	const struct openpgp_document *document;
	int document_fd, feed, input, text, status;
	pid_t pid;
};

static void close_all(struct gpgv *g)
{
	for (size_t i = 0; i < 5; i++) {
		int fd = (int[]){ g->document_fd, g->feed, g->input, g->text, g->status }[i];

		if (fd >= 0)
			(void)close(fd);
	}
}

static enum status refuse(const struct openpgp_document *document, const char *why)
{
	(void)unusable("%s: openpgp-signature: %s", document->path, why);
	return STATUS_DENIED;
}

static bool open_all(struct gpgv *g)
{
	int ends[2];

	g->document_fd = open(g->document->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (g->document_fd < 0) {
		(void)unusable("%s: %s", g->document->path, strerror(errno));
		return false;
	}
	g->text = memfd_create("text", MFD_CLOEXEC);
	g->status = memfd_create("status", MFD_CLOEXEC);
	/* Not a pipe: gpgv may end before it has read all, which is no signal here. */
	if (g->text < 0 || g->status < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	g->feed = ends[0];
	g->input = ends[1];
	return true;
}

/* Whole paths: what begins with '-' would be an option, and a keyring without a slash one
 * of the user's own. */
static bool start(struct gpgv *g)
{
	AUTO(char) keyring = realpath(g->document->keyring, NULL);
	AUTO(char)
	signature = g->document->signature == NULL ? NULL : realpath(g->document->signature, NULL);
	const char *detached[] = { "gpgv",	    "--quiet", "--keyring",   keyring,
				   "--weak-digest", "SHA1",    "--status-fd", "3",
				   signature,	    "-",       NULL };
	const char *clear[] = { "gpgv",		 "--quiet", "--keyring",   keyring,
				"--weak-digest", "SHA1",    "--status-fd", "3",
				"--output",	 "-",	    "-",	   NULL };
	char *environment[] = { (char[]){ "LC_ALL=C" }, NULL };
	posix_spawn_file_actions_t files;
	int failed;

	if (keyring == NULL || (g->document->signature != NULL && signature == NULL)) {
		(void)unusable("%s: %s",
			       keyring == NULL ? g->document->keyring : g->document->signature,
			       strerror(errno));
		return false;
	}
	if (posix_spawn_file_actions_init(&files) != 0)
		return false;
	failed = posix_spawn_file_actions_adddup2(&files, g->input, STDIN_FILENO) |
		 posix_spawn_file_actions_adddup2(&files, g->text, STDOUT_FILENO) |
		 posix_spawn_file_actions_adddup2(&files, g->status, STATUS_FD);
	/* exec takes char *const[], and changes nothing. */
	if (failed == 0)
		failed = posix_spawnp(
			&g->pid, "gpgv", &files, NULL,
			(char *const *)(uintptr_t)(signature == NULL ? clear : detached),
			environment);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)close(g->input);
	g->input = -1;
	if (failed != 0)
		(void)unusable("gpgv cannot be run: apt-get install gpgv");
	return failed == 0;
}

static bool feed_block(int feed, struct span block)
{
	while (block.len > 0) {
		ssize_t sent = send(feed, block.data, block.len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		block.data += sent;
		block.len -= (size_t)sent;
	}
	return true;
}

/* A gpgv that reads no further has its reasons, and says them. */
static enum status feed(struct gpgv *g)
{
	static uint8_t buffer[1 << 16];
	bool is_fed = true;
	enum status status = OK;
	ssize_t got;

	while (status == OK && (got = read(g->document_fd, buffer, sizeof(buffer))) != 0) {
		struct span block = { buffer, got < 0 ? 0 : (size_t)got };

		if (got < 0 && errno != EINTR) {
			(void)unusable("%s: %s", g->document->path, strerror(errno));
			status = STATUS_IO;
		}
		is_fed = is_fed && feed_block(g->feed, block);
		if (status == OK && g->document->pass != NULL)
			status = g->document->pass(g->document->self, block);
	}
	(void)close(g->feed);
	g->feed = -1;
	return status;
}

static enum status read_kept(int fd, size_t max, struct bytes *out)
{
	return lseek(fd, 0, SEEK_SET) == 0 ? file_read_fd(fd, max, out) : STATUS_IO;
}

/* One line of doc/DETAILS in GnuPG, "VALIDSIG FINGERPRINT DATE TIME EXPIRES VERSION 0 KEY
 * HASH CLASS PRIMARY": SHA-256 is 8, SHA-384 9, SHA-512 10 (RFC 4880, 9.4). Beside a file
 * the class is 00: a signature over text (01) stands for other line ends as well (5.2.1). */
static bool is_signed_by(struct span line, const struct vendor *vendor, bool is_beside)
{
	struct span word[11] = { 0 };
	size_t words = 0;

	while (words < 11 && text_next_word(&line, ' ', &word[words]))
		words++;
	if (words < 10 ||
	    !(span_equal(word[7], span_text("8")) || span_equal(word[7], span_text("9")) ||
	      span_equal(word[7], span_text("10"))))
		return false;
	if (is_beside && !span_equal(word[8], span_text("00")))
		return false;
	for (size_t i = 0; i < vendor->openpgp_count; i++)
		if (span_equal(vendor->openpgp[i], word[9]))
			return true;
	return false;
}

/* Several may have signed, of some the keyring may have no key, or one that has expired or
 * was revoked since, which gpgv calls valid all the same: one that is good is enough, and
 * none may be bad. */
static enum status judge(const struct openpgp_document *document, const struct vendor *vendor,
			 struct span lines)
{
	static const char prefix[] = "[GNUPG:] ";
	size_t texts = 0;
	bool is_good = false;
	bool is_signed = false;
	struct span line;

	while (text_next_line(&lines, &line)) {
		if (!span_starts_with(line, prefix))
			continue;
		line.data += sizeof(prefix) - 1;
		line.len -= sizeof(prefix) - 1;
		if (span_starts_with(line, "BADSIG "))
			return refuse(document, "a signature is bad");
		texts += span_starts_with(line, "PLAINTEXT ");
		if (span_starts_with(line, "NEWSIG"))
			is_good = false;
		if (span_starts_with(line, "GOODSIG "))
			is_good = true;
		if (is_good && span_starts_with(line, "VALIDSIG "))
			is_signed = is_signed ||
				    is_signed_by((struct span){ line.data + 9, line.len - 9 },
						 vendor, document->signature != NULL);
	}
	/* What else stood there was signed by nobody. */
	if (document->signature == NULL && texts != 1)
		return refuse(document, "not one text that is signed in the clear");
	if (document->signature != NULL && texts != 0)
		return refuse(document, "its signature is one over another text, which it holds");
	if (!is_signed)
		return refuse(document,
			      "no key with a fingerprint that the root has of this vendor "
			      "signed it as it is, with SHA-256 or better");
	return OK;
}

static enum status run(struct gpgv *g, const struct vendor *vendor, struct bytes *text)
{
	AUTO_DONE(bytes) lines = { 0 };
	int how = 0;
	enum status status;

	if (!open_all(g) || !start(g))
		return STATUS_IO;
	status = feed(g);
	if (waitpid(g->pid, &how, 0) != g->pid || !WIFEXITED(how))
		return refuse(g->document, "gpgv did not come to an end");
	if (status == OK)
		status = read_kept(g->status, STATUS_MAX, &lines);
	if (status == OK)
		status = judge(g->document, vendor, span_of(&lines));
	/* 2: of another signature there is no key, which the status lines tell. */
	if (status == OK && WEXITSTATUS(how) != 0 && WEXITSTATUS(how) != 2)
		status = refuse(g->document, "gpgv says that it is bad");
	if (status == OK && g->document->signature == NULL)
		status = read_kept(g->text, TEXT_MAX, text);
	return status;
}

enum status openpgp_verify(const struct openpgp_document *document, const struct vendor *vendor,
			   struct bytes *text)
{
	struct gpgv g = { .document = document,
			  .document_fd = -1,
			  .feed = -1,
			  .input = -1,
			  .text = -1,
			  .status = -1 };
	enum status status = run(&g, vendor, text);

	close_all(&g);
	return status;
}
