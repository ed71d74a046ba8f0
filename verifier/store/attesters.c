/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/store/sqlite.h"

static enum status read_attester(struct store *s, const struct node_id *node, struct keep *keep,
				 struct node_row *row, struct session_row *session)
{
	AUTO_DONE(query) q = query_start(s, SQL_ATTESTER);
	struct node_row read = { 0 };
	struct session_row joined = { 0 };

	query_blob(&q, node_id_span(node));

	enum status status = query_step(&q);

	if (status != OK)
		return status;
	node_columns(&q, keep, &read);
	if (!column_is_null(&q, NODE_COLUMN_COUNT))
		session_columns(&q, NODE_COLUMN_COUNT, keep, &joined);
	if (q.status != OK)
		return q.status;
	*row = read;
	*session = joined;
	return OK;
}

enum status store_attester(struct store *s, const struct node_id *node, struct keep *keep,
			   struct node_row *row, struct session_row *session)
{
	if (keep->count == 0 && ahead_take(s, node, keep, row, session))
		return OK;
	return read_attester(s, node, keep, row, session);
}
