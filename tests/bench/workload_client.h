/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_WORKLOAD_CLIENT_H
#define TESTS_BENCH_WORKLOAD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A client of FetchX509SVID with as little in it as there can be. What goes wrong ends
 * the program. */
struct workload_client;

/* Waits until somebody listens there. */
struct workload_client *workload_client_new(const char *path);
void workload_client_free(struct workload_client *client);
/* Opens a stream. */
int32_t workload_client_fetch(struct workload_client *client);
/* So many messages, of whatever streams: each comes in one DATA frame. */
void workload_client_await(struct workload_client *client, size_t messages);
/* Until the server has taken the connection. */
void workload_client_greet(struct workload_client *client);
/* For who waits for several: reads what is there once the descriptor is readable. */
int workload_client_fd(const struct workload_client *client);
void workload_client_read(struct workload_client *client);
/* That came, and were not waited for. */
size_t workload_client_messages(const struct workload_client *client);
/* Of the last one, in bytes. */
size_t workload_client_size(const struct workload_client *client);
/* Streams that the server ends are no failure from here on, but counted. */
void workload_client_may_end(struct workload_client *client);
size_t workload_client_ended(const struct workload_client *client);
void workload_client_reset(struct workload_client *client, int32_t stream);

/* A Unix socket that listens, or connects. */
int unix_socket(const char *path, bool listens);

#endif
