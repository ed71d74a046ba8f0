/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COLLECT_RELEASE_IMA_H
#define TOOLS_COLLECT_RELEASE_IMA_H

#include "tools/artifacts/file_list.h"
#include "tools/auto_jansson.h"

/* What an IMA log of the reference machine says about files. */
struct ima_collected {
	struct file_list all; /* boot_aggregate left out */
	struct file_list early; /* before the policy's own entry */
	json_t *templates;
	bool has_policy;
	size_t violations;
	size_t unlistable; /* other entries that no set can explain */
};

/* Adds the name, unless it is there. */
void note_template(json_t *templates, struct span name);
/* Says what failed. */
enum status collect_ima(struct span log, const char *policy_path, struct ima_collected *out);
void ima_collected_done(struct ima_collected *collected);
AUTO_RELEASE(ima_collected, ima_collected_done);

#endif
