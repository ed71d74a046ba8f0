/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growth with the set: the same log appraised against sets of 10,000 to 5,000,000
 * files. Three files of four are in each set, the fourth is in none and falls
 * under an exclude, so that hits and misses are both looked up.
 */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/file.h"
#include "ima_scene.h"
#include "measure.h"

#define ROUNDS 31
#define LIST_MAX ((size_t)256 << 20)
#define ENTRIES 8000 /* of the log: those that are listed fit into the smallest set */

static const size_t sizes[] = { 10000, 100000, 1000000, 5000000 };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void measure_sets(const struct ima_scene scenes[SIZES])
{
	struct measure cost[SIZES] = { 0 };
	struct measure growth = {
		.name = "cost of an entry, set of 5,000,000 files",
		.unit = "ratio of CPU time",
		.compared_with = "the same with 10,000 files",
		.wanted = "at most 1.3",
	};
	char names[SIZES][64];

	for (size_t i = 0; i < ROUNDS; i++) {
		for (size_t j = 0; j < SIZES; j++)
			measure_add(&cost[j], ima_scene_appraise(&scenes[j]) * 1e9 /
						      (double)scenes[j].entries);
		measure_add(&growth, cost[SIZES - 1].sample[i] / cost[0].sample[i]);
	}
	measure_print(&growth);
	for (size_t j = 0; j < SIZES; j++) {
		(void)snprintf(names[j], sizeof(names[j]), "cost of an entry, set of %zu files",
			       sizes[j]);
		cost[j].name = names[j];
		cost[j].unit = "ns";
		measure_print(&cost[j]);
	}
}

static void measure_memory(const struct ima_scene *largest)
{
	struct measure bytes = {
		.name = "memory of a file in a set of 5,000,000",
		.unit = "bytes, mapped once for all roles",
	};

	measure_add(&bytes, (double)largest->image.len / (double)sizes[SIZES - 1]);
	measure_print(&bytes);
}

int main(int argc, char **argv)
{
	AUTO_DONE(bytes) list = { 0 };
	struct ima_scene scenes[SIZES];

	if (argc != 2) {
		fputs("usage: bench_sets LIST\n", stderr);
		return 2;
	}
	enum status status = file_read(argv[1], LIST_MAX, &list);
	if (status != OK) {
		fprintf(stderr, "bench_sets: %s: %s\n", argv[1], status_text(status));
		return 1;
	}
	for (size_t i = 0; i < SIZES; i++) {
		const struct ima_scene_plan plan = {
			.entries_max = ENTRIES,
			.set_files = sizes[i],
			.miss_every = 4,
		};

		ima_scene_init(span_of(&list), &plan, &scenes[i]);
		(void)ima_scene_appraise(&scenes[i]);
	}
	measure_sets(scenes);
	measure_memory(&scenes[SIZES - 1]);
	for (size_t i = 0; i < SIZES; i++)
		ima_scene_done(&scenes[i]);
	return 0;
}
