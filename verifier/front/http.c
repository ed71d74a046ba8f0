/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/http.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/writer.h"
#include "verifier/frames.h"

struct status_facts {
	unsigned status;
	const char *phrase, *code;
};

static const struct status_facts statuses[] = {
	{ 200, "OK", "ok" },
	{ 400, "Bad Request", "bad-request" },
	{ 401, "Unauthorized", "certificate-required" },
	{ 403, "Forbidden", "role-denied" },
	{ 404, "Not Found", "not-found" },
	{ 405, "Method Not Allowed", "method-not-allowed" },
	{ 408, "Request Timeout", "request-timeout" },
	{ 409, "Conflict", "conflict" },
	{ 411, "Length Required", "length-required" },
	{ 413, "Content Too Large", "too-large" },
	{ 414, "URI Too Long", "query-too-long" },
	{ 415, "Unsupported Media Type", "json-wanted" },
	{ 417, "Expectation Failed", "expectation-failed" },
	{ 429, "Too Many Requests", "busy" },
	{ 431, "Request Header Fields Too Large", "headers-too-large" },
	{ 500, "Internal Server Error", "internal" },
	{ 501, "Not Implemented", "not-implemented" },
	{ 502, "Bad Gateway", "internal" },
	{ 503, "Service Unavailable", "busy" },
	{ 505, "HTTP Version Not Supported", "version-not-supported" },
};

static const struct status_facts *facts_of(unsigned status)
{
	static const struct status_facts unknown = { 0, "Unknown", "internal" };

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return &statuses[i];
	return &unknown;
}

const char *http_error_code(unsigned status)
{
	return facts_of(status)->code;
}

/* A line with its CRLF taken off; false where there is none. */
static bool next_line(struct span *rest, struct span *line)
{
	if (!text_next_line(rest, line) || line->len == 0 || line->data[line->len - 1] != '\r')
		return false;
	line->len--;
	return true;
}

static bool is_printable(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < ' ' || s.data[i] > '~')
			return false;
	return true;
}

/* RFC 9110, 5.6.2 */
static bool is_token(struct span s)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.data[i];
		bool is_plain =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!is_plain && (c == 0 || strchr(others, c) == NULL))
			return false;
	}
	return s.len > 0;
}

static bool is_named(struct span name, const char *wanted)
{
	return name.len == strlen(wanted) &&
	       strncasecmp((const char *)name.data, wanted, name.len) == 0;
}

static struct span trimmed(struct span s)
{
	while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t')) {
		s.data++;
		s.len--;
	}
	while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static unsigned parse_target(struct span target, struct http_head *head)
{
	if (target.len == 0 || target.data[0] != '/')
		return 400;
	head->query = target;
	if (!text_next_word(&head->query, '?', &head->path))
		return 400;
	return head->query.len > REQUEST_QUERY_MAX ? 414 : 0;
}

static unsigned parse_request_line(struct span line, struct http_head *head)
{
	struct span method, target;

	if (!is_printable(line) || !text_next_word(&line, ' ', &method) ||
	    !text_next_word(&line, ' ', &target) || !is_token(method))
		return 400;
	if (span_equal(line, span_text("HTTP/1.1")))
		head->keep_alive = true;
	else if (!span_equal(line, span_text("HTTP/1.0")))
		return span_starts_with(line, "HTTP/") ? 505 : 400;
	if (span_equal(method, span_text("GET")))
		head->method = HTTP_GET;
	else if (span_equal(method, span_text("POST")))
		head->method = HTTP_POST;
	else
		return 405;
	return parse_target(target, head);
}

static unsigned parse_length(struct span value, struct http_head *head)
{
	uint64_t length = 0;

	/* Two of them are how a request is smuggled past a second reader. */
	if (head->has_length)
		return 400;

	enum status status = decimal_parse(value, SIZE_MAX / 2, &length);
	if (status == STATUS_TOO_LARGE)
		return 413;
	if (status != OK)
		return 400;
	head->has_length = true;
	head->length = (size_t)length;
	return 0;
}

