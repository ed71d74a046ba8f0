/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appraisal's floor: an IMA list is parsed, hashed and extended in the SHA-256
 * bank, and then appraised whole, with look-ups in a set of half a million
 * files; each against OpenSSL alone over the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "daemon/file.h"
#include "measure.h"
#include "policies/image.h"
#include "tpm/ima_log.h"
#include "verifier/appraisal/ima_appraisal.h"

#define ROUNDS 31
#define LIST_MAX ((size_t)256 << 20)
#define BYTES_A_ROUND ((size_t)10 << 20)

struct hashed {
	struct span *data; /* of each entry; empty for a violation */
	size_t count;
};

/* What the product does: see search_step() in tpm/ima_replay.c. */
static double time_of_prefix(struct span list, const struct pcr_values *quoted)
{
	struct ima_progress progress;
	size_t bytes = 0;
	double start = measure_cpu();

	ima_progress_init(&progress, DIGEST_SHA256);
	if (ima_find_prefix(list, DIGEST_SHA1, IMA_BANK_PROPER, quoted, &progress, &bytes) != OK ||
	    bytes != list.len)
		abort();
	return measure_cpu() - start;
}

static void bare_digest(EVP_MD_CTX *ctx, struct span a, struct span b, uint8_t out[SHA256_SIZE])
{
	if (EVP_DigestInit_ex2(ctx, NULL, NULL) != 1 || EVP_DigestUpdate(ctx, a.data, a.len) != 1 ||
	    (b.len > 0 && EVP_DigestUpdate(ctx, b.data, b.len) != 1) ||
	    EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort();
}

static double time_of_hashing(const struct hashed *hashed, struct digest *pcr)
{
	AUTO(EVP_MD) md = EVP_MD_fetch(NULL, "SHA256", NULL);
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	struct digest ones = digest_filled(DIGEST_SHA256, 0xff);
	struct digest value = { .alg = DIGEST_SHA256 };
	double start = measure_cpu();

	if (md == NULL || ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1)
		abort();
	*pcr = digest_filled(DIGEST_SHA256, 0);
	for (size_t i = 0; i < hashed->count; i++) {
		const struct digest *extended = &ones;

		if (hashed->data[i].len > 0) {
			bare_digest(ctx, hashed->data[i], (struct span){ 0 }, value.value);
			extended = &value;
		}
		bare_digest(ctx, digest_span(pcr), digest_span(extended), pcr->value);
	}
	return measure_cpu() - start;
}

static enum status note_entries(struct span list, struct hashed *hashed)
{
	struct ima_log log;
	struct ima_entry entry;
	size_t entries = 0;
	enum status status = ima_log_open(list, DIGEST_SHA1, 0, &log);

	while (status == OK && (status = ima_log_next(&log, &entry)) == OK)
		entries++;
	if (status != STATUS_NOT_FOUND || entries == 0)
		return STATUS_MALFORMED;
	hashed->data = calloc(entries, sizeof(*hashed->data));
	if (hashed->data == NULL)
		return STATUS_NO_MEMORY;
	status = ima_log_open(list, DIGEST_SHA1, 0, &log);
	while (status == OK && (status = ima_log_next(&log, &entry)) == OK)
		hashed->data[hashed->count++] =
			entry.is_violation ? (struct span){ 0 } : entry.template_data;
	return status == STATUS_NOT_FOUND ? OK : status;
}

/* A list of at least BYTES_A_ROUND: the file's, over and over. */
static enum status repeat(struct span file, struct bytes *list, struct hashed *hashed)
{
	enum status status = file.len == 0 ? STATUS_MALFORMED : OK;

	while (status == OK && list->len < BYTES_A_ROUND)
		status = bytes_append(list, file);
	return status == OK ? note_entries(span_of(list), hashed) : status;
}

#define SET_FILES 500000
#define PATH_AT (2 * SHA256_SIZE + 2) /* in a line of a set */

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a + PATH_AT, *(char *const *)b + PATH_AT);
}

static char *line_of(const uint8_t digest[SHA256_SIZE], struct span path)
{
	AUTO_DONE(bytes) line = { 0 };
	char *text = NULL;

	if (hex_append(&line, (struct span){ digest, SHA256_SIZE }) != OK ||
	    bytes_append(&line, span_text("  ")) != OK || bytes_append(&line, path) != OK ||
	    bytes_text(span_of(&line), &text) != OK)
		abort();
	return text;
}

