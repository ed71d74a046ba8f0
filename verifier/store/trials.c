/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/store/sqlite.h"

enum status store_trial(struct store *s, struct span manifest, const struct node_id *node,
			int64_t now)
{
	AUTO_DONE(query) q = query_about(s, SQL_TRIAL_PUT, node);

	query_blob(&q, manifest);
	query_int(&q, now);
	return query_run(&q, s, NULL);
}

enum status store_trial_count(struct store *s, struct span manifest, const struct node_id *node,
			      int64_t since, struct trial_count *out)
{
	AUTO_DONE(query) q = query_about(s, SQL_TRIAL_COUNT, node);

	query_blob(&q, manifest);
	query_int(&q, since);

	enum status status = query_step(&q);
	if (status != OK)
		return status;

	struct trial_count count = { .nodes = column_count(&q, 0),
				     .others = column_count(&q, 1),
				     .first = column_int(&q, 2),
				     .last = column_int(&q, 3) };
	if (q.status == OK)
		*out = count;
	return q.status;
}

enum status store_trial_svid(struct store *s, struct span manifest, const struct node_id *node,
			     int64_t granted, int64_t now)
{
	AUTO_DONE(query) q = query_about(s, SQL_TRIAL_SVID, node);

	query_blob(&q, manifest);
	query_int(&q, granted);
	query_int(&q, now);
	return query_run_once(&q, s);
}

enum status store_trial_outcome(struct store *s, struct span manifest, int64_t since, int64_t now,
				struct trial_outcome *out)
{
	AUTO_DONE(query) q = query_start(s, SQL_TRIAL_STATEMENT);

	query_blob(&q, manifest);
	query_int(&q, since);
	query_int(&q, now);
	query_int(&q, STANDING_ACTIVE);
	query_int(&q, NODE_TRUSTED);

	enum status status = query_step(&q);
	if (status != OK)
		return status;

	struct trial_outcome outcome = { .nodes = column_count(&q, 0),
					 .svids = column_count(&q, 1) };
	if (q.status == OK)
		*out = outcome;
	return q.status;
}
