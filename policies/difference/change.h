/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DIFFERENCE_CHANGE_H
#define POLICIES_DIFFERENCE_CHANGE_H

#include "policies/documents/manifest.h"
#include "policies/trust/change_kind.h"

/* Where the files of sets come from. open() checks size and digest. */
struct set_source {
	enum status (*open)(void *self, const struct manifest_set *set, struct span *file);
	void (*close)(void *self, struct span file);
	void *self;
};

/* One change. Spans last as long as the call that tells it. */
struct change {
	enum change_kind kind;
	struct span field; /* "boot.cmdline"; of what is about a set, "ima.sets..." */
	struct span set; /* its name; empty elsewhere */
	struct span path; /* of a file, as IMA logs it; empty elsewhere */
	/* What stood and what stands there, JSON in one line; of a file, its digest in
	 * hexadecimal digits. Empty: nothing. */
	struct span before, after;
};

/* Who listens; either may be NULL. text: the canonical text, piece by piece. */
struct difference_listener {
	enum status (*change)(void *self, const struct change *change);
	enum status (*text)(void *self, struct span text);
	void *self;
};

struct difference {
	uint64_t count[CHANGE_KINDS];
	enum change_class class; /* what the rules make of it */
	struct digest digest; /* SHA-256 of the canonical text */
};

/* A set file that is none. */
struct set_fault {
	const char *code; /* static */
	struct digest set;
	uint64_t line;
};

#endif
