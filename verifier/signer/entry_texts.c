/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/entry_texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/log.h"
#include "verifier/appraisal/approved_file.h"
#include "verifier/signer/core.h"

#define PAGE 64
#define HEAD_MAX (64 + CLASS_NAME_MAX) /* lines of a text that are no entry's */
/* "entry ", a newline, and " sha256:" with 64 digits for each digest. */
#define LINE_FRAME_MAX (7 + ENTRY_DIGESTS_MAX * (8 + 2 * SHA256_SIZE))

_Static_assert(APPROVED_DIGESTS_MAX == ENTRY_DIGESTS_MAX, "all that is approved is told");

static void class_entries_free(struct class_entries *entries)
{
	if (entries == NULL)
		return;
	bytes_done(&entries->class_name);
	bytes_done(&entries->text);
	free(entries);
}

AUTO_FREE(class_entries, struct class_entries, class_entries_free);

void entry_texts_done(struct entry_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		class_entries_free(texts->list[i]);
	free(texts->list);
	*texts = (struct entry_texts){ 0 };
}

enum status entry_texts_read(struct turn *turn, const struct node_class *node_class,
			     const struct entry_row *row, struct entry *out)
{
	AUTO_DONE(entry) entry = { 0 };
	struct approved_file file = { 0 };
	enum status status = entry_parse(row->line, &entry);

	if (status != OK)
		return status == STATUS_NO_MEMORY ? status : STATUS_MALFORMED;
	if (node_class != NULL)
		status = approved_file_find(&turn->signer->reference, node_class,
					    span_of(&entry.executable), turn->now, &file);
	for (size_t i = 0; i < file.count && status == OK; i++)
		status = bytes_append(&entry.digests, digest_span(&file.digest[i]));
	if (status != OK)
		return status == STATUS_NO_MEMORY ? status : STATUS_IO;
	*out = entry;
	entry = (struct entry){ 0 };
	return OK;
}

void entry_texts_log_damaged(const struct entry_row *row)
{
	AUTO_DONE(bytes) name = { 0 };

	if (text_append_escaped(&name, row->name) == OK)
		log_line(LOG_LEVEL_ERROR,
			 "registration entry %.*s: what the store holds of it is none; nodes are "
			 "told nothing of it",
			 (int)name.len, (const char *)name.data);
}

static enum status add_page(struct turn *turn, const struct node_class *node_class,
			    const struct entry_row *rows, size_t count, struct entries *out)
{
	struct entry *list = reallocarray(out->list, out->count + count, sizeof(*list));
	enum status status = OK;

	if (list == NULL)
		return STATUS_NO_MEMORY;
	out->list = list;
	for (size_t i = 0; i < count && status == OK; i++) {
		if (rows[i].standing != ENTRY_ACTIVE)
			continue;
		status = entry_texts_read(turn, node_class, &rows[i], &list[out->count]);
		if (status == OK)
			out->count++;
		if (status == STATUS_MALFORMED) {
			entry_texts_log_damaged(&rows[i]);
			status = OK;
		}
	}
	return status;
}

static enum status read_entries(struct turn *turn, const struct node_class *node_class,
				struct entries *out)
{
	AUTO_DONE(keep) keep = { 0 };
	struct entry_row rows[PAGE];
	struct span after = { 0 };
	size_t count = 0;
	enum status status = bytes_copy(node_class->name, &out->class);

	while (status == OK) {
		status = store_entries(turn->signer->store, node_class->name, after, PAGE, &keep,
				       rows, &count);
		if (status != OK || count == 0)
			break;
		status = add_page(turn, node_class, rows, count, out);
		after = rows[count - 1].name;
	}
	return status;
}

static enum status make_text(struct turn *turn, const struct node_class *node_class,
			     struct class_entries *out)
{
	AUTO_DONE(entries) entries = { 0 };
	enum status status = read_entries(turn, node_class, &entries);

	if (status == OK)
		status = entries_write(&entries, &out->text);
	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&out->text), &out->digest);
	if (status == OK)
		status = approved_file_until(&turn->signer->reference, node_class, turn->now,
					     &out->until);
	return status == OK ? bytes_copy(node_class->name, &out->class_name) : status;
}

/* Where the class is, or has to be put. */
static size_t place_of(const struct entry_texts *texts, struct span class_name, bool *is_there)
{
	size_t first = 0, end = texts->count;

	*is_there = false;
	while (first < end) {
		size_t middle = first + (end - first) / 2;
		int order = span_compare(span_of(&texts->list[middle]->class_name), class_name);

		*is_there = *is_there || order == 0;
		if (order < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static enum status make_room(struct entry_texts *texts)
{
	size_t wanted = texts->capacity * 2 + 8;
	struct class_entries **list;

	if (texts->count < texts->capacity)
		return OK;
	list = reallocarray(texts->list, wanted, sizeof(struct class_entries *));
	if (list == NULL)
		return STATUS_NO_MEMORY;
	texts->list = list;
	texts->capacity = wanted;
	return OK;
}

static enum status add_class(struct turn *turn, const struct node_class *node_class, size_t place)
{
	struct entry_texts *texts = &turn->signer->entry_texts;
	AUTO(class_entries) made = calloc(1, sizeof(*made));
	enum status status = made == NULL ? STATUS_NO_MEMORY : make_text(turn, node_class, made);

	if (status == OK)
		status = make_room(texts);
	if (status != OK)
		return status;
	memmove(&texts->list[place + 1], &texts->list[place],
		(texts->count - place) * sizeof(struct class_entries *));
	texts->list[place] = made;
	texts->count++;
	made = NULL;
	return OK;
}

static void forget_older(struct turn *turn)
{
	struct signer *s = turn->signer;
	struct entry_texts *texts = &s->entry_texts;
	struct span generation = signer_generation(s);
	uint64_t sequence = store_entries_sequence(s->store);

	if (texts->sequence == sequence &&
	    memcmp(texts->generation, generation.data, SHA256_SIZE) == 0)
		return;
	entry_texts_done(texts);
	memcpy(texts->generation, generation.data, SHA256_SIZE);
	texts->sequence = sequence;
}

enum status entry_texts_find(struct turn *turn, const struct node_class *node_class,
			     const struct class_entries **out)
{
	struct entry_texts *texts = &turn->signer->entry_texts;
	enum status status = OK;
	bool is_there;

	forget_older(turn);

	size_t place = place_of(texts, node_class->name, &is_there);

	if (is_there && texts->list[place]->until <= turn->now) {
		entry_texts_done(texts);
		forget_older(turn);
		place = 0;
		is_there = false;
	}
	if (!is_there)
		status = add_class(turn, node_class, place);
	if (status == OK)
		*out = texts->list[place];
	return status;
}

enum status entry_texts_have_room(struct turn *turn, struct span class_name, struct span line,
				  bool *has_room)
{
	AUTO_DONE(keep) keep = { 0 };
	struct entry_row rows[PAGE];
	struct span after = { 0 };
	size_t entries = 1, page = 0, len = HEAD_MAX + line.len + LINE_FRAME_MAX;

	do {
		enum status status = store_entries(turn->signer->store, class_name, after, PAGE,
						   &keep, rows, &page);

		if (status != OK)
			return status;
		for (size_t i = 0; i < page; i++)
			len += rows[i].line.len + LINE_FRAME_MAX;
		entries += page;
		if (page > 0)
			after = rows[page - 1].name;
	} while (page > 0);
	*has_room = entries <= ENTRIES_MAX && len <= ENTRIES_TEXT_MAX;
	return OK;
}