static bool is_json_type(struct span value)
{
	static const char wanted[] = "application/json";
	size_t len = sizeof(wanted) - 1;

	return value.len >= len && strncasecmp((const char *)value.data, wanted, len) == 0 &&
	       (value.len == len || value.data[len] == ';' || value.data[len] == ' ');
}

static unsigned parse_type(struct span value, struct http_head *head)
{
	if (head->has_type)
		return 400;
	head->has_type = true;
	head->is_json = is_json_type(value);
	return 0;
}

static unsigned parse_field(struct span line, struct http_head *head, unsigned *hosts)
{
	struct span name;

	/* A line that starts with white space is a folded one: no token. */
	if (memchr(line.data, ':', line.len) == NULL || !text_next_word(&line, ':', &name) ||
	    !is_token(name))
		return 400;

	struct span value = trimmed(line);
	for (size_t i = 0; i < value.len; i++)
		if ((value.data[i] < ' ' && value.data[i] != '\t') || value.data[i] == 0x7f)
			return 400;
	if (is_named(name, "Host"))
		(*hosts)++;
	else if (is_named(name, "Content-Length"))
		return parse_length(value, head);
	else if (is_named(name, "Transfer-Encoding"))
		return 411;
	else if (is_named(name, "Content-Type"))
		return parse_type(value, head);
	else if (is_named(name, "Content-Encoding"))
		return 415;
	else if (is_named(name, "Connection"))
		head->keep_alive = head->keep_alive && !is_named(value, "close");
	else if (is_named(name, "Expect") && is_named(value, "100-continue"))
		head->expects_continue = true;
	else if (is_named(name, "Expect"))
		return 417;
	return 0;
}

unsigned http_head_parse(struct span text, struct http_head *out)
{
	struct http_head head = { 0 };
	struct span line;
	unsigned hosts = 0;

	if (text.len > HTTP_HEAD_MAX)
		return 431;
	if (text.len < 4 || memcmp(text.data + text.len - 4, "\r\n\r\n", 4) != 0)
		return 400;

	unsigned refusal = next_line(&text, &line) ? parse_request_line(line, &head) : 400;
	for (size_t count = 0; refusal == 0; count++) {
		if (count > HTTP_HEADERS_MAX)
			return 431;
		if (!next_line(&text, &line))
			return 400;
		if (line.len == 0)
			break;
		refusal = parse_field(line, &head, &hosts);
	}
	if (refusal != 0)
		return refusal;
	if (text.len != 0 || hosts != 1)
		return 400;
	if (head.method == HTTP_POST && !head.has_length)
		return 411;
	if (head.method == HTTP_GET && head.length != 0)
		return 400;
	*out = head;
	return 0;
}

static const char fixed_fields[] = "Cache-Control: no-store\r\n"
				   "X-Content-Type-Options: nosniff\r\n"
				   "Content-Security-Policy: default-src 'none'\r\n";

static void put_text(struct writer *w, const char *text)
{
	writer_put(w, span_text(text));
}

static void put_number(struct writer *w, const char *name, uint64_t value)
{
	put_text(w, name);
	if (w->status == OK)
		writer_fail(w, decimal_append(w->out, value));
	put_text(w, "\r\n");
}

/* Two for each attestation: printf was a sixth of what this process computes. */
enum status http_answer_head(struct bytes *out, unsigned status, const char *content_type,
			     size_t length, unsigned retry_after_s, bool keep_alive)
{
	struct writer w = writer_to(out, SIZE_MAX);

	put_text(&w, "HTTP/1.1 ");
	writer_fail(&w, decimal_append(out, status));
	put_text(&w, " ");
	put_text(&w, facts_of(status)->phrase);
	put_text(&w, "\r\nContent-Type: ");
	put_text(&w, content_type);
	put_number(&w, "\r\nContent-Length: ", length);
	put_text(&w, fixed_fields);
	if (retry_after_s != 0)
		put_number(&w, "Retry-After: ", retry_after_s);
	if (!keep_alive)
		put_text(&w, "Connection: close\r\n");
	put_text(&w, "\r\n");
	return writer_end(&w);
}
