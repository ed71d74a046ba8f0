/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/workload/workload_messages.h"

#include <stdlib.h>

#include "attestd/mint/grpc/grpc_message.h"
#include "attestd/mint/workload/protobuf.h"
#include "attestd/mint/workload/workload.pb-c.h"
#include "base/text.h"
#include "messages/json_tree.h"

#define SPIFFE_ID_MAX 2048 /* SPIFFE-ID 2.3 */

/* proto3: a string is UTF-8. No control characters: it is to stand in logs and
 * tokens. */
static bool is_text(struct span s, size_t max)
{
	return s.len <= max && text_is_line(s);
}

static bool is_audience(ProtobufCBinaryData audience)
{
	return audience.len > 0 && is_text(protobuf_span(audience), WORKLOAD_AUDIENCE_MAX);
}

enum status workload_empty_parse(struct span message)
{
	/* The four requests without a field are alike. */
	X509SVIDRequest *request = x509_svidrequest__unpack(NULL, message.len, message.data);

	if (request == NULL)
		return STATUS_MALFORMED;
	x509_svidrequest__free_unpacked(request, NULL);
	return OK;
}

void workload_request_done(struct workload_request *request)
{
	if (request->parsed != NULL)
		protobuf_c_message_free_unpacked(request->parsed, NULL);
	*request = (struct workload_request){ 0 };
}

enum status workload_jwt_request_parse(struct span message, struct workload_request *out)
{
	JWTSVIDRequest *parsed = jwtsvidrequest__unpack(NULL, message.len, message.data);
	AUTO_DONE(workload_request) request = { .parsed = parsed };

	if (parsed == NULL || parsed->n_audience == 0 ||
	    parsed->n_audience > WORKLOAD_AUDIENCES_MAX)
		return STATUS_MALFORMED;
	for (size_t i = 0; i < parsed->n_audience; i++) {
		if (!is_audience(parsed->audience[i]))
			return STATUS_MALFORMED;
		request.audiences[i] = protobuf_span(parsed->audience[i]);
	}
	request.audience_count = parsed->n_audience;
	request.spiffe_id = protobuf_span(parsed->spiffe_id);
	if (!is_text(request.spiffe_id, SPIFFE_ID_MAX))
		return STATUS_MALFORMED;
	*out = request;
	request = (struct workload_request){ 0 };
	return OK;
}

enum status workload_validate_request_parse(struct span message, struct workload_request *out)
{
	ValidateJWTSVIDRequest *parsed =
		validate_jwtsvidrequest__unpack(NULL, message.len, message.data);
	AUTO_DONE(workload_request) request = { .parsed = parsed, .audience_count = 1 };

	if (parsed == NULL || !is_audience(parsed->audience))
		return STATUS_MALFORMED;
	request.audiences[0] = protobuf_span(parsed->audience);
	request.token = protobuf_span(parsed->svid);
	if (request.token.len == 0 || !is_text(request.token, WORKLOAD_TOKEN_MAX))
		return STATUS_MALFORMED;
	*out = request;
	request = (struct workload_request){ 0 };
	return OK;
}

/* A map's keys, which end with a NUL; they are freed with it. */
struct keys {
	char *texts[WORKLOAD_BUNDLES_MAX];
	size_t count;
};

static void keys_done(struct keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		free(keys->texts[i]);
	keys->count = 0;
}
AUTO_RELEASE(keys, keys_done);

static enum status keys_of(const struct workload_bundle *bundles, size_t count, struct keys *keys)
{
	if (count > WORKLOAD_BUNDLES_MAX)
		return STATUS_TOO_LARGE;
	while (keys->count < count) {
		enum status status =
			bytes_text(bundles[keys->count].trust_domain, &keys->texts[keys->count]);

		if (status != OK)
			return status;
		keys->count++;
	}
	return OK;
}

static void svid_fill(const struct workload_svid *svid, X509SVID *out)
{
	*out = (X509SVID)X509_SVID__INIT;
	out->spiffe_id = protobuf_bytes(svid->spiffe_id);
	out->x509_svid = protobuf_bytes(svid->chain);
	out->x509_svid_key = protobuf_bytes(svid->key);
	out->bundle = protobuf_bytes(svid->bundle);
	out->hint = protobuf_bytes(svid->hint);
}

