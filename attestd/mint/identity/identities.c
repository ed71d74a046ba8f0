/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/identities.h"

#include <stdlib.h>

#include "attestd/mint/identity/svid.h"
#include "daemon/log.h"

/* After the broker did not sign. */
#define RETRY_S 5

/* A key and what is to be signed for it. */
struct making {
	struct identities *ids;
	struct svid svid;
	struct instant begun;
	struct question *question;
	const char *reason; /* one of SUBJECT_... */
};

static bool is_job(const struct held_identity *held)
{
	return held->job.id != 0;
}

static bool is_made(const struct held_identity *held)
{
	return held->chain.len > 0;
}

/* By either clock. */
static bool is_over(const struct held_identity *held, const struct instant *at)
{
	return held->not_after <= at->now || held->ends_s <= at->boot;
}

static void making_free(struct making *making)
{
	if (making == NULL)
		return;
	signing_cancel(making->ids->signing, making->question);
	svid_done(&making->svid);
	free(making);
}

AUTO_FREE(making, struct making, making_free);

static void held_free(struct held_identity *held)
{
	if (held == NULL)
		return;
	making_free(held->making);
	bytes_done(&held->entry);
	bytes_done(&held->spiffe_id);
	bytes_done(&held->chain);
	bytes_wipe(&held->key);
	bytes_done(&held->unit);
	free(held->users);
	free(held);
}

AUTO_FREE(held, struct held_identity, held_free);

static struct subject subject_of(const struct held_identity *held, const char *reason)
{
	return (struct subject){
		.entry = span_of(&held->entry),
		.has_uid = held->has_uid,
		.uid = held->uid,
		.unit = span_of(&held->unit),
		.executable = held->executable,
		.reason = span_text(reason),
	};
}

static const char *reason_of(const struct job_outcome *how)
{
	if (how->end == JOB_ENDED)
		return SUBJECT_JOB_ENDED;
	return how->end == JOB_EXITED && how->code == 0 ? SUBJECT_JOB_SUCCEEDED
							: SUBJECT_JOB_FAILED;
}

static void log_end(const struct held_identity *held, const struct job_outcome *how)
{
	log_line(LOG_LEVEL_INFO, "entry %.*s: job %llu: %s, %s %d", (int)held->entry.len,
		 (const char *)held->entry.data, (unsigned long long)held->job.id, reason_of(how),
		 how->end == JOB_KILLED ? "signal" : "status", how->code);
}

/* On record that it ended; the SVID itself does at its time. */
static void end_job(struct identities *ids, const struct held_identity *held,
		    const struct job_outcome *how)
{
	const struct subject subject = subject_of(held, reason_of(how));

	log_end(held, how);
	if (signing_note_end(ids->signing, span_of(&held->spiffe_id), &held->tbs, &subject) != OK)
		log_line(LOG_LEVEL_WARNING, "entry %.*s: the job's end is not on record",
			 (int)held->entry.len, (const char *)held->entry.data);
}

/* A job may have an identity of each of several entries. */
static bool has_job(const struct identities *ids, const struct job *job)
{
	for (size_t i = 0; i < ids->count; i++) {
		if (job_equal(&ids->list[i]->job, job))
			return true;
	}
	return false;
}

static bool has_user(const struct held_identity *held, const void *user)
{
	for (size_t i = 0; i < held->user_count; i++) {
		if (held->users[i] == user)
			return true;
	}
	return false;
}

/* It is told of all of them once, with the last. */
static bool waits_for_more(const struct identities *ids, const void *user)
{
	for (size_t i = 0; i < ids->count; i++) {
		const struct held_identity *held = ids->list[i];

		if (!is_made(held) && held->making != NULL && has_user(held, user))
			return true;
	}
	return false;
}

static void tell(const struct identities *ids, const struct held_identity *held,
		 enum identity_news news)
{
	for (size_t i = 0; i < held->user_count && ids->tell != NULL; i++) {
		if (news == IDENTITY_LOST || !waits_for_more(ids, held->users[i]))
			ids->tell(ids->context, news, held->users[i]);
	}
}

static void forget_one(struct identities *ids, size_t i)
{
	const struct job job = ids->list[i]->job;

	tell(ids, ids->list[i], IDENTITY_LOST);
	held_free(ids->list[i]);
	ids->list[i] = ids->list[--ids->count];
	if (job.id != 0 && !has_job(ids, &job))
		jobs_drop(ids->jobs, &job);
}

