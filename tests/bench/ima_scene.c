/* SPDX-License-Identifier: Apache-2.0 */
#include "ima_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/file.h"
#include "daemon/mapping.h"
#include "measure.h"
#include "verifier/appraisal/state.h"

#define NOW 1000
#define BOOT_PCRS 0x3ffu /* what boot_aggregate covers */

static void must(bool is_right)
{
	if (!is_right)
		abort();
}

static void put(struct bytes *out, struct span more)
{
	must(bytes_append(out, more) == OK);
}

static void put_le32(struct bytes *out, size_t value)
{
	uint8_t le[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			  (uint8_t)(value >> 24) };

	put(out, (struct span){ le, sizeof(le) });
}

static void put_entry(struct bytes *out, const struct ima_entry *entry, const struct digest *file)
{
	AUTO_DONE(bytes) data = { 0 };
	struct digest recorded;

	put_le32(&data, sizeof("sha256:") + SHA256_SIZE);
	put(&data, (struct span){ (const uint8_t *)"sha256:", sizeof("sha256:") });
	put(&data, digest_span(file));
	put_le32(&data, entry->path.len + 1);
	put(&data, entry->path);
	must(bytes_append_byte(&data, 0) == OK);
	must(digest_of(DIGEST_SHA1, span_of(&data), &recorded) == OK);
	if (entry->is_violation)
		recorded = digest_filled(DIGEST_SHA1, 0);
	put_le32(out, IMA_PCR);
	put(out, digest_span(&recorded));
	put_le32(out, strlen("ima-ng"));
	put(out, span_text("ima-ng"));
	put_le32(out, data.len);
	put(out, span_of(&data));
}

/* A line of the set, sorted by its digest as set files are. */
struct line {
	struct digest digest;
	struct span path;
};

static int compare_paths(const void *a, const void *b)
{
	return span_compare(((const struct line *)a)->path, ((const struct line *)b)->path);
}

static int compare_digests(const void *a, const void *b)
{
	return memcmp(((const struct line *)a)->digest.value,
		      ((const struct line *)b)->digest.value, SHA256_SIZE);
}

static size_t sort_lines(struct line *lines, size_t count)
{
	size_t kept = 0;

	qsort(lines, count, sizeof(*lines), compare_paths);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !span_equal(lines[kept - 1].path, lines[i].path))
			lines[kept++] = lines[i];
	qsort(lines, kept, sizeof(*lines), compare_digests);
	return kept;
}

/* Decided by the path, so that a file that comes again is decided alike. */
static bool is_listed(const struct ima_scene_plan *plan, const struct digest *digest)
{
	return plan->miss_every == 0 || digest->value[4] % plan->miss_every != 0;
}

static bool may_be_listed(const struct ima_entry *entry)
{
	return !entry->is_violation && set_path_is_valid(entry->path) &&
	       !path_is_within(entry->path, span_text("/boot"));
}

static struct digest digest_of_file(const struct ima_scene *scene, const struct ima_entry *entry)
{
	struct digest digest;

	if (entry->index == 0)
		must(ima_boot_aggregate(&scene->values, DIGEST_SHA256, 10, &digest) == OK);
	else
		must(digest_of(DIGEST_SHA256, entry->path, &digest) == OK);
	return digest;
}

/* The log in SHA-256, without what would be found fault with: /boot and the
 * violations; and its files for the set. */
static size_t make_log(struct span real, const struct ima_scene_plan *plan, struct ima_scene *scene,
		       struct line *lines)
{
	struct ima_log log;
	struct ima_entry entry;
	size_t count = 0;

	must(ima_log_open(real, DIGEST_SHA1, 0, &log) == OK);
	while (scene->entries < plan->entries_max && ima_log_next(&log, &entry) == OK) {
		struct digest digest = digest_of_file(scene, &entry);

		if (entry.index > 0 && !may_be_listed(&entry))
			continue;
		put_entry(&scene->log, &entry, &digest);
		scene->entries++;
		if (entry.index == 0)
			continue;
		if (!is_listed(plan, &digest)) {
			scene->excluded++;
			continue;
		}
		scene->hits++;
		lines[count++] = (struct line){ digest, entry.path };
	}
	return sort_lines(lines, count);
}

