/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/loader_messages.h"

#include "verifier/wire.h"

static void put_sha256(struct writer *w, const void *member)
{
	struct span value = digest_span(member);

	if (value.len != 0 && value.len != SHA256_SIZE)
		writer_fail(w, STATUS_MALFORMED);
	writer_sized(w, value);
}

static void take_sha256(struct reader *r, void *member)
{
	struct span value = reader_sized(r, SHA256_SIZE);

	if (value.len != 0 && digest_from(DIGEST_SHA256, value, member) != OK)
		reader_fail(r, STATUS_MALFORMED);
}

/* Of none, or of a SHA-256 digest. */
static const struct wire_codec sha256_codec = { put_sha256, take_sha256 };

static const struct wire_field release_mark_fields[] = {
	WIRE_BE64(release_mark, version),
	WIRE_CODEC(release_mark, digest, sha256_codec),
};
static const struct wire_table release_mark_wire =
	WIRE_TABLE(struct release_mark, release_mark_fields);

static const struct wire_field release_marks_fields[] = {
	WIRE_STRUCT(release_marks, root, release_mark_wire),
	WIRE_STRUCT(release_marks, timestamp, release_mark_wire),
	WIRE_STRUCT(release_marks, index, release_mark_wire),
	WIRE_STRUCT(release_marks, revocations, release_mark_wire),
	WIRE_STRUCT(release_marks, log, release_mark_wire),
	WIRE_TIME(release_marks, time),
	WIRE_CODEC(release_marks, rejected, sha256_codec),
};
static const struct wire_table release_marks_wire =
	WIRE_TABLE(struct release_marks, release_marks_fields);

/* As they were stored before emergencies that were rejected: never edited. */
static const struct wire_field unrejected_marks_fields[] = {
	WIRE_STRUCT(release_marks, root, release_mark_wire),
	WIRE_STRUCT(release_marks, timestamp, release_mark_wire),
	WIRE_STRUCT(release_marks, index, release_mark_wire),
	WIRE_STRUCT(release_marks, revocations, release_mark_wire),
	WIRE_STRUCT(release_marks, log, release_mark_wire),
	WIRE_TIME(release_marks, time),
};
static const struct wire_table unrejected_marks_wire =
	WIRE_TABLE(struct release_marks, unrejected_marks_fields);

/* As they were stored before there was a log: never edited. */
static const struct wire_field logless_marks_fields[] = {
	WIRE_STRUCT(release_marks, root, release_mark_wire),
	WIRE_STRUCT(release_marks, timestamp, release_mark_wire),
	WIRE_STRUCT(release_marks, index, release_mark_wire),
	WIRE_STRUCT(release_marks, revocations, release_mark_wire),
	WIRE_TIME(release_marks, time),
};
static const struct wire_table logless_marks_wire =
	WIRE_TABLE(struct release_marks, logless_marks_fields);

enum status release_marks_encode(const struct release_marks *marks, struct bytes *out)
{
	return wire_encode(&release_marks_wire, marks, LOADER_BODY_MAX, out);
}

enum status release_marks_decode(struct span body, struct release_marks *out)
{
	struct release_marks marks = { 0 };
	enum status status = wire_decode(&release_marks_wire, body, &marks);

	if (status == OK)
		*out = marks;
	return status;
}

enum status release_marks_decode_stored(struct span stored, struct release_marks *out)
{
	struct release_marks marks = { 0 };

	if (release_marks_decode(stored, out) == OK)
		return OK;

	enum status status = wire_decode(&unrejected_marks_wire, stored, &marks);
	if (status != OK) {
		marks = (struct release_marks){ 0 };
		status = wire_decode(&logless_marks_wire, stored, &marks);
	}
	if (status == OK)
		*out = marks;
	return status;
}

static const struct wire_field load_refusal_fields[] = {
	WIRE_SIZED(load_refusal, code, LOADER_TEXT_MAX),
	WIRE_SIZED(load_refusal, document, LOADER_TEXT_MAX),
	WIRE_SIZED(load_refusal, field, LOADER_TEXT_MAX),
	WIRE_SIZED(load_refusal, advice, LOADER_TEXT_MAX),
};
static const struct wire_table load_refusal_wire =
	WIRE_TABLE(struct load_refusal, load_refusal_fields);

enum status load_refusal_encode(const struct load_refusal *refusal, struct bytes *out)
{
	return wire_encode(&load_refusal_wire, refusal, LOADER_BODY_MAX, out);
}

enum status load_refusal_decode(struct span body, struct load_refusal *out)
{
	struct load_refusal refusal = { 0 };
	enum status status = wire_decode(&load_refusal_wire, body, &refusal);

	if (status == OK)
		*out = refusal;
	return status;
}
