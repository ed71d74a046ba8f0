/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/clock.h"

#include <stdio.h>

#include "base/text.h"

#define HIGH_WATER "high-water-time"

enum status high_water_read(struct signer *s)
{
	AUTO_DONE(keep) keep = { 0 };
	struct span value;
	uint64_t seconds = 0;
	enum status status = store_fact(s->store, HIGH_WATER, &keep, &value);

	if (status == OK)
		status = decimal_parse(value, INT64_MAX, &seconds);
	else if (status == STATUS_NOT_FOUND)
		status = OK;
	if (status == OK)
		s->high_water = (int64_t)seconds;
	return status;
}

static enum status high_water_set(struct signer *s, int64_t now)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)now);

	enum status status = store_fact_set(s->store, HIGH_WATER, span_text(text));

	if (status == OK)
		s->high_water = now;
	return status;
}

enum status high_water_raise(struct signer *s, int64_t now)
{
	return now <= s->high_water ? OK : high_water_set(s, now);
}

bool clock_is_back(struct turn *turn)
{
	struct signer *s = turn->signer;

	if (turn->now + CLOCK_TOLERANCE_S >= s->high_water)
		return false;
	/* One that can't be read has not said anything else. */
	return high_water_read(s) != OK || turn->now + CLOCK_TOLERANCE_S < s->high_water;
}

void clock_bring_back(struct turn *turn)
{
	struct signer *s = turn->signer;

	if (s->in_use_since > turn->now)
		s->in_use_since = turn->now;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum status clock_accept(struct turn *turn, struct span reason)
{
	struct signer *s = turn->signer;
	struct release_marks marks;
	uint64_t nodes = 0;
	enum status status = high_water_read(s);

	if (status == OK)
		status = releases_marks(s, &marks);
	if (status == OK)
		status = store_nodes_ahead(s->store, turn->now, &nodes);
	if (status != OK)
		return status;

	int64_t seen = s->high_water, loaded = marks.time;

	if (seen <= turn->now && loaded <= turn->now && nodes == 0)
		return STATUS_MISMATCH;
	marks.time = earlier(loaded, turn->now);
	status = high_water_set(s, earlier(seen, turn->now));
	if (status == OK)
		status = releases_marks_set(s, &marks);
	if (status == OK)
		status = store_nodes_bring_back(s->store, turn->now);
	if (status == OK)
		status = store_entries_bring_back(s->store, turn->now);
	if (status == OK)
		status = epoch_begin(turn);
	return status == OK
		       ? audit_note(turn, "clock-accepted", (struct span){ 0 }, NULL,
				    "high water %lld release %lld nodes %llu: %.*s",
				    (long long)seen, (long long)loaded, (unsigned long long)nodes,
				    (int)reason.len, (const char *)reason.data)
		       : status;
}