static void put_line(struct bytes *text, const struct line *line)
{
	must(hex_append(text, digest_span(&line->digest)) == OK);
	put(text, span_text("  "));
	put(text, line->path);
	must(bytes_append_byte(text, '\n') == OK);
}

/* A file that no log has; digests rise with the number. */
static void put_filler(struct bytes *text, size_t i, size_t count, struct digest *digest)
{
	char path[80];
	uint64_t high = UINT64_MAX / count * i;

	*digest = digest_filled(DIGEST_SHA256, 0);
	for (unsigned byte = 0; byte < 8; byte++)
		digest->value[byte] = (uint8_t)(high >> (56 - 8 * byte));
	if (text == NULL)
		return;
	(void)snprintf(path, sizeof(path), "/usr/lib/package-%zu/modules/a-usual-file-name.so", i);
	put_line(text, &(struct line){ *digest, span_text(path) });
}

/* The log's files among the others, each in its place. */
static void make_set(const struct line *lines, size_t count, size_t files, struct bytes *text)
{
	size_t fillers = files > count ? files - count : 0;
	size_t next = 0;

	for (size_t i = 0; i < fillers; i++) {
		struct digest digest;

		put_filler(NULL, i, fillers, &digest);
		while (next < count &&
		       memcmp(lines[next].digest.value, digest.value, SHA256_SIZE) < 0)
			put_line(text, &lines[next++]);
		put_filler(text, i, fillers, &digest);
	}
	while (next < count)
		put_line(text, &lines[next++]);
}

static struct ref_range texts_of(struct image_builder *image, const char *text)
{
	struct ref_range range = image_texts_from_here(image);

	(void)image_text(image, span_text(text));
	range.count = 1;
	return range;
}

static struct ref_range add_set(struct image_builder *image, struct span text)
{
	struct ref_range range = image_sets_from_here(image);
	struct reference_set set = { .name = span_text("base.files") };
	struct file_table_result table = { 0 };

	must(digest_of(DIGEST_SHA256, text, &set.digest) == OK);
	must(image_file_table(image, text, &set.digest, &table) == OK);
	set.table = table.table;
	set.files = table.files;
	(void)image_set(image, &set);
	range.count = 1;
	return range;
}

static void add_release(struct image_builder *image, struct span text)
{
	struct release release = {
		.manifest = digest_filled(DIGEST_SHA256, 1),
		.line = span_text("line"),
		.version = 1,
		.state = RELEASE_CURRENT,
		.platform = span_text("platform"),
		.kernel = span_text("kernel"),
		.not_after = INT64_MAX,
		.accept_until = INT64_MAX,
	};

	release.ima = (struct ima_rules){
		.templates = texts_of(image, "ima-ng"),
		.hash = DIGEST_SHA256,
		.allow_builtin_policy = true,
		.sets = add_set(image, text),
		.exclude = texts_of(image, "/"),
	};
	(void)image_release(image, &release);
}

/* The loader's memory file, and the appraiser's mapping of it. */
static void map_image(struct span image, struct span *out)
{
	int fd = memfd_create("reference", MFD_CLOEXEC);

	must(fd >= 0 && file_write_fd(fd, image));
	must(mapping_open(fd, image.len, out) == OK);
	must(close(fd) == 0);
}

static void make_reference(struct span text, struct ima_scene *scene)
{
	AUTO_DONE(image_builder) image = { 0 };
	AUTO_DONE(bytes) whole = { 0 };
	struct layer_owner owner = { span_text("team"), span_text("backup"), span_text("phone") };
	struct reference_facts facts = { .root_version = 1, .index_version = 1 };
	struct node_class row = {
		.name = span_text("server"),
		.trust_domain = span_text("example.org"),
		.bank = DIGEST_SHA256,
		.select = BOOT_PCRS | 1u << IMA_PCR,
		.policy_pcrs = BOOT_PCRS,
		.cap = 14,
	};

	must(image_builder_init(&image) == OK);
	for (int i = 0; i < LAYERS; i++)
		(void)image_owner(&image, &owner);
	row.cells = texts_of(&image, "platform/kernel");
	row.id_patterns = texts_of(&image, "spiffe://example.org/**");
	(void)image_class(&image, &row);
	add_release(&image, text);
	must(image_finish(&image, &facts, &whole) == OK);
	map_image(span_of(&whole), &scene->image);
	must(reference_open(scene->image, &scene->reference) == OK);
	must(reference_class(&scene->reference, 0, &scene->node_class) == OK);
}

