/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/workload/reflection.h"

#include "attestd/mint/workload/protobuf.h"
#include "attestd/mint/workload/reflection.pb-c.h"
#include "attestd/mint/workload/reflection_files.h"

#define FILES_MAX 8

/* The generated names, cut to what is read. */
#define REQUEST(what) GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##what
#define RESPONSE(what) GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##what

/* An answer and what it may be made of. */
struct answer {
	Grpc__Reflection__V1__ServerReflectionResponse response;
	Grpc__Reflection__V1__FileDescriptorResponse files;
	Grpc__Reflection__V1__ExtensionNumberResponse extensions;
	Grpc__Reflection__V1__ListServiceResponse services;
	Grpc__Reflection__V1__ErrorResponse error;
	ProtobufCBinaryData file_list[FILES_MAX];
	Grpc__Reflection__V1__ServiceResponse service[3];
	Grpc__Reflection__V1__ServiceResponse *service_list[3];
};

static bool find(struct span *file, bool (*is_it)(struct span file, struct span key),
		 struct span key)
{
	struct span set = reflection_file_set;

	while (reflection_file_next(&set, file)) {
		if (is_it(*file, key))
			return true;
	}
	return false;
}

static void answer_error(struct answer *a, enum grpc_code code, const char *text)
{
	a->error = (Grpc__Reflection__V1__ErrorResponse)GRPC__REFLECTION__V1__ERROR_RESPONSE__INIT;
	a->error.error_code = (int32_t)code;
	a->error.error_message = protobuf_bytes(span_text(text));
	a->response.message_response_case = RESPONSE(ERROR_RESPONSE);
	a->response.error_response = &a->error;
}

/* False, and the answer is that it is not there. */
static bool find_or_tell(struct answer *a, struct span *file,
			 bool (*is_it)(struct span file, struct span key), ProtobufCBinaryData key,
			 const char *what_not)
{
	if (find(file, is_it, protobuf_span(key)))
		return true;
	answer_error(a, GRPC_NOT_FOUND, what_not);
	return false;
}

static bool is_named(struct span file, struct span name)
{
	return span_equal(reflection_file_name(file), name);
}

/* The file, and behind it those that it imports: ours import nothing that imports. */
static void answer_file(struct answer *a, bool (*is_it)(struct span file, struct span key),
			ProtobufCBinaryData key)
{
	struct span file, rest, import, imported;
	size_t count = 0;

	if (!find_or_tell(a, &file, is_it, key, "no such file or symbol"))
		return;
	a->file_list[count++] = protobuf_bytes(file);
	rest = file;
	while (count < FILES_MAX && reflection_file_import(&rest, &import)) {
		if (find(&imported, is_named, import))
			a->file_list[count++] = protobuf_bytes(imported);
	}
	a->files = (Grpc__Reflection__V1__FileDescriptorResponse)
		GRPC__REFLECTION__V1__FILE_DESCRIPTOR_RESPONSE__INIT;
	a->files.file_descriptor_proto = a->file_list;
	a->files.n_file_descriptor_proto = count;
	a->response.message_response_case = RESPONSE(FILE_DESCRIPTOR_RESPONSE);
	a->response.file_descriptor_response = &a->files;
}

/* proto3 has none. */
static void answer_extensions(struct answer *a, ProtobufCBinaryData type)
{
	struct span file;

	if (!find_or_tell(a, &file, reflection_file_has, type, "no such type"))
		return;
	a->extensions = (Grpc__Reflection__V1__ExtensionNumberResponse)
		GRPC__REFLECTION__V1__EXTENSION_NUMBER_RESPONSE__INIT;
	a->extensions.base_type_name = type;
	a->response.message_response_case = RESPONSE(ALL_EXTENSION_NUMBERS_RESPONSE);
	a->response.all_extension_numbers_response = &a->extensions;
}

static void answer_services(struct answer *a)
{
	static const char *const names[] = { "SpiffeWorkloadAPI",
					     "grpc.reflection.v1.ServerReflection",
					     "grpc.reflection.v1alpha.ServerReflection" };
	const size_t count = sizeof(names) / sizeof(*names);

	for (size_t i = 0; i < count; i++) {
		a->service[i] = (Grpc__Reflection__V1__ServiceResponse)
			GRPC__REFLECTION__V1__SERVICE_RESPONSE__INIT;
		a->service[i].name = protobuf_bytes(span_text(names[i]));
		a->service_list[i] = &a->service[i];
	}
	a->services = (Grpc__Reflection__V1__ListServiceResponse)
		GRPC__REFLECTION__V1__LIST_SERVICE_RESPONSE__INIT;
	a->services.service = a->service_list;
	a->services.n_service = count;
	a->response.message_response_case = RESPONSE(LIST_SERVICES_RESPONSE);
	a->response.list_services_response = &a->services;
}

static void answer(struct answer *a, Grpc__Reflection__V1__ServerReflectionRequest *request)
{
	a->response = (Grpc__Reflection__V1__ServerReflectionResponse)
		GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT;
	a->response.valid_host = request->host;
	a->response.original_request = request;
	/* A number that this version does not know is of no case. */
	if (request->message_request_case == REQUEST(FILE_BY_FILENAME))
		answer_file(a, is_named, request->file_by_filename);
	else if (request->message_request_case == REQUEST(FILE_CONTAINING_SYMBOL))
		answer_file(a, reflection_file_has, request->file_containing_symbol);
	else if (request->message_request_case == REQUEST(FILE_CONTAINING_EXTENSION))
		answer_error(a, GRPC_NOT_FOUND, "there are no extensions");
	else if (request->message_request_case == REQUEST(ALL_EXTENSION_NUMBERS_OF_TYPE))
		answer_extensions(a, request->all_extension_numbers_of_type);
	else if (request->message_request_case == REQUEST(LIST_SERVICES))
		answer_services(a);
	else
		answer_error(a, GRPC_INVALID_ARGUMENT, "not understood");
}

static void on_request(struct grpc_call *call, struct span message)
{
	AUTO_DONE(bytes) frame = { 0 };
	Grpc__Reflection__V1__ServerReflectionRequest *request =
		grpc__reflection__v1__server_reflection_request__unpack(NULL, message.len,
									message.data);
	struct answer a;

	if (request == NULL) {
		grpc_end(call, GRPC_INVALID_ARGUMENT, "the request is malformed");
		return;
	}
	answer(&a, request);

	enum status status = grpc_frame(&a.response.base, &frame);

	grpc__reflection__v1__server_reflection_request__free_unpacked(request, NULL);
	if (status == OK)
		grpc_send(call, &frame);
	else
		grpc_end(call, GRPC_INTERNAL, status_text(status));
}

#define METHOD(package) "/grpc.reflection." package ".ServerReflection/ServerReflectionInfo"

const struct grpc_method reflection_v1 = { .path = METHOD("v1"),
					   .takes_many = true,
					   .request = on_request };
const struct grpc_method reflection_v1alpha = { .path = METHOD("v1alpha"),
						.takes_many = true,
						.request = on_request };
