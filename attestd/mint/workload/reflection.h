/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_WORKLOAD_REFLECTION_H
#define ATTESTD_MINT_WORKLOAD_REFLECTION_H

#include "attestd/mint/grpc/grpc.h"

/* gRPC server reflection: what there is to call, for clients without a .proto. The
 * same for everybody, and so asked for without the security header. */
extern const struct grpc_method reflection_v1;
extern const struct grpc_method reflection_v1alpha;

#endif
