/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_WORKLOAD_BENCHES_H
#define TESTS_BENCH_WORKLOAD_BENCHES_H

/* What bench_workload.c runs by name, with the arguments behind it: an exit status. */
int bench_mint(char **argv);
int bench_fetch(char **argv);
int bench_streams(char **argv);
int bench_closing(char **argv);

#endif
