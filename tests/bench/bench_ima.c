/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appraisal's floor: an IMA list is parsed, hashed and extended in the SHA-256
 * bank, against OpenSSL alone over the same bytes. Rounds of both alternate, so
 * that a busy machine slows both; the figure is a ratio within each round.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/auto_openssl.h"
#include "daemon/file.h"
#include "tpm/ima_log.h"

#define ROUNDS 31
#define LIST_MAX ((size_t)256 << 20)
#define ENTRIES_A_ROUND 100000

struct hashed {
	struct span *data; /* of each entry; empty for a violation */
	size_t count;
};

static double seconds_now(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		abort();
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What the product does: see search_step() in tpm/ima_replay.c. */
static double time_of_prefix(struct span list, const struct pcr_values *quoted)
{
	struct ima_progress progress;
	size_t bytes = 0;
	double start = seconds_now();

	ima_progress_init(&progress, DIGEST_SHA256);
	if (ima_find_prefix(list, DIGEST_SHA1, IMA_BANK_PROPER, quoted, &progress, &bytes) != OK ||
	    bytes != list.len)
		abort();
	return seconds_now() - start;
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
	double start = seconds_now();

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
	return seconds_now() - start;
}

/* A list of at least ENTRIES_A_ROUND entries: the file's, over and over. */
static enum status repeat(struct span file, struct bytes *list, struct hashed *hashed)
{
	struct ima_log log;
	struct ima_entry entry;
	size_t entries = 0;
	enum status status = ima_log_open(file, DIGEST_SHA1, 0, &log);

	while (status == OK && (status = ima_log_next(&log, &entry)) == OK)
		entries++;
	if (status != STATUS_NOT_FOUND || entries == 0)
		return STATUS_MALFORMED;

	size_t times = (ENTRIES_A_ROUND + entries - 1) / entries;
	status = OK;
	for (size_t i = 0; i < times && status == OK; i++)
		status = bytes_append(list, file);
	hashed->data = calloc(entries * times, sizeof(*hashed->data));
	if (status != OK || hashed->data == NULL)
		return STATUS_NO_MEMORY;
	status = ima_log_open(span_of(list), DIGEST_SHA1, 0, &log);
	while (status == OK && (status = ima_log_next(&log, &entry)) == OK)
		hashed->data[hashed->count++] =
			entry.is_violation ? (struct span){ 0 } : entry.template_data;
	return status == STATUS_NOT_FOUND ? OK : status;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static int measure(const char *path)
{
	AUTO_DONE(bytes) file = { 0 };
	AUTO_DONE(bytes) list = { 0 };
	struct hashed hashed = { 0 };
	struct pcr_values quoted;
	struct digest pcr;
	double ratio[ROUNDS];
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

		ratio[i] = bare / time_of_prefix(span_of(&list), &quoted);
	}
	qsort(ratio, ROUNDS, sizeof(ratio[0]), compare_doubles);
	printf("{\"name\":\"ima parse, hash, extend and match, sha256\",\"value\":%.3f,"
	       "\"compared_with\":\"OpenSSL hashing of the same bytes (1 is as fast)\",\"n\":%d,"
	       "\"median\":%.3f,\"spread\":%.3f}\n",
	       ratio[ROUNDS / 2], ROUNDS, ratio[ROUNDS / 2],
	       ratio[ROUNDS * 3 / 4] - ratio[ROUNDS / 4]);
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
