/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

#include "fleet_node.h"
#include "tpm/policy_digest.h"
#include "verifier/store/store.h"

#define RESET_COUNT 7
#define RESTART_COUNT 1
#define POLICY_PCRS ((pcr_mask)0x4090 | 1u << 13)
#define EK_SPKI_SIZE 294
#define EK_PUBLIC_SIZE 314
#define ROWS_A_GROUP 1000

static void make_node(struct fleet_node *node, struct span policy)
{
	assert_int_equal(RAND_bytes(node->id.value, sizeof(node->id.value)), 1);
	make_attestation_key(&node->ak);
	make_minting_key(policy, &node->minting);
	/* It signs nothing here. */
	EVP_PKEY_free(node->minting.key);
	node->minting.key = NULL;
	node->clock = 100000;
}

void fleet_init(struct fleet *fleet, size_t count)
{
	struct digest policy;

	*fleet = (struct fleet){ .nodes = calloc(count, sizeof(*fleet->nodes)), .count = count };
	assert_non_null(fleet->nodes);
	golden_init(&fleet->golden);
	assert_int_equal(minting_policy(DIGEST_SHA256, POLICY_PCRS, &fleet->golden.values,
					RESET_COUNT, RESTART_COUNT, &policy),
			 OK);
	for (size_t i = 0; i < count; i++)
		make_node(&fleet->nodes[i], digest_span(&policy));
}

void fleet_done(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++) {
		software_key_done(&fleet->nodes[i].ak);
		software_key_done(&fleet->nodes[i].minting);
	}
	free(fleet->nodes);
	golden_done(&fleet->golden);
}

static void insert(struct store *store, const struct fleet_node *node, size_t number)
{
	uint8_t spki[EK_SPKI_SIZE], ek_public[EK_PUBLIC_SIZE];
	char host[32];
	struct node_row row = {
		.node = node->id,
		.standing = STANDING_ACTIVE,
		.verdict = NODE_STALE,
		.ak_name = name_span(&node->ak.name),
		.ak_public = span_of(&node->ak.public),
		.ek_public = { ek_public, sizeof(ek_public) },
		.spki = { spki, sizeof(spki) },
		.class_name = span_text("server"),
		.manufacturer = span_text("id:49465800"),
		.model = span_text("SLB9670"),
		.version = span_text("id:0007003D"),
		.nv_index = 0x01c00002,
		.enrolled = (int64_t)time(NULL),
	};

	(void)snprintf(host, sizeof(host), "r%04zun%02zu", number / 40, number % 40);
	row.host = row.hostname = span_text(host);
	assert_int_equal(RAND_bytes(spki, sizeof(spki)), 1);
	assert_int_equal(RAND_bytes(ek_public, sizeof(ek_public)), 1);
	assert_int_equal(store_node_insert(store, &row), OK);
}

void fleet_enrol(const struct fleet *fleet, const char *path)
{
	struct store *opened = NULL;

	assert_int_equal(store_open(path, &opened), OK);
	AUTO(store) store = opened;

	for (size_t i = 0; i < fleet->count; i++) {
		if (i % ROWS_A_GROUP == 0)
			assert_int_equal(store_begin(store), OK);
		insert(store, &fleet->nodes[i], i);
		if (i % ROWS_A_GROUP == ROWS_A_GROUP - 1 || i + 1 == fleet->count)
			assert_int_equal(store_commit(store), OK);
	}
}

void fleet_ask(struct bytes *json)
{
	const struct attestation_request request = { .reset_count = RESET_COUNT,
						     .restart_count = RESTART_COUNT };

	assert_int_equal(attestation_request_write(&request, json), OK);
}

static void put(struct bytes *to, struct span s)
{
	assert_int_equal(bytes_append(to, s), OK);
}

static void put_words(const struct fleet *fleet, struct fleet_node *node,
		      const struct attestation_challenge *challenge, struct evidence *evidence)
{
	struct span nonce = span_of(&challenge->nonce);
	struct made_attest certify = honest_certify(&node->ak, nonce, &node->minting.name);
	struct made_attest quote =
		honest_quote(&node->ak, nonce, name_span(&node->minting.name), challenge->bank,
			     challenge->select, &fleet->golden.values);

	node->clock += 1000;
	quote.clock = node->clock;
	quote.reset_count = certify.reset_count = RESET_COUNT;
	quote.restart_count = certify.restart_count = RESTART_COUNT;
	write_attest(&quote, &evidence->attest);
	sign_attest(&node->ak, span_of(&evidence->attest), &evidence->signature);
	put(&evidence->minting_public, span_of(&node->minting.public));
	if (!challenge->want_certify)
		return;
	write_attest(&certify, &evidence->certify_attest);
	sign_attest(&node->ak, span_of(&evidence->certify_attest), &evidence->certify_signature);
}

/* All of the log, or the nothing that came after it. */
static void put_logs(const struct golden *g, const struct attestation_challenge *challenge,
		     struct evidence *evidence)
{
	evidence->has_ima_log = true;
	evidence->ima_first = challenge->next_entry;
	if (challenge->next_entry == 0)
		put(&evidence->ima_entries, span_of(&g->ima_log));
	evidence->has_boot_log = challenge->want_boot_log;
	if (challenge->want_boot_log)
		put(&evidence->boot_log, span_of(&g->boot_log));
}

void fleet_answer(const struct fleet *fleet, struct fleet_node *node,
		  const struct attestation_challenge *challenge, struct bytes *json)
{
	AUTO_DONE(evidence) evidence = { 0 };

	put(&evidence.nonce, span_of(&challenge->nonce));
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		if ((challenge->select >> pcr & 1) != 0)
			put(&evidence.pcrs[evidence.pcr_count++],
			    digest_span(pcr_value(&fleet->golden.values, challenge->bank, pcr)));
	put_words(fleet, node, challenge, &evidence);
	put_logs(&fleet->golden, challenge, &evidence);
	assert_int_equal(evidence_write(&evidence, json), OK);
}