static void quote(struct ima_scene *scene)
{
	AUTO_DONE(hasher) hasher = { 0 };
	struct digest pcr = digest_filled(DIGEST_SHA256, 0);
	struct ima_log log;
	struct ima_entry entry;

	must(hasher_init(&hasher, DIGEST_SHA256) == OK);
	must(ima_log_open(span_of(&scene->log), DIGEST_SHA1, 0, &log) == OK);
	while (ima_log_next(&log, &entry) == OK)
		must(ima_extend(&pcr, &entry, IMA_BANK_PROPER, &hasher, NULL) == OK);
	must(pcr_value_set(&scene->values, IMA_PCR, &pcr) == OK);
}

/* A session that has begun: its boot matched, and no entry was judged. */
static void make_state(struct ima_scene *scene)
{
	struct appraisal_state state = { .valid_until = INT64_MAX };
	const struct pcr_selection boot = { .count = 1, .bank = { { DIGEST_SHA256, BOOT_PCRS } } };

	memcpy(state.generation, reference_facts(&scene->reference).generation.data,
	       sizeof(state.generation));
	must(digest_of(DIGEST_SHA256, scene->node_class.name, &state.class_name) == OK);
	state.boot = (struct boot_outcome){
		.manifest = digest_filled(DIGEST_SHA256, 1),
		.version = 1,
		.explained = BOOT_PCRS,
		.cap_base = digest_filled(DIGEST_SHA256, 0),
	};
	must(pcr_composite(&boot, &scene->values, DIGEST_SHA256, &state.boot_values) == OK);
	ima_state_init(&state.ima, DIGEST_SHA256);
	must(appraisal_state_write(&state, &scene->state) == OK);
}

void ima_scene_init(struct span real_log, const struct ima_scene_plan *plan,
		    struct ima_scene *scene)
{
	AUTO_DONE(bytes) text = { 0 };
	struct line *lines = calloc(plan->entries_max, sizeof(*lines));

	must(lines != NULL);
	*scene = (struct ima_scene){ 0 };
	pcr_values_init(&scene->values);
	for (unsigned pcr = 0; pcr < 10; pcr++) {
		struct digest value = digest_filled(DIGEST_SHA256, (uint8_t)pcr);

		must(pcr_value_set(&scene->values, pcr, &value) == OK);
	}
	size_t count = make_log(real_log, plan, scene, lines);

	make_set(lines, count, plan->set_files, &text);
	free(lines);
	make_reference(span_of(&text), scene);
	quote(scene);
	make_state(scene);
}

void ima_scene_done(struct ima_scene *scene)
{
	bytes_done(&scene->log);
	mapping_close(scene->image);
	bytes_done(&scene->state);
}

double ima_scene_appraise(const struct ima_scene *scene)
{
	AUTO_DONE(appraisal) result = { 0 };
	struct appraisal_input input = {
		.reference = &scene->reference,
		.node_class = &scene->node_class,
		.values = &scene->values,
		.ima_log = span_of(&scene->log),
		.state = span_of(&scene->state),
		.now = NOW,
	};
	double start = measure_cpu();

	must(appraise(&input, &result) == OK);
	double seconds = measure_cpu() - start;

	/* Judged to the end, and each of them found or excluded as planned. */
	must(result.prefix_bytes == scene->log.len && result.entries == scene->entries);
	must(result.excluded == scene->excluded && result.findings.count == (scene->excluded > 0));
	return seconds;
}
