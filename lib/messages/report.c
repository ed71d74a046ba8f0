/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/report.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "messages/entries.h"
#include "messages/statement_lines.h"

#define KIND "attestd-report/1"

void report_init(struct report *report)
{
	memset(report, 0, offsetof(struct report, jwts));
}

/* 1 to max bytes that are themselves in a line. */
static bool is_word(struct span text, size_t max)
{
	if (text.len == 0 || text.len > max || span_equal(text, span_text("-")))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	return true;
}

bool audience_is_valid(struct span audience)
{
	return is_word(audience, AUDIENCE_MAX);
}

static bool is_spiffe_id(struct span text)
{
	return is_word(text, SPIFFE_ID_MAX) && span_starts_with(text, "spiffe://");
}

/* Or what a SPIRE server takes for selectors, several joined by "%20". */
static bool is_issued_name(struct span text)
{
	return is_spiffe_id(text) ||
	       (is_word(text, SPIFFE_ID_MAX) && span_starts_with(text, "x509pop://"));
}

/* Leaves *out empty for "-"; what a word may be is said when it is written again. */
static void take_word(struct lines *l, struct span *rest, struct span *out)
{
	struct span word = lines_word(l, rest);

	if (!span_equal(word, span_text("-")))
		*out = word;
}

static void take_digest(struct lines *l, struct span *rest, struct digest *out)
{
	struct span word = { 0 };

	take_word(l, rest, &word);
	if (word.len > 0)
		lines_fail(l, digest_text_parse(word, out));
}

static void take_issued(struct lines *l, struct span value, struct report_issued *out)
{
	struct span uid = { 0 };

	*out = (struct report_issued){ 0 };
	out->time = (int64_t)lines_decimal(l, lines_word(l, &value), INT64_MAX);
	take_digest(l, &value, &out->tbs);
	take_word(l, &value, &out->spiffe_id);
	take_word(l, &value, &out->entry);
	take_word(l, &value, &uid);
	out->has_uid = uid.len > 0;
	if (out->has_uid)
		out->uid = (uint32_t)lines_decimal(l, uid, UINT32_MAX);
	take_word(l, &value, &out->unit);
	take_digest(l, &value, &out->executable);
	take_word(l, &value, &out->reason);
	if (value.len > 0)
		lines_fail(l, STATUS_MALFORMED);
}

/* The line that lines_field() takes next. */
static struct span next_line(const struct lines *l)
{
	struct span rest = l->rest;
	struct span line = { 0 };

	(void)text_next_line(&rest, &line);
	return line;
}

static void take_journal(struct lines *l, struct report *r)
{
	AUTO_DONE(bytes) head = { 0 };
	struct span value = lines_field(l, "journal");

	r->has_journal = true;
	/* A verifier's store has no larger number, and each record's is below the count. */
	r->first = lines_decimal(l, lines_word(l, &value), INT64_MAX);
	r->count = lines_decimal(l, lines_word(l, &value), INT64_MAX);
	lines_take_hex(l, value, SHA256_SIZE, false, &head);
	if (l->status == OK && head.len != SHA256_SIZE)
		lines_fail(l, STATUS_MALFORMED);
	if (l->status == OK)
		memcpy(r->head, head.data, SHA256_SIZE);
	while (lines_has(l, "issued")) {
		struct report_issued *issued = &r->issued[r->issued_count];
		struct span line = next_line(l);

		if (r->issued_count == REPORT_ISSUED_MAX) {
			lines_fail(l, STATUS_TOO_LARGE);
			return;
		}
		take_issued(l, lines_field(l, "issued"), issued);
		issued->line = line;
		r->issued_count++;
	}
}

static void take_jwt(struct lines *l, struct report_jwt *out)
{
	AUTO_DONE(bytes) key = { 0 };
	struct span value = lines_field(l, "jwt");

	*out = (struct report_jwt){ .ticket = lines_decimal(l, lines_word(l, &value), INT64_MAX) };
	take_word(l, &value, &out->entry);
	take_word(l, &value, &out->spiffe_id);
	lines_take_base64(l, lines_word(l, &value), RECIPIENT_KEY_SIZE, &key);
	if (l->status == OK && key.len != RECIPIENT_KEY_SIZE)
		lines_fail(l, STATUS_MALFORMED);
	if (l->status == OK)
		memcpy(out->recipient, key.data, RECIPIENT_KEY_SIZE);
	while (l->status == OK && value.len > 0) {
		if (out->audience_count == REPORT_AUDIENCES_MAX)
			lines_fail(l, STATUS_TOO_LARGE);
		else
			out->audiences[out->audience_count++] = lines_word(l, &value);
	}
}

static enum status take_report(struct span text, struct report *r)
{
	struct lines l = lines_over(text, KIND);

	if (lines_has(&l, "journal"))
		take_journal(&l, r);
	while (lines_has(&l, "jwt")) {
		if (r->jwt_count == REPORT_JWTS_MAX) {
			lines_fail(&l, STATUS_TOO_LARGE);
			break;
		}
		take_jwt(&l, &r->jwts[r->jwt_count++]);
	}
	return lines_end(&l);
}

enum status report_parse(struct span text, struct report *out)
{
	AUTO_DONE(bytes) again = { 0 };

	report_init(out);

	enum status status = take_report(text, out);

	/* One spelling: whatever reads the same is the same text. */
	if (status == OK)
		status = report_write(out, &again);
	if (status == OK && !span_equal(text, span_of(&again)))
		status = STATUS_MALFORMED;
	if (status != OK)
		report_init(out);
	return status;
}

