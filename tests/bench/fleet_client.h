/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_FLEET_CLIENT_H
#define TESTS_BENCH_FLEET_CLIENT_H

#include "fleet_node.h"

/* How the next attestation reaches the verifier. */
enum fleet_mode {
	FLEET_KEPT, /* on the connection of the one before */
	FLEET_RESUMED, /* on a connection of its own, by a session ticket */
	FLEET_NEW, /* on a connection of its own, with a full handshake */
};

/* "kept" */
const char *fleet_mode_name(enum fleet_mode mode);

struct fleet_client_settings {
	struct fleet *fleet;
	const char *ca; /* PEM file */
	unsigned short port; /* on 127.0.0.1 */
	size_t connections; /* each with one request under way at most */
};

struct fleet_client;

struct fleet_client *fleet_client_new(const struct fleet_client_settings *settings);
void fleet_client_free(struct fleet_client *client);

/* Told while attestations are under way: the count so far. */
typedef void (*fleet_mark)(void *context, size_t attested);

/*
 * Attests node after node, in turn, each connection without a pause, for warm_s
 * seconds and then for window_s more; both marks are the window's ends. Each result
 * is a trusted verdict with a grant, or the program ends. Returns when nothing is
 * under way any more.
 */
void fleet_load(struct fleet_client *client, enum fleet_mode mode, double warm_s, double window_s,
		fleet_mark mark, void *context);
/* So many attestations, as fast as they go; no connection is left, since verifierd ends one
 * that is idle while other fleets are made ready. */
void fleet_attest(struct fleet_client *client, enum fleet_mode mode, size_t count);

#endif
