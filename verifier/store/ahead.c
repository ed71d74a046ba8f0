/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/store/sqlite.h"

#include <stdlib.h>
#include <string.h>

/* Of nodes that were challenged and have not answered: a thousand are at it where
 * three thousand a second attest. */
#define AHEAD_SLOTS 2048

/* One node's rows, as they stand in the database unless its round is over. */
struct ahead {
	uint64_t round; /* of store.round; an older one: empty */
	struct node_row row;
	struct session_row session;
	struct keep keep;
};

enum status ahead_init(struct store *s)
{
	s->round = 1;
	s->ahead = calloc(AHEAD_SLOTS, sizeof(*s->ahead));
	return s->ahead == NULL ? STATUS_NO_MEMORY : OK;
}

void ahead_done(struct store *s)
{
	for (size_t i = 0; i < AHEAD_SLOTS && s->ahead != NULL; i++)
		keep_done(&s->ahead[i].keep);
	free(s->ahead);
	s->ahead = NULL;
}

void ahead_forget_all(struct store *s)
{
	s->round++;
}

static size_t size_of(const struct keep *keep)
{
	size_t size = 0;

	for (size_t i = 0; i < keep->count; i++)
		size += keep->items[i].capacity;
	return size;
}

/* Ids are hashes: whoever makes two meet makes the database be read again. */
static struct ahead *slot_of(struct store *s, const struct node_id *node)
{
	return &s->ahead[(node->value[0] << 8 | node->value[1]) % AHEAD_SLOTS];
}

static bool is_of(const struct store *s, const struct ahead *slot, const struct node_id *node)
{
	return slot->round == s->round &&
	       memcmp(slot->row.node.value, node->value, sizeof(node->value)) == 0;
}

void ahead_forget(struct store *s, const struct node_id *node)
{
	struct ahead *slot = slot_of(s, node);

	if (is_of(s, slot, node))
		slot->round = 0;
}

enum status ahead_look_around(struct store *s)
{
	AUTO_DONE(query) q = query_start(s, SQL_DATA_VERSION);
	enum status status = query_step(&q);

	if (status != OK)
		return status == STATUS_NOT_FOUND ? STATUS_IO : status;

	int64_t version = column_int(&q, 0);

	if (version != s->data_version) {
		s->entries_sequence++;
		ahead_forget_all(s);
	}
	s->data_version = version;
	return OK;
}

bool ahead_take(struct store *s, const struct node_id *node, struct keep *keep,
		struct node_row *row, struct session_row *session)
{
	struct ahead *slot = slot_of(s, node);

	if (!is_of(s, slot, node))
		return false;
	*row = slot->row;
	*session = slot->session;
	keep_done(keep);
	*keep = slot->keep;
	slot->keep = (struct keep){ 0 };
	slot->round = 0;
	return true;
}

void store_attester_ahead(struct store *s, const struct node_row *row,
			  const struct session_row *session, struct keep *keep)
{
	struct ahead *slot = slot_of(s, &row->node);

	keep_done(&slot->keep);
	slot->round = 0;
	/* Of what may yet be undone: nothing of such a step has to be forgotten then, and whoever
	 * is refused takes nobody else's rows along. */
	if (s->step == STEP_WRITTEN || size_of(keep) > AHEAD_NODE_MAX) {
		keep_done(keep);
		return;
	}
	*slot = (struct ahead){
		.round = s->round, .row = *row, .session = *session, .keep = *keep
	};
	*keep = (struct keep){ 0 };
}

struct query query_about(struct store *s, enum statement which, const struct node_id *node)
{
	struct query q = query_start(s, which);

	ahead_forget(s, node);
	query_blob(&q, node_id_span(node));
	return q;
}
