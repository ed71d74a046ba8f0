/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_AUDIT_RECORD_H
#define VERIFIER_AUDIT_RECORD_H

#include "base/auto_openssl.h"
#include "base/digest.h"

/*
 * An audit entry's bytes (docs/protocol.md, The audit log): what the chain of hashes
 * hashes, and what the leaves of the verdict log are.
 */
struct audit_record {
	uint64_t index; /* from 1 */
	int64_t time;
	struct span kind, actor, node, text;
};

#define AUDIT_RECORD_MAX 8192

/* previous: the hash of the record before, zeros before the first. */
enum status audit_record_make(const uint8_t previous[SHA256_SIZE],
			      const struct audit_record *record, struct bytes *out);

/* "attestd.dev/verdict-log/HEX": of the SHA-256 of the log key's SubjectPublicKeyInfo. */
enum status verdict_log_origin(EVP_PKEY *log, struct bytes *out);

#endif
