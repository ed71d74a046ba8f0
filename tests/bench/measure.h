/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H

#include <stddef.h>

/*
 * A figure: one sample for each round of a run, printed as one line of JSON. A
 * ratio's two sides are taken in the same round, one right after the other, so
 * that a busy machine slows both; the median of the rounds is the figure.
 */
#define MEASURE_SAMPLES_MAX 255

struct measure {
	const char *name;
	const char *unit; /* "ratio", "bytes", "attestations/s" */
	const char *compared_with; /* the ratio's other side; NULL: an absolute figure */
	const char *wanted; /* "at least 0.8"; NULL: nothing was promised */
	size_t n;
	double sample[MEASURE_SAMPLES_MAX];
};

/* How many a program is asked for by an argument; NULL: otherwise. One where it asks for
 * none, or for more than fit. */
int measure_rounds(const char *text, int otherwise);
/* Beyond MEASURE_SAMPLES_MAX the program ends: a bench that is wrong. */
void measure_add(struct measure *m, double sample);
double measure_median(const struct measure *m);
/* {"name","value","unit","compared_with","wanted","n","median","spread"}; value
 * is the median, spread the distance between the quartiles. */
void measure_print(const struct measure *m);
/* The same line for a figure that could not be taken: {"name","skipped"}. */
void measure_skip(const char *name, const char *why);

/* Seconds, from any start. */
double measure_wall(void);
double measure_cpu(void); /* of this process */
/* Runs the program argv[0], found by PATH, with its output thrown away: its CPU
 * seconds, start and end included; negative where it can't be run or fails. */
double measure_program(const char *const argv[]);

#endif
