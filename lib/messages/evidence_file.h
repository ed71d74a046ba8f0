/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_EVIDENCE_FILE_H
#define MESSAGES_EVIDENCE_FILE_H

#include "messages/evidence.h"
#include "messages/node.h"

/* "attestd-evidence/1", docs/evidence-file.md: all that an appraisal was made
 * of, so that anybody with the releases can make it again. */
#define EVIDENCE_FILE_MAX ((size_t)80 << 20)

struct evidence_file {
	int64_t at; /* time of the appraisal, unix seconds */
	struct node_id node;
	struct bytes class_name;
	struct bytes ak_public; /* TPMT_PUBLIC as enrolled */
	struct bytes vendor; /* the TPM's, up to 4 bytes; empty: unknown */
	bool has_previous; /* the last commit before this one */
	uint32_t reset_count, restart_count;
	uint64_t clock;
	uint64_t release_version; /* highest that the node has booted; 0: none */
	struct bytes minting_name; /* certified before in this session; may be empty */
	struct bytes nonce; /* the challenge's */
	struct evidence evidence;
};

enum status evidence_file_parse(struct span json, struct evidence_file *out, const char **fault);
enum status evidence_file_write(const struct evidence_file *file, struct bytes *json);
void evidence_file_done(struct evidence_file *file);

AUTO_RELEASE(evidence_file, evidence_file_done);

#endif
