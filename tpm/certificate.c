/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/certificate.h"

#include <string.h>

#include "tpm/der.h"

#define VERSION_3 2
#define EXTENSIONS_MAX 64

enum status signed_der_parse(struct span der, struct signed_der *out)
{
	struct reader r = reader_over(der);
	struct reader body = der_enter(&r, DER_SEQUENCE);
	struct signed_der s = {
		.tbs = der_whole(&body, DER_SEQUENCE),
		.algorithm = der_whole(&body, DER_SEQUENCE),
		.signature = der_bit_string(&body),
	};

	der_leave(&r, &body);

	enum status end = reader_end(&r);
	if (end == OK)
		*out = s;
	return end;
}

static void read_basic_constraints(struct reader *r, struct certificate_extensions *x)
{
	struct reader fields = der_enter(r, DER_SEQUENCE);

	if (der_is_next(&fields, DER_BOOLEAN))
		x->is_ca = !span_is_zero(der_content(&fields, DER_BOOLEAN));
	x->has_path_limit = der_is_next(&fields, DER_INTEGER);
	if (x->has_path_limit)
		x->path_limit = der_unsigned(&fields);
	der_leave(r, &fields);
}

static void read_key_usage(struct reader *r, struct certificate_extensions *x)
{
	struct reader bits = der_enter(r, DER_BIT_STRING);

	reader_skip(&bits, 1); /* unused bits at the end are zero or mean nothing */

	uint8_t first = reader_u8(&bits);
	/* DER numbers bits from the most significant one. */
	for (unsigned bit = 0; bit < 8; bit++)
		if ((first & 0x80u >> bit) != 0)
			x->key_usage |= 1u << bit;
	x->has_key_usage = true;
	if (bits.status != OK)
		reader_fail(r, bits.status);
}

static void read_extended_usage(struct reader *r, struct certificate_extensions *x)
{
	struct reader usages = der_enter(r, DER_SEQUENCE);

	x->has_extended_usage = true;
	x->extended_usages = usages.rest;
	while (usages.status == OK && usages.rest.len > 0)
		(void)der_content(&usages, DER_OID);
	der_leave(r, &usages);
}

static void read_alternative_names(struct reader *r, struct certificate_extensions *x)
{
	x->alternative_names = der_content(r, DER_SEQUENCE);
}

static void read_subject_key_id(struct reader *r, struct certificate_extensions *x)
{
	x->subject_key_id = der_content(r, DER_OCTET_STRING);
}

/* Only the key identifier: issuer name and serial in this place are wrong in
 * some makers' certificates, and the signature decides anyway. */
static void read_authority_key_id(struct reader *r, struct certificate_extensions *x)
{
	struct reader fields = der_enter(r, DER_SEQUENCE);

	if (der_is_next(&fields, DER_CONTEXT))
		x->authority_key_id = der_content(&fields, DER_CONTEXT);
	if (fields.status != OK)
		reader_fail(r, fields.status);
}

/* Policies carry no demand on us: a path is good for its EK usage alone. */
static void skip_policies(struct reader *r, struct certificate_extensions *x)
{
	(void)x;
	(void)der_content(r, DER_SEQUENCE);
}

/* What a TPM is like, and where a CRL would be: neither narrows what the
 * certificate is good for, so that even a critical one demands nothing. */
static void pass_over(struct reader *r, struct certificate_extensions *x)
{
	(void)x;
	reader_skip(r, r->rest.len);
}

/* id-ce 2.5.29.n, RFC 5280, 4.2.1: those that we process. Critical or not,
 * nothing else is looked at, and critical others end the path. */
static const struct extension_reader {
	uint8_t id_ce;
	void (*read)(struct reader *r, struct certificate_extensions *x);
} extension_readers[] = {
	{ 9, pass_over }, /* subjectDirectoryAttributes */
	{ 31, pass_over }, /* cRLDistributionPoints */
	{ 14, read_subject_key_id },
	{ 15, read_key_usage },
	{ 17, read_alternative_names },
	{ 19, read_basic_constraints },
	{ 32, skip_policies },
	{ 35, read_authority_key_id },
	{ 37, read_extended_usage },
};

#define ALTERNATIVE_NAME 17

static const struct extension_reader *extension_reader_of(struct span oid)
{
	if (oid.len != 3 || oid.data[0] != 0x55 || oid.data[1] != 0x1d)
		return NULL;
	for (size_t i = 0; i < sizeof(extension_readers) / sizeof(extension_readers[0]); i++)
		if (extension_readers[i].id_ce == oid.data[2])
			return &extension_readers[i];
	return NULL;
}