void identities_forget(struct identities *ids)
{
	while (ids->count > 0)
		forget_one(ids, ids->count - 1);
}

void identities_done(struct identities *ids)
{
	identities_forget(ids);
	free(ids->list);
	ids->list = NULL;
	jobs_free(ids->jobs);
	ids->jobs = NULL;
}

static struct held_identity *find(const struct identities *ids, const struct entry *entry,
				  const struct job *job)
{
	for (size_t i = 0; i < ids->count; i++) {
		struct held_identity *held = ids->list[i];

		if (job_equal(&held->job, job) &&
		    span_equal(span_of(&held->entry), span_of(&entry->name)) &&
		    span_equal(span_of(&held->spiffe_id), span_of(&entry->spiffe_id)))
			return held;
	}
	return NULL;
}

/* In the place of those there are. */
static void take_made(struct held_identity *held, struct bytes *chain, struct bytes *key,
		      const struct digest *tbs, const struct making *making)
{
	const struct instant *at = &making->begun;
	int64_t lifetime = making->svid.not_after - at->now;

	bytes_done(&held->chain);
	bytes_wipe(&held->key);
	held->chain = *chain;
	held->key = *key;
	held->tbs = *tbs;
	held->not_after = making->svid.not_after;
	held->ends_s = at->boot + lifetime;
	held->half = at->now + (lifetime + 1) / 2;
	held->half_s = at->boot + (lifetime + 1) / 2;
	held->is_told = false;
}

static enum status finish(const struct making *making, struct span answer,
			  struct held_identity *held)
{
	AUTO_DONE(bytes) signature = { 0 };
	struct bytes chain = { 0 }, key = { 0 };
	struct digest tbs;
	enum status status = signing_read_signature(answer, &signature);

	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&making->svid.tbs), &tbs);
	if (status == OK)
		status = svid_finish_der(&making->svid, &making->ids->right->grant,
					 span_of(&signature), &chain, &key);
	if (status == OK)
		take_made(held, &chain, &key, &tbs, making);
	return status;
}

/* What is there stays while it is valid. */
static void put_off(struct held_identity *held, int64_t boot_s, enum status why)
{
	if (!held->is_told)
		log_line(LOG_LEVEL_WARNING, "entry %.*s: not made%s: %s", (int)held->entry.len,
			 (const char *)held->entry.data, is_made(held) ? " anew" : "",
			 why == STATUS_UNAVAILABLE ? "the broker did not sign" : status_text(why));
	held->is_told = true;
	held->has_failed = !is_made(held);
	held->retry_s = boot_s + RETRY_S;
}

static void on_signed(void *context, enum status status, struct span body)
{
	struct held_identity *held = context;
	AUTO(making) making = held->making;
	bool was_made = is_made(held);

	held->making = NULL;
	making->question = NULL;
	if (status == OK)
		status = finish(making, body, held);
	if (status != OK)
		put_off(held, making->begun.boot, status);
	if (status == OK || !was_made)
		tell(making->ids, held, IDENTITY_MADE);
}

/* A new key and certificate, which come with the broker's answer. */
static enum status begin(struct identities *ids, struct held_identity *held, const char *reason,
			 const struct instant *at)
{
	AUTO_DONE(bytes) id = { 0 };
	const struct subject subject = subject_of(held, reason);
	const struct grant *grant = &ids->right->grant;
	AUTO(making) making = calloc(1, sizeof(*making));
	enum status status;

	if (making == NULL)
		return STATUS_NO_MEMORY;
	*making = (struct making){ .ids = ids, .begun = *at, .reason = reason };
	if (!grant_entitles(grant, span_of(&held->spiffe_id)))
		return STATUS_DENIED;
	status = bytes_printf(&id, "%.*s%c", (int)held->spiffe_id.len,
			      (const char *)held->spiffe_id.data, '\0');
	if (status == OK)
		status = svid_make(grant, (const char *)id.data, at->now, &making->svid);
	if (status == OK)
		status = signing_ask_for_svid(ids->signing, span_of(&making->svid.tbs), &subject,
					      on_signed, held, &making->question);
	if (status != OK)
		return status;
	held->has_failed = false;
	held->making = making;
	making = NULL;
	return OK;
}

