/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/audit_record.h"

#include "base/text.h"
#include "base/writer.h"

enum status audit_record_make(const uint8_t previous[SHA256_SIZE],
			      const struct audit_record *record, struct bytes *out)
{
	struct writer w = writer_to(out, AUDIT_RECORD_MAX);

	writer_put(&w, span_text("attestd audit v1"));
	writer_put(&w, (struct span){ .data = previous, .len = SHA256_SIZE });
	writer_be64(&w, record->index);
	writer_be64(&w, (uint64_t)record->time);
	writer_sized(&w, record->kind);
	writer_sized(&w, record->actor);
	writer_sized(&w, record->node);
	writer_sized(&w, record->text);
	return writer_end(&w);
}

enum status verdict_log_origin(EVP_PKEY *log, struct bytes *out)
{
	struct digest digest;
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(log, &der);
	enum status status =
		len > 0 ? digest_of(DIGEST_SHA256, (struct span){ der, (size_t)len }, &digest)
			: STATUS_NO_MEMORY;

	OPENSSL_free(der);
	if (status == OK)
		status = bytes_printf(out, "attestd.dev/verdict-log/");
	return status == OK ? hex_append(out, digest_span(&digest)) : status;
}
