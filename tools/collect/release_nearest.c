/* SPDX-License-Identifier: Apache-2.0 */
/* What a draft has instead of an event or entry that it does not explain. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/documents/manifest.h"
#include "policies/reference/set_file.h"
#include "tools/collect/release_validation.h"

static enum status describe_rule(const struct validation *v, const struct boot_rule *rule,
				 const char *why, struct unmatched *u)
{
	AUTO_DONE(bytes) text = { 0 };
	struct digest first = reference_digest(&v->ref, rule->digests.first);
	enum status status = bytes_printf(&text, "%s: \"%.*s\", pcr %u, ", why, (int)rule->name.len,
					  (const char *)rule->name.data, rule->pcr);

	if (status == OK)
		status = digest_text_append(&text, &first);
	if (status == OK && rule->digests.count > 1)
		status = bytes_printf(&text, " and %u more", rule->digests.count - 1);
	if (status != OK)
		return status;
	free(u->nearest);
	u->nearest = NULL;
	return bytes_text(span_of(&text), &u->nearest);
}

static bool names(const struct boot_event *event, struct span name)
{
	return name.len > 0 &&
	       memmem(event->payload.data, event->payload.len, name.data, name.len) != NULL;
}

/* The better, the higher. */
enum nearness {
	NEAR_NOTHING,
	NEAR_TYPE, /* PCR and type */
	NEAR_NAME, /* and what the rule calls itself stands in the event */
	NEAR_DIGEST,
};

static enum nearness nearness_of(const struct validation *v, const struct boot_rule *rule,
				 const struct boot_event *event, const struct digest *digest)
{
	if (digest != NULL && reference_range_has_digest(&v->ref, rule->digests, digest))
		return NEAR_DIGEST;
	if (rule->pcr != event->pcr || (rule->type != 0 && rule->type != event->type))
		return NEAR_NOTHING;
	return names(event, rule->name) ? NEAR_NAME : NEAR_TYPE;
}

static struct ref_range rules_of(const struct validation *v, size_t list)
{
	return list == 0 ? v->release.boot.chain : v->release.boot.events;
}

static enum status note_met(struct validation *v, const struct boot_event *event)
{
	const struct digest *digest = boot_event_digest(event, v->node_class.bank);
	enum status status = OK;

	for (size_t i = 0; i < 2 && digest != NULL; i++) {
		struct ref_range rules = rules_of(v, i);

		for (uint32_t j = 0; j < rules.count && j < BOOT_RULES_MAX && status == OK; j++) {
			struct boot_rule rule;

			status = reference_boot_rule(&v->ref, rules.first + j, &rule);
			if (status == OK && rule.pcr == event->pcr &&
			    reference_range_has_digest(&v->ref, rule.digests, digest))
				v->met[i][j] = true;
		}
	}
	return status;
}

enum status nearest_init(struct validation *v)
{
	struct boot_log log;
	struct boot_event event;
	enum status status = boot_log_open(v->boot_log, &log);

	while (status == OK && (status = boot_log_next(&log, &event)) == OK)
		status = note_met(v, &event);
	return status == STATUS_NOT_FOUND ? OK : status;
}

static enum status nearest_cmdline(const struct validation *v, struct unmatched *u)
{
	AUTO_DONE(bytes) text = { 0 };
	struct span line = reference_text(&v->ref, v->release.boot.cmdline.first);
	enum status status = bytes_printf(&text, "another command line: %.*s", (int)line.len,
					  (const char *)line.data);

	return status == OK ? bytes_text(span_of(&text), &u->nearest) : status;
}

enum status nearest_rule(const struct validation *v, const struct boot_event *event,
			 struct unmatched *u)
{
	static const char *const why[] = {
		[NEAR_TYPE] = "another digest of this type",
		[NEAR_NAME] = "another digest of the same",
		[NEAR_DIGEST] = "the same digest, elsewhere or out of turn",
	};
	const struct digest *digest = boot_event_digest(event, v->node_class.bank);
	enum nearness best = NEAR_NOTHING;
	enum status status = OK;

	if (u->reason == REASON_CMDLINE_UNKNOWN && v->release.boot.cmdline.count > 0)
		return nearest_cmdline(v, u);
	for (size_t i = 0; i < 2; i++) {
		struct ref_range rules = rules_of(v, i);

		for (uint32_t j = 0; j < rules.count && j < BOOT_RULES_MAX && status == OK; j++) {
			struct boot_rule rule;

			status = reference_boot_rule(&v->ref, rules.first + j, &rule);
			if (status != OK)
				return status;
			enum nearness near = nearness_of(v, &rule, event, digest);
			if (near <= best || (near != NEAR_DIGEST && v->met[i][j]))
				continue;
			best = near;
			status = describe_rule(v, &rule, why[near], u);
		}
	}
	return status;
}

