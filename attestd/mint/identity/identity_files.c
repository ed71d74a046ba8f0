/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/identity_files.h"

#include <errno.h>
#include <string.h>

#include "attestd/mint/identity/svid_directory.h"
#include "attestd/svid_names.h"
#include "daemon/clock.h"
#include "daemon/log.h"

/* After a signature or a file failed. */
#define RETRY_S 5

/* Is not wanted any more. */
static void cancel(struct identity_files *f, struct minted *minted)
{
	signing_cancel(f->signing, minted->question);
	minted->question = NULL;
	svid_done(&minted->svid);
}

static void remove_one(struct identity_files *f, size_t i)
{
	const struct identity_settings *identity = &f->configuration->identities[i];
	struct minted *minted = &f->minted[i];
	bool was_told = minted->is_left;

	cancel(f, minted);
	*minted = (struct minted){ 0 };
	if (svid_directory_remove(identity) == OK)
		return;
	if (!was_told)
		log_line(LOG_LEVEL_ERROR, "[identity %s] %s could not be emptied: %s",
			 identity->name, identity->directory, strerror(errno));
	minted->is_left = true;
	minted->next_s = clock_boot_s() + RETRY_S;
}

void identity_files_remove_all(struct identity_files *f)
{
	for (size_t i = 0; i < f->configuration->identity_count; i++)
		remove_one(f, i);
}

/* STATUS_IO, STATUS_DENIED: of the directory; errno is of the former. */
static void log_failure(const struct identity_settings *identity, enum status why)
{
	const char *directory = identity->directory;
	const char *cause = why == STATUS_IO ? strerror(errno) : status_text(why);

	if (why == STATUS_DENIED)
		cause = "others may write it";
	if (why == STATUS_UNAVAILABLE) {
		directory = "broker";
		cause = "did not sign";
	}
	log_line(LOG_LEVEL_WARNING, "[identity %s] not minted: %s: %s", identity->name, directory,
		 cause);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Of what is there, by either clock. */
static int64_t left_s(const struct minted *minted, const struct instant *at)
{
	return minted->not_after == 0
		       ? INT64_MAX
		       : earlier(minted->not_after - at->now, minted->ends_s - at->boot);
}

/* Not minted: what is there stays while it is valid. */
static void keep_old(struct identity_files *f, size_t i, const struct instant *at, enum status why)
{
	struct minted *minted = &f->minted[i];

	if (!minted->is_told)
		log_failure(&f->configuration->identities[i], why);
	if (left_s(minted, at) <= 0)
		remove_one(f, i);
	minted->is_told = true;
	minted->half = 0;
	minted->next_s = at->boot + RETRY_S;
}

static enum status write_files(const struct identity_files *f, size_t i, struct span answer)
{
	const struct identity_settings *identity = &f->configuration->identities[i];
	const struct svid *svid = &f->minted[i].svid;
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) chain = { 0 };
	AUTO_DONE(bytes) key = { 0 };
	AUTO_DONE(bytes) bundle = { 0 };
	enum status status = signing_read_signature(answer, &signature);

	if (status == OK)
		status = svid_finish(svid, &f->right->grant, span_of(&signature), &chain, &key);
	if (status == OK)
		status = bundle_pem(&f->right->bundle, &bundle);
	if (status == OK) {
		struct svid_files files = { span_of(&chain), span_of(&key), span_of(&bundle) };

		status = svid_directory_write(identity, &files);
	}
	bytes_wipe(&key);
	return status;
}

static void on_signed(void *context, enum status status, struct span body)
{
	struct minted *minted = context;
	struct identity_files *f = minted->files;
	size_t i = (size_t)(minted - f->minted);
	const struct identity_settings *identity = &f->configuration->identities[i];
	const struct instant at = instant_now();
	int64_t not_after = minted->svid.not_after;
	int64_t lifetime = earlier(not_after - at.now, f->right->ends_s - at.boot);

	minted->question = NULL;
	if (status == OK)
		status = write_files(f, i, body);
	svid_done(&minted->svid);
	if (status != OK) {
		keep_old(f, i, &at, status);
		return;
	}
	log_line(LOG_LEVEL_INFO, "[identity %s] %s until %lld", identity->name, identity->names,
		 (long long)not_after);
	*minted = (struct minted){ .not_after = not_after,
				   .ends_s = at.boot + lifetime,
				   .half = at.now + (lifetime + 1) / 2,
				   .next_s = at.boot + (lifetime + 1) / 2 };
}

static enum status begin(struct identity_files *f, size_t i, int64_t now)
{
	const struct identity_settings *identity = &f->configuration->identities[i];
	const struct subject subject = { .has_uid = true,
					 .uid = identity->owner,
					 .reason = span_text(SUBJECT_DIRECTORY) };
	struct minted *minted = &f->minted[i];
	enum status status = svid_make(&f->right->grant, identity->names, now, &minted->svid);

	minted->files = f;
	if (status == OK)
		status = signing_ask_for_svid(f->signing, span_of(&minted->svid.tbs), &subject,
					      on_signed, minted, &minted->question);
	if (status != OK)
		svid_done(&minted->svid);
	return status;
}

static void keep_one(struct identity_files *f, size_t i, const struct instant *at)
{
	const struct identity_settings *identity = &f->configuration->identities[i];
	struct minted *minted = &f->minted[i];

	if (!svid_names_are_entitled(&f->right->grant, span_text(identity->names))) {
		if (!minted->is_told)
			log_line(LOG_LEVEL_WARNING,
				 "[identity %s] %s is not among the entitlements", identity->name,
				 identity->names);
		remove_one(f, i);
		minted->is_told = true;
		if (!minted->is_left)
			minted->next_s = INT64_MAX;
		return;
	}

	enum status status = begin(f, i, at->now);

	if (status != OK)
		keep_old(f, i, at, status);
}

void identity_files_renew(struct identity_files *f)
{
	for (size_t i = 0; i < f->configuration->identity_count; i++) {
		cancel(f, &f->minted[i]);
		f->minted[i].next_s = 0;
	}
}

static int64_t wait_s(const struct identity_files *f, const struct minted *minted,
		      const struct instant *at)
{
	/* While one is signed, what is there may end. */
	if (minted->question != NULL)
		return left_s(minted, at);
	if (minted->is_left)
		return minted->next_s - at->boot;
	if (!right_is_held(f->right))
		return INT64_MAX;
	return earlier(minted->next_s - at->boot,
		       minted->half != 0 ? minted->half - at->now : INT64_MAX);
}

void identity_files_keep(struct identity_files *f, const struct instant *at)
{
	for (size_t i = 0; i < f->configuration->identity_count; i++) {
		struct minted *minted = &f->minted[i];

		if (wait_s(f, minted, at) > 0)
			continue;
		if (minted->question != NULL || !right_is_held(f->right))
			remove_one(f, i);
		else
			keep_one(f, i, at);
	}
}

int64_t identity_files_wait_s(const struct identity_files *f, const struct instant *at,
			      int64_t most)
{
	for (size_t i = 0; i < f->configuration->identity_count; i++)
		most = earlier(most, wait_s(f, &f->minted[i], at));
	return most;
}