/* Who asked last stands in the record of what is made next. */
static enum status note_subject(struct held_identity *held, const struct subject *subject)
{
	AUTO_DONE(bytes) unit = { 0 };
	enum status status = bytes_copy(subject->unit, &unit);

	if (status != OK)
		return status;
	bytes_done(&held->unit);
	held->unit = unit;
	unit = (struct bytes){ 0 };
	held->has_uid = subject->has_uid;
	held->uid = subject->uid;
	held->executable = subject->executable;
	return OK;
}

static enum status note_user(struct held_identity *held, const void *user)
{
	if (has_user(held, user))
		return OK;
	if (held->user_count == held->user_capacity) {
		size_t capacity = held->user_capacity == 0 ? 4 : held->user_capacity * 2;
		const void **more = reallocarray(held->users, capacity, sizeof(*more));

		if (more == NULL)
			return STATUS_NO_MEMORY;
		held->users = more;
		held->user_capacity = capacity;
	}
	held->users[held->user_count++] = user;
	return OK;
}

static enum status add(struct identities *ids, struct held_identity *held)
{
	struct held_identity **more;

	if (ids->count == IDENTITIES_HELD_MAX)
		return STATUS_TOO_LARGE;
	/* An array of pointers. NOLINTNEXTLINE(bugprone-sizeof-expression) */
	more = reallocarray(ids->list, ids->count + 1, sizeof(*more));
	if (more == NULL)
		return STATUS_NO_MEMORY;
	ids->list = more;
	ids->list[ids->count++] = held;
	return OK;
}

static enum status terms_of(const struct entry *entry, struct digest *out)
{
	AUTO_DONE(bytes) line = { 0 };
	enum status status = entry_write(entry, &line);

	return status == OK ? digest_of(DIGEST_SHA256, span_of(&line), out) : status;
}

static enum status make(struct identities *ids, const struct entry *entry,
			const struct subject *subject, const struct job *job,
			const struct instant *at, struct held_identity **out)
{
	AUTO(held) held = calloc(1, sizeof(*held));
	enum status status;

	if (held == NULL)
		return STATUS_NO_MEMORY;
	held->job = *job;
	status = terms_of(entry, &held->terms);
	if (status == OK)
		status = bytes_copy(span_of(&entry->name), &held->entry);
	if (status == OK)
		status = bytes_copy(span_of(&entry->spiffe_id), &held->spiffe_id);
	if (status == OK)
		status = note_subject(held, subject);
	if (status == OK && ids->count == IDENTITIES_HELD_MAX)
		status = STATUS_TOO_LARGE;
	if (status == OK)
		status = begin(ids, held, SUBJECT_ASKED, at);
	if (status == OK)
		status = add(ids, held);
	if (status != OK)
		return status;
	*out = held;
	held = NULL;
	return OK;
}

bool identities_has(const struct identities *ids, const struct entry *entry, const struct job *job)
{
	return find(ids, entry, job) != NULL;
}

/* An SVID that is over is none. */
static enum status make_sure(struct identities *ids, struct held_identity *held,
			     const struct instant *at)
{
	if (is_made(held) && is_over(held, at)) {
		bytes_done(&held->chain);
		bytes_wipe(&held->key);
	}
	return is_made(held) || held->making != NULL ? OK : begin(ids, held, SUBJECT_ASKED, at);
}

enum status identities_use(struct identities *ids, const struct entry *entry,
			   const struct subject *subject, const struct job *job, const void *user,
			   const struct instant *at, const struct held_identity **out)
{
	struct held_identity *held = find(ids, entry, job);
	enum status status = OK;

	if (!grant_entitles(&ids->right->grant, span_of(&entry->spiffe_id)))
		return STATUS_DENIED;
	/* Each try is a line of the journal. */
	if (held != NULL && held->has_failed && held->retry_s > at->boot)
		return STATUS_UNAVAILABLE;
	if (held == NULL)
		status = make(ids, entry, subject, job, at, &held);
	else
		status = make_sure(ids, held, at);
	if (status == OK)
		status = note_subject(held, subject);
	if (status == OK)
		status = note_user(held, user);
	if (status == OK)
		*out = is_made(held) ? held : NULL;
	return status;
}

