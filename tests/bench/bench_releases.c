/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A release of half a million files: what it changes against comm(1) of the same set
 * files, and its load with full verification against sha256sum and sort -c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "measure.h"
#include "policies/loading/release.h"
#include "tools/release/release_directory.h"

#define ROUNDS 11

struct inputs {
	const char *attestctl, *line, *release, *old, *new;
};

/* Seconds of a program; the bench ends where it cannot be run. */
static double time_of(const char *const argv[], const char *name)
{
	double seconds = measure_program(argv);

	if (seconds >= 0)
		return seconds;
	measure_skip(name, argv[0]);
	exit(0);
}

static void measure_difference(const struct inputs *in)
{
	struct measure ratio = {
		.name = "release diff of two sets of 500,000 files",
		.unit = "ratio of CPU time",
		.compared_with = "comm of the same files, sha256sum of them beside it",
		.wanted = "at most 2",
	};
	const char *const diff[] = { in->attestctl, "release", "diff", in->line, "--json", NULL };
	const char *const comm[] = { "comm", "-3", in->old, in->new, NULL };
	const char *const sums[] = { "sha256sum", in->old, in->new, NULL };
	/* It touches trust, which is exit 1: a shell makes that a success. */
	const char *const run[] = { "sh",    "-c",    "\"$@\"; [ $? -eq 1 ]",
				    "sh",    diff[0], diff[1],
				    diff[2], diff[3], diff[4],
				    NULL };

	while (ratio.n < ROUNDS) {
		double ours = time_of(run, ratio.name);
		double theirs = time_of(comm, ratio.name) + time_of(sums, ratio.name);

		measure_add(&ratio, ours / theirs);
	}
	measure_print(&ratio);
}

static double time_of_load(const struct inputs *in, struct bytes *image)
{
	struct release_directory directory = { .path = in->release };
	struct document_source source = release_directory_source(&directory);
	struct release_trust trust = { .now = (int64_t)time(NULL) };
	struct release_marks marks;
	struct release_refusal refusal = { 0 };
	double start = measure_cpu();

	if (release_directory_root(&directory, &trust.root) != OK ||
	    release_load(&trust, &source, image, &marks, &refusal) != OK) {
		fprintf(stderr, "bench_releases: refused: %s %s\n",
			refusal.code == NULL ? "" : refusal.code, refusal.document);
		exit(1);
	}
	return measure_cpu() - start;
}

static void measure_load(const struct inputs *in)
{
	struct measure ratio = {
		.name = "load and verification of a release of 500,000 files",
		.unit = "ratio of CPU time",
		.compared_with = "sha256sum and sort -c of its set file",
	};
	struct measure seconds = { .name = "the same, by itself", .unit = "s" };
	struct measure memory = {
		.name = "memory of that release",
		.unit = "MiB, mapped once for all appraisers",
		.wanted = "at most 40",
	};
	const char *const sum[] = { "sha256sum", in->old, NULL };
	const char *const sort[] = { "sort", "-c", in->old, NULL };

	while (ratio.n < ROUNDS) {
		AUTO_DONE(bytes) image = { 0 };
		double ours = time_of_load(in, &image);
		double theirs = time_of(sum, ratio.name) + time_of(sort, ratio.name);

		measure_add(&ratio, ours / theirs);
		measure_add(&seconds, ours);
		if (memory.n == 0)
			measure_add(&memory, (double)image.len / (1 << 20));
	}
	measure_print(&ratio);
	measure_print(&seconds);
	measure_print(&memory);
}

int main(int argc, char **argv)
{
	if (argc != 6) {
		fputs("usage: bench_releases ATTESTCTL LINE RELEASE OLDSET NEWSET\n", stderr);
		return 2;
	}
	const struct inputs in = { argv[1], argv[2], argv[3], argv[4], argv[5] };

	/* sort and comm go by bytes, as sets do. */
	if (setenv("LC_ALL", "C", 1) != 0)
		return 1;
	measure_difference(&in);
	measure_load(&in);
	return 0;
}
