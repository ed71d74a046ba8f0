/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/signer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "daemon/clock.h"
#include "daemon/file.h"
#include "daemon/file_watch.h"
#include "daemon/log.h"
#include "verifier/signer/clock.h"
#include "verifier/signer/desks.h"
#include "verifier/signer/loading.h"

#define POLL_MS 1000
/* The signer before this one may have to end yet: it sees that its parent is gone, and
 * writes what its log holds into the database. */
#define CLAIM_PATIENCE_MS 10000
#define RANDOM_BLOCK 512

struct service {
	const struct signer_settings *settings;
	struct signer signer;
	struct channel parent;
	struct loading loading;
	struct desks desks;
	/* The inventory that was read; and the one that could not be, as was said. */
	struct stat inventory, unreadable;
	struct file_watch federations[SIGNER_AUTHORITIES_MAX];
	bool are_bundles_due; /* they could not be signed anew */
	bool was_back; /* the clock; another epoch has begun since */
};

/* Sixteen bytes cost as much as a block. Each is given out once, and wiped here. */
static enum status system_random(uint8_t *buffer, size_t len)
{
	static uint8_t block[RANDOM_BLOCK];
	static size_t left;

	if (len > sizeof(block))
		return RAND_bytes(buffer, (int)len) == 1 ? OK : STATUS_UNAVAILABLE;
	if (len > left) {
		left = 0;
		if (RAND_bytes(block, sizeof(block)) != 1)
			return STATUS_UNAVAILABLE;
		left = sizeof(block);
	}
	left -= len;
	memcpy(buffer, block + left, len);
	OPENSSL_cleanse(block + left, len);
	return OK;
}

static int64_t system_time(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_REALTIME, &now) == 0 ? (int64_t)now.tv_sec : 0;
}

/* Neither its bytes nor who may read and write it changed. */
static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       memcmp(&a->st_mtim, &b->st_mtim, sizeof(a->st_mtim)) == 0 &&
	       memcmp(&a->st_ctim, &b->st_ctim, sizeof(a->st_ctim)) == 0;
}

/* Said once of each file, and tried until it can be read: what kept us from it may
 * be gone without a trace on the file. */
static void say_unreadable(struct service *v, const struct stat *facts, enum status status)
{
	if (!is_same_file(facts, &v->unreadable))
		log_line(LOG_LEVEL_ERROR, "inventory %s: %s; the list before stays",
			 v->settings->inventory, file_guard_text(status));
	v->unreadable = *facts;
}

/* A wrong one changes nothing: the old list stays, and the log says which line it
 * was. */
static enum status take_inventory(struct service *v, struct bytes *text)
{
	struct inventory inventory;
	size_t line = 0;
	enum status status = inventory_parse(text, &inventory, &line);

	if (status != OK) {
		log_line(LOG_LEVEL_ERROR, "inventory %s, line %zu: %s; the list before stays",
			 v->settings->inventory, line, status_text(status));
		return status;
	}
	inventory_done(&v->signer.inventory);
	v->signer.inventory = inventory;
	log_line(LOG_LEVEL_INFO, "inventory %s: %zu keys", v->settings->inventory, inventory.count);
	return OK;
}

/* Reads the inventory again where the file changed. */
static enum status refresh_inventory(struct service *v)
{
	AUTO_DONE(bytes) text = { 0 };
	const char *path = v->settings->inventory;
	struct stat facts;

	if (path == NULL)
		return OK;
	if (stat(path, &facts) != 0)
		facts = (struct stat){ .st_mtim = { .tv_sec = -1 } };
	if (is_same_file(&facts, &v->inventory))
		return OK;

	enum status status = file_read_guarded(path, INVENTORY_MAX, false, &text);

	if (status != OK) {
		say_unreadable(v, &facts, status);
		return status;
	}
	v->inventory = facts;
	v->unreadable = (struct stat){ 0 };
	return take_inventory(v, &text);
}

/* Its directory as it is now; where it is wrong, what was read before stays. */
static enum status read_federation(const char *directory, struct authority *a)
{
	AUTO_DONE(bytes) fault = { 0 };
	AUTO_DONE(federation) read = { 0 };
	enum status status = federation_read(directory, a->trust_domain, &read, &fault);

	if (status != OK) {
		log_line(
			LOG_LEVEL_ERROR,
			"%.*s: %s: it wants bundles that attestctl bundle fetch writes, each named "
			"by its trust domain, at most %d; what was there before stays",
			(int)fault.len, (const char *)fault.data, file_guard_text(status),
			BUNDLE_FEDERATED_MAX);
		return status;
	}
	federation_done(&a->federation);
	a->federation = read;
	read = (struct federation){ 0 };
	log_line(LOG_LEVEL_INFO, "%s: federated with %zu trust domains", a->trust_domain,
		 a->federation.count);
	return OK;
}

