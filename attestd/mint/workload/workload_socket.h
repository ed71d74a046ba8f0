/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_WORKLOAD_WORKLOAD_SOCKET_H
#define ATTESTD_MINT_WORKLOAD_WORKLOAD_SOCKET_H

#include <event2/event.h>

#include "attestd/configuration.h"

/*
 * A listening Unix socket that is there as long as we are: made once its directory
 * is, made again where somebody removed it, removed at the end. It appears under its
 * name only with its owner and mode, and never takes the place of one that somebody
 * else listens on.
 */
struct workload_listener;

/* Is handed each connection that came, non-blocking. */
typedef void (*workload_accept)(void *context, int fd, const char *socket_name);

enum status workload_listener_new(struct event_base *base, const struct socket_settings *socket,
				  workload_accept accepted, void *context,
				  struct workload_listener **out);
void workload_listener_free(struct workload_listener *listener);

AUTO_FREE(workload_listener, struct workload_listener, workload_listener_free);

#endif
