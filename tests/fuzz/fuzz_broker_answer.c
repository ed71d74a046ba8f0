/* SPDX-License-Identifier: Apache-2.0 */
/* What a broker that was taken over may answer the agent: frames, the first of
 * them with the id that the agent waits for. ASK is what the agent asked. */
#include <sys/socket.h>
#include <unistd.h>

#include "attestd/agent/broker_client.h"
#include "fuzz.h"
#include "messages/limits.h"
#include "messages/statement.h"

#define INPUT_MAX 16384

static void identity(struct broker_client *b)
{
	AUTO_DONE(broker_identity) out = { 0 };

	if (broker_identity(b, true, &out) != OK)
		return;
	must(out.enrolment.chain_count <= ENROL_CHAIN_MAX);
	must(out.enrolment.ek_certificate.len <= CERTIFICATE_DER_MAX);
	must(out.enrolment.ak_public.len <= PUBLIC_AREA_MAX);
}

static void activation(struct broker_client *b)
{
	static const struct enrolment_answer enrolment;
	AUTO_DONE(broker_activation) out = { 0 };

	if (broker_activate(b, &enrolment, &out) == OK)
		must(out.secret.len <= SECRET_MAX && out.attest.len <= ATTEST_MAX);
}

static void evidence(struct broker_client *b)
{
	static const struct attestation_challenge challenge;
	static const struct digest none;
	AUTO_DONE(broker_evidence) out = { 0 };

	if (broker_evidence(b, &challenge, &none, &out) == OK)
		must(out.body.len <= EVIDENCE_BODY_MAX);
}

static void verdict(struct broker_client *b)
{
	struct span text = span_text("text");
	int64_t expires = -1;
	enum status status = broker_verdict(b, text, text, text, &expires);

	must((status == OK) == (expires >= 0));
}

static void listening(struct broker_client *b)
{
	while (broker_listen(b) == OK && b->has_grown)
		b->has_grown = false;
}

enum ask { ASK_IDENTITY, ASK_ACTIVATION, ASK_EVIDENCE, ASK_VERDICT, ASK_LISTENING };

static void (*const asks[])(struct broker_client *b) = { identity, activation, evidence, verdict,
							 listening };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct broker_client b = { 0 };
	int fds[2];

	if (len > INPUT_MAX || channel_pair(fds) != OK)
		return 0;
	channel_init(&b.channel, fds[1], FRAME_LARGE_MAX);
	must(write(fds[0], data, len) == (ssize_t)len && shutdown(fds[0], SHUT_WR) == 0);
	asks[ASK](&b);
	must(memchr(b.reason, '\0', sizeof(b.reason)) != NULL);
	(void)close(fds[0]);
	channel_done(&b.channel);
	return 0;
}