/* Unmatched IMA entries, by path and by digest. */
struct sought {
	struct unmatched **by_path, **by_digest;
	size_t count;
	const struct validation *v;
};

static int compare_paths(const void *a, const void *b)
{
	return span_compare((*(struct unmatched *const *)a)->path,
			    (*(struct unmatched *const *)b)->path);
}

static int compare_digests(const void *a, const void *b)
{
	return memcmp((*(struct unmatched *const *)a)->digest.value,
		      (*(struct unmatched *const *)b)->digest.value, SHA256_SIZE);
}

/* The first of those equal to key. */
static size_t first_of(struct unmatched *const *list, size_t count, const struct unmatched *key,
		       int (*compare)(const void *, const void *))
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&list[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum status note(struct unmatched *u, const char *why, const struct set_entry *entry,
			struct span set)
{
	AUTO_DONE(bytes) text = { 0 };
	struct span digest = { entry->digest, SHA256_SIZE };
	enum status status = OK;

	if (u->nearest != NULL)
		status = bytes_printf(&text, "%s; ", u->nearest);
	if (status == OK)
		status = bytes_printf(&text, "%s: %.*s sha256:", why, (int)entry->path.len,
				      (const char *)entry->path.data);
	if (status == OK)
		status = hex_append(&text, digest);
	if (status == OK)
		status = bytes_printf(&text, " in %.*s", (int)set.len, (const char *)set.data);
	if (status != OK)
		return status;
	free(u->nearest);
	u->nearest = NULL;
	return bytes_text(span_of(&text), &u->nearest);
}

/* Does a line of a set stand near one of them? */
static enum status compare_line(struct sought *sought, const struct set_entry *entry,
				struct span set)
{
	uint8_t logged[SET_PATH_MAX];
	struct unmatched key = { .path = { logged, entry->path.len } };
	enum status status = OK;
	size_t i;

	path_as_logged(entry->path, logged);
	memcpy(key.digest.value, entry->digest, SHA256_SIZE);
	key.digest.alg = DIGEST_SHA256;
	i = first_of(sought->by_path, sought->count, &key, compare_paths);
	for (; i < sought->count && span_equal(sought->by_path[i]->path, key.path) && status == OK;
	     i++)
		status = note(sought->by_path[i],
			      digest_equal(&sought->by_path[i]->digest, &key.digest)
				      ? "listed"
				      : "another digest",
			      entry, set);
	i = first_of(sought->by_digest, sought->count, &key, compare_digests);
	for (; i < sought->count && digest_equal(&sought->by_digest[i]->digest, &key.digest) &&
	       status == OK;
	     i++)
		if (!span_equal(sought->by_digest[i]->path, key.path))
			status = note(sought->by_digest[i], "this digest at another path", entry,
				      set);
	return status;
}

static enum status search_set(struct sought *sought, const struct reference_set *set)
{
	AUTO_DONE(bytes) file = { 0 };
	struct path_text path =
		line_path(sought->v->line, "release/sets/%s", sha256_hex(&set->digest).hex);
	enum status status = path_read(path.text, SET_FILE_MAX, &file);
	struct set_reader reader = set_reader_over(span_of(&file));
	struct set_entry entry;

	while (status == OK && set_reader_next(&reader, &entry) == OK)
		status = compare_line(sought, &entry, set->name);
	return status;
}

static enum status search_sets(struct sought *sought)
{
	struct ref_range sets = sought->v->release.ima.sets;
	enum status status = OK;

	qsort(sought->by_path, sought->count, sizeof(void *), compare_paths);
	qsort(sought->by_digest, sought->count, sizeof(void *), compare_digests);
	for (uint32_t i = 0; i < sets.count && status == OK; i++) {
		struct reference_set set;

		status = reference_set(&sought->v->ref, sets.first + i, &set);
		if (status == OK)
			status = search_set(sought, &set);
	}
	return status;
}

enum status nearest_files(struct validation *v)
{
	struct sought sought = { .v = v,
				 .by_path = calloc(v->count + 1, sizeof(void *)),
				 .by_digest = calloc(v->count + 1, sizeof(void *)) };
	enum status status =
		sought.by_path == NULL || sought.by_digest == NULL ? STATUS_NO_MEMORY : OK;

	for (size_t i = 0; i < v->count && status == OK; i++) {
		if (!v->unmatched[i].is_ima)
			continue;
		sought.by_path[sought.count] = &v->unmatched[i];
		sought.by_digest[sought.count++] = &v->unmatched[i];
	}
	if (status == OK && sought.count > 0)
		status = search_sets(&sought);
	free(sought.by_path);
	free(sought.by_digest);
	return status;
}
