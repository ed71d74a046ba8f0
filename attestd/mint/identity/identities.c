/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/identities.h"

#include <stdlib.h>

#include "daemon/log.h"

/* After the broker did not sign. */
#define RETRY_S 5

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
	const struct subject subject = held_identity_subject(held, reason_of(how));

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

/* It is told of all of them once, with the last. */
static bool waits_for_more(const struct identities *ids, const void *user)
{
	for (size_t i = 0; i < ids->count; i++) {
		const struct held_identity *held = ids->list[i];

		if (!held_identity_is_made(held) && held->making != NULL &&
		    held_identity_has_user(held, user))
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

void identities_pass_over(struct identities *ids, const struct job *job)
{
	if (job->id != 0 && !has_job(ids, job))
		jobs_drop(ids->jobs, job);
}

static void forget_one(struct identities *ids, size_t i)
{
	const struct job job = ids->list[i]->job;

	tell(ids, ids->list[i], IDENTITY_LOST);
	held_identity_free(ids->list[i]);
	ids->list[i] = ids->list[--ids->count];
	identities_pass_over(ids, &job);
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
		if (held_identity_is_of(ids->list[i], entry, job))
			return ids->list[i];
	}
	return NULL;
}

/* What is there stays while it is valid. */
static void put_off(struct held_identity *held, int64_t boot_s, enum status why)
{
	if (!held->is_told)
		log_line(LOG_LEVEL_WARNING, "entry %.*s: not made%s: %s", (int)held->entry.len,
			 (const char *)held->entry.data, held_identity_is_made(held) ? " anew" : "",
			 why == STATUS_UNAVAILABLE ? "the broker did not sign" : status_text(why));
	held->is_told = true;
	held->has_failed = !held_identity_is_made(held);
	held->retry_s = boot_s + RETRY_S;
}

static void on_end(void *context, enum status status, struct made *made)
{
	struct held_identity *held = context;
	bool was_made = held_identity_is_made(held);

	making_free(held->making);
	held->making = NULL;
	if (status == OK)
		held_identity_take(held, made);
	else
		put_off(held, made->begun.boot, status);
	if (status == OK || !was_made)
		tell(held->ids, held, IDENTITY_MADE);
}

/* A new key and certificate, which come with the broker's answer. */
static enum status begin(struct identities *ids, struct held_identity *held, const char *reason,
			 const struct instant *at)
{
	const struct subject subject = held_identity_subject(held, reason);
	const struct making_order order = {
		.signing = ids->signing,
		.right = ids->right,
		.spiffe_id = span_of(&held->spiffe_id),
		.subject = &subject,
		.at = *at,
		.end = on_end,
		.context = held,
	};
	enum status status = making_begin(&order, &held->making);

	if (status != OK)
		return status;
	held->has_failed = false;
	held->reason = reason;
	return OK;
}

static enum status add(struct identities *ids, struct held_identity *held)
{
	/* An array of pointers. NOLINTNEXTLINE(bugprone-sizeof-expression) */
	struct held_identity **more = reallocarray(ids->list, ids->count + 1, sizeof(*more));

	if (more == NULL)
		return STATUS_NO_MEMORY;
	ids->list = more;
	ids->list[ids->count++] = held;
	return OK;
}

static bool jobs_have_room(const struct identities *ids, uint32_t uid)
{
	size_t all = 0, of_user = 0;

	for (size_t i = 0; i < ids->count; i++) {
		all += held_identity_is_job(ids->list[i]);
		of_user += held_identity_is_job_of(ids->list[i], uid);
	}
	return all < IDENTITIES_OF_JOBS_MAX && of_user < IDENTITIES_OF_USERS_JOBS_MAX;
}

static bool has_room(const struct identities *ids, const struct subject *subject,
		     const struct job *job)
{
	return ids->count < IDENTITIES_HELD_MAX &&
	       (job->id == 0 || jobs_have_room(ids, subject->uid));
}

static enum status make(struct identities *ids, const struct entry *entry,
			const struct subject *subject, const struct job *job,
			const struct instant *at, struct held_identity **out)
{
	AUTO(held_identity) held = NULL;
	enum status status = has_room(ids, subject, job) ? held_identity_new(entry, job, &held)
							 : STATUS_TOO_LARGE;

	if (status != OK)
		return status;
	held->ids = ids;
	status = held_identity_note(held, subject);
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
	if (held_identity_is_made(held) && held_identity_is_over(held, at))
		held_identity_drop(held);
	return held_identity_is_made(held) || held->making != NULL
		       ? OK
		       : begin(ids, held, SUBJECT_ASKED, at);
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
		status = held_identity_note(held, subject);
	if (status == OK)
		status = held_identity_add_user(held, user);
	if (status == OK)
		*out = held_identity_is_made(held) ? held : NULL;
	return status;
}

void identities_leave(struct identities *ids, const void *user)
{
	for (size_t i = 0; i < ids->count; i++)
		held_identity_drop_user(ids->list[i], user);
}

void identities_end_jobs(struct identities *ids)
{
	struct job_outcome how;
	struct job job;

	while (jobs_take(ids->jobs, &job, &how)) {
		for (size_t i = ids->count; i-- > 0;) {
			if (!job_equal(&ids->list[i]->job, &job))
				continue;
			if (held_identity_is_made(ids->list[i]))
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
	if (!held_identity_is_made(held))
		return held->has_failed && held->retry_s <= at->boot;
	if (held_identity_is_over(held, at))
		return true;
	if (held->making != NULL || (held->half > at->now && held->half_s > at->boot) ||
	    held->retry_s > at->boot)
		return false;
	return held->user_count == 0 ? !held_identity_is_job(held) : would_last_longer(ids, held);
}

static void keep_one(struct identities *ids, size_t i, const struct instant *at)
{
	struct held_identity *held = ids->list[i];

	if (held->user_count == 0 || !held_identity_is_made(held) ||
	    held_identity_is_over(held, at)) {
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

/* What was begun under another right leads to another certificate. */
static void begin_again(struct identities *ids, struct held_identity *held,
			const struct instant *at)
{
	making_free(held->making);
	held->making = NULL;

	enum status status = begin(ids, held, held->reason, at);

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

		if (!held_identity_has_terms(held, entries_find(entries, span_of(&held->entry))))
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

	if (!held_identity_is_made(held))
		return held->has_failed ? held->retry_s - at->boot : INT64_MAX;
	if (held->making != NULL)
		return wait;
	if (held->user_count > 0 ? !would_last_longer(ids, held) : held_identity_is_job(held))
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