/* At the start: one that is configured and not there is a mistake. */
static enum status read_federations(struct service *v)
{
	enum status status = OK;

	for (size_t i = 0; i < v->signer.keys.authority_count && status == OK; i++) {
		const char *const paths[WATCHED_MAX] = { v->settings->authorities[i].federated };

		if (paths[0] == NULL)
			continue;
		file_watch_init(&v->federations[i], paths);
		status = read_federation(paths[0], &v->signer.keys.authorities[i]);
	}
	return status;
}

static void refresh_federations(struct service *v)
{
	bool is_changed = v->are_bundles_due;
	int64_t now = clock_monotonic_s();

	for (size_t i = 0; i < v->signer.keys.authority_count; i++) {
		const char *directory = v->settings->authorities[i].federated;

		if (directory == NULL || !file_watch_is_due(&v->federations[i], now))
			continue;

		bool is_good = read_federation(directory, &v->signer.keys.authorities[i]) == OK;

		file_watch_was_read(&v->federations[i], is_good);
		is_changed = is_changed || is_good;
	}
	if (!is_changed)
		return;
	/* A store that fails for a moment: with the next turn. */
	v->are_bundles_due = statement_sign_bundles(&v->signer) != OK;
}

/* Takes the descriptor over where there is one. */
static bool on_parent_frame(struct service *v, const struct turn *turn, struct frame *frame)
{
	int fd = frame->fd;

	if (frame->type == FRAME_LOADER && fd >= 0) {
		loading_begin(&v->loading, turn, fd);
		return true;
	}
	if (frame->type == FRAME_APPRAISER && fd >= 0)
		return desks_open(&v->desks, frame->id, fd, v->loading.image_fd >= 0) == OK;
	if (fd >= 0)
		(void)close(fd);
	return fd < 0 && frame->type == FRAME_PING &&
	       channel_send(&v->parent, FRAME_PONG, frame->id, (struct span){ 0 }) == OK;
}

/* False where the parent is gone, or speaks another language. */
static bool serve_parent(struct service *v, const struct turn *turn)
{
	struct frame frame = { .fd = -1 };
	enum status status = channel_fill(&v->parent);

	if (status == OK)
		status = channel_take(&v->parent, &frame);
	if (status == STATUS_NOT_FOUND)
		return true;
	return status == OK && on_parent_frame(v, turn, &frame);
}

#define SLOT_PARENT 0
#define SLOT_LOADER 1
#define SLOT_DESKS 2

static int wait_for_frames(const struct service *v, struct pollfd *slots)
{
	int loader_fd = v->loading.is_open ? v->loading.channel.fd : -1;

	slots[SLOT_PARENT] = (struct pollfd){ .fd = v->parent.fd, .events = POLLIN };
	slots[SLOT_LOADER] = (struct pollfd){ .fd = loader_fd, .events = POLLIN };
	desks_await(&v->desks, slots + SLOT_DESKS);
	return poll(slots, SLOT_DESKS + v->desks.count, desks_have_more(&v->desks) ? 0 : POLL_MS);
}

static void hand_on_image(struct service *v)
{
	if (v->loading.is_new)
		desks_want_reference(&v->desks);
	v->loading.is_new = false;
}

/* A store that fails for a moment is no news here: every request says so. */
static void extend_verdict_log(struct service *v, int64_t now)
{
	if (verdict_log_extend(&v->signer, now) == STATUS_MISMATCH)
		log_line(LOG_LEVEL_ERROR,
			 "the audit log was altered after entry %llu: nothing of it is signed any "
			 "more",
			 (unsigned long long)v->signer.verdict_log.range.size);
}

static enum status begin_epoch(struct turn *turn)
{
	struct store *store = turn->signer->store;
	enum status status = store_begin(store);

	if (status == OK)
		status = epoch_begin(turn);
	if (status == OK)
		return store_commit(store);
	store_rollback(store);
	return status;
}

/* The clock stood ahead, and is right now: what was asked for meanwhile is not to come true
 * by waiting for that time. Where the store fails, with the next turn. */
static void watch_clock(struct service *v, struct turn *turn)
{
	bool is_back = clock_is_back(turn);

	if (!is_back || v->was_back || begin_epoch(turn) == OK)
		v->was_back = is_back;
}

