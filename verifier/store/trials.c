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
