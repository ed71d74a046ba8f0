/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "policies/difference/differing.h"
#include "policies/reference/set_file.h"

/* A line that only one of two set files has. */
struct line_change {
	size_t path; /* offset in the pool: the digest's digits, then the path as logged */
	uint32_t len; /* of the path */
	bool is_after;
	bool is_claimed; /* another set says that it is no base file */
	bool is_known; /* the path was there before, in whatever set */
};

#define HEX_LEN ((size_t)2 * SHA256_SIZE)

/* The lines that differ between two versions of a set. */
struct set_changes {
	struct bytes pool;
	struct line_change *line;
	size_t count, capacity;
};

static void set_changes_done(struct set_changes *c)
{
	bytes_done(&c->pool);
	free(c->line);
}

AUTO_RELEASE(set_changes, set_changes_done);

static struct span path_of(const struct set_changes *c, const struct line_change *line)
{
	return (struct span){ .data = c->pool.data + line->path + HEX_LEN, .len = line->len };
}

static struct span digest_of_line(const struct set_changes *c, const struct line_change *line)
{
	return (struct span){ .data = c->pool.data + line->path, .len = HEX_LEN };
}

static void add_line(struct differing *d, struct set_changes *c, struct span text, struct span path,
		     bool is_after)
{
	if (c->count == c->capacity) {
		size_t capacity = c->capacity == 0 ? 64 : 2 * c->capacity;
		void *grown = reallocarray(c->line, capacity, sizeof(*c->line));

		if (grown == NULL) {
			differing_fail(d, STATUS_NO_MEMORY);
			return;
		}
		c->line = grown;
		c->capacity = capacity;
	}
	enum status status = bytes_make_room(&c->pool, HEX_LEN + path.len);
	if (status != OK) {
		differing_fail(d, status);
		return;
	}
	c->line[c->count++] = (struct line_change){ .path = c->pool.len,
						    .len = (uint32_t)path.len,
						    .is_after = is_after };
	memcpy(c->pool.data + c->pool.len, text.data, HEX_LEN);
	path_as_logged(path, c->pool.data + c->pool.len + HEX_LEN);
	c->pool.len += HEX_LEN + path.len;
}

/* One of the two files, a line ahead. */
struct set_side {
	const struct manifest_set *set;
	struct span file;
	struct set_reader reader;
	struct set_entry entry;
	bool has_line;
};

static void advance(struct differing *d, struct set_side *side)
{
	enum status status = set_reader_next(&side->reader, &side->entry);

	side->has_line = status == OK;
	if (status == OK || status == STATUS_NOT_FOUND)
		return;
	*d->why = (struct set_fault){ .code = side->reader.fault,
				      .set = side->set->digest,
				      .line = side->reader.line };
	differing_fail(d, status);
}

static void open_side(struct differing *d, const struct manifest_set *set, struct set_side *out)
{
	*out = (struct set_side){ .set = set };
	if (set == NULL || d->status != OK)
		return;
	differing_fail(d, d->sets->open(d->sets->self, set, &out->file));
	if (d->status != OK)
		return;
	out->reader = set_reader_over(out->file);
	advance(d, out);
}

static void close_side(const struct differing *d, struct set_side *side)
{
	if (side->file.data != NULL)
		d->sets->close(d->sets->self, side->file);
}

/* Both files are sorted by line: what comm(1) does. */
static void merge(struct differing *d, const struct manifest_set *before,
		  const struct manifest_set *after, struct set_changes *out)
{
	struct set_side old;
	struct set_side new;

	open_side(d, before, &old);
	open_side(d, after, &new);
	while (d->status == OK && (old.has_line || new.has_line)) {
		int order = !old.has_line   ? 1
			    : !new.has_line ? -1
					    : span_compare(old.reader.last, new.reader.last);
		struct set_side *one = order < 0 ? &old : &new;

		if (order != 0) {
			differing_line(d, order < 0 ? '-' : '+', one->reader.last,
				       (struct span){ 0 });
			add_line(d, out, one->reader.last, one->entry.path, order > 0);
		}
		if (order <= 0)
			advance(d, &old);
		if (order >= 0)
			advance(d, &new);
	}
	close_side(d, &old);
	close_side(d, &new);
}

