/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/svid_tbs.h"

#include <time.h>

#include "attestd/svid_names.h"
#include "base/writer.h"
#include "tpm/der.h"

#define CERTIFICATE_MAX (SVID_TBS_MAX + 512)
/* From here on times are GeneralizedTime (RFC 5280, 4.1.2.5). */
#define YEAR_2050 2524608000
#define YEAR_10000 253402300800
#define CONTEXT_URI (DER_CONTEXT | 6)
#define CONTEXT_EXTENSIONS (DER_CONTEXT_CONSTRUCTED | 3)

/* v3 */
static const uint8_t version[] = { DER_CONTEXT_CONSTRUCTED, 3, DER_INTEGER, 1, 2 };
/* AlgorithmIdentifier of ecdsa-with-SHA256 (RFC 5758, 3.2). */
static const uint8_t ecdsa_sha256[] = { DER_SEQUENCE, 10,   DER_OID, 8,	   0x2a, 0x86,
					0x48,	      0xce, 0x3d,    0x04, 0x03, 0x02 };
static const uint8_t no_subject[] = { DER_SEQUENCE, 0 };
/* A named curve and an uncompressed point (RFC 5480, 2.1.1 and 2.2). */
static const uint8_t p256_key[] = {
	DER_SEQUENCE, 0x59, DER_SEQUENCE, 0x13,		  DER_OID, 7,	 0x2a, 0x86, 0x48, 0xce,
	0x3d,	      0x02, 0x01,	  DER_OID,	  8,	   0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x03,	      0x01, 0x07,	  DER_BIT_STRING, 0x42,	   0
};
static const uint8_t is_no_ca[] = { DER_SEQUENCE, 0 };
static const uint8_t digital_signature[] = { DER_BIT_STRING, 2, 7, 0x80 };
static const uint8_t server_and_client[] = {
	DER_SEQUENCE, 20, DER_OID, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1,
	DER_OID,      8,  0x2b,	   6, 1,    5, 5, 7, 3, 2
};

enum extension {
	EXT_BASIC_CONSTRAINTS,
	EXT_KEY_USAGE,
	EXT_EXTENDED_USAGE,
	EXT_AUTHORITY,
	EXT_NAMES,
	EXT_COUNT
};

/* Each as "55 1d NUMBER" (RFC 5280, 4.2.1); no value: it is of the fields. */
static const struct {
	uint8_t number;
	bool is_critical;
	const uint8_t *value;
	size_t value_len;
} forms[EXT_COUNT] = {
	[EXT_BASIC_CONSTRAINTS] = { 0x13, true, is_no_ca, sizeof(is_no_ca) },
	[EXT_KEY_USAGE] = { 0x0f, true, digital_signature, sizeof(digital_signature) },
	[EXT_EXTENDED_USAGE] = { 0x25, false, server_and_client, sizeof(server_and_client) },
	[EXT_AUTHORITY] = { 0x23, false, NULL, 0 },
	/* Since Subject is empty (RFC 5280, 4.2.1.6). */
	[EXT_NAMES] = { 0x11, true, NULL, 0 },
};

/* Tag and definite length of content below 64 KiB (X.690, 8.1.3). */
static void put_head(struct writer *w, uint8_t tag, size_t len)
{
	writer_u8(w, tag);
	if (len > UINT16_MAX) {
		writer_fail(w, STATUS_TOO_LARGE);
	} else if (len > UINT8_MAX) {
		writer_u8(w, 0x82);
		writer_be16(w, (uint16_t)len);
	} else if (len > 0x7f) {
		writer_u8(w, 0x81);
		writer_u8(w, (uint8_t)len);
	} else {
		writer_u8(w, (uint8_t)len);
	}
}

static void put(struct writer *w, uint8_t tag, struct span content)
{
	put_head(w, tag, content.len);
	writer_put(w, content);
}

static void put_time(struct writer *w, int64_t at)
{
	const time_t seconds = (time_t)at;
	char text[32];
	struct tm tm;

	if (at < 0 || at >= YEAR_10000 || gmtime_r(&seconds, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm) == 0)
		writer_fail(w, STATUS_UNSUPPORTED);
	else if (at < YEAR_2050)
		put(w, DER_UTC_TIME, span_text(text + 2));
	else
		put(w, DER_GENERALIZED_TIME, span_text(text));
}

/* What inner wrote into content, under a tag. */
static enum status wrap(struct writer *inner, const struct bytes *content, uint8_t tag,
			struct bytes *out)
{
	struct writer w = writer_to(out, SVID_TBS_MAX);
	enum status status = writer_end(inner);

	if (status != OK)
		return status;
	put(&w, tag, span_of(content));
	return writer_end(&w);
}

static enum status write_validity(int64_t from, int64_t until, struct bytes *out)
{
	AUTO_DONE(bytes) times = { 0 };
	struct writer inner = writer_to(&times, SVID_TBS_MAX);

	put_time(&inner, from);
	put_time(&inner, until);
	return wrap(&inner, &times, DER_SEQUENCE, out);
}

