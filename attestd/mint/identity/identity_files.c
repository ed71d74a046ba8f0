/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/identity_files.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "attestd/mint/identity/svid.h"
#include "attestd/mint/identity/svid_directory.h"
#include "attestd/svid_names.h"
#include "daemon/log.h"

/* After a signature or a file failed. */
#define RETRY_S 5

static void remove_one(struct identity_files *f, size_t i)
{
	const struct identity_settings *identity = &f->configuration->identities[i];
	struct minted *minted = &f->minted[i];
	bool was_told = minted->is_left;

	*minted = (struct minted){ 0 };
	if (svid_directory_remove(identity) == OK)
		return;
	if (!was_told)
		log_line(LOG_LEVEL_ERROR, "[identity %s] %s could not be emptied: %s",
			 identity->name, identity->directory, strerror(errno));
	minted->is_left = true;
	minted->next = (int64_t)time(NULL) + RETRY_S;
}

void identity_files_remove_all(struct identity_files *f)
{
	for (size_t i = 0; i < f->configuration->identity_count; i++)
		remove_one(f, i);
}

static enum status mint_one(const struct identity_settings *identity, struct signing *signing,
			    const struct right *right, int64_t now, int64_t *not_after)
{
	const struct subject subject = { .has_uid = true,
					 .uid = identity->owner,
					 .reason = span_text(SUBJECT_DIRECTORY) };
	AUTO_DONE(svid) svid = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) chain = { 0 };
	AUTO_DONE(bytes) key = { 0 };
	AUTO_DONE(bytes) bundle = { 0 };
	enum status status = svid_make(&right->grant, identity->names, now, &svid);

	if (status == OK)
		status = signing_ask(signing, right, span_of(&svid.tbs), &subject, &signature);
	if (status == OK)
		status = svid_finish(&svid, &right->grant, span_of(&signature), &chain, &key);
	if (status == OK)
		status = bundle_pem(&right->bundle, &bundle);
	if (status == OK) {
		struct svid_files files = { span_of(&chain), span_of(&key), span_of(&bundle) };

		status = svid_directory_write(identity, &files);
		*not_after = svid.not_after;
	}
	bytes_wipe(&key);
	return status;
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

/* Not minted: what is there stays while it is valid. */
static void keep_old(struct identity_files *f, size_t i, int64_t now, enum status why)
{
	struct minted *minted = &f->minted[i];

	if (!minted->is_told)
		log_failure(&f->configuration->identities[i], why);
	if (minted->not_after != 0 && minted->not_after <= now)
		remove_one(f, i);
	minted->is_told = true;
	minted->next = now + RETRY_S;
}

static void keep_one(struct identity_files *f, size_t i, struct signing *signing,
		     const struct right *right, int64_t now)
{
	const struct identity_settings *identity = &f->configuration->identities[i];
	struct minted *minted = &f->minted[i];
	int64_t not_after = now;

	if (!svid_names_are_entitled(&right->grant, span_text(identity->names))) {
		if (!minted->is_told)
			log_line(LOG_LEVEL_WARNING,
				 "[identity %s] %s is not among the entitlements", identity->name,
				 identity->names);
		remove_one(f, i);
		minted->is_told = true;
		if (!minted->is_left)
			minted->next = INT64_MAX;
		return;
	}

	enum status status = mint_one(identity, signing, right, now, &not_after);

	if (status != OK) {
		keep_old(f, i, now, status);
		return;
	}
	log_line(LOG_LEVEL_INFO, "[identity %s] %s until %lld", identity->name, identity->names,
		 (long long)not_after);
	*minted =
		(struct minted){ .not_after = not_after, .next = now + (not_after - now + 1) / 2 };
}

void identity_files_renew(struct identity_files *f)
{
	for (size_t i = 0; i < f->configuration->identity_count; i++)
		f->minted[i].next = 0;
}

void identity_files_keep(struct identity_files *f, size_t i, struct signing *signing,
			 const struct right *right, int64_t now)
{
	if (f->minted[i].next > now)
		return;
	if (right_is_held(right))
		keep_one(f, i, signing, right, now);
	else if (f->minted[i].is_left)
		remove_one(f, i);
}

int64_t identity_files_next(const struct identity_files *f, const struct right *right, int64_t next)
{
	for (size_t i = 0; i < f->configuration->identity_count; i++) {
		if ((right_is_held(right) || f->minted[i].is_left) && f->minted[i].next < next)
			next = f->minted[i].next;
	}
	return next;
}
