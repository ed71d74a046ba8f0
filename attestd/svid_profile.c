/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/svid_profile.h"

#include "attestd/svid_names.h"
#include "tpm/der.h"

/* CA/Browser Forum's 64 bits; X.509 allows 20 bytes. */
#define SERIAL_MIN 8
#define SERIAL_MAX 20
#define UNCOMPRESSED 4
#define EXTENSIONS_MAX 16

/* "55 1d NUMBER" (RFC 5280, 4.2.1) */
#define ID_CE_LEN 3
#define SUBJECT_ALTERNATIVE_NAME 0x11

const char *svid_refusal_name(enum svid_refusal refusal)
{
	static const char *const names[] = {
		[SVID_ACCEPTED] = "accepted",
		[SVID_MALFORMED] = "encoding",
		[SVID_BAD_VERSION] = "version",
		[SVID_BAD_SERIAL] = "serial number",
		[SVID_BAD_ALGORITHM] = "signature algorithm",
		[SVID_BAD_ISSUER] = "issuer",
		[SVID_BAD_VALIDITY] = "validity",
		[SVID_BAD_SUBJECT] = "subject",
		[SVID_BAD_KEY] = "public key",
		[SVID_BAD_EXTENSIONS] = "extensions",
		[SVID_BAD_BASIC_CONSTRAINTS] = "basic constraints",
		[SVID_BAD_KEY_USAGE] = "key usage",
		[SVID_BAD_EXTENDED_KEY_USAGE] = "extended key usage",
		[SVID_BAD_AUTHORITY_KEY_ID] = "authority key identifier",
		[SVID_BAD_NAME] = "subject alternative name",
		[SVID_NOT_ENTITLED] = "entitlements",
	};

	return (size_t)refusal < sizeof(names) / sizeof(*names) ? names[refusal] : "unknown";
}

/* RFC 5280, 4.1: what a TBSCertificate consists of, element by element. */
struct elements {
	struct der version, serial, algorithm, issuer, validity, subject, key;
	struct reader extensions;
};

struct extension {
	struct span oid;
	bool is_critical;
	struct span value; /* inside its OCTET STRING */
};

static struct der next_tagged(struct reader *r, uint8_t tag)
{
	struct der element = der_next(r);

	if (r->status == OK && element.tag != tag)
		reader_fail(r, STATUS_MALFORMED);
	return element;
}

/* False: not exactly these, one behind the other. */
static bool read_elements(struct span tbs, struct elements *out)
{
	struct reader whole = reader_over(tbs);
	struct reader r = der_enter(&whole, DER_SEQUENCE);

	out->version = next_tagged(&r, DER_CONTEXT_CONSTRUCTED);
	out->serial = next_tagged(&r, DER_INTEGER);
	out->algorithm = next_tagged(&r, DER_SEQUENCE);
	out->issuer = next_tagged(&r, DER_SEQUENCE);
	out->validity = next_tagged(&r, DER_SEQUENCE);
	out->subject = next_tagged(&r, DER_SEQUENCE);
	out->key = next_tagged(&r, DER_SEQUENCE);

	struct reader list = der_enter(&r, DER_CONTEXT_CONSTRUCTED | 3);

	out->extensions = der_enter(&list, DER_SEQUENCE);
	der_leave(&r, &list);
	der_leave(&whole, &r);
	return reader_end(&whole) == OK;
}

/* SEQUENCE { OID, critical DEFAULT FALSE, OCTET STRING }; false: there is none, or it is
 * none, which r tells apart. */
static bool next_extension(struct reader *r, struct extension *out)
{
	if (r->status != OK || r->rest.len == 0)
		return false;

	struct reader inner = der_enter(r, DER_SEQUENCE);

	out->oid = der_content(&inner, DER_OID);
	out->is_critical = der_is_next(&inner, DER_BOOLEAN);
	if (out->is_critical)
		(void)der_content(&inner, DER_BOOLEAN);
	out->value = der_content(&inner, DER_OCTET_STRING);
	der_leave(r, &inner);
	return r->status == OK;
}

/* Exactly one of this OID. */
static bool find_extension(struct reader list, struct span oid, struct extension *out)
{
	struct extension e;
	size_t count = 0;

	while (next_extension(&list, &e)) {
		if (!span_equal(e.oid, oid))
			continue;
		*out = e;
		count++;
	}
	return count == 1 && list.status == OK;
}

static size_t count_extensions(struct reader list)
{
	struct extension e;
	size_t count = 0;

	while (next_extension(&list, &e))
		count++;
	return list.status == OK ? count : 0;
}