enum status workload_x509_frame(const struct workload_x509 *x509, struct bytes *out)
{
	AUTO_DONE(keys) keys = { 0 };
	X509SVIDResponse response = X509_SVIDRESPONSE__INIT;
	X509SVID svids[WORKLOAD_SVIDS_MAX];
	X509SVID *svid_list[WORKLOAD_SVIDS_MAX];
	X509SVIDResponse__FederatedBundlesEntry bundles[WORKLOAD_BUNDLES_MAX];
	X509SVIDResponse__FederatedBundlesEntry *bundle_list[WORKLOAD_BUNDLES_MAX];
	enum status status = keys_of(x509->federated, x509->federated_count, &keys);

	if (x509->svid_count > WORKLOAD_SVIDS_MAX)
		return STATUS_TOO_LARGE;
	if (status != OK)
		return status;
	for (size_t i = 0; i < x509->svid_count; i++) {
		svid_fill(&x509->svids[i], &svids[i]);
		svid_list[i] = &svids[i];
	}
	for (size_t i = 0; i < x509->federated_count; i++) {
		/* It has JWT keys alone; clients take no empty one. */
		if (x509->federated[i].certificates.len == 0)
			continue;
		x509_svidresponse__federated_bundles_entry__init(&bundles[i]);
		bundles[i].key = keys.texts[i];
		bundles[i].value = protobuf_bytes(x509->federated[i].certificates);
		bundle_list[response.n_federated_bundles++] = &bundles[i];
	}
	response.svids = svid_list;
	response.n_svids = x509->svid_count;
	response.federated_bundles = bundle_list;
	return grpc_frame(&response.base, out);
}

enum status workload_x509_bundles_frame(const struct workload_bundles *bundles, struct bytes *out)
{
	AUTO_DONE(keys) keys = { 0 };
	X509BundlesResponse response = X509_BUNDLES_RESPONSE__INIT;
	X509BundlesResponse__BundlesEntry entries[WORKLOAD_BUNDLES_MAX];
	X509BundlesResponse__BundlesEntry *list[WORKLOAD_BUNDLES_MAX];
	enum status status = keys_of(bundles->bundles, bundles->count, &keys);

	if (status != OK)
		return status;
	for (size_t i = 0; i < bundles->count; i++) {
		if (bundles->bundles[i].certificates.len == 0)
			continue;
		x509_bundles_response__bundles_entry__init(&entries[i]);
		entries[i].key = keys.texts[i];
		entries[i].value = protobuf_bytes(bundles->bundles[i].certificates);
		list[response.n_bundles++] = &entries[i];
	}
	response.bundles = list;
	return grpc_frame(&response.base, out);
}

enum status workload_jwt_bundles_frame(const struct workload_bundles *bundles, struct bytes *out)
{
	AUTO_DONE(keys) keys = { 0 };
	JWTBundlesResponse response = JWTBUNDLES_RESPONSE__INIT;
	JWTBundlesResponse__BundlesEntry entries[WORKLOAD_BUNDLES_MAX];
	JWTBundlesResponse__BundlesEntry *list[WORKLOAD_BUNDLES_MAX];
	enum status status = keys_of(bundles->bundles, bundles->count, &keys);

	if (status != OK)
		return status;
	for (size_t i = 0; i < bundles->count; i++) {
		jwtbundles_response__bundles_entry__init(&entries[i]);
		entries[i].key = keys.texts[i];
		entries[i].value = protobuf_bytes(bundles->bundles[i].jwks);
		list[i] = &entries[i];
	}
	response.bundles = list;
	response.n_bundles = bundles->count;
	return grpc_frame(&response.base, out);
}

enum status workload_jwt_frame(const struct workload_jwt_svid *svids, size_t count,
			       struct bytes *out)
{
	JWTSVIDResponse response = JWTSVIDRESPONSE__INIT;
	JWTSVID messages[WORKLOAD_SVIDS_MAX];
	JWTSVID *list[WORKLOAD_SVIDS_MAX];

	if (count > WORKLOAD_SVIDS_MAX)
		return STATUS_TOO_LARGE;
	for (size_t i = 0; i < count; i++) {
		messages[i] = (JWTSVID)JWTSVID__INIT;
		messages[i].spiffe_id = protobuf_bytes(svids[i].spiffe_id);
		messages[i].svid = protobuf_bytes(svids[i].token);
		messages[i].hint = protobuf_bytes(svids[i].hint);
		list[i] = &messages[i];
	}
	response.svids = list;
	response.n_svids = count;
	return grpc_frame(&response.base, out);
}

