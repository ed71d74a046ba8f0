/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_DIRECTORY_H
#define TOOLS_RELEASE_RELEASE_DIRECTORY_H

#include "policies/loading/release.h"

/* The documents of a published release, as verifiers load them. */
struct release_directory {
	const char *path;
};

struct document_source release_directory_source(struct release_directory *directory);

/* SHA-256 of the first root's payload, as the directory has it: what a
 * configuration should pin. Nothing is verified. */
enum status release_directory_root(struct release_directory *directory, struct digest *out);

#endif
