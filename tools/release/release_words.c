/* SPDX-License-Identifier: Apache-2.0 */
/* A difference as people and programs read it: samples by kind, files by package. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tools/command.h"
#include "tools/log_text.h"
#include "tools/release/release_command_line.h"
#include "tools/release/release_difference.h"
#include "tools/release/release_ima_policy.h"

#define SAMPLES_MAX 20 /* of one kind that may be low-risk; the canonical text has them all */
#define GROUPS_MAX 4096
#define GROUPS_SHOWN 40
#define PACKAGES_MAX ((size_t)256 << 20)

struct sample {
	char *field, *set, *path, *before, *after;
};

/* A kind's changes, as many as are shown. */
struct samples {
	struct sample *list;
	size_t count, room;
};

/* Changed files of one package, or below one directory. */
struct file_group {
	char *name;
	uint64_t count[CHANGE_KINDS];
};

/* A line of 'dpkg -S': "PACKAGE: PATH". */
struct packaged {
	struct span path, package;
};

struct summary {
	struct samples samples[CHANGE_KINDS];
	struct file_group *group; /* by name */
	size_t groups;
	uint64_t ungrouped[CHANGE_KINDS]; /* files past GROUPS_MAX */
	struct bytes list;
	struct packaged *packaged; /* by path */
	size_t packaged_count;
};

static void samples_done(struct samples *samples)
{
	for (size_t i = 0; i < samples->count; i++) {
		struct sample *s = &samples->list[i];

		free(s->field);
		free(s->set);
		free(s->path);
		free(s->before);
		free(s->after);
	}
	free(samples->list);
}

static void summary_done(struct summary *all)
{
	for (size_t i = 0; i < CHANGE_KINDS; i++)
		samples_done(&all->samples[i]);
	for (size_t i = 0; i < all->groups; i++)
		free(all->group[i].name);
	free(all->group);
	free(all->packaged);
	bytes_done(&all->list);
}

static void summary_free(struct summary *all)
{
	summary_done(all);
	free(all);
}

AUTO_FREE(summary, struct summary, summary_free);

static int compare_packaged(const void *a, const void *b)
{
	return span_compare(((const struct packaged *)a)->path, ((const struct packaged *)b)->path);
}

/* "coreutils: /usr/bin/ls"; of several packages the first. */
static bool packaged_parse(struct span line, struct packaged *out)
{
	for (size_t i = 0; i + 2 < line.len; i++) {
		if (line.data[i] != ':' || line.data[i + 1] != ' ' || line.data[i + 2] != '/')
			continue;
		out->package = (struct span){ line.data, i };
		out->path = (struct span){ line.data + i + 2, line.len - i - 2 };
		for (size_t j = 0; j < i; j++)
			if (line.data[j] == ',' || line.data[j] == ':') {
				out->package.len = j;
				break;
			}
		return true;
	}
	return false;
}

static enum status read_packages(struct summary *all, const char *path)
{
	struct span rest;
	struct span line;
	size_t lines = 0;
	enum status status = path_read(path, PACKAGES_MAX, &all->list);

	if (status != OK)
		return status;
	for (size_t i = 0; i < all->list.len; i++)
		lines += all->list.data[i] == '\n';
	all->packaged = calloc(lines + 1, sizeof(*all->packaged));
	if (all->packaged == NULL)
		return STATUS_NO_MEMORY;
	rest = span_of(&all->list);
	while (text_next_line(&rest, &line))
		if (packaged_parse(line, &all->packaged[all->packaged_count]))
			all->packaged_count++;
	if (all->packaged_count == 0) {
		(void)unusable("%s: no line of it is 'PACKAGE: /PATH', as dpkg -S prints", path);
		return STATUS_MALFORMED;
	}
	qsort(all->packaged, all->packaged_count, sizeof(*all->packaged), compare_packaged);
	return OK;
}

/* The package that the file comes in; else its directory, three names deep. */
static struct span group_of(const struct summary *all, struct span path)
{
	const struct packaged key = { .path = path };
	const struct packaged *found = all->packaged_count == 0
					       ? NULL
					       : bsearch(&key, all->packaged, all->packaged_count,
							 sizeof(*all->packaged), compare_packaged);
	size_t depth = 0;
	size_t end = 1;

	if (found != NULL)
		return found->package;
	for (size_t i = 1; i < path.len && depth < 3; i++) {
		if (path.data[i] != '/')
			continue;
		end = i;
		depth++;
	}
	return (struct span){ path.data, end };
}