static void drop_user(struct held_identity *held, const void *user)
{
	for (size_t i = 0; i < held->user_count; i++) {
		if (held->users[i] == user) {
			held->users[i] = held->users[--held->user_count];
			return;
		}
	}
}

void identities_leave(struct identities *ids, const void *user)
{
	for (size_t i = 0; i < ids->count; i++)
		drop_user(ids->list[i], user);
}

void identities_end_jobs(struct identities *ids)
{
	struct job_outcome how;
	struct job job;

	while (jobs_take(ids->jobs, &job, &how)) {
		for (size_t i = ids->count; i-- > 0;) {
			if (!job_equal(&ids->list[i]->job, &job))
				continue;
			if (is_made(ids->list[i]))
				end_job(ids, ids->list[i], &how);
			forget_one(ids, i);
		}
	}
}

/* Under the same right it would end no later: the next one will come. */
static bool would_last_longer(const struct identities *ids, const struct held_identity *held)
{
	return ids->right->grant.verdict.expires > held->not_after;
}

/* At half of its time it is forgotten, or made anew if that is worth while. What is a
 * job's stays to be ended with it. What is not made yet comes, or has failed and is not
 * remembered for long. */
static bool is_due(const struct identities *ids, const struct held_identity *held,
		   const struct instant *at)
{
	if (!is_made(held))
		return held->has_failed && held->retry_s <= at->boot;
	if (is_over(held, at))
		return true;
	if (held->making != NULL || (held->half > at->now && held->half_s > at->boot) ||
	    held->retry_s > at->boot)
		return false;
	return held->user_count == 0 ? !is_job(held) : would_last_longer(ids, held);
}

static void keep_one(struct identities *ids, size_t i, const struct instant *at)
{
	struct held_identity *held = ids->list[i];

	if (held->user_count == 0 || !is_made(held) || is_over(held, at)) {
		forget_one(ids, i);
		return;
	}

	enum status status = begin(ids, held, SUBJECT_ROTATED, at);

	if (status != OK)
		put_off(held, at->boot, status);
}

void identities_keep(struct identities *ids, const struct instant *at)
{
	for (size_t i = ids->count; i-- > 0 && !ids->signing->is_gone;) {
		if (is_due(ids, ids->list[i], at))
			keep_one(ids, i, at);
	}
}

/* Name, SPIFFE ID and whether it is for jobs stand in the line, too. */
static bool has_terms(const struct held_identity *held, const struct entry *entry)
{
	struct digest terms;

	return entry != NULL && terms_of(entry, &terms) == OK && digest_equal(&terms, &held->terms);
}

/* What was begun under another right leads to another certificate. */
static void begin_again(struct identities *ids, struct held_identity *held,
			const struct instant *at)
{
	const char *reason = held->making->reason;

	making_free(held->making);
	held->making = NULL;

	enum status status = begin(ids, held, reason, at);

	if (status == OK)
		return;
	put_off(held, at->boot, status);
	tell(ids, held, IDENTITY_MADE);
}

void identities_match(struct identities *ids, const struct entries *entries,
		      const struct instant *at)
{
	for (size_t i = ids->count; i-- > 0;) {
		struct held_identity *held = ids->list[i];

		if (!has_terms(held, entries_find(entries, span_of(&held->entry))))
			forget_one(ids, i);
		else if (held->making != NULL)
			begin_again(ids, held, at);
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t wait_s(const struct identities *ids, const struct held_identity *held,
		      const struct instant *at)
{
	int64_t wait = earlier(held->not_after - at->now, held->ends_s - at->boot);
	int64_t half = earlier(held->half - at->now, held->half_s - at->boot);

	if (!is_made(held))
		return held->has_failed ? held->retry_s - at->boot : INT64_MAX;
	if (held->making != NULL)
		return wait;
	if (held->user_count > 0 ? !would_last_longer(ids, held) : is_job(held))
		return wait;
	if (half < held->retry_s - at->boot)
		half = held->retry_s - at->boot;
	return earlier(wait, half);
}

int64_t identities_wait_s(const struct identities *ids, const struct instant *at, int64_t most)
{
	for (size_t i = 0; i < ids->count; i++)
		most = earlier(most, wait_s(ids, ids->list[i], at));
	return most > 0 ? most : 0;
}
