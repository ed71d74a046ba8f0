/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/bytes.h"
#include "base/digest.h"

/*
 * Strict text forms: one spelling for each value, everything else is
 * STATUS_MALFORMED. EVP_Decode* accepts white space and stray bits.
 */
enum status hex_append(struct bytes *out, struct span s); /* lower case */
void hex_encode(struct span s, char *out); /* the same: 2 * s.len characters, no NUL */
enum status hex_decode(struct span text, struct bytes *out); /* either case */
int hex_digit_value(uint8_t digit); /* either case; negative for none */
enum status base64_append(struct bytes *out, struct span s); /* RFC 4648, 4, padded */
enum status base64_decode(struct span text, size_t max, struct bytes *out);
enum status base64url_append(struct bytes *out, struct span s); /* RFC 7515, no padding */
enum status base64url_decode(struct span text, size_t max, struct bytes *out);

/* "sha256:<hex>"; parsed in either case */
enum status digest_text_append(struct bytes *out, const struct digest *d);
enum status digest_text_parse(struct span text, struct digest *out);

/* Digits only, no sign, no leading zero; parsed at most max. */
enum status decimal_append(struct bytes *out, uint64_t value);
enum status decimal_parse(struct span text, uint64_t max, uint64_t *out);

/* Of the UTF-8 sequence that s, which is not empty, starts with (RFC 3629, 4); 0
 * for none. */
size_t utf8_length(struct span s);
/* UTF-8 without control characters: in JSON, in a log and on a terminal it is what it was,
 * and no more than a part of a line. */
bool text_is_line(struct span s);

/* The next line without its newline; the whole rest where none follows.
 * False at the end. */
bool text_next_line(struct span *rest, struct span *line);
/* The next word before the separator, as text_next_line does. */
bool text_next_word(struct span *rest, char separator, struct span *word);

/* Appends s with everything but printable ASCII, '%' and '"' as %XX: safe in
 * logs, terminals and our line formats. Space too becomes %20. */
enum status text_append_escaped(struct bytes *out, struct span s);
/* The inverse; STATUS_MALFORMED for anything that text_append_escaped never
 * writes. */
enum status text_unescape(struct span text, struct bytes *out);

#endif
