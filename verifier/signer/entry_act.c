/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/spiffe_id.h"
#include "messages/statement.h"
#include "verifier/signer/core.h"

/* A node would refuse what its class is not entitled to; who adds it wants to know. A
 * class's patterns are of its trust domain: the matrix does not load otherwise. */
static bool is_entitled(const struct signer *s, const struct node_class *node_class, struct span id)
{
	struct ref_range patterns = node_class->id_patterns;

	for (uint32_t i = 0; i < patterns.count; i++)
		if (spiffe_id_matches(reference_text(&s->reference, patterns.first + i), id))
			return true;
	return false;
}

/* "nodes of class server may have spiffe://...": for who is let in as an administrator
 * and signed the act. As many as there is room for. */
static enum refusal not_entitled(struct turn *turn, const struct node_class *node_class,
				 struct span class_name)
{
	AUTO_DONE(bytes) text = { 0 };
	struct ref_range patterns = node_class->id_patterns;
	enum status status = bytes_printf(&text, "nodes of class %.*s may have%s",
					  (int)class_name.len, (const char *)class_name.data,
					  patterns.count == 0 ? " no SPIFFE ID" : "");

	for (uint32_t i = 0; i < patterns.count && status == OK; i++) {
		struct span pattern = reference_text(&turn->signer->reference, patterns.first + i);

		if (text.len + strlen(", ") + pattern.len + strlen(", ...") > SIGNER_ADVICE_MAX) {
			status = bytes_printf(&text, ", ...");
			break;
		}
		status = bytes_printf(&text, "%s %.*s", i == 0 ? "" : ",", (int)pattern.len,
				      (const char *)pattern.data);
	}
	/* The code alone has to do where there is no memory. */
	if (status == OK)
		(void)!keep_bytes(turn->keep, &text, &turn->advice);
	return REFUSAL_ENTRY_NOT_ENTITLED;
}

enum refusal entry_act_check(struct turn *turn, const struct act *act)
{
	const struct signer *s = turn->signer;
	struct span id = span_of(&act->entry.spiffe_id);
	struct node_class node_class;

	if (act->verb != ACT_ADD_ENTRY)
		return REFUSAL_NONE;
	if (!spiffe_id_is_valid(id))
		return REFUSAL_ACT_MALFORMED;
	/* Without a release there is nothing to compare them with. */
	if (!s->has_reference)
		return REFUSAL_NONE;
	if (!challenge_class(s, span_of(&act->class), &node_class))
		return REFUSAL_CLASS_UNKNOWN;
	return is_entitled(s, &node_class, id)
		       ? REFUSAL_NONE
		       : not_entitled(turn, &node_class, span_of(&act->class));
}

static enum refusal add(struct turn *turn, const struct act *act)
{
	AUTO_DONE(bytes) line = { 0 };
	bool has_room = false;
	enum status status = entry_write(&act->entry, &line);

	if (status == OK)
		status = entry_texts_have_room(turn, span_of(&act->class), span_of(&line),
					       &has_room);
	if (status != OK)
		return refusal_of(status);
	if (!has_room)
		return REFUSAL_ENTRIES_FULL;

	const struct entry_row row = {
		.name = span_of(&act->entry.name),
		.class_name = span_of(&act->class),
		.line = span_of(&line),
		.added = turn->now,
		.act_time = act->time,
	};

	return refusal_of(store_entry_add(turn->signer->store, &row));
}

static enum refusal lift(struct turn *turn, const struct act *act)
{
	return refusal_of(
		store_entry_release(turn->signer->store, span_of(&act->entry.name), act->time));
}

enum refusal entry_act_carry_out(struct turn *turn, const struct act *act)
{
	struct entry_row row;
	bool is_adding = act->verb == ACT_ADD_ENTRY;
	enum status status =
		store_entry(turn->signer->store, span_of(&act->entry.name), turn->keep, &row);
	bool is_there = status == OK && row.standing != ENTRY_REMOVED;

	if (status != OK && status != STATUS_NOT_FOUND)
		return refusal_of(status);
	/* First: what was carried out once is said so, whatever became of the entry. */
	if (status == OK && row.act_time >= act->time)
		return REFUSAL_ACT_REPLAYED;
	if (is_adding)
		return is_there ? REFUSAL_ENTRY_EXISTS : add(turn, act);
	if (!is_there)
		return REFUSAL_ENTRY_UNKNOWN;
	return row.standing == ENTRY_QUARANTINED ? lift(turn, act) : REFUSAL_ENTRY_NOT_QUARANTINED;
}
