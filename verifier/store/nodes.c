/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/store/sqlite.h"

#include "base/reader.h"

struct counters counters_of(uint64_t reset, uint64_t restart, uint64_t clock)
{
	const uint64_t parts[3] = { reset, restart, clock };
	struct counters c;

	for (size_t i = 0; i < COUNTERS_SIZE; i++)
		c.value[i] = (uint8_t)(parts[i / 8] >> (8 * (7 - i % 8)));
	return c;
}

static uint64_t part(const struct counters *c, size_t offset)
{
	struct reader r = reader_over((struct span){ .data = c->value + offset, .len = 8 });

	return reader_be64(&r);
}

uint64_t counters_reset(const struct counters *c)
{
	return part(c, 0);
}

uint64_t counters_restart(const struct counters *c)
{
	return part(c, 8);
}

uint64_t counters_clock(const struct counters *c)
{
	return part(c, 16);
}

void node_columns(struct query *q, struct keep *keep, struct node_row *row)
{
	column_fixed(q, 0, row->node.value, sizeof(row->node.value));
	row->standing = (enum standing)column_int(q, 1);
	row->verdict = (enum node_state)column_int(q, 2);
	row->ak_name = column_kept(q, 3, keep);
	row->ak_public = column_kept(q, 4, keep);
	row->ek_public = column_kept(q, 5, keep);
	row->spki = column_kept(q, 6, keep);
	row->host = column_kept(q, 7, keep);
	row->class_name = column_kept(q, 8, keep);
	row->hostname = column_kept(q, 9, keep);
	row->manufacturer = column_kept(q, 10, keep);
	row->model = column_kept(q, 11, keep);
	row->version = column_kept(q, 12, keep);
	row->is_software_tpm = column_int(q, 13) != 0;
	row->quirks = (uint32_t)column_int(q, 14);
	row->nv_index = (uint32_t)column_int(q, 15);
	row->enrolled = column_int(q, 16);
	row->attested = column_int(q, 17);
	row->expires = column_int(q, 18);
	row->release_version = column_count(q, 19);
	column_fixed(q, 20, row->counters.value, COUNTERS_SIZE);
	row->act_time = column_int(q, 21);
	row->note = column_kept(q, 22, keep);
	row->manifest = column_kept(q, 23, keep);
	row->entries = column_count(q, 24);
	/* A damaged row must not be taken for an active, trusted node. */
	if ((unsigned)row->standing > STANDING_RETIRED || (unsigned)row->verdict > NODE_STALE)
		q->status = STATUS_IO;
}

enum status store_node(struct store *s, const struct node_id *node, struct keep *keep,
		       struct node_row *out)
{
	AUTO_DONE(query) q = query_start(s, SQL_NODE);
	struct node_row row = { 0 };

	query_blob(&q, node_id_span(node));

	enum status status = query_step(&q);

	if (status != OK)
		return status;
	node_columns(&q, keep, &row);
	if (q.status == OK)
		*out = row;
	return q.status;
}

enum status store_node_of_ak(struct store *s, struct span ak_name, struct node_id *out)
{
	AUTO_DONE(query) q = query_start(s, SQL_NODE_OF_AK);
	struct node_id node = { 0 };

	query_blob(&q, ak_name);

	enum status status = query_step(&q);

	if (status != OK)
		return status;
	column_fixed(&q, 0, node.value, sizeof(node.value));
	if (q.status == OK)
		*out = node;
	return q.status;
}

enum status store_node_insert(struct store *s, const struct node_row *row)
{
	AUTO_DONE(query) q = query_about(s, SQL_NODE_INSERT, &row->node);

	query_int(&q, row->standing);
	query_int(&q, row->verdict);
	query_blob(&q, row->ak_name);
	query_blob(&q, row->ak_public);
	query_blob(&q, row->ek_public);
	query_blob(&q, row->spki);
	query_text(&q, row->host);
	query_text(&q, row->class_name);
	query_text(&q, row->hostname);
	query_text(&q, row->manufacturer);
	query_text(&q, row->model);
	query_text(&q, row->version);
	query_int(&q, row->is_software_tpm);
	query_int(&q, row->quirks);
	query_int(&q, row->nv_index);
	query_int(&q, row->enrolled);
	query_int(&q, row->attested);
	query_int(&q, row->expires);
	query_count(&q, row->release_version);
	query_blob(&q, (struct span){ .data = row->counters.value, .len = COUNTERS_SIZE });
	query_int(&q, row->act_time);
	query_text(&q, row->note);
	query_blob(&q, row->manifest);
	return query_run(&q, s, NULL);
}

/* A statement that takes the node and may change nothing. */
static enum status run_for_node(struct store *s, enum statement which, const struct node_id *node)
{
	AUTO_DONE(query) q = query_about(s, which, node);

	return query_run(&q, s, NULL);
}

static enum status forget_session(struct store *s, const struct node_id *node)
{
	enum status status = run_for_node(s, SQL_LOG_DELETE_ALL, node);

	return status == OK ? run_for_node(s, SQL_SESSION_DELETE, node) : status;
}

enum status store_node_reset(struct store *s, const struct node_id *node, struct span ak_name,
			     const struct counters *counters, int64_t now)
{
	AUTO_DONE(query) q = query_about(s, SQL_NODE_RESET, node);

	query_blob(&q, ak_name);
	query_blob(&q, (struct span){ .data = counters->value, .len = COUNTERS_SIZE });
	query_int(&q, now);

	enum status status = query_run_once(&q, s);

	return status == OK ? forget_session(s, node) : status;
}

