/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays the kernel: appends an ima-sigv2 entry for a file to a log and prints
 * the extend of PCR 10 as tpm2_pcrextend takes it; so many times, and with a
 * signature of so many bytes.
 *
 *	ima_measure LOG PATH SHA256 [TIMES BYTES]
 */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "base/writer.h"

#define ENTRY_MAX ((size_t)1 << 20)
#define TIMES_MAX 100000
#define TEMPLATE "ima-sigv2"

/* IMA logs are little-endian. */
static void put_le32(struct writer *w, size_t value)
{
	for (int shift = 0; shift < 32; shift += 8)
		writer_u8(w, (uint8_t)(value >> shift));
}

static void put_field(struct writer *w, struct span head, struct span tail)
{
	put_le32(w, head.len + tail.len);
	writer_put(w, head);
	writer_put(w, tail);
}

static enum status template_data(const char *path, struct span digest, struct span signature,
				 struct bytes *out)
{
	/* The closing NUL belongs to both. */
	struct span kind = { (const uint8_t *)"ima:sha256:", sizeof("ima:sha256:") };
	struct span name = { (const uint8_t *)path, strlen(path) + 1 };
	struct writer w = writer_to(out, ENTRY_MAX);

	put_field(&w, kind, digest);
	put_field(&w, name, (struct span){ 0 });
	put_field(&w, signature, (struct span){ 0 });
	return writer_end(&w);
}

static enum status entry(struct span data, const struct digest *sha1, struct bytes *out)
{
	struct writer w = writer_to(out, ENTRY_MAX);

	put_le32(&w, 10);
	writer_put(&w, digest_span(sha1));
	put_field(&w, span_text(TEMPLATE), (struct span){ 0 });
	put_field(&w, data, (struct span){ 0 });
	return writer_end(&w);
}

static enum status append(const char *log, struct span bytes, uint64_t times)
{
	FILE *file = fopen(log, "ab");

	if (file == NULL)
		return STATUS_IO;

	bool is_written = true;

	for (uint64_t i = 0; i < times && is_written; i++)
		is_written = fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
	return fclose(file) == 0 && is_written ? OK : STATUS_IO;
}

static enum status measure(const char *log, const char *path, const char *hex, uint64_t times,
			   struct span signature)
{
	AUTO_DONE(bytes) raw = { 0 };
	AUTO_DONE(bytes) data = { 0 };
	AUTO_DONE(bytes) whole = { 0 };
	AUTO_DONE(bytes) line = { 0 };
	struct digest sha1, sha256;
	enum status status = hex_decode(span_text(hex), &raw);

	if (status == OK && raw.len != SHA256_SIZE)
		status = STATUS_MALFORMED;
	if (status == OK)
		status = template_data(path, span_of(&raw), signature, &data);
	if (status == OK)
		status = digest_of(DIGEST_SHA1, span_of(&data), &sha1);
	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&data), &sha256);
	if (status == OK)
		status = entry(span_of(&data), &sha1, &whole);
	if (status == OK)
		status = append(log, span_of(&whole), times);
	if (status == OK)
		status = bytes_printf(&line, "10:sha1=");
	if (status == OK)
		status = hex_append(&line, digest_span(&sha1));
	if (status == OK)
		status = bytes_printf(&line, ",sha256=");
	if (status == OK)
		status = hex_append(&line, digest_span(&sha256));
	for (uint64_t i = 0; i < times && status == OK; i++)
		printf("%.*s\n", (int)line.len, (const char *)line.data);
	return status;
}

int main(int argc, char **argv)
{
	static uint8_t signature[ENTRY_MAX / 2];
	uint64_t times = 1, bytes = 0;

	if ((argc != 4 && argc != 6) ||
	    (argc == 6 && (decimal_parse(span_text(argv[4]), TIMES_MAX, &times) != OK ||
			   decimal_parse(span_text(argv[5]), sizeof(signature), &bytes) != OK))) {
		fputs("usage: ima_measure LOG PATH SHA256 [TIMES BYTES]\n", stderr);
		return 2;
	}

	enum status status = measure(argv[1], argv[2], argv[3], times,
				     (struct span){ signature, (size_t)bytes });
	if (status != OK)
		fprintf(stderr, "ima_measure: %s: %s\n", argv[1], status_text(status));
	return status == OK ? 0 : 2;
}
