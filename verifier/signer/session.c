/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/core.h"

/* What each frame costs besides its bytes. */
#define FRAME_COST 64

struct span session_state(const struct session_row *session)
{
	return session->staged_state.len > 0 ? session->staged_state : session->state;
}

uint64_t session_entries(const struct session_row *session)
{
	return session->staged_state.len > 0 ? session->staged_entries : session->entries;
}

bool session_log_is_kept(const struct session_row *session)
{
	return session->entries == 0 || session->log_frame > 0;
}

/* The frames that new ones go on from, as store.h has it for what is staged. */
struct stored_log {
	uint64_t first; /* entry */
	uint64_t frame, bytes;
	bool is_kept;
};

static bool starts_over(const struct session_row *old, const struct conclusion *c)
{
	return (c->first_entry == 0 && c->ima_log.len > 0) || c->entries < session_entries(old);
}

static struct stored_log log_before(const struct session_row *old, const struct conclusion *c)
{
	if (starts_over(old, c))
		return (struct stored_log){ .is_kept = true };
	if (old->staged_state.len == 0)
		return (struct stored_log){ .first = old->entries,
					    .is_kept = session_log_is_kept(old) };
	return (struct stored_log){
		.first = old->staged_first,
		.frame = old->staged_frame,
		.bytes = old->staged_bytes,
		.is_kept = (old->staged_frame > 0 || old->staged_entries == old->staged_first) &&
			   (old->staged_first == 0 || session_log_is_kept(old)),
	};
}

/* The same with the frame that came now. A log that outgrows its cap is not kept
 * at all: half of it would prove nothing, and the host is as good as it was. */
static struct stored_log log_after(const struct session_row *old, const struct conclusion *c,
				   struct attestation *row)
{
	struct stored_log log = log_before(old, c);
	uint64_t others = log.first > 0 ? old->log_bytes : 0;
	uint64_t last = old->log_frame > log.frame ? old->log_frame : log.frame;

	if (c->ima_log.len == 0)
		return log;
	if (!log.is_kept || others + log.bytes + c->ima_log.len + FRAME_COST > SESSION_LOG_MAX)
		return (struct stored_log){ .first = log.first };
	log.frame = last + 1;
	log.bytes += c->ima_log.len + FRAME_COST;
	row->ima_frame = log.frame;
	row->ima_log = c->ima_log;
	return log;
}

static void forget(struct attestation *row, uint64_t from, uint64_t to)
{
	row->forget_from = from;
	row->forget_to = to;
}

/* No verdict, or nothing that a quote has reached: beside what is known. */
static void stage(const struct session_row *old, const struct conclusion *c,
		  struct attestation *row)
{
	struct session_row *s = &row->session;

	s->state = old->state;
	s->entries = old->entries;
	s->log_frame = old->log_frame;
	s->log_bytes = old->log_bytes;
	if (old->generation.len > 0)
		s->generation = old->generation;

	struct stored_log log = log_after(old, c, row);

	/* Frames of another beginning, of one that is given up, or too many. */
	if (old->staged_frame > 0 && (starts_over(old, c) || !log.is_kept || c->state.len == 0))
		forget(row, old->log_frame + 1, INT64_MAX);
	if (c->state.len == 0) {
		row->ima_log = (struct span){ 0 };
		return;
	}
	s->staged_state = c->state;
	s->staged_entries = c->entries;
	s->staged_first = log.first;
	s->staged_frame = log.frame;
	s->staged_bytes = log.bytes;
}

/* An appraisal that came to no entry, as of a boot that no release has, saw none of the
 * log that an earlier one did: it would stand beside this one's evidence. */
static bool saw_no_log(const struct session_row *old, const struct conclusion *c)
{
	return c->ima_log.len == 0 && (c->entries == 0 || starts_over(old, c));
}

/* A quote has reached all of it. */
static void settle(const struct session_row *old, const struct conclusion *c,
		   struct attestation *row)
{
	struct session_row *s = &row->session;
	struct stored_log log = log_after(old, c, row);

	s->state = c->state;
	s->entries = c->entries;
	s->log_frame = old->log_frame;
	s->log_bytes = old->log_bytes;
	if (!log.is_kept || saw_no_log(old, c)) {
		/* Was it kept until now? Then all of it goes. */
		if (old->log_frame > 0 || old->staged_frame > 0)
			forget(row, 0, INT64_MAX);
		s->log_frame = s->log_bytes = 0;
		return;
	}
	if (log.frame == 0) {
		if (old->staged_frame > 0)
			forget(row, old->log_frame + 1, INT64_MAX);
		return;
	}
	/* From entry 0 on: the log before is another one. */
	if (log.first == 0 && old->log_frame > 0)
		forget(row, 0, old->log_frame);
	if (starts_over(old, c))
		forget(row, 0, INT64_MAX);
	s->log_frame = log.frame;
	s->log_bytes = log.bytes + (log.first > 0 ? old->log_bytes : 0);
}

void session_go_on(const struct session_row *old, const struct conclusion *c, bool is_settled,
		   struct attestation *row)
{
	if (is_settled)
		settle(old, c, row);
	else
		stage(old, c, row);
	/* Its PCRs were quoted, whatever becomes of the IMA log. */
	if (is_settled || c->state.len > 0)
		row->boot_log = c->boot_log;
}
