/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_MANIFEST_H
#define TOOLS_RELEASE_RELEASE_MANIFEST_H

#include "tools/release/release_line.h"

/* A manifest's payload, from an envelope or as it is. */
enum status manifest_payload(const char *path, struct bytes *out);
/* The one of the release directory with this SHA-256; STATUS_MISMATCH for another in
 * its place. */
enum status manifest_named(const char *release, const char *hex, struct bytes *out);

#endif
