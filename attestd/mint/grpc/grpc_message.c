/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/grpc/grpc_message.h"

#include "base/reader.h"
#include "base/writer.h"

enum status grpc_frame(const ProtobufCMessage *message, struct bytes *out)
{
	AUTO_DONE(bytes) frame = { 0 };
	struct writer w = writer_to(&frame, UINT32_MAX);
	size_t len = protobuf_c_message_get_packed_size(message);

	if (len > UINT32_MAX - GRPC_PREFIX_SIZE)
		return STATUS_TOO_LARGE;

	enum status status = bytes_reserve(&frame, GRPC_PREFIX_SIZE + len);

	writer_u8(&w, 0);
	writer_be32(&w, (uint32_t)len);
	if (status == OK)
		status = writer_end(&w);
	if (status != OK)
		return status;
	frame.len += protobuf_c_message_pack(message, frame.data + frame.len);
	*out = frame;
	frame = (struct bytes){ 0 };
	return OK;
}

enum status grpc_message_first(struct span in, size_t max, struct span *out)
{
	struct reader r = reader_over(in);
	uint8_t is_compressed = reader_u8(&r);
	uint32_t len = reader_be32(&r);

	if (r.status == OK && is_compressed != 0)
		return STATUS_UNSUPPORTED;
	if (r.status == OK && len > max)
		return STATUS_TOO_LARGE;

	struct span message = reader_take(&r, len);

	if (r.status == OK)
		*out = message;
	return r.status;
}
