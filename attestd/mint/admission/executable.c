/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/admission/executable.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attestd/mint/admission/file_times.h"
#include "attestd/mint/caller/rates.h"
#include "daemon/clock.h"

#define READ_SIZE ((size_t)64 << 10)
#define STEP_SIZE ((off_t)1 << 20)
/* Of the loop that all wait for, a second at once, and then a tenth, for each user: pieces. */
#define PIECES_AT_ONCE 12800
#define PIECES_PER_SECOND 1280
/* Some file systems note times in steps of so much: two changes may have the same one. */
#define TIMES_STEP_S 2

/* A file in one state; waiting while the digest is none. */
struct known {
	struct file_identity file;
	struct digest digest;
	char *path; /* of one that waits */
	bool is_run; /* by one that asked: what is, nobody has open for writing (execve(2)) */
	bool is_lasting; /* its digest, as long as it is in that state */
	uint64_t asked; /* by count; 0: this place is free */
};

/* A file that is being hashed. */
struct hashing {
	struct hasher hasher;
	struct known *known; /* NULL: none */
	int fd;
	off_t hashed;
};

struct executables {
	struct known known[EXECUTABLES_MAX];
	uint64_t count; /* of questions */
	struct hashing slow; /* goes on with each step */
	struct hashing quick; /* while a caller waits */
	struct rates quickly; /* pieces, for callers that wait */
	uint8_t piece[READ_SIZE];
};

static const char other_file[] =
	"its executable's path leads to another file than the one that it runs";
static const char too_large[] = "its executable is too large";
static const char too_large_there[] =
	"its executable is over 8 MiB where stores leave no trace: it has to be on ext4, XFS, "
	"Btrfs or F2FS, or be root's on tmpfs or overlayfs and written by nobody else";
static const char not_yet[] = "its executable is being hashed: ask again";
static const char too_often[] =
	"what its user runs was hashed too often, as it is new or in another state each time: "
	"ask again later";

enum status executables_new(struct executables **out)
{
	AUTO(executables) x = calloc(1, sizeof(*x));

	if (x == NULL)
		return STATUS_NO_MEMORY;
	x->slow.fd = x->quick.fd = -1;
	x->quickly = (struct rates){ .at_once = PIECES_AT_ONCE, .per_second = PIECES_PER_SECOND };

	enum status status = hasher_init(&x->slow.hasher, DIGEST_SHA256);

	if (status == OK)
		status = hasher_init(&x->quick.hasher, DIGEST_SHA256);
	if (status != OK)
		return status;
	*out = x;
	x = NULL;
	return OK;
}

static void stop(struct hashing *h)
{
	if (h->fd >= 0)
		(void)close(h->fd);
	h->fd = -1;
	h->known = NULL;
	h->hashed = 0;
}

static void forget(struct executables *x, struct known *k)
{
	if (x->slow.known == k)
		stop(&x->slow);
	if (x->quick.known == k)
		stop(&x->quick);
	free(k->path);
	*k = (struct known){ 0 };
}

