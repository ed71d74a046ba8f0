/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_LIMITS_H
#define MESSAGES_LIMITS_H

/* Caps of docs/protocol.md and of what travels in it, in bytes. */
#define EVIDENCE_BODY_MAX ((size_t)32 << 20)
#define REQUEST_BODY_MAX ((size_t)64 << 10)
#define ANSWER_BODY_MAX ((size_t)1 << 20)
#define NONCE_MAX 64
#define CERTIFICATE_DER_MAX 8192
#define PUBLIC_AREA_MAX 1024
#define ATTEST_MAX 2048
#define SIGNATURE_MAX 1024
#define CREDENTIAL_MAX 1024
#define SECRET_MAX 64
#define RECORD_MAX 4096
#define TEXT_VALUE_MAX 1024
#define LOG_MAX ((size_t)24 << 20)
#define PCRS 24

#endif
