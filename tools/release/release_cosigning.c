/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_cosigning.h"

#include <stdio.h>

#include "tools/release/release_log.h"

struct turn {
	const struct release_line *line;
	const struct signing *signing;
	const struct cosigned *document;
};

static enum status keep_or_read(const struct turn *turn, struct bytes *payload)
{
	const struct signing_draft *draft = &turn->document->draft;
	struct path_text path = line_path(turn->line, "%s", draft->path);
	enum status status;

	if (turn->document->is_cosigning)
		return path_read(path.text, turn->document->max, payload);
	status = draft->make(draft->self, payload);
	return status == OK ? path_write(path.text, span_of(payload), 0644) : status;
}

/* Who cosigns did not make it. */
static enum status keep_and_show(void *self, struct bytes *payload)
{
	const struct turn *turn = self;
	const struct cosigned *document = turn->document;
	enum status status = keep_or_read(turn, payload);

	if (status == OK)
		status =
			signing_check(document->draft.kind, document->draft.path, span_of(payload));
	if (status == OK)
		status = signing_show(turn->signing, span_of(payload));
	if (status != OK || document->show == NULL)
		return status;
	return document->show(document->draft.self, span_of(payload),
			      turn->signing->prints ? stderr : stdout);
}

enum answer cosigned_sign(const struct release_line *line, const struct signing *signing,
			  const struct cosigned *document)
{
	struct turn turn = { line, signing, document };
	const struct signing_draft draft = { document->draft.kind, document->draft.path,
					     keep_and_show, &turn };
	AUTO_DONE(bytes) payload = { 0 };
	struct sha256_text digest;
	enum status status = signing_payload(line, signing, &draft, &payload);

	if (status == OK && signing->prints)
		return ANSWER_YES;
	if (status == OK && !signing_agreed(signing))
		return ANSWER_UNUSABLE;
	if (status == OK)
		status = signing_add(line, signing, document->folder, span_of(&payload), &digest);
	if (status != OK)
		return ANSWER_UNUSABLE;
	printf("%s sha256:%s\n", document->name, digest.hex);
	return release_log_catch_up(line, &signing->pin, NULL) == OK ? ANSWER_YES : ANSWER_UNUSABLE;
}
