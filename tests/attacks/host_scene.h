/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_HOST_SCENE_H
#define TESTS_HOST_SCENE_H

#include <sys/types.h>

#include "attestd/agent/broker_client.h"
#include "attestd/mint/identity/svid.h"
#include "attestd_grant.h"
#include "daemon/channel.h"
#include "messages/evidence.h"
#include "tpm/public_area.h"

/*
 * A broker with a software TPM, whose agent and mint are in an attacker's hands.
 * The result key and the CA are ours. attacks.h comes first.
 */
#define SPIFFE_ID "spiffe://example.org/web/1"
#define GRANT_S 300
#define HOST_CAP 13
#define HOST_OTHER_CAP 14

struct host {
	struct granted verifier; /* result key, CA */
	char configuration[192];
	pid_t broker;
	struct broker_client agent;
	struct channel mint;
	uint64_t next_id;
	struct node_id node;
	uint8_t nonces;
	unsigned asked_cap; /* of the challenge; the verdict's is HOST_CAP */
	bool is_measuring; /* PCR 10 is quoted, too */
	struct evidence evidence; /* of the last round */
	struct bytes nonce, certificate;
	struct name key; /* of the minting key */
	int64_t expires; /* the last right's, as the mint was told it */
};

/* Setup and teardown of a group: where there is no swtpm, its tests are skipped. */
int host_start_tpm(void **state);
int host_stop_tpm(void **state);

/* The IMA log from now on, and what the kernel extends for its one entry; false where
 * there is no tool to. Before host_init(). */
bool host_measure(struct span log, const struct digest *extended);
/* By root on the host: false where there is no tool to. */
bool host_extend(unsigned pcr, const struct digest *with);
/* Takes the issuance journal's directory away, and lets there be none; or lets it be. */
void host_spoil_journal(bool is_spoilt);
void host_init(struct host *h);
void host_done(struct host *h);
AUTO_RELEASE(host, host_done);

/* A challenge with a nonce of its own, and what the broker answers. */
void host_evidence(struct host *h);
/* The verifier's answer to that evidence; a test may spoil any of it. */
void host_fill_verdict(struct host *h, enum node_state state, int64_t lifetime_s,
		       struct verdict *v);
/* Signs it by this key and hands it to the broker. */
enum status host_give(struct host *h, const struct verdict *v, EVP_PKEY *key, int64_t *expires);
/* A whole round that ends like this. */
void host_attest(struct host *h, enum node_state state, int64_t lifetime_s);
/* What a mint would have signed. */
void host_make_svid(struct host *h, struct svid *out);
/* As the mint asks; STATUS_IO where the broker ended. */
enum status host_ask_to_sign(struct host *h, struct span tbs);
void host_expect_signed(struct host *h, enum status wanted);
/* The cap PCR's value now, and that of the other. */
struct digest host_cap(struct host *h);
struct digest host_other_cap(struct host *h);

#endif