static struct span read_extension(struct reader *r, struct certificate_extensions *x)
{
	struct reader fields = der_enter(r, DER_SEQUENCE);
	struct span oid = der_content(&fields, DER_OID);
	bool is_critical = der_is_next(&fields, DER_BOOLEAN) &&
			   !span_is_zero(der_content(&fields, DER_BOOLEAN));
	struct reader value = der_enter(&fields, DER_OCTET_STRING);
	const struct extension_reader *known = extension_reader_of(oid);

	if (known == NULL) {
		x->has_unknown_critical |= is_critical;
	} else {
		known->read(&value, x);
		der_leave(&fields, &value);
		if (known->id_ce == ALTERNATIVE_NAME)
			x->is_alternative_name_critical = is_critical;
	}
	der_leave(r, &fields);
	return oid;
}

static void read_extensions(struct reader *r, struct certificate_extensions *x)
{
	struct reader list = der_enter(r, DER_SEQUENCE);
	struct span seen[EXTENSIONS_MAX];
	size_t count = 0;

	while (list.status == OK && list.rest.len > 0) {
		if (count == EXTENSIONS_MAX) {
			reader_fail(&list, STATUS_TOO_LARGE);
			break;
		}
		seen[count] = read_extension(&list, x);
		/* The second of two would silently undo the first. */
		for (size_t i = 0; i < count; i++)
			if (span_equal(seen[i], seen[count]))
				reader_fail(&list, STATUS_MALFORMED);
		count++;
	}
	der_leave(r, &list);
}

static void read_version(struct reader *r)
{
	struct reader version = der_enter(r, DER_CONTEXT_CONSTRUCTED);

	if (der_unsigned(&version) != VERSION_3)
		reader_fail(&version, STATUS_UNSUPPORTED);
	der_leave(r, &version);
}

static void read_validity(struct reader *r, struct certificate *c)
{
	struct reader validity = der_enter(r, DER_SEQUENCE);

	c->not_before = der_time(&validity);
	c->not_after = der_time(&validity);
	der_leave(r, &validity);
}

static void read_tbs(struct reader *r, struct certificate *c)
{
	struct reader tbs = der_enter(r, DER_SEQUENCE);

	read_version(&tbs);
	c->serial = der_content(&tbs, DER_INTEGER);
	if (tbs.status == OK && (c->serial.len == 0 || c->serial.len > CERTIFICATE_SERIAL_MAX))
		reader_fail(&tbs, STATUS_MALFORMED);
	/* The outer one is not signed: it must say what the inner one says. */
	if (!span_equal(der_whole(&tbs, DER_SEQUENCE), c->body.algorithm))
		reader_fail(&tbs, STATUS_MALFORMED);
	c->issuer = der_whole(&tbs, DER_SEQUENCE);
	read_validity(&tbs, c);
	c->subject = der_whole(&tbs, DER_SEQUENCE);
	c->spki = der_whole(&tbs, DER_SEQUENCE);
	/* issuerUniqueID, subjectUniqueID */
	for (unsigned n = 1; n <= 2; n++)
		if (der_is_next(&tbs, DER_CONTEXT + n))
			(void)der_content(&tbs, DER_CONTEXT + n);
	if (der_is_next(&tbs, DER_CONTEXT_CONSTRUCTED + 3)) {
		struct reader extensions = der_enter(&tbs, DER_CONTEXT_CONSTRUCTED + 3);

		read_extensions(&extensions, &c->extensions);
		der_leave(&tbs, &extensions);
	}
	der_leave(r, &tbs);
}

enum status certificate_parse(struct span der, struct certificate *out)
{
	struct certificate c = { .der = der };
	enum status status = signed_der_parse(der, &c.body);

	if (status != OK)
		return status;

	struct reader r = reader_over(c.body.tbs);
	read_tbs(&r, &c);

	enum status end = reader_end(&r);
	if (end == OK)
		*out = c;
	return end;
}

bool certificate_has_extended_usage(const struct certificate *c, struct span oid)
{
	struct reader usages = reader_over(c->extensions.extended_usages);

	while (usages.status == OK && usages.rest.len > 0)
		if (span_equal(der_content(&usages, DER_OID), oid))
			return usages.status == OK;
	return false;
}
