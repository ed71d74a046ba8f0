/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/broker/measured.h"

#include "attestd/broker/broker.h"

#define PART_MAX ((size_t)256 << 10)

static void begin_again(struct measured_log *m, enum digest_alg bank)
{
	ima_progress_init(&m->progress, bank);
	m->mark = (struct log_mark){ 0 };
}

/* To the quote's values, or STATUS_NOT_FOUND; progress and mark move with it. */
static enum status replay(const struct log_files *logs, const struct pcr_values *quoted,
			  struct ima_progress *progress, struct log_mark *mark)
{
	bool is_reached = false;

	while (!is_reached) {
		AUTO_DONE(bytes) part = { 0 };
		struct log_mark end = *mark;
		size_t replayed = 0;
		uint64_t before = progress->entries;
		enum status status = logs_read_at(logs, &end, PART_MAX, &part);

		if (status == OK)
			status = ima_replay(span_of(&part), DIGEST_SHA1, IMA_BANK_PROPER, quoted,
					    NULL, progress, &replayed, &is_reached);
		if (status != OK)
			return status;
		if (!is_reached && part.len == 0)
			return STATUS_NOT_FOUND;
		mark->entry += progress->entries - before;
		mark->offset += replayed;
	}
	return OK;
}

void measured_quote(struct measured_log *m, const struct log_files *logs, enum digest_alg bank,
		    const struct pcr_values *quoted, bool is_again)
{
	uint64_t most = is_again ? m->offered : UINT64_MAX;

	m->offered = 0;
	if (logs->ima_fd < 0)
		return;
	if (m->progress.bank.alg != bank)
		begin_again(m, bank);
	/* On from where the last quote reached; from the start where that leads
	 * nowhere, as in a log that is another. */
	for (unsigned i = 0; i < 2; i++) {
		struct ima_progress progress = m->progress;
		struct log_mark mark = m->mark;

		if (replay(logs, quoted, &progress, &mark) == OK) {
			m->progress = progress;
			m->mark = mark;
			m->offered = progress.entries < most ? progress.entries : most;
			return;
		}
		if (m->mark.entry == 0)
			return;
		begin_again(m, bank);
	}
}

void measured_trust(struct measured_log *m)
{
	m->trusted = m->offered;
}

/* As the kernel logs it: a space is a '_'. What is at another path that is logged alike
 * has the same content, or does not fit. */
static bool is_logged_as(struct span path, struct span logged)
{
	if (path.len != logged.len)
		return false;
	for (size_t i = 0; i < path.len; i++) {
		if (logged.data[i] != (path.data[i] == ' ' ? '_' : path.data[i]))
			return false;
	}
	return true;
}

/* The kernel's own digest of the whole content, not fs-verity's of a tree. */
static bool fits(const struct ima_entry *entry, struct span path, const struct digest *digest)
{
	return !entry->is_violation && entry->has_path && is_logged_as(path, entry->path) &&
	       entry->has_digest && entry->file_alg == digest->alg &&
	       span_equal(entry->file_digest, digest_span(digest)) &&
	       !span_equal(entry->digest_type, span_text("verity"));
}

/* Through whole entries; s stands at the one that fits, or behind them all. */
static enum status look_through(struct measured_search *s, struct span entries, struct span path,
				const struct digest *digest)
{
	struct ima_log log;
	struct ima_entry entry;
	uint64_t offset = s->mark.offset;
	enum status status = ima_log_open(entries, DIGEST_SHA1, s->mark.entry, &log);

	while (status == OK && (status = ima_log_next(&log, &entry)) == OK) {
		s->is_found = fits(&entry, path, digest);
		if (s->is_found)
			return OK;
		s->mark.entry++;
		s->mark.offset = offset + entry.offset + entry.size;
	}
	return status == STATUS_NOT_FOUND ? OK : status;
}

static struct measured_search *search_for(struct measured_log *m, const struct digest *which)
{
	struct measured_search *found = &m->searches[0];

	for (size_t i = 0; i < MEASURED_SEARCHES; i++) {
		struct measured_search *s = &m->searches[i];

		if (digest_equal(&s->which, which))
			return s;
		if (s->asked < found->asked)
			found = s;
	}
	*found = (struct measured_search){ .which = *which };
	return found;
}

static enum status name_it(struct span path, const struct digest *digest, struct digest *out)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = bytes_append(&text, digest_span(digest));

	if (status == OK)
		status = bytes_append(&text, path);
	return status == OK ? digest_of(DIGEST_SHA256, span_of(&text), out) : status;
}

enum status measured_find(struct measured_log *m, const struct log_files *logs, struct span path,
			  const struct digest *digest, enum measured_state *out)
{
	struct digest which;
	enum status status = name_it(path, digest, &which);
	size_t looked = 0;

	if (status != OK)
		return status;
	if (logs->ima_fd < 0)
		return STATUS_NOT_FOUND;

	struct measured_search *s = search_for(m, &which);

	s->asked = ++m->count;
	while (!s->is_found) {
		AUTO_DONE(bytes) part = { 0 };
		struct log_mark end = s->mark;

		status = logs_read_at(logs, &end, PART_MAX, &part);
		if (status == OK)
			status = look_through(s, span_of(&part), path, digest);
		if (status != OK) {
			*s = (struct measured_search){ 0 };
			return status;
		}
		looked += part.len;
		if (s->is_found || part.len == 0)
			break;
		if (looked >= MEASURED_STEP) {
			*out = MEASURED_SEARCHING;
			return OK;
		}
	}
	if (!s->is_found)
		*out = MEASURED_NOT;
	else
		*out = s->mark.entry < m->trusted ? MEASURED_QUOTED : MEASURED_NOT_QUOTED;
	return OK;
}

enum status verb_measured(struct broker *b, struct reader *in, struct writer *out)
{
	struct span content = reader_sized(in, SHA256_SIZE);
	struct span path = reader_sized(in, IMA_PATH_MAX);
	enum measured_state state = MEASURED_NOT;
	struct digest digest;
	enum status status = reader_end(in);

	if (status == OK)
		status = digest_from(DIGEST_SHA256, content, &digest);
	if (status == OK && (path.len == 0 || path.data[0] != '/'))
		status = STATUS_MALFORMED;
	if (status != OK) {
		reader_fail(in, status);
		return status;
	}
	status = measured_find(&b->measured, &b->logs, path, &digest, &state);
	if (status == OK)
		writer_u8(out, (uint8_t)state);
	return status;
}