/* The list's own files, and others up to SET_FILES. */
static size_t set_lines(struct span file, char **lines)
{
	struct ima_log log;
	struct ima_entry entry;
	size_t count = 0;
	size_t kept = 0;

	if (ima_log_open(file, DIGEST_SHA1, 0, &log) != OK)
		abort();
	while (count < SET_FILES / 2 && ima_log_next(&log, &entry) == OK)
		if (entry.file_digest.len == SHA256_SIZE && set_path_is_valid(entry.path) &&
		    !path_is_within(entry.path, span_text("/boot")))
			lines[count++] = line_of(entry.file_digest.data, entry.path);
	while (count < SET_FILES) {
		struct digest digest;
		char path[64];

		(void)snprintf(path, sizeof(path), "/usr/share/package/%zu/file", count);
		if (digest_of(DIGEST_SHA256, span_text(path), &digest) != OK)
			abort();
		lines[count++] = line_of(digest.value, span_text(path));
	}
	qsort(lines, count, sizeof(*lines), compare_paths);
	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && compare_paths(&lines[kept - 1], &lines[i]) == 0)
			free(lines[i]);
		else
			lines[kept++] = lines[i];
	}
	qsort(lines, kept, sizeof(*lines), compare_lines);
	return kept;
}

static void set_text(struct span file, struct bytes *out)
{
	char **lines = calloc(SET_FILES, sizeof(*lines));

	if (lines == NULL)
		abort();
	size_t count = set_lines(file, lines);
	for (size_t i = 0; i < count; i++) {
		if (bytes_append(out, span_text(lines[i])) != OK ||
		    bytes_append_byte(out, '\n') != OK)
			abort();
		free(lines[i]);
	}
	free(lines);
}

/* One release with one set, and no more of it than IMA's entries are judged by. */
static void make_reference(struct span file, struct bytes *image, struct reference *ref,
			   struct ima_sets *sets)
{
	AUTO_DONE(image_builder) builder = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	struct file_table_result table = { 0 };
	struct reference_facts facts = { 0 };
	struct layer_owner owner = { 0 };
	struct reference_set *set = &sets->set[0];

	*sets = (struct ima_sets){ .count = 1 };
	set_text(file, &text);
	if (image_builder_init(&builder) != OK ||
	    digest_of(DIGEST_SHA256, span_of(&text), &set->digest) != OK ||
	    image_file_table(&builder, span_of(&text), &set->digest, &table) != OK)
		abort();
	for (unsigned i = 0; i < LAYERS; i++)
		(void)image_owner(&builder, &owner);
	set->table = table.table;
	sets->booted.ima = (struct ima_rules){
		.templates = image_texts_from_here(&builder),
		.hash = DIGEST_SHA256,
		.allow_builtin_policy = true,
	};
	sets->booted.ima.templates.count = 2;
	(void)image_text(&builder, span_text("ima-ng"));
	(void)image_text(&builder, span_text("ima-sig"));
	if (image_finish(&builder, &facts, image) != OK ||
	    reference_open(span_of(image), ref) != OK)
		abort();
}

static void put_le32(struct bytes *out, size_t value)
{
	uint8_t le[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			  (uint8_t)(value >> 24) };

	if (bytes_append(out, (struct span){ le, sizeof(le) }) != OK)
		abort();
}

/* "ima-ng" over SHA-256 of the path, whatever the list has: golden values are in
 * that algorithm, and what has another is never looked up. */
static void put_entry(struct bytes *out, const struct ima_entry *entry)
{
	AUTO_DONE(bytes) data = { 0 };
	struct digest digest;
	struct digest recorded;

	put_le32(&data, 8 + SHA256_SIZE);
	if (digest_of(DIGEST_SHA256, entry->path, &digest) != OK ||
	    bytes_append(&data, (struct span){ (const uint8_t *)"sha256:", 8 }) != OK ||
	    bytes_append(&data, digest_span(&digest)) != OK)
		abort();
	put_le32(&data, entry->path.len + 1);
	if (bytes_append(&data, entry->path) != OK || bytes_append_byte(&data, 0) != OK ||
	    digest_of(DIGEST_SHA1, span_of(&data), &recorded) != OK)
		abort();
	put_le32(out, IMA_PCR);
	if (bytes_append(out, digest_span(&recorded)) != OK)
		abort();
	put_le32(out, strlen("ima-ng"));
	if (bytes_append(out, span_text("ima-ng")) != OK)
		abort();
	put_le32(out, data.len);
	if (bytes_append(out, span_of(&data)) != OK)
		abort();
}