static void put_word(struct line_writer *w, struct span word)
{
	line_text(w, " ");
	if (w->status == OK)
		w->status = bytes_append(w->out, word.len > 0 ? word : span_text("-"));
}

static void put_digest(struct line_writer *w, const struct digest *digest)
{
	if (digest->alg == DIGEST_NONE) {
		put_word(w, (struct span){ 0 });
		return;
	}
	line_text(w, " ");
	if (w->status == OK)
		w->status = digest_text_append(w->out, digest);
}

static void put_decimal(struct line_writer *w, uint64_t value)
{
	line_text(w, " ");
	line_decimal(w, value);
}

static bool issued_is_valid(const struct report_issued *issued)
{
	return issued->time >= 0 && issued->tbs.alg == DIGEST_SHA256 &&
	       is_issued_name(issued->spiffe_id) && code_is_valid(issued->reason) &&
	       (issued->entry.len == 0 || entry_name_is_valid(issued->entry)) &&
	       (issued->unit.len == 0 || is_word(issued->unit, UNIT_NAME_MAX));
}

static void put_issued(struct line_writer *w, const struct report_issued *issued)
{
	if (!issued_is_valid(issued))
		w->status = STATUS_MALFORMED;
	line_text(w, "issued");
	put_decimal(w, (uint64_t)issued->time);
	put_digest(w, &issued->tbs);
	put_word(w, issued->spiffe_id);
	put_word(w, issued->entry);
	if (issued->has_uid)
		put_decimal(w, issued->uid);
	else
		put_word(w, (struct span){ 0 });
	put_word(w, issued->unit);
	put_digest(w, &issued->executable);
	put_word(w, issued->reason);
}

static void put_journal(struct line_writer *w, const struct report *r)
{
	if (!r->has_journal) {
		if (r->issued_count > 0 || r->first != 0 || r->count != 0)
			w->status = STATUS_MALFORMED;
		return;
	}
	if (r->issued_count > REPORT_ISSUED_MAX || r->count > INT64_MAX || r->first > r->count ||
	    r->issued_count > r->count - r->first) {
		w->status = STATUS_MALFORMED;
		return;
	}
	line_text(w, "journal");
	put_decimal(w, r->first);
	put_decimal(w, r->count);
	line_text(w, " ");
	line_hex(w, (struct span){ r->head, SHA256_SIZE });
	line_text(w, "\n");
	for (size_t i = 0; i < r->issued_count; i++) {
		put_issued(w, &r->issued[i]);
		line_text(w, "\n");
	}
}

static bool jwt_is_valid(const struct report_jwt *jwt)
{
	if (jwt->ticket > INT64_MAX || !entry_name_is_valid(jwt->entry) ||
	    !is_spiffe_id(jwt->spiffe_id) || jwt->audience_count == 0 ||
	    jwt->audience_count > REPORT_AUDIENCES_MAX)
		return false;
	for (size_t i = 0; i < jwt->audience_count; i++)
		if (!audience_is_valid(jwt->audiences[i]))
			return false;
	return true;
}

static void put_jwt(struct line_writer *w, const struct report_jwt *jwt)
{
	if (!jwt_is_valid(jwt)) {
		w->status = STATUS_MALFORMED;
		return;
	}
	line_text(w, "jwt");
	put_decimal(w, jwt->ticket);
	put_word(w, jwt->entry);
	put_word(w, jwt->spiffe_id);
	line_text(w, " ");
	line_base64(w, (struct span){ jwt->recipient, RECIPIENT_KEY_SIZE });
	for (size_t i = 0; i < jwt->audience_count; i++)
		put_word(w, jwt->audiences[i]);
	line_text(w, "\n");
}

enum status report_write(const struct report *report, struct bytes *text)
{
	struct line_writer w = { .out = text };

	if (report->jwt_count > REPORT_JWTS_MAX)
		return STATUS_MALFORMED;
	line_text(&w, KIND "\n");
	put_journal(&w, report);
	for (size_t i = 0; i < report->jwt_count && w.status == OK; i++)
		put_jwt(&w, &report->jwts[i]);
	line_text(&w, "end\n");
	return w.status;
}

bool report_jwt_fits(const struct report_jwt *jwt)
{
	AUTO_DONE(bytes) text = { 0 };
	struct report report;

	report_init(&report);
	report.jwts[report.jwt_count++] = *jwt;
	return report_write(&report, &text) == OK && text.len <= REPORT_JWT_TEXT_MAX;
}

enum status report_issued_parse(struct span line, struct report_issued *out)
{
	AUTO_DONE(bytes) again = { 0 };
	struct lines l = { .rest = line };
	struct report_issued issued;

	take_issued(&l, lines_field(&l, "issued"), &issued);
	if (l.status == OK && l.rest.len > 0)
		lines_fail(&l, STATUS_MALFORMED);
	if (l.status == OK)
		lines_fail(&l, report_issued_write(&issued, &again));
	if (l.status == OK && !span_equal(line, span_of(&again)))
		lines_fail(&l, STATUS_MALFORMED);
	issued.line = line;
	if (l.status == OK)
		*out = issued;
	return l.status;
}

enum status report_issued_write(const struct report_issued *issued, struct bytes *line)
{
	struct line_writer w = { .out = line };

	put_issued(&w, issued);
	return w.status;
}
