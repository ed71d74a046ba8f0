/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_TOKEN_REFUSAL_H
#define ATTESTD_MINT_TOKEN_REFUSAL_H

#include "base/bytes.h"

/* Why the verifier made no JWT-SVID (protocol.md), for a workload's developer, and who can help. */
struct token_refusal {
	const char *code, *reason, *owner;
};

/* No registration entry allows one, whoever finds it first. */
extern const char token_refusal_no_entry[];

/* Never NULL: what is no known code is an answer that nobody can use. */
const struct token_refusal *token_refusal_of(struct span code);

#endif
