/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_COSIGNING_H
#define TOOLS_RELEASE_RELEASE_COSIGNING_H

#include <stdio.h>

#include "tools/command.h"
#include "tools/release/release_signing.h"

/* A document that one person makes and others sign after. */
struct cosigned {
	struct signing_draft draft; /* kept at its path, whoever signs it: 'publish' goes by it */
	const char *name; /* "rollback" */
	const char *folder; /* of its signatures, in the release: "rollbacks" */
	size_t max; /* bytes of what is kept */
	bool is_cosigning; /* what is kept, instead of another one */
	/* What it leads to, shown with it; NULL: it says all of that itself. */
	enum status (*show)(void *self, struct span payload, FILE *to);
};

/* Shows it, adds a signature, and logs it. Its digest goes to standard output. */
enum answer cosigned_sign(const struct release_line *line, const struct signing *signing,
			  const struct cosigned *document);

#endif
