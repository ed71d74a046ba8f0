/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/transparency/note.h"

#include <inttypes.h>
#include <string.h>

#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"

#define ED25519_SIZE 32
#define ED25519_SIGNATURE_SIZE 64
#define SIGNATURE_BYTES_MAX 8192 /* of keys that we don't know, too */

static const char dash[] = "\xe2\x80\x94 ";

static bool is_text(struct span s)
{
	while (s.len > 0) {
		size_t len = utf8_length(s);

		if (len == 0 || (s.data[0] < 0x20 && s.data[0] != '\n'))
			return false;
		s.data += len;
		s.len -= len;
	}
	return true;
}

/* Unicode's White_Space beyond ASCII: a name that bears one would end elsewhere
 * for other readers. */
static bool is_unicode_space(struct span s)
{
	static const char *const spaces[] = {
		"\xc2\x85",	"\xc2\xa0",	"\xe1\x9a\x80", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
	};

	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (span_starts_with(s, spaces[i]))
			return true;
	/* U+2000 to U+200A */
	return span_starts_with(s, "\xe2\x80") && s.len > 2 && s.data[2] >= 0x80 &&
	       s.data[2] <= 0x8a;
}

static bool is_name(struct span s)
{
	if (s.len == 0 || s.len > NOTE_NAME_MAX)
		return false;
	while (s.len > 0) {
		size_t len = utf8_length(s);

		if (len == 0 || s.data[0] <= ' ' || s.data[0] == '+' || is_unicode_space(s))
			return false;
		s.data += len;
		s.len -= len;
	}
	return true;
}

/* "— NAME BASE64" */
static enum status parse_signature(struct span line, struct note *note)
{
	AUTO_DONE(bytes) decoded = { 0 };
	struct span name;

	if (note->count == NOTE_SIGNATURES_MAX)
		return STATUS_TOO_LARGE;
	if (!span_starts_with(line, dash))
		return STATUS_MALFORMED;
	line.data += strlen(dash);
	line.len -= strlen(dash);
	if (!text_next_word(&line, ' ', &name) || !is_name(name))
		return STATUS_MALFORMED;

	enum status status = base64_decode(line, SIGNATURE_BYTES_MAX, &decoded);
	if (status != OK)
		return status;
	if (decoded.len <= sizeof(uint32_t))
		return STATUS_MALFORMED;
	note->signature[note->count].name = name;
	note->signature[note->count++].base64 = line;
	return OK;
}

enum status note_parse(struct span bytes, struct note *out)
{
	struct note note = { 0 };
	size_t end = bytes.len;
	struct span rest, line;

	if (bytes.len > NOTE_MAX)
		return STATUS_TOO_LARGE;
	if (bytes.len == 0 || bytes.data[bytes.len - 1] != '\n')
		return STATUS_TRUNCATED;
	if (!is_text(bytes))
		return STATUS_MALFORMED;
	/* The text may have empty lines: the last one ends it. */
	while (end > 1 && (bytes.data[end - 1] != '\n' || bytes.data[end - 2] != '\n'))
		end--;
	if (end <= 1 || end == bytes.len)
		return STATUS_MALFORMED;
	note.text = (struct span){ .data = bytes.data, .len = end - 1 };
	rest = (struct span){ .data = bytes.data + end, .len = bytes.len - end };
	while (text_next_line(&rest, &line)) {
		enum status status = parse_signature(line, &note);

		if (status != OK)
			return status;
	}
	*out = note;
	return OK;
}

/* Type and public key: what the id is made of, and what other tools are told. */
static enum status key_material(enum note_key_type type, EVP_PKEY *key, uint8_t out[])
{
	size_t len = ED25519_SIZE;

	out[0] = (uint8_t)type;
	if (EVP_PKEY_get_raw_public_key(key, out + 1, &len) != 1 || len != ED25519_SIZE)
		return STATUS_UNSUPPORTED;
	return OK;
}

enum status note_key_init(struct span name, enum note_key_type type, EVP_PKEY *key,
			  struct note_key *out)
{
	AUTO_DONE(bytes) named = { 0 };
	uint8_t material[1 + ED25519_SIZE];
	struct digest digest;

	if (!is_name(name))
		return STATUS_MALFORMED;
	if (!EVP_PKEY_is_a(key, "ED25519"))
		return STATUS_UNSUPPORTED;

	enum status status = key_material(type, key, material);
	struct writer w = writer_to(&named, NOTE_NAME_MAX + 1 + sizeof(material));
	writer_put(&w, name);
	writer_u8(&w, '\n');
	writer_put(&w, (struct span){ material, sizeof(material) });
	if (status == OK)
		status = writer_end(&w);
	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&named), &digest);
	if (status != OK)
		return status;

	struct reader r = reader_over(digest_span(&digest));
	*out = (struct note_key){ .name = name, .type = type, .id = reader_be32(&r), .key = key };
	return OK;
}

enum status note_key_text(const struct note_key *key, struct bytes *out)
{
	uint8_t material[1 + ED25519_SIZE];
	enum status status = key_material(key->type, key->key, material);

