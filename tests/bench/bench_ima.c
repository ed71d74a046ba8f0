/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The appraisal of a host's whole IMA log, by the same appraise() that verifierd's
 * appraiser calls, with look-ups in a set of half a million files: against OpenSSL
 * alone hashing the same bytes, and against evmctl reading the same log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto_openssl.h"
#include "daemon/file.h"
#include "ima_scene.h"
#include "measure.h"
#include "tpm/ima_log.h"

#define ROUNDS 51
#define EVMCTL_ROUNDS 15
#define LIST_MAX ((size_t)256 << 20)
#define SET_FILES 500000

/* Template data of each entry; empty for a violation. */
struct hashed {
	struct span *data;
	size_t count;
};

static void hashed_done(struct hashed *hashed)
{
	free(hashed->data);
}

AUTO_RELEASE(hashed, hashed_done);

static void find_hashed(const struct ima_scene *scene, struct hashed *out)
{
	struct ima_log log;
	struct ima_entry entry;

	out->data = calloc(scene->entries, sizeof(*out->data));
	if (out->data == NULL || ima_log_open(span_of(&scene->log), DIGEST_SHA1, 0, &log) != OK)
		abort();
	while (ima_log_next(&log, &entry) == OK)
		out->data[out->count++] = entry.template_data;
}

static void bare_digest(EVP_MD_CTX *ctx, struct span bytes, uint8_t out[SHA256_SIZE])
{
	if (EVP_DigestInit_ex2(ctx, NULL, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, bytes.data, bytes.len) != 1 ||
	    EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort();
}

/* The floor: one fetched EVP_MD, one context, and each extend in one piece. */
static double time_of_hashing(const struct hashed *hashed, const struct digest *expected)
{
	AUTO(EVP_MD) md = EVP_MD_fetch(NULL, "SHA256", NULL);
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	uint8_t extended[2 * SHA256_SIZE] = { 0 };
	double start = measure_cpu();

	if (md == NULL || ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1)
		abort();
	for (size_t i = 0; i < hashed->count; i++) {
		bare_digest(ctx, hashed->data[i], extended + SHA256_SIZE);
		bare_digest(ctx, (struct span){ extended, sizeof(extended) }, extended);
	}
	double seconds = measure_cpu() - start;

	if (memcmp(extended, expected->value, SHA256_SIZE) != 0)
		abort();
	return seconds;
}

static void measure_floor(const struct ima_scene *scene)
{
	AUTO_DONE(hashed) hashed = { 0 };
	struct measure ratio = {
		.name = "ima appraisal, sha256, set of 500,000 files",
		.unit = "ratio of entries/s",
		.compared_with = "OpenSSL alone, same template and extend hashing",
		.wanted = "at least 0.8",
	};
	struct measure speed = { .name = "ima appraisal, speed", .unit = "entries/s" };
	const struct digest *pcr = pcr_value(&scene->values, DIGEST_SHA256, IMA_PCR);

	find_hashed(scene, &hashed);
	(void)time_of_hashing(&hashed, pcr);
	(void)ima_scene_appraise(scene);
	for (size_t i = 0; i < ROUNDS; i++) {
		double bare = time_of_hashing(&hashed, pcr);
		double whole = ima_scene_appraise(scene);

		measure_add(&ratio, bare / whole);
		measure_add(&speed, (double)scene->entries / whole);
	}
	measure_print(&ratio);
	measure_print(&speed);
}

static void write_log(FILE *file, const struct ima_scene *scene)
{
	if (file == NULL || fwrite(scene->log.data, scene->log.len, 1, file) != 1 ||
	    fclose(file) != 0)
		abort();
}

/* As the kernel shows a TPM 1.2's PCRs; evmctl reads other banks' so too. */
static void write_pcrs(FILE *file, const struct ima_scene *scene)
{
	for (unsigned pcr = 0; file != NULL && pcr < PCR_COUNT; pcr++) {
		const struct digest *value = pcr_value(&scene->values, DIGEST_SHA256, pcr);

		fprintf(file, "PCR-%02u:", pcr);
		for (size_t i = 0; i < SHA256_SIZE; i++)
			fprintf(file, " %02X", value == NULL ? 0u : (unsigned)value->value[i]);
		fputc('\n', file);
	}
	if (file == NULL || ferror(file) || fclose(file) != 0)
		abort();
}

static void measure_evmctl(const struct ima_scene *scene)
{
	struct measure ratio = {
		.name = "ima appraisal against evmctl",
		.unit = "ratio of CPU time",
		.compared_with = "evmctl ima_measurement of the same log, its start included",
		.wanted = "at least 4",
	};
	char log[] = "/tmp/bench_ima.log.XXXXXX";
	char pcrs[] = "/tmp/bench_ima.pcrs.XXXXXX";
	char bank[64];
	const char *evmctl[] = { "evmctl", "ima_measurement", "--pcrs", bank, log, NULL };

	write_log(fdopen(mkstemp(log), "w"), scene);
	write_pcrs(fdopen(mkstemp(pcrs), "w"), scene);
	(void)snprintf(bank, sizeof(bank), "sha256,%s", pcrs);
	while (ratio.n < EVMCTL_ROUNDS) {
		double theirs = measure_program(evmctl);

		if (theirs < 0)
			break;
		measure_add(&ratio, theirs / ima_scene_appraise(scene));
	}
	if (ratio.n == EVMCTL_ROUNDS)
		measure_print(&ratio);
	else
		measure_skip(ratio.name, "evmctl (package ima-evm-utils) is absent or failed");
	(void)unlink(log);
	(void)unlink(pcrs);
}

int main(int argc, char **argv)
{
	AUTO_DONE(bytes) list = { 0 };
	AUTO_DONE(ima_scene) scene = { 0 };
	const struct ima_scene_plan plan = { .entries_max = 1000000, .set_files = SET_FILES };

	if (argc != 2) {
		fputs("usage: bench_ima LIST\n", stderr);
		return 2;
	}
	enum status status = file_read(argv[1], LIST_MAX, &list);
	if (status != OK) {
		fprintf(stderr, "bench_ima: %s: %s\n", argv[1], status_text(status));
		return 1;
	}
	ima_scene_init(span_of(&list), &plan, &scene);
	measure_floor(&scene);
	measure_evmctl(&scene);
	return 0;
}