static enum status add_group(struct summary *all, struct span name, enum change_kind kind)
{
	size_t low = 0;
	size_t high = all->groups;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (span_compare(span_text(all->group[middle].name), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == all->groups || !span_equal(span_text(all->group[low].name), name)) {
		struct file_group group = { 0 };

		if (all->groups == GROUPS_MAX) {
			all->ungrouped[kind]++;
			return OK;
		}
		if (all->group == NULL)
			all->group = calloc(GROUPS_MAX, sizeof(*all->group));
		if (all->group == NULL || bytes_text(name, &group.name) != OK)
			return STATUS_NO_MEMORY;
		memmove(&all->group[low + 1], &all->group[low],
			(all->groups - low) * sizeof(*all->group));
		all->group[low] = group;
		all->groups++;
	}
	all->group[low].count[kind]++;
	return OK;
}

static bool is_base_file(enum change_kind kind)
{
	return kind == CHANGE_BASE_FILE_ADDED || kind == CHANGE_BASE_FILE_CHANGED ||
	       kind == CHANGE_BASE_FILE_REMOVED;
}

/* Empty, and already counted; NULL without memory. */
static struct sample *samples_next(struct samples *samples)
{
	if (samples->count == samples->room) {
		size_t room = samples->room == 0 ? SAMPLES_MAX : 2 * samples->room;
		struct sample *list = reallocarray(samples->list, room, sizeof(*list));

		if (list == NULL)
			return NULL;
		samples->list = list;
		samples->room = room;
	}
	samples->list[samples->count] = (struct sample){ 0 };
	return &samples->list[samples->count++];
}

/* Of what may never be low-risk an approver is shown everything. */
static enum status take_change(void *self, const struct change *change)
{
	struct summary *all = self;
	struct samples *samples = &all->samples[change->kind];
	enum status status = OK;

	if (is_base_file(change->kind))
		status = add_group(all, group_of(all, change->path), change->kind);
	if (status != OK ||
	    (samples->count == SAMPLES_MAX && change_kind_may_be_low_risk(change->kind)))
		return status;

	struct sample *sample = samples_next(samples);
	if (sample == NULL)
		return STATUS_NO_MEMORY;
	const struct {
		struct span from;
		char **to;
	} texts[] = {
		{ change->field, &sample->field }, { change->set, &sample->set },
		{ change->path, &sample->path },   { change->before, &sample->before },
		{ change->after, &sample->after },
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && status == OK; i++)
		status = bytes_text(texts[i].from, texts[i].to);
	return status;
}

static enum status collect(struct comparison *c, struct summary *all)
{
	const struct difference_listener listener = { .change = take_change, .self = all };

	return comparison_run(c, &listener);
}

static void print_value(FILE *to, char sign, const char *value)
{
	if (value[0] == '\0')
		return;
	fprintf(to, "    %c ", sign);
	print_visible(to, value);
	fputc('\n', to);
}

static char sign_of(const struct sample *sample)
{
	if (sample->before[0] == '\0')
		return '+';
	return sample->after[0] == '\0' ? '-' : '~';
}

static void print_sample(FILE *to, const struct sample *sample)
{
	if (sample->path[0] != '\0') {
		print_value(to, sign_of(sample), sample->path);
		return;
	}
	if (sample->field[0] != '\0')
		fprintf(to, "  %s%s%s\n", sample->field, sample->set[0] == '\0' ? "" : " of ",
			sample->set);
	print_value(to, '-', sample->before);
	print_value(to, '+', sample->after);
}

/* Many files that nothing rests on: how many, and whose. */
static void print_groups(FILE *to, const struct summary *all, enum change_kind kind)
{
	size_t shown = 0;
	uint64_t left = all->ungrouped[kind];

	for (size_t i = 0; i < all->groups; i++) {
		if (all->group[i].count[kind] == 0)
			continue;
		if (shown == GROUPS_SHOWN) {
			left += all->group[i].count[kind];
			continue;
		}
		fprintf(to, "    %8llu  ", (unsigned long long)all->group[i].count[kind]);
		print_visible(to, all->group[i].name);
		fputc('\n', to);
		shown++;
	}
	if (left > 0)
		fprintf(to, "    and %llu more in other places\n", (unsigned long long)left);
}

static void print_kind(FILE *to, const struct comparison *c, const struct summary *all,
		       enum change_kind kind)
{
	const struct samples *samples = &all->samples[kind];
	uint64_t count = c->difference.count[kind];