/* Until the parent's channel ends. */
static void serve(struct service *v)
{
	struct pollfd slots[SLOT_DESKS + DESKS_MAX];
	struct turn turn = { .signer = &v->signer, .random = system_random };

	for (;;) {
		if (wait_for_frames(v, slots) < 0 && errno != EINTR)
			return;
		turn.now = system_time();
		(void)refresh_inventory(v);
		refresh_federations(v);
		if (slots[SLOT_PARENT].revents != 0 && !serve_parent(v, &turn))
			return;
		if (v->loading.is_open && slots[SLOT_LOADER].revents != 0)
			(void)loading_serve(&v->loading, &turn);
		hand_on_image(v);
		watch_clock(v, &turn);
		desks_answer(&v->desks, slots + SLOT_DESKS, &turn);
		desks_flush(&v->desks, v->loading.image_fd);
		extend_verdict_log(v, turn.now);
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
		status = epoch_first(s, system_random);
	if (status == OK)
		status = store_commit(s->store);
	return status == OK ? statement_sign_bundles(s) : status;
}

/* What is wrong with it, and what to do. */
static const char *text_of_store(enum status status)
{
	/* clang-format off */
	switch ((unsigned)status) {
	case STATUS_UNSUPPORTED: return "a newer verifierd has written it: run that one, or put back a "
					"backup of before";
	case STATUS_MALFORMED: return "it is damaged, or no SQLite file: put back the last backup";
	case STATUS_MISMATCH: return "another verifierd serves it: end that one, or give this one a "
				     "store of its own";
	case STATUS_UNAVAILABLE: return "another process holds it: end that one, and start again";
	case STATUS_DENIED: return "it can't be opened and written: its directory has to be there, and "
				   "both have to be this user's";
	case STATUS_IO: return "its disk is full, or fails";
	default: return status_text(status);
	}
	/* clang-format on */
}

/* Health says so too, to who asks for it. */
static void warn_of_ends(const struct signer_settings *settings, const struct signer_keys *keys,
			 int64_t now)
{
	for (size_t i = 0; i < keys->authority_count; i++) {
		int64_t left = keys->authorities[i].until - now;

		if (left < AUTHORITY_WARNING_S)
			log_line(LOG_LEVEL_WARNING,
				 "%s: a certificate in it ends in %lld days, and with it every "
				 "right in %s: renew it",
				 settings->authorities[i].certificate, (long long)left / 86400,
				 settings->authorities[i].trust_domain);
	}
}

static enum status prepare(struct service *v)
{
	const struct signer_settings *settings = v->settings;
	struct key_fault fault;
	int64_t now = system_time();
	enum status status = signer_keys_load(settings, now, &v->signer.keys, &fault);

	if (status != OK) {
		log_line(LOG_LEVEL_ERROR, "%s: %s", fault.path, fault.what);
		return status;
	}
	warn_of_ends(settings, &v->signer.keys, now);
	v->signer.approve_role = settings->approve_role;
	v->signer.release_role = settings->release_role;
	v->signer.narrow_most = settings->narrow_per_hour;
	v->signer.expects_reference = settings->has_release;
	v->signer.allow_software_tpm = settings->allow_software_tpm;
	v->signer.issuer = settings->issuer;
	v->signer.audience = settings->audience;
	v->signer.jwt_lifetime_s = settings->jwt_lifetime_s;
	v->signer.fallback_class = signer_fallback_class();
	v->signer.store_path = settings->store;
	if (read_federations(v) != OK)
		return STATUS_DENIED;
	status = store_open_alone(settings->store, CLAIM_PATIENCE_MS, &v->signer.store);
	if (status == OK)
		status = prepare_store(v);
	if (status != OK)
		log_line(LOG_LEVEL_ERROR, "store %s: %s", settings->store, text_of_store(status));
	/* One that is configured and not there is a mistake, not an empty list. */
	return status == OK ? refresh_inventory(v) : status;
}

static void finish(struct service *v)
{
	desks_done(&v->desks);
	loading_done(&v->loading);
	channel_done(&v->parent);
	store_free(v->signer.store);
	entry_texts_done(&v->signer.entry_texts);
	signer_keys_done(&v->signer.keys);
	inventory_done(&v->signer.inventory);
	bytes_done(&v->signer.suspension);
}

int signer_run(const struct signer_settings *settings, int parent_fd)
{
	struct service *v = calloc(1, sizeof(*v));
	enum status status;

	if (v == NULL)
		return 1;
	v->settings = settings;
	/* The store holds what every host runs: its owner's to read, also where no
	 * service manager saw to that. */
	(void)umask(077);
	channel_init(&v->parent, parent_fd, SIGNER_FRAME_MAX);
	loading_init(&v->loading);
	status = prepare(v);
	if (status == OK)
		status = channel_send(&v->parent, FRAME_READY, 0, (struct span){ 0 });
	if (status == OK)
		serve(v);
	finish(v);
	free(v);
	return status == OK ? 0 : 1;
}