static int compare_paths(const void *a, const void *b, void *changes)
{
	const struct line_change *one = a;
	const struct line_change *other = b;
	int order = span_compare(path_of(changes, one), path_of(changes, other));

	return order != 0 ? order : (int)one->is_after - (int)other->is_after;
}

/* What is told of all lines of a path. */
enum told { TOLD_CLAIMED, TOLD_KNOWN };

static void tell(struct set_changes *c, struct span path, enum told told)
{
	size_t low = 0;
	size_t high = c->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (span_compare(path_of(c, &c->line[middle]), path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < c->count && span_equal(path_of(c, &c->line[low]), path); low++)
		if (told == TOLD_CLAIMED)
			c->line[low].is_claimed = true;
		else
			c->line[low].is_known = true;
}

static void tell_set(struct differing *d, const struct manifest_set *set, struct set_changes *c,
		     enum told told)
{
	struct set_side side;
	uint8_t logged[SET_PATH_MAX];

	open_side(d, set, &side);
	while (d->status == OK && side.has_line) {
		path_as_logged(side.entry.path, logged);
		tell(c, (struct span){ .data = logged, .len = side.entry.path.len }, told);
		advance(d, &side);
	}
	close_side(d, &side);
}

/* A file of an identity, enforcement or kernel set stays one, though a base set
 * lists its path with a digest of its own. */
static void claim_all(struct differing *d, const struct difference_side *side,
		      struct set_changes *c)
{
	for (size_t i = 0; side != NULL && i < side->manifest.set_count; i++) {
		const struct manifest_set *set = &side->manifest.set[i];

		for (uint32_t j = 0; j < set->must_appear.count; j++)
			tell(c, image_text_at(&side->image, set->must_appear.first + j),
			     TOLD_CLAIMED);
		if (set->class != SET_BASE)
			tell_set(d, set, c, TOLD_CLAIMED);
	}
}

/* A path that was there before is not added by listing it once more, in this set or in
 * another: what may be there changes. */
static void know_all(struct differing *d, struct set_changes *c)
{
	bool has_more = false;

	for (size_t i = 0; i < c->count && !has_more; i++)
		has_more = c->line[i].is_after;
	for (size_t i = 0; d->before != NULL && has_more && i < d->before->manifest.set_count; i++)
		tell_set(d, &d->before->manifest.set[i], c, TOLD_KNOWN);
}

static enum change_kind kind_of_class(enum set_class class)
{
	static const enum change_kind kinds[] = {
		[SET_IDENTITY] = CHANGE_IDENTITY_FILE,
		[SET_ENFORCEMENT] = CHANGE_ENFORCEMENT_FILE,
		[SET_KERNEL] = CHANGE_KERNEL_FILE,
		[SET_VENDOR] = CHANGE_VENDOR_FILE,
	};

	if ((size_t) class >= sizeof(kinds) / sizeof(kinds[0]) || class == SET_BASE)
		return CHANGE_OTHER;
	return kinds[class];
}

/* Of a file in a set of this class; file says what became of it in a base set. */
static enum change_kind kind_of_file(const struct differing *d, enum set_class class,
				     struct span path, bool is_claimed, enum change_kind file)
{
	if (class != SET_BASE)
		return kind_of_class(class);
	class = class_rules_class(d->rules, path);
	if (class != SET_BASE)
		return kind_of_class(class);
	return is_claimed || path_is_privileged(path) ? CHANGE_PRIVILEGED_FILE : file;
}

static bool same_path(const struct set_changes *c, const struct line_change *a,
		      const struct line_change *b)
{
	return span_equal(path_of(c, a), path_of(c, b));
}

static enum change_kind kind_of_addition(const struct line_change *line)
{
	return line->is_known ? CHANGE_BASE_FILE_CHANGED : CHANGE_BASE_FILE_ADDED;
}

static void tell_files(struct differing *d, const struct set_changes *c, enum set_class class,
		       bool is_early)
{
	for (size_t i = 0; i < c->count && d->status == OK;) {
		const struct line_change *line = &c->line[i];
		bool is_pair = !line->is_after && i + 1 < c->count && line[1].is_after &&
			       same_path(c, line, &line[1]);
		struct change change = { .kind = CHANGE_BASE_FILE_CHANGED,
					 .field = span_text("ima.sets"),
					 .set = d->set,
					 .path = path_of(c, line) };

		if (!line->is_after)
			change.before = digest_of_line(c, line);
		if (line->is_after || is_pair)
			change.after = digest_of_line(c, &line[is_pair]);
		if (!is_pair)
			change.kind =
				line->is_after ? kind_of_addition(line) : CHANGE_BASE_FILE_REMOVED;
		change.kind = is_early ? CHANGE_EARLY_FILE
				       : kind_of_file(d, class, change.path, line->is_claimed,
						      change.kind);
		differing_change(d, &change);
		i += is_pair ? 2 : 1;
	}
}

void differing_files(struct differing *d, const struct manifest_set *before,
		     const struct manifest_set *after)
{
	AUTO_DONE(set_changes) changes = { 0 };
	const struct manifest_set *sides[] = { before, after };
	enum set_class class = SET_BASE;
	bool is_early = false;

	for (size_t i = 0; i < 2; i++) {
		if (sides[i] == NULL)
			continue;
		is_early |= sides[i]->is_early;
		class = class == SET_BASE ? sides[i]->class : class;
	}
	merge(d, before, after, &changes);
	if (d->status != OK || changes.count == 0)
		return;
	qsort_r(changes.line, changes.count, sizeof(*changes.line), compare_paths, &changes);
	if (class == SET_BASE && !is_early) {
		claim_all(d, d->before, &changes);
		claim_all(d, d->after, &changes);
		know_all(d, &changes);
	}
	tell_files(d, &changes, class, is_early);
}

static const struct manifest_set *set_named(const struct difference_side *side, struct span name)
{
	for (size_t i = 0; side != NULL && i < side->manifest.set_count; i++)
		if (span_equal(side->manifest.set[i].name, name))
			return &side->manifest.set[i];
	return NULL;
}

/* What the manifest says of the set, beside its files. */
static const struct json_value *set_value(const struct difference_side *side, struct span name)
{
	const struct json_value *sets =
		side == NULL
			? NULL
			: json_member(json_member(side->statement.predicate.value, "ima"), "sets");
	const struct json_value *set = sets == NULL ? NULL : json_first(sets);

	for (size_t i = 0; sets != NULL && i < sets->count; i++, set = json_next(set)) {
		const struct json_value *found = json_member(set, "name");

		if (found != NULL && found->kind == JSON_KIND_TEXT && span_equal(found->text, name))
			return set;
	}
	return NULL;
}

static struct span digest_hex(const struct json_value *set)
{
	const struct json_value *digest = json_member(set, "sha256");

	return digest == NULL ? span_text("-") : digest->text;
}

static bool is_same(const struct manifest_set *a, const struct manifest_set *b)
{
	return a != NULL && b != NULL && digest_equal(&a->digest, &b->digest);
}

/* "=NAME BEFORE AFTER", then what differs in it. */
static void differing_set(struct differing *d, struct span name)
{
	const struct manifest_set *before = set_named(d->before, name);
	const struct manifest_set *after = set_named(d->after, name);
	const struct json_value *old = set_value(d->before, name);
	const struct json_value *new = set_value(d->after, name);
	AUTO_DONE(bytes) digests = { 0 };
	size_t len = d->field.len;

	differing_fail(d, bytes_append(&digests, digest_hex(old)));
	differing_fail(d, bytes_append_byte(&digests, ' '));
	differing_fail(d, bytes_append(&digests, digest_hex(new)));
	differing_line(d, '=', name, span_of(&digests));
	differing_fail(d, bytes_append(&d->field, span_text("ima.sets")));
	d->set = name;
	differing_values(d, old, new);
	/* A first release is approved as a whole: its sets, by their digests. */
	if (d->before != NULL && !is_same(before, after))
		differing_files(d, before, after);
	d->set = (struct span){ 0 };
	d->field.len = len;
}

/* The next set of either side, by name; an empty span at the end. */
static struct span next_set(const struct differing *d, struct span last)
{
	const struct difference_side *sides[] = { d->before, d->after };
	struct span first = { 0 };

	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; sides[i] != NULL && j < sides[i]->manifest.set_count; j++) {
			struct span name = sides[i]->manifest.set[j].name;

			if (span_compare(name, last) > 0 &&
			    (first.len == 0 || span_compare(name, first) < 0))
				first = name;
		}
	}
	return first;
}

void differing_sets(struct differing *d)
{
	for (struct span name = next_set(d, (struct span){ 0 }); name.len > 0 && d->status == OK;
	     name = next_set(d, name))
		differing_set(d, name);
}
