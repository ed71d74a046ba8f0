/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_HTTP_H
#define VERIFIER_FRONT_HTTP_H

#include "base/bytes.h"

/* As much of HTTP/1.1 (RFC 9112) as the protocol needs, and nothing that two
 * readers could understand in two ways. */
#define HTTP_HEAD_MAX ((size_t)16 << 10)
#define HTTP_HEADERS_MAX 64

enum http_method {
	HTTP_GET,
	HTTP_POST,
};

struct http_head {
	enum http_method method;
	struct span path, query; /* without the '?' */
	bool has_length;
	size_t length; /* of the body */
	bool has_type, is_json; /* Content-Type: application/json */
	bool keep_alive;
	bool expects_continue;
};

/*
 * Request line and header fields, with the empty line that ends them. A
 * refusal is an HTTP status (400, 405, 411, 413, 414, 415, 417, 431, 505), 0 is yes.
 * Two Content-Lengths, even equal ones, two types, Content-Encoding (nothing is
 * unpacked here, so that nothing can swell), Transfer-Encoding, folded lines, bare
 * line feeds, control characters and a missing Host are refused. Spans borrow.
 */
unsigned http_head_parse(struct span text, struct http_head *out);

/* Appends status line and header fields; retry_after_s 0: none. */
enum status http_answer_head(struct bytes *out, unsigned status, const char *content_type,
			     size_t length, unsigned retry_after_s, bool keep_alive);
/* A stable code for a status that this process answers with itself. */
const char *http_error_code(unsigned status);

#endif
