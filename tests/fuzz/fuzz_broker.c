/* SPDX-License-Identifier: Apache-2.0 */
/* What agent and mint may send the broker: the first byte is the verb, the rest
 * the frame's body. There is no TPM behind it. */
#include <string.h>

#include "attestd/broker/broker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const broker_verb verbs[] = { verb_identity, verb_activate, verb_evidence,
				     verb_verdict,  verb_drop,	   verb_mint_sign };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct configuration configuration;
	AUTO_DONE(bytes) answer = { 0 };
	struct broker b = { .configuration = &configuration,
			    .logs = { .boot_fd = -1, .ima_fd = -1, .count_fd = -1 } };

	if (len == 0)
		return 0;
	if (configuration.result_key == NULL)
		configuration.result_key = EVP_EC_gen("P-256");
	if (tpm_device_new("nothing:", (struct span){ 0 }, &b.device) != OK)
		return 0;

	struct reader in = reader_over((struct span){ .data = data + 1, .len = len - 1 });
	struct writer out = writer_to(&answer, FRAME_LARGE_MAX);

	/* Without a TPM nothing is ever signed, opened or quoted. */
	if (verbs[data[0] % 6](&b, &in, &out) == OK && data[0] % 6 != 4)
		__builtin_trap();
	bytes_done(&b.nonce);
	grant_done(&b.grant);
	tpm_identity_done(&b.identity);
	tpm_device_free(b.device);
	return 0;
}
