/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_FLEET_NODE_H
#define TESTS_BENCH_FLEET_NODE_H

#include "evidence_maker.h"
#include "golden_release.h"
#include "messages/challenge.h"
#include "messages/evidence.h"
#include "messages/node.h"

/*
 * A fleet without TPMs: each node has an attestation key and a minting key of its
 * own, in software, and quotes the PCR values of one captured boot over whatever
 * nonce it is given. unit.h comes first.
 */
struct fleet_node {
	struct node_id id;
	struct software_key ak, minting;
	uint64_t clock; /* of the TPM that it stands for: rises with each quote */
	bool is_attesting;
};

struct fleet {
	struct golden golden; /* the boot that all of them had */
	struct fleet_node *nodes;
	size_t count;
};

void fleet_init(struct fleet *fleet, size_t count);
void fleet_done(struct fleet *fleet);
/*
 * Puts the nodes into a verifier's store as enrolled and approved, with the
 * store's own store_node_insert(): credential activation is not what a bench of
 * attestations waits for. What an EK leaves there is random bytes of an RSA-2048
 * EK's sizes.
 */
void fleet_enrol(const struct fleet *fleet, const char *store);
/* The bodies of a node's two requests. */
void fleet_ask(struct bytes *json);
void fleet_answer(const struct fleet *fleet, struct fleet_node *node,
		  const struct attestation_challenge *challenge, struct bytes *json);

AUTO_RELEASE(fleet, fleet_done);

#endif