static enum status write_authority(struct span authority, struct bytes *out)
{
	AUTO_DONE(bytes) id = { 0 };
	struct writer inner = writer_to(&id, SVID_TBS_MAX);

	put(&inner, DER_CONTEXT, authority);
	return wrap(&inner, &id, DER_SEQUENCE, out);
}

static enum status write_names(struct span names, struct bytes *out)
{
	AUTO_DONE(bytes) uris = { 0 };
	struct writer inner = writer_to(&uris, SVID_TBS_MAX);
	struct span uri;

	while (svid_names_next(&names, &uri))
		put(&inner, CONTEXT_URI, uri);
	return wrap(&inner, &uris, DER_SEQUENCE, out);
}

static enum status write_value(const struct svid_tbs *tbs, enum extension which, struct bytes *out)
{
	switch (which) {
	case EXT_AUTHORITY:
		return write_authority(tbs->authority, out);
	case EXT_NAMES:
		return write_names(tbs->names, out);
	case EXT_BASIC_CONSTRAINTS:
	case EXT_KEY_USAGE:
	case EXT_EXTENDED_USAGE:
	case EXT_COUNT:
		break;
	}
	return bytes_append(out, (struct span){ forms[which].value, forms[which].value_len });
}

/* SEQUENCE { OID, critical, OCTET STRING } */
static enum status write_extension(const struct svid_tbs *tbs, enum extension which,
				   struct bytes *out)
{
	const uint8_t oid[] = { 0x55, 0x1d, forms[which].number };
	const uint8_t yes = 0xff;
	AUTO_DONE(bytes) value = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	struct writer inner = writer_to(&body, SVID_TBS_MAX);
	enum status status = write_value(tbs, which, &value);

	if (status != OK)
		return status;
	put(&inner, DER_OID, (struct span){ oid, sizeof(oid) });
	if (forms[which].is_critical)
		put(&inner, DER_BOOLEAN, (struct span){ &yes, 1 });
	put(&inner, DER_OCTET_STRING, span_of(&value));
	return wrap(&inner, &body, DER_SEQUENCE, out);
}

static enum status write_extensions(const struct svid_tbs *tbs, struct bytes *out)
{
	AUTO_DONE(bytes) all = { 0 };
	AUTO_DONE(bytes) list = { 0 };
	struct writer inner = writer_to(&list, SVID_TBS_MAX);
	enum status status = OK;

	for (int i = 0; i < EXT_COUNT && status == OK; i++)
		status = write_extension(tbs, (enum extension)i, &all);
	if (status != OK)
		return status;
	put(&inner, DER_SEQUENCE, span_of(&all));
	return wrap(&inner, &list, CONTEXT_EXTENSIONS, out);
}

static enum status write_body(const struct svid_tbs *tbs, struct bytes *out)
{
	struct writer w = writer_to(out, SVID_TBS_MAX);

	if (tbs->point.len != SVID_POINT_SIZE)
		return STATUS_UNSUPPORTED;
	writer_put(&w, (struct span){ version, sizeof(version) });
	put(&w, DER_INTEGER, tbs->serial);
	writer_put(&w, (struct span){ ecdsa_sha256, sizeof(ecdsa_sha256) });
	writer_put(&w, tbs->issuer);

	enum status status = writer_end(&w);

	if (status == OK)
		status = write_validity(tbs->from, tbs->until, out);
	if (status != OK)
		return status;
	writer_put(&w, (struct span){ no_subject, sizeof(no_subject) });
	writer_put(&w, (struct span){ p256_key, sizeof(p256_key) });
	writer_put(&w, tbs->point);
	status = writer_end(&w);
	return status == OK ? write_extensions(tbs, out) : status;
}

/* The body in its SEQUENCE, of at most max bytes. */
static enum status put_whole(const struct bytes *body, size_t max, struct bytes *out)
{
	AUTO_DONE(bytes) whole = { 0 };
	struct writer w = writer_to(&whole, max);

	put(&w, DER_SEQUENCE, span_of(body));

	enum status status = writer_end(&w);

	if (status != OK)
		return status;
	*out = whole;
	whole = (struct bytes){ 0 };
	return OK;
}

enum status svid_tbs_write(const struct svid_tbs *tbs, struct bytes *out)
{
	AUTO_DONE(bytes) body = { 0 };
	enum status status = write_body(tbs, &body);

	return status == OK ? put_whole(&body, SVID_TBS_MAX, out) : status;
}

enum status svid_assemble(struct span tbs, struct span signature, struct bytes *certificate)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, CERTIFICATE_MAX);

	writer_put(&w, tbs);
	writer_put(&w, (struct span){ ecdsa_sha256, sizeof(ecdsa_sha256) });
	put_head(&w, DER_BIT_STRING, signature.len + 1);
	writer_u8(&w, 0);
	writer_put(&w, signature);

	enum status status = writer_end(&w);

	return status == OK ? put_whole(&body, CERTIFICATE_MAX, certificate) : status;
}
