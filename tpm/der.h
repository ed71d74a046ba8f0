/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_DER_H
#define TPM_DER_H

#include "base/reader.h"

/*
 * DER elements (X.690) over a reader: tags of one byte, definite lengths.
 * Lengths that are longer than they must be pass, as EK certificates in the
 * field have them and nothing is decided by such a byte.
 */
enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT = 0x80, /* [n] IMPLICIT of a primitive */
	DER_CONTEXT_CONSTRUCTED = 0xa0, /* [n] of a constructed */
};

struct der {
	uint8_t tag;
	struct span whole; /* tag and length included */
	struct span content;
};

/* The next element, whatever it is. */
struct der der_next(struct reader *r);
bool der_is_next(const struct reader *r, unsigned tag);
/* The next element's content, or all of it; another tag is STATUS_MALFORMED. */
struct span der_content(struct reader *r, unsigned tag);
struct span der_whole(struct reader *r, unsigned tag);
/* A reader over the next element's content; it starts failed where r fails. */
struct reader der_enter(struct reader *r, unsigned tag);
/* A BIT STRING of whole bytes. */
struct span der_bit_string(struct reader *r);
/* A small INTEGER that is not negative. */
uint64_t der_unsigned(struct reader *r);
/* An INTEGER of any size without its leading zeros; negative is malformed. */
struct span der_magnitude(struct reader *r);
/* UTCTime or GeneralizedTime in the only form RFC 5280, 4.1.2.5 allows. */
int64_t der_time(struct reader *r);
/* The same for an element already taken apart. */
enum status der_time_parse(uint8_t tag, struct span text, int64_t *out);
/* r ends where inner does not end well. */
void der_leave(struct reader *r, const struct reader *inner);

#endif
