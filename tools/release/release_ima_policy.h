/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_IMA_POLICY_H
#define TOOLS_RELEASE_RELEASE_IMA_POLICY_H

#include <stdio.h>

#include "tools/release/release_difference.h"

/* The texts of the IMA policies that manifests name by digest, in
 * release/policies/SHA256: for those who approve them. No verifier reads them. */

enum status ima_policy_keep(const struct release_line *line, struct span text);
/* STATUS_NOT_FOUND where no text with that digest is kept. */
enum status ima_policy_kept(const char *release, const char *hex, struct bytes *out);
/* Says which rule a policy lacks, or has too much: STATUS_MALFORMED. */
enum status ima_policy_judge(const char *name, struct span text);

/*
 * Of a comparison that has been run: where it changes what IMA has to be told, the
 * rules of the policies that the new manifest names, and what is wrong with them.
 */
void comparison_print_policies(const struct comparison *c, FILE *to);
json_t *comparison_policies_json(const struct comparison *c);
/* Is the text of each there, and does it see all code? */
bool comparison_policies_hold(const struct comparison *c);

#endif
