/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/executable.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE ((size_t)64 << 10)
#define STEP_SIZE ((off_t)1 << 20)

/* A file in one state; waiting while the digest is none. */
struct known {
	struct file_identity file;
	struct digest digest;
	char *path; /* of one that waits */
	uint64_t asked; /* by count; 0: this place is free */
};

struct executables {
	struct known known[EXECUTABLES_MAX];
	uint64_t count; /* of questions */
	struct hasher hasher;
	/* The one that is being hashed. */
	struct known *current;
	int fd;
	off_t hashed;
	uint8_t piece[READ_SIZE];
};

static const char other_file[] =
	"its executable's path leads to another file than the one that it runs";
static const char too_large[] = "its executable is too large";
static const char not_yet[] = "its executable is being hashed: ask again";

enum status executables_new(struct executables **out)
{
	struct executables *x = calloc(1, sizeof(*x));
	enum status status = x == NULL ? STATUS_NO_MEMORY : OK;

	if (x != NULL) {
		x->fd = -1;
		status = hasher_init(&x->hasher, DIGEST_SHA256);
	}
	if (status != OK) {
		free(x);
		return status;
	}
	*out = x;
	return OK;
}

static void stop(struct executables *x)
{
	if (x->fd >= 0)
		(void)close(x->fd);
	x->fd = -1;
	x->current = NULL;
	x->hashed = 0;
}

static void forget(struct executables *x, struct known *k)
{
	if (x->current == k)
		stop(x);
	free(k->path);
	*k = (struct known){ 0 };
}

void executables_free(struct executables *x)
{
	if (x == NULL)
		return;
	for (size_t i = 0; i < EXECUTABLES_MAX; i++)
		forget(x, &x->known[i]);
	hasher_done(&x->hasher);
	free(x);
}

static struct file_identity identity_of(const struct stat *st)
{
	return (struct file_identity){ .device = st->st_dev,
				       .inode = st->st_ino,
				       .size = st->st_size,
				       .modified = st->st_mtim,
				       .changed = st->st_ctim };
}

static bool is_file(int fd, const struct file_identity *wanted)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;

	struct file_identity found = identity_of(&st);

	return file_identity_equal(&found, wanted);
}

static struct known *find(struct executables *x, const struct file_identity *file)
{
	for (size_t i = 0; i < EXECUTABLES_MAX; i++) {
		if (x->known[i].asked != 0 && file_identity_equal(&x->known[i].file, file))
			return &x->known[i];
	}
	return NULL;
}

static struct known *oldest(struct executables *x)
{
	struct known *found = &x->known[0];

	for (size_t i = 1; i < EXECUTABLES_MAX; i++) {
		if (x->known[i].asked < found->asked)
			found = &x->known[i];
	}
	return found;
}

static struct known *add(struct executables *x, const struct file_identity *file, char *path)
{
	struct known *k = oldest(x);

	forget(x, k);
	*k = (struct known){ .file = *file, .path = path, .asked = ++x->count };
	return k;
}

/* The file at its path, as this process sees it: what a caller mounted over it for
 * himself is another, and its server is not spoken to. */
static bool begin(struct executables *x, struct known *k)
{
	stop(x);
	x->fd = open(k->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (x->fd < 0 || !is_file(x->fd, &k->file) || hasher_begin(&x->hasher) != OK) {
		stop(x);
		return false;
	}
	x->current = k;
	return true;
}

/* One piece; at the end, and where the file is not what it was, it stands there. */
static bool hash_piece(struct executables *x)
{
	off_t left = x->current->file.size - x->hashed;
	size_t wanted = left < (off_t)READ_SIZE ? (size_t)left : READ_SIZE;
	ssize_t got = pread(x->fd, x->piece, wanted, x->hashed);

	if (got < 0 && errno == EINTR)
		return true;
	if (got <= 0)
		return false;
	x->hashed += got;
	return hasher_add(&x->hasher, (struct span){ x->piece, (size_t)got }) == OK;
}

/* What was read is the file's content in that state only where the state is the
 * same after it. */
static bool finish(struct executables *x)
{
	struct known *k = x->current;
	struct digest digest;

	if (x->hashed != k->file.size || hasher_end(&x->hasher, &digest) != OK ||
	    !is_file(x->fd, &k->file)) {
		forget(x, k);
		return false;
	}
	k->digest = digest;
	free(k->path);
	k->path = NULL;
	stop(x);
	return true;
}

/* As far as most; false where there is nothing to go on with, or it failed. */
static bool hash_on(struct executables *x, off_t most)
{
	struct known *k = x->current;
	off_t end = most < k->file.size - x->hashed ? x->hashed + most : k->file.size;

	while (x->hashed < end) {
		if (!hash_piece(x)) {
			forget(x, k);
			return false;
		}
	}
	return x->hashed < k->file.size || finish(x);
}

bool executables_step(struct executables *x)
{
	if (x->current == NULL) {
		for (size_t i = 0; i < EXECUTABLES_MAX && x->current == NULL; i++) {
			struct known *k = &x->known[i];

			if (k->asked != 0 && k->digest.alg == DIGEST_NONE && !begin(x, k))
				forget(x, k);
		}
	}
	if (x->current == NULL)
		return false;
	(void)hash_on(x, STEP_SIZE);
	return true;
}

/* A small one at once, unless that would interrupt another. */
static bool hash_now(struct executables *x, struct known *k)
{
	if (k->file.size > EXECUTABLE_AT_ONCE || x->current != NULL)
		return true;
	if (!begin(x, k)) {
		forget(x, k);
		return false;
	}
	return hash_on(x, k->file.size);
}

static enum status take_path(struct span path, char **out)
{
	if (path.len == 0 || path.data[0] != '/')
		return STATUS_MALFORMED;
	return bytes_text(path, out);
}

/* Is the path's file the one that it runs? */
static bool leads_to(const char *path, const struct file_identity *file)
{
	struct stat st;

	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;

	struct file_identity found = identity_of(&st);

	return file_identity_equal(&found, file);
}

static enum status wait_for(struct executables *x, const struct file_identity *file, char *path)
{
	struct known *k = add(x, file, path);

	return hash_now(x, k) ? OK : STATUS_DENIED;
}

enum status executable_digest(struct executables *x, struct caller_facts *facts,
			      const char **why_not)
{
	AUTO(char) path = NULL;
	struct known *k = NULL;
	enum status status = take_path(facts->executable, &path);

	*why_not = other_file;
	if (status == STATUS_MALFORMED || (status == OK && !leads_to(path, &facts->file)))
		return STATUS_DENIED;
	if (status != OK)
		return status;
	*why_not = too_large;
	if (facts->file.size > EXECUTABLE_MAX)
		return STATUS_DENIED;
	*why_not = other_file;
	k = find(x, &facts->file);
	if (k == NULL) {
		status = wait_for(x, &facts->file, path);
		path = NULL;
		k = find(x, &facts->file);
	}
	if (status != OK || k == NULL)
		return STATUS_DENIED;
	k->asked = ++x->count;
	*why_not = not_yet;
	if (k->digest.alg == DIGEST_NONE)
		return STATUS_UNAVAILABLE;
	facts->digest = k->digest;
	return OK;
}

void executable_expect(struct executables *x, struct span path)
{
	AUTO(char) text = NULL;
	struct stat st;

	if (take_path(path, &text) != OK || lstat(text, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > EXECUTABLE_MAX)
		return;

	struct file_identity file = identity_of(&st);

	if (find(x, &file) != NULL)
		return;
	(void)add(x, &file, text);
	text = NULL;
}
