/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DOCUMENTS_APPROVAL_H
#define POLICIES_DOCUMENTS_APPROVAL_H

#include "policies/trust/root.h"

/* One person's word on one manifest. Spans borrow from the statement. */
struct approval {
	struct digest manifest; /* SHA-256 of its payload */
	bool has_compared_with;
	struct digest compared_with; /* the manifest that the change was judged against */
	struct digest difference; /* SHA-256 of the canonical text that was approved */
	enum change_class class;
	struct span reason;
	int64_t time;
};

enum status approval_read(struct statement *s, struct approval *out);

/* {"check","result","sha256"}: validation results, in manifests and approvals. */
void statement_read_validation(struct strict_cursor *object);

#endif
