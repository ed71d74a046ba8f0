/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_INTEGRATION_BROKER_LIFE_H
#define TESTS_INTEGRATION_BROKER_LIFE_H

#include <sys/types.h>

#include "attestd/agent/broker_client.h"
#include "attestd/grant.h"
#include "base/auto_openssl.h"
#include "daemon/channel.h"
#include "scratch.h"

/*
 * The broker, as the process it is, between an agent and a mint that are ours,
 * and what a node asks of it from its first identity to the end of its right.
 * Each step checks what it was answered. unit.h comes first.
 */
#define LIFE_CAP 13 /* the PCR that ends a right */

struct broker_life {
	char directory[SCRATCH_MAX]; /* configuration, keys, the broker's log */
	char configuration[128];
	uint16_t port; /* of the TPM */
	char scene[128]; /* for what is said of a failure */
	pid_t pid; /* 0: none runs */
	int ended_by; /* the signal that a test sends it; 0: none */
	struct broker_client agent;
	struct channel mint;
	EVP_PKEY *result_key, *ca_key;
	struct broker_identity golden; /* that of the first life; empty until then */
	/* What the node said of itself, and what it was given. */
	struct broker_identity identity;
	struct bytes minting_public, certificate;
	struct grant grant;
	uint8_t nonce[16];
};

/* Makes the directory with all that a broker reads; none is started. */
void broker_life_init(struct broker_life *life, uint16_t port);
void broker_life_done(struct broker_life *life);

/* stop forgets what the node was given. */
void broker_life_start(struct broker_life *life);
void broker_life_stop(struct broker_life *life);
/* It may end where a TPM does not answer; never by a signal that no test sent. */
void broker_life_is_on(struct broker_life *life);
/* Waits for it: a hang ends the role, as documented, with status 1; or ended_by does. */
bool broker_life_has_ended(struct broker_life *life);

enum status life_identity(struct broker_life *life);
enum status life_activate(struct broker_life *life);
enum status life_evidence(struct broker_life *life);
enum status life_verdict(struct broker_life *life);
enum status life_mint_sign(struct broker_life *life);
/* The verdict over the last evidence that it was bad: nothing is signed any
 * more, whatever the TPM says to the cap. */
enum status life_refuse(struct broker_life *life);
/* Evidence, and that verdict. */
enum status life_cap(struct broker_life *life);

#endif
