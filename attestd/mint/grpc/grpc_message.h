/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_GRPC_GRPC_MESSAGE_H
#define ATTESTD_MINT_GRPC_GRPC_MESSAGE_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"

/* Messages in a body (gRPC over HTTP2): Compressed-Flag and Message-Length stand before
 * each. None is compressed. */
#define GRPC_PREFIX_SIZE 5

/* The message with its prefix, as grpc_send() takes it. */
enum status grpc_frame(const ProtobufCMessage *message, struct bytes *out);
/* The first message of in, without its prefix. STATUS_TRUNCATED: not all of it is there;
 * STATUS_UNSUPPORTED: it is compressed; STATUS_TOO_LARGE: than max. */
enum status grpc_message_first(struct span in, size_t max, struct span *out);

#endif
