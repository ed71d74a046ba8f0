/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/held_identity.h"

#include <stdlib.h>

static enum status terms_of(const struct entry *entry, struct digest *out)
{
	AUTO_DONE(bytes) line = { 0 };
	enum status status = entry_write(entry, &line);

	return status == OK ? digest_of(DIGEST_SHA256, span_of(&line), out) : status;
}

enum status held_identity_new(const struct entry *entry, const struct job *job,
			      struct held_identity **out)
{
	AUTO(held_identity) held = calloc(1, sizeof(*held));
	enum status status;

	if (held == NULL)
		return STATUS_NO_MEMORY;
	held->job = *job;
	status = terms_of(entry, &held->terms);
	if (status == OK)
		status = bytes_copy(span_of(&entry->name), &held->entry);
	if (status == OK)
		status = bytes_copy(span_of(&entry->spiffe_id), &held->spiffe_id);
	if (status != OK)
		return status;
	*out = held;
	held = NULL;
	return OK;
}

void held_identity_free(struct held_identity *held)
{
	if (held == NULL)
		return;
	making_free(held->making);
	held_identity_drop(held);
	bytes_done(&held->entry);
	bytes_done(&held->spiffe_id);
	bytes_done(&held->unit);
	free(held->users);
	free(held);
}

bool held_identity_is_job(const struct held_identity *held)
{
	return held->job.id != 0;
}

bool held_identity_is_job_of(const struct held_identity *held, uint32_t uid)
{
	return held_identity_is_job(held) && held->uid == uid;
}

bool held_identity_is_made(const struct held_identity *held)
{
	return held->chain.len > 0;
}

bool held_identity_is_over(const struct held_identity *held, const struct instant *at)
{
	return held->not_after <= at->now || held->ends_s <= at->boot;
}

/* Name, SPIFFE ID and whether it is for jobs stand in the line, too. */
bool held_identity_has_terms(const struct held_identity *held, const struct entry *entry)
{
	struct digest terms;

	return entry != NULL && terms_of(entry, &terms) == OK && digest_equal(&terms, &held->terms);
}

bool held_identity_is_of(const struct held_identity *held, const struct entry *entry,
			 const struct job *job)
{
	return job_equal(&held->job, job) &&
	       span_equal(span_of(&held->entry), span_of(&entry->name)) &&
	       span_equal(span_of(&held->spiffe_id), span_of(&entry->spiffe_id));
}

void held_identity_take(struct held_identity *held, struct made *made)
{
	const struct instant *at = &made->begun;
	int64_t lifetime = made->lifetime_s;

	held_identity_drop(held);
	held->chain = made->chain;
	held->key = made->key;
	made->chain = made->key = (struct bytes){ 0 };
	held->tbs = made->tbs;
	held->not_after = made->not_after;
	held->ends_s = at->boot + lifetime;
	held->half = at->now + (lifetime + 1) / 2;
	held->half_s = at->boot + (lifetime + 1) / 2;
	held->is_told = false;
}

void held_identity_drop(struct held_identity *held)
{
	bytes_done(&held->chain);
	bytes_wipe(&held->key);
}

enum status held_identity_note(struct held_identity *held, const struct subject *subject)
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

struct subject held_identity_subject(const struct held_identity *held, const char *reason)
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

bool held_identity_has_user(const struct held_identity *held, const void *user)
{
	for (size_t i = 0; i < held->user_count; i++) {
		if (held->users[i] == user)
			return true;
	}
	return false;
}

enum status held_identity_add_user(struct held_identity *held, const void *user)
{
	if (held_identity_has_user(held, user))
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

void held_identity_drop_user(struct held_identity *held, const void *user)
{
	for (size_t i = 0; i < held->user_count; i++) {
		if (held->users[i] == user) {
			held->users[i] = held->users[--held->user_count];
			return;
		}
	}
}
