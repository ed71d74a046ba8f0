/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two manifests that verified and their sets: what is told is counted, the canonical
 * text is the digest's, and nothing differs from itself.
 */
#include "base/reader.h"
#include "fuzz.h"
#include "policies/difference/difference.h"

/* Too large for a stack with AddressSanitizer's red zones. */
static struct difference_side before, after;
static struct span files[2];

struct heard {
	uint64_t changes;
	struct bytes text;
};

static enum status open_set(void *self, const struct manifest_set *set, struct span *file)
{
	(void)self;
	*file = files[set >= after.manifest.set && set < after.manifest.set + MANIFEST_SETS_MAX];
	return OK;
}

static void close_set(void *self, struct span file)
{
	(void)self;
	(void)file;
}

static enum status hear_change(void *self, const struct change *change)
{
	struct heard *heard = self;

	must((unsigned)change->kind < CHANGE_KINDS);
	must(change->path.len == 0 || change->before.len + change->after.len > 0);
	heard->changes++;
	return OK;
}

static enum status hear_text(void *self, struct span text)
{
	return bytes_append(&((struct heard *)self)->text, text);
}

static void compare(const struct difference_side *old)
{
	static const struct class_rules rules = { .low_risk = UINT64_C(1) << CHANGE_LIFETIME };
	struct heard heard = { 0 };
	const struct set_source sets = { open_set, close_set, NULL };
	const struct difference_listener listener = { hear_change, hear_text, &heard };
	struct difference difference;
	struct set_fault why = { 0 };
	struct digest digest;
	uint64_t count = 0;
	enum status status =
		difference_of(old, &after, &sets, &rules, &listener, &difference, &why);

	must(status == OK || status == STATUS_NO_MEMORY ||
	     (status == STATUS_MALFORMED && why.code != NULL && why.line > 0));
	for (size_t i = 0; status == OK && i < CHANGE_KINDS; i++)
		count += difference.count[i];
	if (status == OK) {
		must(count == heard.changes);
		must(digest_of(DIGEST_SHA256, span_of(&heard.text), &digest) == OK);
		must(digest_equal(&digest, &difference.digest));
		must(old != &after || count == 0);
		must(old != NULL || difference.class == CHANGE_TRUST_IMPACTING);
	}
	bytes_done(&heard.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_over((struct span){ data, len });
	struct span old = reader_sized(&r, UINT16_MAX);
	struct span new = reader_sized(&r, UINT16_MAX);

	files[0] = reader_sized(&r, UINT16_MAX);
	files[1] = r.rest;
	memset(&before, 0, sizeof(before));
	memset(&after, 0, sizeof(after));
	if (r.status == OK && difference_side_open(new, &after) == OK) {
		compare(NULL);
		compare(&after);
		if (difference_side_open(old, &before) == OK)
			compare(&before);
	}
	difference_side_done(&before);
	difference_side_done(&after);
	return 0;
}
