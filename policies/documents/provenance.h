/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DOCUMENTS_PROVENANCE_H
#define POLICIES_DOCUMENTS_PROVENANCE_H

#include "policies/envelope/statement.h"
#include "policies/trust/root.h"

/*
 * SLSA provenance v1 (slsa.dev/spec/v1.0/provenance): who built what from what. Its
 * subjects are the outputs: sets and boot files, by the digests that a manifest has
 * of them.
 */
#define PROVENANCE_INPUTS_MAX 16384
#define PROVENANCE_BUILD_TYPE "https://attestd.dev/release-collect/v1"

struct provenance {
	struct span builder;
	size_t input_count;
	struct bytes inputs; /* SHA-256 of each, one behind the other */
	struct bytes outputs; /* the same */
};

/*
 * Reads an opened statement. Refused: inputs without a sha256 (input-not-pinned),
 * no input at all, an output that stands there twice. What is wrong is in the
 * statement's document.
 */
enum status provenance_read(struct statement *s, struct provenance *out);
void provenance_done(struct provenance *provenance);

AUTO_RELEASE(provenance, provenance_done);

/* Does the root take this builder's word? */
bool root_knows_builder(const struct root *root, struct span builder);

bool provenance_has_input(const struct provenance *provenance, const struct digest *input);
/* Each set, image of the boot chain and initrd of the manifest, opened and otherwise
 * unread, is an output; else output-not-covered in its document. */
enum status provenance_covers(const struct provenance *provenance, struct statement *manifest);

#endif