enum status store_node_rekey(struct store *s, const struct node_row *row, struct span ak_name)
{
	AUTO_DONE(query) q = query_about(s, SQL_NODE_REKEY, &row->node);

	query_blob(&q, ak_name);
	query_blob(&q, row->ak_name);
	query_blob(&q, row->ak_public);
	query_blob(&q, (struct span){ .data = row->counters.value, .len = COUNTERS_SIZE });
	query_int(&q, row->enrolled);
	query_text(&q, row->note);
	query_int(&q, row->act_time);

	enum status status = query_run_once(&q, s);

	return status == OK ? forget_session(s, &row->node) : status;
}

enum status store_node_forget(struct store *s, const struct node_id *node)
{
	AUTO_DONE(query) q = query_about(s, SQL_NODE_FORGET, node);

	return query_run_once(&q, s);
}

enum status store_node_place(struct store *s, const struct node_id *node, struct span host,
			     struct span class_name, int64_t act_time)
{
	AUTO_DONE(query)
	q = query_about(s, act_time == 0 ? SQL_NODE_PLACE_LISTED : SQL_NODE_PLACE_ACT, node);

	query_text(&q, host);
	query_text(&q, class_name);
	if (act_time != 0)
		query_int(&q, act_time);
	return query_run_once(&q, s);
}

enum status store_node_release(struct store *s, const struct node_id *node, int64_t act_time)
{
	AUTO_DONE(query) q = query_about(s, SQL_NODE_RELEASE, node);

	query_int(&q, act_time);
	return query_run_once(&q, s);
}

enum status store_node_narrow(struct store *s, const struct node_id *node, enum standing standing,
			      struct span note, int64_t act_time)
{
	AUTO_DONE(query) q = query_about(s, SQL_NODE_NARROW, node);

	query_int(&q, standing);
	query_text(&q, note);
	query_int(&q, act_time);

	enum status status = query_run_once(&q, s);

	/* The evidence stays for people; a resend of it brings no grant back. */
	return status == OK ? run_for_node(s, SQL_SESSION_SPEND, node) : status;
}

enum status store_node_ids(struct store *s, const struct node_id *after, size_t limit,
			   struct node_id *out, size_t *count)
{
	AUTO_DONE(query) q = query_start(s, SQL_NODE_LIST);
	size_t found = 0;

	query_blob(&q, after != NULL ? node_id_span(after) : (struct span){ 0 });
	query_count(&q, limit);

	enum status status = query_step(&q);

	for (; status == OK && found < limit; status = query_step(&q)) {
		column_fixed(&q, 0, out[found].value, sizeof(out[found].value));
		found++;
	}
	if (status != STATUS_NOT_FOUND && status != OK)
		return status;
	*count = found;
	return OK;
}

/* What is shown: standing first, then the last verdict as long as it is fresh.
 * An untrusted node stays untrusted: silence does not make it better. */
static enum node_state state_of(int64_t standing, int64_t verdict, bool is_fresh)
{
	if (standing == STANDING_PENDING)
		return NODE_PENDING;
	if (standing == STANDING_QUARANTINED)
		return NODE_QUARANTINED;
	if (standing == STANDING_RETIRED)
		return NODE_RETIRED;
	if (verdict == NODE_UNTRUSTED)
		return NODE_UNTRUSTED;
	if (!is_fresh || (verdict != NODE_TRUSTED && verdict != NODE_WARNED))
		return NODE_STALE;
	return (enum node_state)verdict;
}

enum node_state node_row_state(const struct node_row *row, int64_t fresh_since)
{
	return state_of(row->standing, row->verdict, row->attested >= fresh_since);
}

enum status store_node_counts(struct store *s, int64_t fresh_since, size_t limit, int64_t *after,
			      uint64_t counts[NODE_STATES])
{
	AUTO_DONE(query) q = query_start(s, SQL_NODE_COUNT);
	uint64_t sums[NODE_STATES] = { 0 };
	uint64_t count = 0;
	int64_t last = 0;

	query_int(&q, fresh_since);
	query_int(&q, *after);
	query_count(&q, limit);

	enum status status = query_step(&q);

	for (; status == OK; status = query_step(&q)) {
		sums[state_of(column_int(&q, 0), column_int(&q, 1), column_int(&q, 2) != 0)] +=
			column_count(&q, 3);
		count += column_count(&q, 3);
		if (column_int(&q, 4) > last)
			last = column_int(&q, 4);
	}
	if (status != STATUS_NOT_FOUND)
		return status;
	for (size_t i = 0; i < NODE_STATES; i++)
		counts[i] += sums[i];
	*after = count < limit ? 0 : last;
	return OK;
}

enum status store_nodes_ahead(struct store *s, int64_t now, uint64_t *count)
{
	AUTO_DONE(query) q = query_start(s, SQL_NODE_AHEAD);

	query_int(&q, now);

	enum status status = query_step(&q);

	if (status != OK)
		return status == STATUS_NOT_FOUND ? STATUS_IO : status;
	*count = column_count(&q, 0);
	return q.status;
}

enum status store_nodes_bring_back(struct store *s, int64_t now)
{
	AUTO_DONE(query) q = query_start(s, SQL_NODE_BRING_BACK);

	ahead_forget_all(s);
	query_int(&q, now);
	return query_run(&q, s, NULL);
}