	if (status == OK)
		status = bytes_append(out, key->name);
	if (status == OK)
		status = bytes_printf(out, "+%08" PRIx32 "+", key->id);
	return status == OK ? base64_append(out, (struct span){ material, sizeof(material) })
			    : status;
}

/* c2sp.org/tlog-cosignature, Ed25519 signed message */
static enum status cosigned_text(struct span text, int64_t time, struct bytes *out)
{
	enum status status = bytes_printf(out, "cosignature/v1\ntime %" PRId64 "\n", time);

	return status == OK ? bytes_append(out, text) : status;
}

static enum status verify(EVP_PKEY *key, struct span message, struct span signature)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();

	if (ctx == NULL)
		return STATUS_NO_MEMORY;
	if (EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) != 1)
		return STATUS_UNSUPPORTED;
	/* Only 1 means yes. */
	return EVP_DigestVerify(ctx, signature.data, signature.len, message.data, message.len) == 1
		       ? OK
		       : STATUS_MISMATCH;
}

/* What follows the key id. */
static enum status verify_signature(const struct note *note, const struct note_key *key,
				    struct span signature, int64_t *time)
{
	AUTO_DONE(bytes) message = { 0 };
	struct reader r = reader_over(signature);
	uint64_t when;

	if (key->type == NOTE_ED25519)
		return signature.len == ED25519_SIGNATURE_SIZE
			       ? verify(key->key, note->text, signature)
			       : STATUS_MISMATCH;
	when = reader_be64(&r);
	if (r.status != OK || when > INT64_MAX || r.rest.len != ED25519_SIGNATURE_SIZE)
		return STATUS_MISMATCH;

	enum status status = cosigned_text(note->text, (int64_t)when, &message);
	if (status == OK)
		status = verify(key->key, span_of(&message), r.rest);
	if (status == OK)
		*time = (int64_t)when;
	return status;
}

/* What a line that bears the key's name and id says; STATUS_NOT_FOUND: another's. */
static enum status read_line(const struct note *note, size_t i, const struct note_key *key,
			     struct bytes *decoded, struct span *signature)
{
	if (!span_equal(note->signature[i].name, key->name))
		return STATUS_NOT_FOUND;

	enum status status = base64_decode(note->signature[i].base64, SIGNATURE_BYTES_MAX, decoded);
	struct reader r = reader_over(span_of(decoded));

	if (status == OK && reader_be32(&r) != key->id)
		status = STATUS_NOT_FOUND;
	*signature = r.rest;
	return status;
}

enum status note_verify(const struct note *note, const struct note_key *key, int64_t *time)
{
	enum status found = STATUS_NOT_FOUND;
	int64_t when = 0;

	for (size_t i = 0; i < note->count; i++) {
		AUTO_DONE(bytes) decoded = { 0 };
		struct span signature;
		enum status status = read_line(note, i, key, &decoded, &signature);

		if (status == STATUS_NOT_FOUND)
			continue;
		if (status == OK)
			status = verify_signature(note, key, signature, &when);
		if (status != OK)
			return status;
		found = OK;
	}
	if (found == OK)
		*time = when;
	return found;
}

enum status note_copy_line(const struct note *note, const struct note_key *key, struct bytes *out)
{
	int64_t time;
	enum status status = note_verify(note, key, &time);

	for (size_t i = 0; status == OK && i < note->count; i++) {
		AUTO_DONE(bytes) decoded = { 0 };
		const struct span name = note->signature[i].name,
				  base64 = note->signature[i].base64;
		struct span signature;

		if (read_line(note, i, key, &decoded, &signature) == OK)
			return bytes_printf(out, "%s%.*s %.*s\n", dash, (int)name.len,
					    (const char *)name.data, (int)base64.len,
					    (const char *)base64.data);
	}
	return status;
}

enum status note_sign(struct span text, const struct note_key *key, int64_t time, struct bytes *out)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	AUTO_DONE(bytes) message = { 0 };
	AUTO_DONE(bytes) line = { 0 };
	struct writer w = writer_to(&line, SIGNATURE_BYTES_MAX);
	uint8_t signature[ED25519_SIGNATURE_SIZE];
	size_t len = sizeof(signature);
	enum status status = OK;

	writer_be32(&w, key->id);
	if (key->type == NOTE_COSIGNATURE) {
		status = cosigned_text(text, time, &message);
		writer_be64(&w, (uint64_t)time);
		text = span_of(&message);
	}
	if (status != OK)
		return status;
	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->key) != 1 ||
	    EVP_DigestSign(ctx, signature, &len, text.data, text.len) != 1)
		return STATUS_UNSUPPORTED;
	writer_put(&w, (struct span){ signature, len });
	status = writer_end(&w);
	if (status == OK)
		status = bytes_printf(out, "%s%.*s ", dash, (int)key->name.len,
				      (const char *)key->name.data);
	if (status == OK)
		status = base64_append(out, span_of(&line));
	return status == OK ? bytes_append_byte(out, '\n') : status;
}
