/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/canary.h"

#include <inttypes.h>

#include "base/text.h"
#include "policies/documents/timestamp.h"
#include "policies/transparency/checkpoint.h"

#define CHECKPOINT_MAX 4096
#define ORIGIN "attestd.dev/verdict-log/"

static bool is_verdict_log(struct span note)
{
	struct span rest = note, origin;
	struct checkpoint checkpoint;

	return text_next_line(&rest, &origin) && span_starts_with(origin, ORIGIN) &&
	       checkpoint_parse(note, origin, &checkpoint) == OK;
}

/* Where the verdict log stood: an auditor looks up there who was counted. */
static void read_checkpoint(struct strict_cursor *predicate)
{
	AUTO_DONE(bytes) note = { 0 };

	strict_base64(predicate, "checkpoint", CHECKPOINT_MAX, &note);
	if (!is_verdict_log(span_of(&note)))
		strict_fail(predicate, "checkpoint", STATUS_MALFORMED, "bad-value");
}

enum status canary_read(struct statement *s, struct canary *out)
{
	struct strict_cursor *predicate = &s->predicate;
	struct canary c = { .manifest = strict_sha256(predicate, "manifest") };

	statement_expect_subject(s, 0, "manifest", &c.manifest);
	statement_expect_subjects(s, 1);
	c.nodes = strict_uint(predicate, "nodes", 0, INT64_MAX);
	c.svids = strict_uint(predicate, "svids", 0, INT64_MAX);
	c.from = strict_int(predicate, "from", 1, TIME_MAX);
	c.to = strict_int(predicate, "to", 1, TIME_MAX);
	if (c.to < c.from)
		strict_fail(predicate, "to", STATUS_MALFORMED, "out-of-range");
	statement_read_pin(predicate, "index", &c.index_version, &c.index);
	read_checkpoint(predicate);
	if (c.svids > c.nodes)
		strict_fail(predicate, "svids", STATUS_MALFORMED, "out-of-range");

	enum status status = strict_end(predicate);
	if (status == OK)
		*out = c;
	return status;
}

static enum status write_predicate(const struct canary *canary, const char *manifest,
				   const char *index, struct bytes *out)
{
	enum status status = bytes_printf(out,
					  "{\"manifest\":\"%s\",\"nodes\":%" PRIu64
					  ",\"svids\":%" PRIu64 ",\"from\":%" PRId64
					  ",\"to\":%" PRId64 ",\"index\":{\"version\":%" PRIu64
					  ",\"sha256\":\"%s\"},\"checkpoint\":\"",
					  manifest, canary->nodes, canary->svids, canary->from,
					  canary->to, canary->index_version, index);

	if (status == OK)
		status = base64_append(out, canary->checkpoint);
	return status == OK ? bytes_printf(out, "\"}") : status;
}

enum status canary_write(const struct canary *canary, struct bytes *payload)
{
	AUTO_DONE(bytes) manifest = { 0 };
	AUTO_DONE(bytes) index = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	enum status status = hex_append(&manifest, digest_span(&canary->manifest));

	if (status == OK)
		status = bytes_append_byte(&manifest, 0);
	if (status == OK)
		status = hex_append(&index, digest_span(&canary->index));
	if (status == OK)
		status = bytes_append_byte(&index, 0);
	if (status == OK)
		status = bytes_printf(
			&text,
			"{\"_type\":\"%s\",\"subject\":[{\"name\":\"manifest\",\"digest\":{"
			"\"sha256\":\"%s\"}}],\"predicateType\":\"%s\",\"predicate\":",
			STATEMENT_TYPE, (const char *)manifest.data,
			document_predicate_type(DOCUMENT_CANARY));
	if (status == OK)
		status = write_predicate(canary, (const char *)manifest.data,
					 (const char *)index.data, &text);
	if (status == OK)
		status = bytes_append_byte(&text, '}');
	return status == OK ? bytes_append(payload, span_of(&text)) : status;
}