/* Of a number that is not negative, in DER (X.690, 8.3.2): OpenSSL takes no other for an
 * INTEGER, and what one validator does not read nobody can name by its number. */
static bool is_shortest(struct span content)
{
	return content.len > 0 &&
	       (content.data[0] != 0 || content.len == 1 || (content.data[1] & 0x80) != 0);
}

static bool read_serial(const struct der *element, struct span *out)
{
	struct reader r = reader_over(element->whole);
	struct span magnitude = der_magnitude(&r);

	*out = element->content;
	return reader_end(&r) == OK && magnitude.len >= SERIAL_MIN && out->len <= SERIAL_MAX &&
	       is_shortest(*out);
}

static bool read_validity(const struct der *element, int64_t *from, int64_t *until)
{
	struct reader r = reader_over(element->content);

	*from = der_time(&r);
	*until = der_time(&r);
	return reader_end(&r) == OK;
}

/* The last of SubjectPublicKeyInfo; what is before it is compared with what it has to be:
 * a curve spelt out in parameters could be one of the asker's own. */
static bool read_point(const struct der *element, struct span *out)
{
	struct span whole = element->whole;

	if (whole.len <= SVID_POINT_SIZE)
		return false;
	*out = (struct span){ whole.data + whole.len - SVID_POINT_SIZE, SVID_POINT_SIZE };
	return out->data[0] == UNCOMPRESSED;
}

/* Names of URIs only, as svid_names.h has them. An empty one or one with a space in it is
 * other names there, and so is not what compare() writes. */
static enum status join_uris(struct reader *list, struct bytes *out)
{
	enum status status = OK;

	while (list->rest.len > 0 && list->status == OK && status == OK) {
		struct span text = der_content(list, DER_CONTEXT | 6);

		if (out->len > 0)
			status = bytes_append(out, span_text(" "));
		if (status == OK)
			status = bytes_append(out, text);
	}
	return status == OK ? reader_end(list) : status;
}

static enum svid_refusal read_names(const struct elements *e, struct bytes *out)
{
	static const uint8_t oid[ID_CE_LEN] = { 0x55, 0x1d, SUBJECT_ALTERNATIVE_NAME };
	struct extension names;

	if (!find_extension(e->extensions, (struct span){ oid, sizeof(oid) }, &names))
		return SVID_BAD_EXTENSIONS;

	struct reader value = reader_over(names.value);
	struct reader list = der_enter(&value, DER_SEQUENCE);

	if (reader_end(&value) != OK)
		return SVID_BAD_EXTENSIONS;
	if (join_uris(&list, out) != OK || !svid_names_are_valid(span_of(out)))
		return SVID_BAD_NAME;
	return SVID_ACCEPTED;
}

/* What differs from one to the next; issuer and authority are the grant's. */
static enum svid_refusal read_fields(const struct elements *e, struct svid_tbs *fields,
				     struct bytes *names)
{
	if (!read_serial(&e->serial, &fields->serial))
		return SVID_BAD_SERIAL;
	if (!read_validity(&e->validity, &fields->from, &fields->until))
		return SVID_BAD_VALIDITY;
	if (!read_point(&e->key, &fields->point))
		return SVID_BAD_KEY;

	enum svid_refusal refusal = read_names(e, names);

	fields->names = span_of(names);
	return refusal;
}

static bool is_validity_good(const struct svid_tbs *fields, const struct grant *grant, int64_t now)
{
	int64_t ca_from = 0, ca_until = 0;

	if (!grant_validity(grant, &ca_from, &ca_until))
		return false;
	/* Never beyond the right, whatever the grant's certificate says. */
	return fields->from < fields->until && fields->from >= now - SVID_BACKDATE_S &&
	       fields->from >= ca_from && fields->until > now &&
	       fields->until <= grant->verdict.expires && fields->until <= ca_until;
}

/* Byte by byte: X509_NAME_cmp() takes "Node" for "node", which others don't. */
static bool is_same(const struct der *a, const struct der *b)
{
	return span_equal(a->whole, b->whole);
}

static enum svid_refusal compare_elements(const struct elements *e, const struct elements *wanted)
{
	if (!is_same(&e->version, &wanted->version))
		return SVID_BAD_VERSION;
	if (!is_same(&e->serial, &wanted->serial))
		return SVID_BAD_SERIAL;
	if (!is_same(&e->algorithm, &wanted->algorithm))
		return SVID_BAD_ALGORITHM;
	if (!is_same(&e->issuer, &wanted->issuer))
		return SVID_BAD_ISSUER;
	/* In the one spelling (RFC 5280, 4.1.2.5): some validators read offsets and years
	 * of four digits otherwise, or not at all. */
	if (!is_same(&e->validity, &wanted->validity))
		return SVID_BAD_VALIDITY;
	if (!is_same(&e->subject, &wanted->subject))
		return SVID_BAD_SUBJECT;
	return is_same(&e->key, &wanted->key) ? SVID_ACCEPTED : SVID_BAD_KEY;
}