void executables_free(struct executables *x)
{
	if (x == NULL)
		return;
	for (size_t i = 0; i < EXECUTABLES_MAX; i++)
		forget(x, &x->known[i]);
	hasher_done(&x->slow.hasher);
	hasher_done(&x->quick.hasher);
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

/* Who has it open for writing, or mapped, may store in it and change no time of it: a
 * shared mapping notes only the first store, until the page is written back. Whoever opens
 * it after this does, so that it is another file from then on. A lease for reading is not
 * given while somebody has it; where none can be had, this says that he may. */
static bool may_be_written(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return true;
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

static bool is_lasting(int fd)
{
	struct statfs where;
	struct stat st;

	return fstat(fd, &st) == 0 && fstatfs(fd, &where) == 0 && file_times_tell(&st, &where);
}

/* The file at its path, as this process sees it: what a caller mounted over it for
 * himself is another, and its server is not spoken to. */
static bool begin(struct hashing *h, struct known *k)
{
	h->fd = open(k->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	h->known = k;
	k->is_lasting = h->fd >= 0 && is_lasting(h->fd);
	return h->fd >= 0 && (k->is_run || !may_be_written(h->fd)) &&
	       hasher_begin(&h->hasher) == OK;
}

static bool hash_piece(struct executables *x, struct hashing *h)
{
	off_t left = h->known->file.size - h->hashed;
	size_t wanted = left < (off_t)READ_SIZE ? (size_t)left : READ_SIZE;
	ssize_t got = pread(h->fd, x->piece, wanted, h->hashed);

	if (got < 0 && errno == EINTR)
		return true;
	if (got <= 0)
		return false;
	h->hashed += got;
	return hasher_add(&h->hasher, (struct span){ x->piece, (size_t)got }) == OK;
}

/* What was read is the file's content in that state only where it is that file, in
 * that state, after it; and so it was that file's system that was asked. */
static bool finish(struct hashing *h)
{
	struct known *k = h->known;
	struct digest digest;

	if (hasher_end(&h->hasher, &digest) != OK || !is_file(h->fd, &k->file))
		return false;
	k->digest = digest;
	free(k->path);
	k->path = NULL;
	stop(h);
	return true;
}

/* So many bytes on; false where it failed, and the file is to be forgotten. */
static bool hash_on(struct executables *x, struct hashing *h, off_t most)
{
	off_t left = h->known->file.size - h->hashed;
	off_t end = h->hashed + (most < left ? most : left);

	while (h->hashed < end) {
		if (!hash_piece(x, h))
			return false;
	}
	return h->hashed < h->known->file.size || finish(h);
}

static struct known *next_waiting(struct executables *x)
{
	for (size_t i = 0; i < EXECUTABLES_MAX; i++) {
		if (x->known[i].asked != 0 && x->known[i].digest.alg == DIGEST_NONE)
			return &x->known[i];
	}
	return NULL;
}

bool executables_step(struct executables *x)
{
	struct known *k = x->slow.known != NULL ? x->slow.known : next_waiting(x);

	if (k == NULL)
		return false;
	if ((x->slow.known == NULL && !(begin(&x->slow, k) && k->is_lasting)) ||
	    !hash_on(x, &x->slow, STEP_SIZE))
		forget(x, k);
	return true;
}

/* It is hashed in steps, where the digest will hold once they are done. */
static enum status judge_large(struct executables *x, struct known *k, const char **why_not)
{
	bool is_open = k->is_lasting || begin(&x->quick, k);

	stop(&x->quick);
	if (k->is_lasting)
		return OK;
	*why_not = is_open ? too_large_there : other_file;
	forget(x, k);
	return STATUS_DENIED;
}

/* Whoever changes his file all the time, or has it where no state lasts, has it hashed with
 * each request. */
static bool may_hash(struct executables *x, uid_t uid, off_t size)
{
	int64_t now_ms = clock_monotonic_ms();

	if (!rates_take(&x->quickly, uid, now_ms))
		return false;
	rates_charge(&x->quickly, uid, size / (off_t)READ_SIZE, now_ms);
	return true;
}

/* A small one, which somebody waits for. */
static enum status hash_now(struct executables *x, struct known *k, uid_t uid, const char **why_not)
{
	if (k == x->slow.known)
		return OK;
	if (k->file.size > EXECUTABLE_AT_ONCE)
		return judge_large(x, k, why_not);
	if (!may_hash(x, uid, k->file.size)) {
		/* Nor by steps: of a fresh one, what it held then would be remembered. */
		forget(x, k);
		*why_not = too_often;
		return STATUS_UNAVAILABLE;
	}
	if (begin(&x->quick, k) && hash_on(x, &x->quick, k->file.size))
		return OK;
	*why_not = other_file;
	forget(x, k);
	return STATUS_DENIED;
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

/* It may change again, and have the same times. */
static bool is_fresh(const struct file_identity *file)
{
	int64_t age = (int64_t)time(NULL) - file->changed.tv_sec;

	return age > -TIMES_STEP_S && age < TIMES_STEP_S;
}

enum status executable_digest(struct executables *x, struct caller_facts *facts,
			      const char **why_not)
{
	AUTO(char) path = NULL;
	enum status status = take_path(facts->executable, &path);
	bool is_new = is_fresh(&facts->file);

	*why_not = other_file;
	if (status == STATUS_MALFORMED || (status == OK && !leads_to(path, &facts->file)))
		return STATUS_DENIED;
	if (status != OK)
		return status;
	*why_not = too_large;
	if (facts->file.size > EXECUTABLE_MAX)
		return STATUS_DENIED;

	*why_not = not_yet;
	if (is_new && facts->file.size > EXECUTABLE_AT_ONCE)
		return STATUS_UNAVAILABLE;

	struct known *k = find(x, &facts->file);

	if (k == NULL) {
		k = add(x, &facts->file, path);
		path = NULL;
	}
	k->asked = ++x->count;
	k->is_run = true;
	if (k->digest.alg == DIGEST_NONE)
		status = hash_now(x, k, facts->uid, why_not);
	if (status != OK)
		return status;
	*why_not = not_yet;
	if (k->digest.alg == DIGEST_NONE)
		return STATUS_UNAVAILABLE;
	facts->digest = k->digest;
	if (is_new || !k->is_lasting)
		forget(x, k);
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

	if (find(x, &file) != NULL || is_fresh(&file))
		return;
	(void)add(x, &file, text);
	text = NULL;
}
