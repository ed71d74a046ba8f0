/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_WORKLOAD_WORKLOAD_API_H
#define ATTESTD_MINT_WORKLOAD_WORKLOAD_API_H

#include <event2/event.h>
#include <sys/types.h>

#include "attestd/configuration.h"
#include "attestd/mint/workload/workload.h"

/*
 * The SPIFFE Workload API: its sockets, who may hold how much of it, and its five
 * methods, answered from a workload_source.
 */
#define WORKLOAD_BURST_S 10

struct workload_limits {
	size_t connections; /* of all; beyond it whoever has most makes room */
	size_t connections_per_user;
	size_t streams_per_connection;
	size_t streams_per_user; /* calls that were answered or wait for an answer */
	/* A second, WORKLOAD_BURST_S times as many at once; and so many connections. */
	size_t requests_per_user;
};

/* The source and what it points to stay the caller's, and outlive the API. */
enum status workload_api_new(struct event_base *base, const struct workload_limits *limits,
			     const struct workload_source *source, struct workload_api **out);
/* The socket is made now, or as soon as its directory is there; what is logged is why
 * not. Borrows. */
enum status workload_api_listen(struct workload_api *api, const struct socket_settings *socket);
/* Takes a connected socket, as if it had come by the socket of that name. */
enum status workload_api_take(struct workload_api *api, int fd, const char *socket_name);
/* Streams end with UNAVAILABLE, sockets go. */
void workload_api_free(struct workload_api *api);

AUTO_FREE(workload_api, struct workload_api, workload_api_free);

#endif