/* Which part of the profile the value of this extension is. */
static enum svid_refusal refusal_of(struct span oid)
{
	static const struct {
		uint8_t number;
		enum svid_refusal refusal;
	} of[] = { { 0x13, SVID_BAD_BASIC_CONSTRAINTS },
		   { 0x0f, SVID_BAD_KEY_USAGE },
		   { 0x25, SVID_BAD_EXTENDED_KEY_USAGE },
		   { 0x23, SVID_BAD_AUTHORITY_KEY_ID },
		   { SUBJECT_ALTERNATIVE_NAME, SVID_BAD_NAME } };

	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++) {
		if (oid.len == ID_CE_LEN && oid.data[ID_CE_LEN - 1] == of[i].number)
			return of[i].refusal;
	}
	return SVID_BAD_EXTENSIONS;
}

/* One element, and no bytes after it: OpenSSL reads over those, and another validator
 * may not. */
static bool is_one_element(struct span value)
{
	struct reader r = reader_over(value);

	(void)der_next(&r);
	return reader_end(&r) == OK;
}

/* Exactly these, each once, each critical or not as it has to be; then their values. */
static enum svid_refusal compare_extensions(const struct elements *e, const struct elements *wanted)
{
	struct reader list = wanted->extensions;
	enum svid_refusal refusal = SVID_ACCEPTED;
	struct extension mine, theirs;

	if (count_extensions(e->extensions) != count_extensions(wanted->extensions))
		return SVID_BAD_EXTENSIONS;
	while (next_extension(&list, &mine)) {
		if (!find_extension(e->extensions, mine.oid, &theirs) ||
		    theirs.is_critical != mine.is_critical || !is_one_element(theirs.value))
			return SVID_BAD_EXTENSIONS;
		if (refusal == SVID_ACCEPTED && !span_equal(theirs.value, mine.value))
			refusal = refusal_of(mine.oid);
	}
	return refusal;
}

/* What the grant's holder may sign with these fields, and nothing but that: the form is
 * written anew, and has to be what was given. */
static enum status compare(struct span tbs, const struct elements *e, const struct svid_tbs *fields,
			   enum svid_refusal *refusal)
{
	AUTO_DONE(bytes) wanted = { 0 };
	struct elements parts;
	enum status status = svid_tbs_write(fields, &wanted);

	if (status != OK)
		return status;
	if (!read_elements(span_of(&wanted), &parts))
		return STATUS_MALFORMED;
	*refusal = compare_elements(e, &parts);
	if (*refusal == SVID_ACCEPTED)
		*refusal = compare_extensions(e, &parts);
	/* In another order, or with a length that is longer than it must be. */
	if (*refusal == SVID_ACCEPTED && !span_equal(tbs, span_of(&wanted)))
		*refusal = SVID_MALFORMED;
	return OK;
}

static enum svid_refusal check_fields(const struct svid_tbs *fields, const struct grant *grant,
				      int64_t now)
{
	if (!is_validity_good(fields, grant, now))
		return SVID_BAD_VALIDITY;
	if (!grant_takes_point(grant, fields->point))
		return SVID_BAD_KEY;
	return svid_names_are_entitled(grant, fields->names) ? SVID_ACCEPTED : SVID_NOT_ENTITLED;
}

enum status svid_profile_check(struct span tbs, const struct grant *grant, int64_t now,
			       struct bytes *names, enum svid_refusal *refusal)
{
	AUTO_DONE(bytes) found = { 0 };
	struct svid_tbs fields = { 0 };
	struct elements e;
	enum status status;

	*refusal = SVID_MALFORMED;
	if (tbs.len > SVID_TBS_MAX || !read_elements(tbs, &e))
		return OK;
	if (!grant_issuer(grant, &fields.issuer, &fields.authority))
		return STATUS_UNSUPPORTED;
	*refusal = read_fields(&e, &fields, &found);
	if (*refusal != SVID_ACCEPTED)
		return OK;
	status = compare(tbs, &e, &fields, refusal);
	if (status != OK || *refusal != SVID_ACCEPTED)
		return status;
	*refusal = check_fields(&fields, grant, now);
	if (*refusal == SVID_ACCEPTED) {
		*names = found;
		found = (struct bytes){ 0 };
	}
	return OK;
}
