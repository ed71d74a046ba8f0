/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/fetch_messages.h"

#include <string.h>

#include "base/text.h"
#include "verifier/wire.h"

/* docs/releases.md, The directory; what no verifier reads is not fetched. */
static const char *const top_names[] = {
	"root",	     "timestamp.json", "index",	      "revocations", "matrix",	  "manifests",
	"approvals", "canaries",       "emergencies", "reviews",     "rollbacks", "provenance",
	"vendors",   "sets",	       "log",	      "proofs",
};

static bool is_name_character(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

/* No empty one, none that begins with a dot: "..", hidden files. */
static bool is_component(struct span name)
{
	if (name.len == 0 || name.data[0] == '.')
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!is_name_character(name.data[i]))
			return false;
	return true;
}

static struct span take_component(struct span *rest)
{
	const uint8_t *slash = rest->len == 0 ? NULL : memchr(rest->data, '/', rest->len);
	size_t len = slash == NULL ? rest->len : (size_t)(slash - rest->data);
	size_t used = slash == NULL ? len : len + 1;
	struct span name = { rest->data, len };

	rest->data += used;
	rest->len -= used;
	return name;
}

bool fetch_path_is_valid(struct span path)
{
	struct span rest = path;
	bool is_known = false;

	if (path.len == 0 || path.len > FETCH_PATH_MAX || path.data[path.len - 1] == '/')
		return false;

	struct span top = take_component(&rest);
	for (size_t i = 0; i < sizeof(top_names) / sizeof(top_names[0]); i++)
		is_known = is_known || span_equal(top, span_text(top_names[i]));
	while (is_known && rest.len > 0)
		is_known = is_component(take_component(&rest));
	return is_known;
}

const char *fetch_cause_code(enum fetch_cause cause)
{
	static const char *const codes[FETCH_CAUSES] = {
		[FETCH_UNREACHABLE] = "server-unreachable",
		[FETCH_NOT_TRUSTED] = "server-not-trusted",
		[FETCH_REDIRECTED] = "server-redirects",
		[FETCH_SERVER_ERROR] = "server-error",
		[FETCH_TOO_LARGE] = "document-too-large",
		[FETCH_OVER_TOTAL] = "release-too-large",
		[FETCH_DAMAGED] = "digest-mismatch",
		[FETCH_NAME] = "name-not-allowed",
		[FETCH_NOT_KEPT] = "release-not-kept",
	};

	return cause > 0 && cause < FETCH_CAUSES ? codes[cause] : "source-failed";
}

static const struct wire_field request_fields[] = {
	WIRE_BE64(fetch_request, most),
	WIRE_SIZED(fetch_request, path, FETCH_PATH_MAX),
};
static const struct wire_table request_wire = WIRE_TABLE(struct fetch_request, request_fields);

enum status fetch_request_encode(const struct fetch_request *request, struct bytes *out)
{
	if (!fetch_path_is_valid(request->path))
		return STATUS_DENIED;
	return wire_encode(&request_wire, request, FETCH_BODY_MAX, out);
}

enum status fetch_request_decode(struct span body, struct fetch_request *out)
{
	struct fetch_request request = { 0 };
	enum status status = wire_decode(&request_wire, body, &request);

	if (status == OK && !fetch_path_is_valid(request.path))
		status = STATUS_DENIED;
	if (status == OK)
		*out = request;
	return status;
}

static const struct wire_field failure_fields[] = {
	WIRE_NUMBER(fetch_failure, cause, FETCH_UNREACHABLE, FETCH_CAUSES),
	WIRE_SIZED(fetch_failure, text, FETCH_TEXT_MAX),
};
static const struct wire_table failure_wire = WIRE_TABLE(struct fetch_failure, failure_fields);

enum status fetch_failure_encode(const struct fetch_failure *failure, struct bytes *out)
{
	return wire_encode(&failure_wire, failure, FETCH_BODY_MAX, out);
}

enum status fetch_failure_decode(struct span body, struct fetch_failure *out)
{
	struct fetch_failure failure = { 0 };
	enum status status = wire_decode(&failure_wire, body, &failure);

	if (status == OK)
		*out = failure;
	return status;
}
