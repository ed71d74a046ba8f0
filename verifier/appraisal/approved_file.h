/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_APPROVED_FILE_H
#define VERIFIER_APPRAISAL_APPROVED_FILE_H

#include "policies/reference/reference.h"

#define APPROVED_DIGESTS_MAX 16
#define APPROVED_PATH_MAX 4096

/*
 * What a program may be on the nodes of a class: the digests that sets of its
 * releases in force have for the path. Base, identity and vendor sets alone:
 * the others are of what keeps a host in order, and no workload's. What was
 * revoked is none of them, nor is what a release merely excludes.
 */
struct approved_file {
	size_t count;
	/* In order, each once; where there are more, those of the newest releases. */
	struct digest digest[APPROVED_DIGESTS_MAX];
};

/* path as the kernel names the file. STATUS_MALFORMED: none that is measured. */
enum status approved_file_find(const struct reference *ref, const struct node_class *node_class,
			       struct span path, int64_t now, struct approved_file *out);
/* Until when the same may be found, if the reference values stay: a release
 * begins or ends to be in force. INT64_MAX: for ever. */
enum status approved_file_until(const struct reference *ref, const struct node_class *node_class,
				int64_t now, int64_t *out);

#endif
