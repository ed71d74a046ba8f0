/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "verifier/signer/core.h"

/* Of one audit entry's text; a record is at most some 3,500. */
#define BATCH_MAX 3900

void journal_recall(struct pending *p)
{
	const struct session_row *session = &p->session;
	struct collected *c = &p->journal;

	*c = (struct collected){ .has_one = session->journal_head.len == SHA256_SIZE,
				 .is_old = session->is_journal_old ||
					   p->authentication.is_new_session };
	if (!c->has_one)
		return;
	c->point.count = session->journal_count;
	memcpy(c->point.head, session->journal_head.data, SHA256_SIZE);
	c->had_one = true;
	c->was_old = c->is_old;
	c->known = c->point;
}

/* Do the report's records lead from there to its head? What they say again is passed
 * over: an answer may have been lost. */
static bool goes_on(const struct journal_point *from, const struct report *report,
		    struct collected *out)
{
	struct journal_point point = *from;
	uint64_t again = point.count - report->first;

	if (report->first > point.count || again > report->issued_count)
		return false;
	for (size_t i = (size_t)again; i < report->issued_count; i++) {
		if (journal_point_add(&point, report->issued[i].line) != OK)
			return false;
	}
	if (memcmp(point.head, report->head, SHA256_SIZE) != 0)
		return false;
	out->point = point;
	out->fresh = report->issued_count - (size_t)again;
	return true;
}

/* Gone on from there: what was before is not known, and said to be so. */
static void take_as_it_is(struct collected *c, const struct report *report)
{
	c->has_gap = true;
	c->fresh = report->issued_count;
	c->point.count = report->first + report->issued_count;
	memcpy(c->point.head, report->head, SHA256_SIZE);
}

void journal_follow(struct pending *p, const struct report *report)
{
	static const struct journal_point start;
	struct collected *c = &p->journal;
	bool may_begin = !c->had_one || c->is_old;

	c->is_old = false;
	if (report == NULL || !report->has_journal) {
		/* Who kept one does not stop before the next boot. */
		c->has_gap = !may_begin;
		c->has_one = c->has_gap;
		return;
	}
	c->has_one = true;
	if ((c->had_one && goes_on(&c->known, report, c)) ||
	    (may_begin && goes_on(&start, report, c)))
		return;
	take_as_it_is(c, report);
}

static enum status note_gap(struct turn *turn, const struct pending *p)
{
	const struct collected *c = &p->journal;
	AUTO_DONE(bytes) known = { 0 }, now = { 0 };
	enum status status = hex_append(&known, journal_point_head(&c->known));

	if (status == OK)
		status = hex_append(&now, journal_point_head(&c->point));
	return status == OK
		       ? audit_note(turn, "journal-gap", (struct span){ 0 }, &p->row.node,
				    "known %llu %.*s, reported %llu %.*s, of which %zu are here",
				    (unsigned long long)c->known.count, (int)known.len,
				    (const char *)known.data, (unsigned long long)c->point.count,
				    (int)now.len, (const char *)now.data, c->fresh)
		       : status;
}

static enum status note_batch(struct turn *turn, const struct pending *p, uint64_t first,
			      const struct bytes *text)
{
	if (text->len == 0)
		return OK;
	return audit_note(turn, "issued", (struct span){ 0 }, &p->row.node, "from %llu%.*s",
			  (unsigned long long)first, (int)text->len, (const char *)text->data);
}

/* As many records to an audit entry as it holds: the log costs by the entry. */
static enum status note_records(struct turn *turn, const struct pending *p,
				const struct report *report)
{
	AUTO_DONE(bytes) text = { 0 };
	const struct collected *c = &p->journal;
	uint64_t number = c->point.count - c->fresh;
	uint64_t first = number;
	enum status status = OK;

	for (size_t i = report->issued_count - c->fresh; i < report->issued_count && status == OK;
	     i++, number++) {
		struct span line = report->issued[i].line;

		if (text.len > 0 && text.len + line.len > BATCH_MAX) {
			status = note_batch(turn, p, first, &text);
			bytes_done(&text);
			first = number;
		}
		if (status == OK)
			status = bytes_append(&text, span_text("; "));
		if (status == OK)
			status = bytes_append(&text, line);
	}
	return status == OK ? note_batch(turn, p, first, &text) : status;
}

enum status journal_note(struct turn *turn, const struct pending *p)
{
	struct report report;
	enum status status = p->journal.has_gap ? note_gap(turn, p) : OK;

	if (status != OK || p->journal.fresh == 0)
		return status;
	status = report_parse(p->report, &report);
	return status == OK ? note_records(turn, p, &report) : status;
}

void journal_store(const struct pending *p, bool is_decided, struct session_row *row)
{
	const struct collected *c = &p->journal;
	bool has_one = is_decided ? c->has_one : c->had_one;
	const struct journal_point *point = is_decided ? &c->point : &c->known;

	if (!has_one)
		return;
	row->journal_count = point->count;
	row->journal_head = journal_point_head(point);
	row->is_journal_old = is_decided ? c->is_old : c->was_old;
}
