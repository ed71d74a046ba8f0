/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_WORKLOAD_PROTOBUF_H
#define ATTESTD_MINT_WORKLOAD_PROTOBUF_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"

/* protobuf-c takes what it only reads as if it wrote to it. */
static inline uint8_t *protobuf_writable(const uint8_t *data)
{
	const union {
		const uint8_t *read;
		uint8_t *write;
	} both = { data };

	return both.write;
}

static inline ProtobufCBinaryData protobuf_bytes(struct span s)
{
	return (ProtobufCBinaryData){ .len = s.len, .data = protobuf_writable(s.data) };
}

static inline struct span protobuf_span(ProtobufCBinaryData bytes)
{
	return (struct span){ .data = bytes.data, .len = bytes.len };
}

#endif
