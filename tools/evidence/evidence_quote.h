/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EVIDENCE_EVIDENCE_QUOTE_H
#define TOOLS_EVIDENCE_EVIDENCE_QUOTE_H

#include "messages/evidence_file.h"
#include "verifier/appraisal/authenticate.h"

/* The signer's half of an appraisal, from an evidence file: the quote, by the key
 * that the file says was enrolled. */
enum status evidence_authenticate(const struct evidence_file *file, const struct reference *ref,
				  const struct node_class *node_class, struct authentication *out);

#endif
