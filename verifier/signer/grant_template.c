/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/grant_template.h"

#include <string.h>
#include <time.h>

#include "base/writer.h"

#define CERTIFICATE_MAX ((size_t)16 << 10)
#define DER_SEQUENCE 0x30
#define DER_BIT_STRING 0x03

void grant_template_done(struct grant_template *t)
{
	bytes_done(&t->tbs);
	bytes_done(&t->algorithm);
	hasher_done(&t->sha1);
	*t = (struct grant_template){ 0 };
}

static enum status utc_time(int64_t seconds, uint8_t out[GRANT_TIME_SIZE])
{
	time_t when = (time_t)seconds;
	struct tm t;

	if (seconds < 0 || seconds >= GRANT_UTC_END || gmtime_r(&when, &t) == NULL)
		return STATUS_UNSUPPORTED;

	const int parts[] = { t.tm_year % 100, t.tm_mon + 1, t.tm_mday,
			      t.tm_hour,       t.tm_min,     t.tm_sec };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		out[2 * i] = (uint8_t)('0' + parts[i] / 10);
		out[2 * i + 1] = (uint8_t)('0' + parts[i] % 10);
	}
	out[GRANT_TIME_SIZE - 1] = 'Z';
	return OK;
}

/* RFC 5280, 4.2.1.2 (1) */
static enum status key_id_of(const struct hasher *sha1, const uint8_t point[GRANT_POINT_SIZE],
			     uint8_t out[GRANT_KEY_ID_SIZE])
{
	const struct span key = { point, GRANT_POINT_SIZE };
	struct digest digest;
	enum status status = hasher_digest(sha1, &key, 1, &digest);

	if (status == OK)
		memcpy(out, digest.value, GRANT_KEY_ID_SIZE);
	return status;
}

/* What is written into a copy, in the order of the offsets below. */
struct values {
	uint8_t key_id[GRANT_KEY_ID_SIZE];
	uint8_t not_before[GRANT_TIME_SIZE], not_after[GRANT_TIME_SIZE];
};

static enum status values_of(const struct hasher *sha1, const struct grant_fields *fields,
			     struct values *out)
{
	enum status status = key_id_of(sha1, fields->point, out->key_id);

	if (status == OK)
		status = utc_time(fields->not_before, out->not_before);
	return status == OK ? utc_time(fields->not_after, out->not_after) : status;
}

/* Found in two places, or in none, nothing could be told apart. */
static enum status find_once(struct span in, const void *value, size_t len, size_t *offset)
{
	const uint8_t *first = memmem(in.data, in.len, value, len);

	if (first == NULL)
		return STATUS_UNSUPPORTED;
	*offset = (size_t)(first - in.data);

	size_t rest = in.len - *offset - 1;

	return memmem(first + 1, rest, value, len) == NULL ? OK : STATUS_UNSUPPORTED;
}

static enum status find_all(struct grant_template *t, const struct grant_fields *f)
{
	struct span tbs = span_of(&t->tbs);
	struct values v;
	enum status status = values_of(&t->sha1, f, &v);

	if (status == OK)
		status = find_once(tbs, f->serial, GRANT_SERIAL_SIZE, &t->serial);
	if (status == OK)
		status = find_once(tbs, f->subject, GRANT_SUBJECT_SIZE, &t->subject);
	if (status == OK)
		status = find_once(tbs, f->point, GRANT_POINT_SIZE, &t->point);
	if (status == OK)
		status = find_once(tbs, v.key_id, GRANT_KEY_ID_SIZE, &t->key_id);
	if (status == OK)
		status = find_once(tbs, v.not_before, GRANT_TIME_SIZE, &t->not_before);
	return status == OK ? find_once(tbs, v.not_after, GRANT_TIME_SIZE, &t->not_after) : status;
}

static enum status take_der(int len, uint8_t *der, struct bytes *out)
{
	enum status status =
		len > 0 ? bytes_copy((struct span){ der, (size_t)len }, out) : STATUS_NO_MEMORY;

	OPENSSL_free(der);
	return status;
}

enum status grant_template_init(X509 *certificate, const struct grant_fields *fields,
				struct grant_template *out)
{
	struct grant_template t = { 0 };
	uint8_t *tbs = NULL, *algorithm = NULL;
	const X509_ALGOR *alg = NULL;

	X509_get0_signature(NULL, &alg, certificate);

	int tbs_len = i2d_re_X509_tbs(certificate, &tbs);
	int alg_len = i2d_X509_ALGOR(alg, &algorithm);
	enum status status = take_der(tbs_len, tbs, &t.tbs);
	enum status other = take_der(alg_len, algorithm, &t.algorithm);

	if (status == OK)
		status = other;
	if (status == OK)
		status = hasher_init(&t.sha1, DIGEST_SHA1);
	if (status == OK)
		status = find_all(&t, fields);
	if (status == OK)
		*out = t;
	else
		grant_template_done(&t);
	return status;
}

static enum status fill(const struct grant_template *t, const struct grant_fields *f,
			struct bytes *tbs)
{
	struct values v;
	enum status status = values_of(&t->sha1, f, &v);

	if (status == OK)
		status = bytes_copy(span_of(&t->tbs), tbs);
	if (status != OK)
		return status;
	memcpy(tbs->data + t->serial, f->serial, GRANT_SERIAL_SIZE);
	memcpy(tbs->data + t->subject, f->subject, GRANT_SUBJECT_SIZE);
	memcpy(tbs->data + t->point, f->point, GRANT_POINT_SIZE);
	memcpy(tbs->data + t->key_id, v.key_id, GRANT_KEY_ID_SIZE);
	memcpy(tbs->data + t->not_before, v.not_before, GRANT_TIME_SIZE);
	memcpy(tbs->data + t->not_after, v.not_after, GRANT_TIME_SIZE);
	return OK;
}

/* X.690, 10.1: the shortest form */
static void put_header(struct writer *w, uint8_t tag, size_t len)
{
	writer_u8(w, tag);
	if (len >= 0x100)
		writer_u8(w, 0x82);
	else if (len >= 0x80)
		writer_u8(w, 0x81);
	if (len >= 0x100)
		writer_be16(w, (uint16_t)len);
	else
		writer_u8(w, (uint8_t)len);
}

static size_t header_size(size_t len)
{
	return len >= 0x100 ? 4 : len >= 0x80 ? 3 : 2;
}

enum status grant_template_issue(const struct grant_template *t, const struct grant_fields *fields,
				 const struct signing_key *key, struct bytes *out)
{
	AUTO_DONE(bytes) tbs = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	enum status status = fill(t, fields, &tbs);

	if (status == OK)
		status = signing_key_sign(key, span_of(&tbs), &signature);
	if (status != OK)
		return status;

	/* A bit string's first byte says how many bits of its last are none. */
	size_t whole =
		tbs.len + t->algorithm.len + header_size(signature.len + 1) + signature.len + 1;
	struct writer w = writer_to(out, CERTIFICATE_MAX);

	if (whole > UINT16_MAX)
		return STATUS_TOO_LARGE;
	put_header(&w, DER_SEQUENCE, whole);
	writer_put(&w, span_of(&tbs));
	writer_put(&w, span_of(&t->algorithm));
	put_header(&w, DER_BIT_STRING, signature.len + 1);
	writer_u8(&w, 0);
	writer_put(&w, span_of(&signature));
	return writer_end(&w);
}