	if (count == 0)
		return;
	fprintf(to, "\n%s (%s", change_kind_words(kind), change_kind_name(kind));
	if (kind != CHANGE_FIRST_RELEASE)
		fprintf(to, ", %llu", (unsigned long long)count);
	fputs(")\n", to);
	if (is_base_file(kind) && count > SAMPLES_MAX) {
		print_groups(to, all, kind);
		return;
	}
	for (size_t i = 0; i < samples->count; i++)
		print_sample(to, &samples->list[i]);
	if (count > samples->count)
		fprintf(to, "    and %llu more\n", (unsigned long long)(count - samples->count));
}

static bool is_impacting(const struct comparison *c, enum change_kind kind)
{
	return c->difference.count[kind] > 0 &&
	       class_rules_judge(&c->root.class_rules, UINT64_C(1) << kind) ==
		       CHANGE_TRUST_IMPACTING;
}

static void print_head(FILE *to, const struct comparison *c)
{
	const struct release *new = &c->after.manifest.release;
	const char *separator = "  because of: ";

	fprintf(to, "%.*s ", (int)new->line.len, (const char *)new->line.data);
	if (c->has_before)
		fprintf(to, "%llu -> ", (unsigned long long)c->before.manifest.release.version);
	fprintf(to, "%llu: %s\n", (unsigned long long)new->version,
		change_class_names[comparison_class(c)]);
	for (unsigned i = 0; i < CHANGE_KINDS; i++) {
		if (!is_impacting(c, (enum change_kind)i))
			continue;
		fprintf(to, "%s%s", separator, change_kind_name((enum change_kind)i));
		separator = ", ";
	}
	if (c->difference.class == CHANGE_TRUST_IMPACTING)
		fputc('\n', to);
	else if (c->after.manifest.declared == CHANGE_TRUST_IMPACTING)
		fputs("  because its author says so\n", to);
}

enum status comparison_print(struct comparison *c, FILE *to, const char *packages)
{
	AUTO(summary) all = calloc(1, sizeof(*all));
	enum status status = all == NULL ? STATUS_NO_MEMORY : OK;

	if (status == OK && packages != NULL)
		status = read_packages(all, packages);
	if (status == OK)
		status = collect(c, all);
	if (status != OK)
		return status;
	print_head(to, c);
	for (unsigned i = 0; i < CHANGE_KINDS; i++)
		print_kind(to, c, all, (enum change_kind)i);
	comparison_print_policies(c, to);
	comparison_print_shells(c, to);
	fprintf(to, "\nmanifest sha256:%s\ndifference sha256:%s\n",
		sha256_hex(&c->after.digest).hex, sha256_hex(&c->difference.digest).hex);
	return OK;
}

static void set_text(json_t *object, const char *name, const char *text)
{
	if (text[0] != '\0')
		(void)json_object_set_new(object, name, json_string(text));
}

static json_t *samples_json(const struct samples *samples)
{
	json_t *list = json_array();

	for (size_t i = 0; i < samples->count; i++) {
		const struct sample *sample = &samples->list[i];
		json_t *one = json_object();

		set_text(one, "field", sample->field);
		set_text(one, "set", sample->set);
		set_text(one, "path", sample->path);
		set_text(one, "before", sample->before);
		set_text(one, "after", sample->after);
		(void)json_array_append_new(list, one);
	}
	return list;
}

static json_t *side_json(const struct difference_side *side)
{
	return json_pack("{s:I, s:s}", "version", (json_int_t)side->manifest.release.version,
			 "sha256", sha256_hex(&side->digest).hex);
}

enum status comparison_print_json(struct comparison *c, FILE *to)
{
	AUTO(summary) all = calloc(1, sizeof(*all));
	enum status status = all == NULL ? STATUS_NO_MEMORY : collect(c, all);
	json_t *changes = json_array();

	for (unsigned i = 0; i < CHANGE_KINDS && status == OK; i++) {
		enum change_kind kind = (enum change_kind)i;

		if (c->difference.count[i] > 0)
			(void)json_array_append_new(
				changes,
				json_pack("{s:s, s:s, s:I, s:o}", "kind", change_kind_name(kind),
					  "class", change_class_names[is_impacting(c, kind)],
					  "count", (json_int_t)c->difference.count[i], "samples",
					  samples_json(&all->samples[i])));
	}
	AUTO(json_t)
	document =
		json_pack("{s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o}", "from",
			  c->has_before ? side_json(&c->before) : json_null(), "to",
			  side_json(&c->after), "class", change_class_names[comparison_class(c)],
			  "declared", change_class_names[c->after.manifest.declared], "difference",
			  sha256_hex(&c->difference.digest).hex, "changes", changes, "imaPolicies",
			  comparison_policies_json(c), "rescueShells", comparison_shells_json(c));
	if (status != OK)
		return status;
	if (document == NULL || json_dumpf(document, to, JSON_INDENT(2)) != 0)
		return STATUS_IO;
	fputc('\n', to);
	return OK;
}
