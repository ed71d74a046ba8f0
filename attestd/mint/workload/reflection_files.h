/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_WORKLOAD_REFLECTION_FILES_H
#define ATTESTD_MINT_WORKLOAD_REFLECTION_FILES_H

#include "base/bytes.h"

/* A FileDescriptorSet of the services' .proto files and what they import: made by
 * protoc when this is built. */
extern const struct span reflection_file_set;

/* One of its files, a FileDescriptorProto; false at the end. */
bool reflection_file_next(struct span *set, struct span *file);
struct span reflection_file_name(struct span file);
/* Names of the files that it imports, as a cursor: true while there is one. */
bool reflection_file_import(struct span *rest, struct span *name);
/* Is that a service, message or enumeration of this file, or something in one? */
bool reflection_file_has(struct span file, struct span symbol);

#endif
