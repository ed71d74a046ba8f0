/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_WORKLOAD_ECHO_H
#define TESTS_BENCH_WORKLOAD_ECHO_H

#include <stddef.h>
#include <sys/types.h>

/* A bare nghttp2 server for one connection, in a process of its own: it answers each
 * request with so many bytes, and looks at nobody. Ends with its client, or with us. */
pid_t workload_echo_start(const char *path, size_t size);

#endif
