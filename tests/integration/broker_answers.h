/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_INTEGRATION_BROKER_ANSWERS_H
#define TESTS_INTEGRATION_BROKER_ANSWERS_H

#include "attestd/agent/broker_client.h"
#include "base/auto_openssl.h"
#include "messages/evidence.h"
#include "tpm/public_area.h"

/* What a broker's answers must be, whatever befell the TPM. unit.h comes first. */

/* The caller frees the key. */
EVP_PKEY *answer_key(struct span public_area, struct public_area *area);
/* By the key of this public area. */
void answer_is_signed(struct span message, struct span signature, struct span public_area);
/* A fault must not make another host of the one that golden is. */
void answer_is_same_host(const struct broker_identity *got, const struct broker_identity *golden,
			 const char *scene);
/* The AK's, over the PCRs sent, this nonce and the minting key sent. */
void answer_is_quote(const struct evidence *e, struct span ak_public, uint32_t select,
		     struct span nonce);
/* The AK's, for the minting key sent. */
void answer_is_certify(const struct evidence *e, struct span ak_public);

#endif