/* A JSON value as google.protobuf.Struct has it. */
struct claim {
	Google__Protobuf__Value value;
	Google__Protobuf__Struct__FieldsEntry member;
	union {
		Google__Protobuf__Struct object;
		Google__Protobuf__ListValue array;
	};
};

struct claims {
	struct json_tree tree;
	struct claim *claims; /* one for each of the tree's values */
	/* The lists of all arrays and objects, one behind the other. */
	Google__Protobuf__Value **elements;
	Google__Protobuf__Struct__FieldsEntry **members;
	size_t used; /* of either */
};

static void claims_done(struct claims *claims)
{
	json_tree_done(&claims->tree);
	free(claims->claims);
	free(claims->elements);
	free(claims->members);
}
AUTO_RELEASE(claims, claims_done);

static struct claim *claim_of(struct claims *claims, const struct json_value *value)
{
	return &claims->claims[value - claims->tree.values];
}

static void fill_array(struct claims *claims, const struct json_value *value)
{
	struct claim *claim = claim_of(claims, value);
	const struct json_value *element = json_first(value);

	claim->array = (Google__Protobuf__ListValue)GOOGLE__PROTOBUF__LIST_VALUE__INIT;
	claim->array.n_values = value->count;
	claim->array.values = &claims->elements[claims->used];
	claims->used += value->count;
	for (size_t i = 0; i < value->count; i++, element = json_next(element))
		claim->array.values[i] = &claim_of(claims, element)->value;
	claim->value.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE;
	claim->value.list_value = &claim->array;
}

static void fill_object(struct claims *claims, const struct json_value *value)
{
	struct claim *claim = claim_of(claims, value);
	const struct json_value *element = json_first(value);

	claim->object = (Google__Protobuf__Struct)GOOGLE__PROTOBUF__STRUCT__INIT;
	claim->object.n_fields = value->count;
	claim->object.fields = &claims->members[claims->used];
	claims->used += value->count;
	for (size_t i = 0; i < value->count; i++, element = json_next(element)) {
		struct claim *member = claim_of(claims, element);

		google__protobuf__struct__fields_entry__init(&member->member);
		member->member.key = (char *)protobuf_writable(element->name.data);
		member->member.value = &member->value;
		claim->object.fields[i] = &member->member;
	}
	claim->value.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE;
	claim->value.struct_value = &claim->object;
}

static void fill_claim(struct claims *claims, const struct json_value *value)
{
	Google__Protobuf__Value *out = &claim_of(claims, value)->value;

	*out = (Google__Protobuf__Value)GOOGLE__PROTOBUF__VALUE__INIT;
	switch (value->kind) {
	case JSON_KIND_NULL:
		out->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE;
		break;
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
		out->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE;
		out->bool_value = value->kind == JSON_KIND_TRUE;
		break;
	case JSON_KIND_INTEGER:
		out->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE;
		out->number_value = (double)value->integer;
		break;
	case JSON_KIND_TEXT:
		out->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE;
		out->string_value = (char *)protobuf_writable(value->text.data);
		break;
	case JSON_KIND_ARRAY:
		fill_array(claims, value);
		break;
	case JSON_KIND_OBJECT:
		fill_object(claims, value);
		break;
	}
}

enum status workload_claims_frame(const struct workload_claims *given, struct bytes *out)
{
	AUTO_DONE(claims) claims = { 0 };
	ValidateJWTSVIDResponse response = VALIDATE_JWTSVIDRESPONSE__INIT;
	const char *fault;
	enum status status = json_tree_parse(given->claims, &claims.tree, &fault);

	if (status != OK)
		return status;
	if (claims.tree.values[0].kind != JSON_KIND_OBJECT)
		return STATUS_MALFORMED;
	claims.claims = calloc(claims.tree.count, sizeof(*claims.claims));
	claims.elements = calloc(claims.tree.count, sizeof(void *));
	claims.members = calloc(claims.tree.count, sizeof(void *));
	if (claims.claims == NULL || claims.elements == NULL || claims.members == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < claims.tree.count; i++)
		fill_claim(&claims, &claims.tree.values[i]);
	response.spiffe_id = protobuf_bytes(given->spiffe_id);
	response.claims = &claims.claims[0].object;
	return grpc_frame(&response.base, out);
}
