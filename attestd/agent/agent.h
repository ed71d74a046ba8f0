/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_AGENT_AGENT_H
#define ATTESTD_AGENT_AGENT_H

#include "attestd/agent/broker_client.h"
#include "attestd/agent/schedule.h"
#include "attestd/agent/told.h"
#include "attestd/agent/verifier_client.h"
#include "attestd/configuration.h"

/*
 * The role in the network: enrols, attests, renews, and tells broker and mint
 * what came of it. It has no key and no TPM; whatever it hands on is verified
 * by who gets it.
 */
struct agent {
	const struct configuration *configuration;
	struct verifier_client *verifier;
	struct broker_client broker;
	struct channel mint, parent;
	int clock_set; /* daemon/clock_set.h; -1: nobody tells */
	/* That it was set by little, or put right before anybody looked: some do so often. */
	struct told clock_told;
	struct node_id node;
	bool has_node;
	uint32_t reset_count, restart_count; /* of the last quote */
	bool must_activate; /* the verifier knows another AK, or counters of before a clear */
	bool has_activated; /* on unsigned words, since the last verdict */
	uint64_t goes_on_at; /* entry that the next part of the IMA log begins with; 0: none */
	struct bytes entries; /* text that the last verdict with a grant named; empty: none fits */
	struct digest last_told; /* of the last reasons logged */
	int64_t round_began_ms;
	int64_t clock_ahead_ms; /* the host's, at that time */
	struct told told;
	char state[384]; /* for people */
};

/* POST to the node's own resource, or to /v1/enrol. */
struct round agent_post(struct agent *a, const char *path, struct span body,
			struct verifier_answer *answer);
/* What a 4xx or 5xx says. *code is empty where the body says nothing. */
struct round agent_refused(struct agent *a, const struct verifier_answer *answer, char code[65]);
/* What a refusal by the broker means. */
struct round agent_broker_refused(struct agent *a, const char *verb, enum status status);
/* A new line for people, told to parent and log where it changed. */
void agent_say(struct agent *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Nothing may be minted from now on. */
struct round agent_end_right(struct agent *a);

#endif