static void in_sha256(struct span file, struct bytes *out)
{
	struct ima_log log;
	struct ima_entry entry;

	if (ima_log_open(file, DIGEST_SHA1, 0, &log) != OK)
		abort();
	while (ima_log_next(&log, &entry) == OK)
		if (!entry.is_violation)
			put_entry(out, &entry);
}

static double time_of_appraisal(const struct appraisal_input *input, const struct ima_sets *sets,
				size_t *findings)
{
	struct ima_state state;
	struct findings about_evidence = { 0 };
	size_t bytes = 0;
	bool is_complete = false;
	double start = measure_cpu();

	ima_state_init(&state, DIGEST_SHA256);
	if (ima_appraise(input, sets, &state, &about_evidence, &bytes, &is_complete) != OK ||
	    !is_complete)
		abort();
	*findings = state.findings.count + state.findings.more;
	return measure_cpu() - start;
}

/* The list once: repeated, its files would all lie in the cache. */
static void measure_appraisal(struct span original)
{
	AUTO_DONE(bytes) image = { 0 };
	AUTO_DONE(bytes) list = { 0 };
	struct hashed hashed = { 0 };
	struct reference ref;
	struct ima_sets sets;
	struct pcr_values quoted;
	struct digest pcr;
	struct measure ratio = {
		.name = "ima appraisal with half a million files, sha256",
		.unit = "ratio",
		.compared_with = "OpenSSL hashing of the same bytes (1 is as fast)",
		.wanted = "at least 0.8",
	};
	size_t findings = 0;

	in_sha256(original, &list);
	struct span file = span_of(&list);

	make_reference(file, &image, &ref, &sets);
	if (note_entries(file, &hashed) != OK)
		abort();
	(void)time_of_hashing(&hashed, &pcr);
	pcr_values_init(&quoted);
	if (pcr_value_set(&quoted, IMA_PCR, &pcr) != OK)
		abort();
	struct appraisal_input input = { .reference = &ref, .values = &quoted, .ima_log = file };

	for (size_t i = 0; i < ROUNDS; i++) {
		double bare = time_of_hashing(&hashed, &pcr);

		measure_add(&ratio, bare / time_of_appraisal(&input, &sets, &findings));
	}
	/* boot_aggregate alone, and what no set may list: else nothing was looked up. */
	if (findings > hashed.count / 100)
		fprintf(stderr, "bench_ima: %zu of %zu entries were found fault with\n", findings,
			hashed.count);
	measure_print(&ratio);
	free(hashed.data);
}

static int measure(const char *path)
{
	AUTO_DONE(bytes) file = { 0 };
	AUTO_DONE(bytes) list = { 0 };
	struct hashed hashed = { 0 };
	struct pcr_values quoted;
	struct digest pcr;
	struct measure ratio = {
		.name = "ima parse, hash, extend and match, sha256",
		.unit = "ratio",
		.compared_with = "OpenSSL hashing of the same bytes (1 is as fast)",
	};
	enum status status = file_read(path, LIST_MAX, &file);

	if (status == OK)
		status = repeat(span_of(&file), &list, &hashed);
	if (status != OK) {
		fprintf(stderr, "bench_ima: %s: %s\n", path, status_text(status));
		free(hashed.data);
		return 1;
	}
	/* The first round warms up, and says what the list must lead to. */
	(void)time_of_hashing(&hashed, &pcr);
	pcr_values_init(&quoted);
	if (pcr_value_set(&quoted, IMA_PCR, &pcr) != OK)
		abort();
	(void)time_of_prefix(span_of(&list), &quoted);
	for (size_t i = 0; i < ROUNDS; i++) {
		double bare = time_of_hashing(&hashed, &pcr);

		measure_add(&ratio, bare / time_of_prefix(span_of(&list), &quoted));
	}
	measure_print(&ratio);
	measure_appraisal(span_of(&file));
	free(hashed.data);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: bench_ima LIST\n", stderr);
		return 2;
	}
	return measure(argv[1]);
}
