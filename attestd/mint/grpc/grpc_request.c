/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/grpc/grpc_request.h"

#define TIMEOUT_DIGITS_MAX 8

/* Digits and a unit; false for anything else. */
static bool timeout_parse(struct span text, int64_t *ms)
{
	uint64_t count = 0;

	if (text.len < 2 || text.len > TIMEOUT_DIGITS_MAX + 1)
		return false;
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		count = count * 10 + (uint64_t)(text.data[i] - '0');
	}
	switch (text.data[text.len - 1]) {
	case 'H':
		*ms = (int64_t)count * 3600 * 1000;
		return true;
	case 'M':
		*ms = (int64_t)count * 60 * 1000;
		return true;
	case 'S':
		*ms = (int64_t)count * 1000;
		return true;
	case 'm':
		*ms = (int64_t)count;
		return true;
	case 'u':
		*ms = (int64_t)count / 1000;
		return true;
	case 'n':
		*ms = (int64_t)count / 1000000;
		return true;
	default:
		return false;
	}
}

static const struct grpc_method *method_named(const struct grpc_method *const *m, struct span path)
{
	while (*m != NULL && !span_equal(span_text((*m)->path), path))
		m++;
	return *m;
}

static bool is_grpc_type(struct span value)
{
	static const char type[] = "application/grpc";
	struct span rest;

	if (!span_starts_with(value, type))
		return false;
	rest = (struct span){ value.data + strlen(type), value.len - strlen(type) };
	return rest.len == 0 || rest.data[0] == ';' || span_equal(rest, span_text("+proto"));
}

void grpc_request_take(struct grpc_request *r, const struct grpc_method *const *methods,
		       struct span name, struct span value, int64_t now_ms)
{
	int64_t timeout_ms;

	if (span_equal(name, span_text(":method")))
		r->is_post = span_equal(value, span_text("POST"));
	else if (span_equal(name, span_text(":path")))
		r->method = method_named(methods, value);
	else if (span_equal(name, span_text("content-type")))
		r->is_grpc = is_grpc_type(value);
	else if (span_equal(name, span_text("grpc-encoding")))
		r->has_encoding = !span_equal(value, span_text("identity"));
	else if (span_equal(name, span_text("grpc-timeout"))) {
		if (timeout_parse(value, &timeout_ms))
			r->deadline_ms = now_ms + timeout_ms;
		else
			r->has_bad_timeout = true;
	} else if (r->method != NULL && r->method->guard != NULL &&
		   span_equal(name, span_text(r->method->guard)))
		r->guards += span_equal(value, span_text("true")) ? 1 : 2;
}

const struct grpc_refusal *grpc_request_refusal(const struct grpc_request *r)
{
	static const struct grpc_refusal no_post = { .http_status = "405" };
	static const struct grpc_refusal no_grpc = { .http_status = "415" };
	static const struct grpc_refusal bad_timeout = { NULL, GRPC_INTERNAL,
							 "grpc-timeout is malformed" };
	static const struct grpc_refusal no_method = { NULL, GRPC_UNIMPLEMENTED,
						       "this service has no such method" };
	static const struct grpc_refusal encoded = { NULL, GRPC_UNIMPLEMENTED,
						     "compressed messages are not taken" };
	static const struct grpc_refusal unguarded = { NULL, GRPC_INVALID_ARGUMENT,
						       "security header missing from request" };

	if (!r->is_post)
		return &no_post;
	if (!r->is_grpc)
		return &no_grpc;
	if (r->has_bad_timeout)
		return &bad_timeout;
	if (r->method == NULL)
		return &no_method;
	if (r->has_encoding)
		return &encoded;
	if (r->method->guard != NULL && r->guards != 1)
		return &unguarded;
	return NULL;
}
