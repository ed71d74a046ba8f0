/* SPDX-License-Identifier: Apache-2.0 */
/* What agent and mint may ask the broker: the body of a frame for VERB, with a
 * TPM that always answers and a right that is held where HAS_GRANT. */
#include <time.h>

#include "attestd/broker/broker.h"
#include "fake_tpm.h"
#include "fake_verify.h"
#include "fuzz.h"
#include "granted.h"

#ifndef HAS_GRANT
#define HAS_GRANT false
#endif

/* A time at which the right that the corpus speaks of holds. */
time_t time(time_t *out)
{
	if (out != NULL)
		*out = GRANTED_NOW;
	return GRANTED_NOW;
}

static void start(struct broker *b)
{
	static const uint8_t nonce[16];
	static const struct configuration configuration;

	*b = (struct broker){ .configuration = &configuration,
			      .logs = { .boot_fd = -1, .ima_fd = -1, .count_fd = -1 },
			      .node = { .value = { [31] = 7 } },
			      .has_node = true };
	must(bytes_copy((struct span){ nonce, sizeof(nonce) }, &b->nonce) == OK);
	if (HAS_GRANT)
		granted(&b->grant);
	fake_tpm = (struct fake_tpm){ 0 };
}

static void stop(struct broker *b)
{
	bytes_done(&b->nonce);
	bytes_done(&b->svid);
	grant_done(&b->grant);
	tpm_identity_done(&b->identity);
}

/* What no request may bring about, whoever sends it. */
static void check(const struct broker *b, struct span body)
{
	must((fake_tpm.selected & ~(pcr_mask)0xffffff) == 0);
	must((fake_tpm.bound & ~(pcr_mask)0xffff) == 0);
	must(fake_tpm.longest <= 1024);
	must(fake_tpm.signed_count <= 1 && fake_tpm.caps <= 1);
	/* A dead right signs nothing but the probe that shows it dead. */
	must(fake_tpm.signed_count == 0 || HAS_GRANT);
	/* And no right signs what is not on record. */
	must(fake_tpm.signed_count == 0 || fake_tpm.caps > 0 || b->journal.end.count == 1);
	must(fake_tpm.caps == 0 || b->grant.certificate == NULL);
	/* What the TPM holds changes for the result key's word alone. */
	must(fake_tpm.caps == 0 ||
	     memmem(body.data, body.len, FAKE_SIGNATURE, strlen(FAKE_SIGNATURE)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(bytes) answer = { 0 };
	struct reader in = reader_over((struct span){ data, len });
	struct writer out = writer_to(&answer, FRAME_LARGE_MAX);
	struct broker b;

	start(&b);

	enum status status = VERB(&b, &in, &out);

	check(&b, (struct span){ data, len });
	/* What is no request ends the channel, and has done nothing. */
	if (in.status != OK)
		must(status != OK && answer.len == 0 && fake_tpm.signed_count == 0 &&
		     fake_tpm.caps == 0);
	if (status == OK)
		must(writer_end(&out) == OK);
	stop(&b);
	return 0;
}
