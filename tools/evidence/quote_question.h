/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EVIDENCE_QUOTE_QUESTION_H
#define TOOLS_EVIDENCE_QUOTE_QUESTION_H

#include "base/auto_openssl.h"
#include "tools/commands.h"
#include "tpm/attest.h"
#include "tpm/signature.h"

/* What attestctl quote verify is asked: its options, and the files that they name. */
struct quote_options {
	const char *attest, *signature, *key, *nonce, *pcrs;
	bool any_nonce, allow_sha1, json;
};

/* Everything the question is about, read and well formed. */
struct quote_question {
	struct bytes attest_bytes, signature_bytes, nonce;
	EVP_PKEY *key;
	struct pcr_values pcrs;
	struct attest attest;
	enum status attest_status; /* OK, or why it is no quote */
	struct signature signature;
	enum status signature_status; /* OK, or STATUS_UNSUPPORTED */
};

/* Says what cannot be read, or is not what its option says. */
enum answer quote_question_load(const struct quote_options *o, struct quote_question *q);
void quote_question_done(struct quote_question *q);

AUTO_RELEASE(quote_question, quote_question_done);

#endif
