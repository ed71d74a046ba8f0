/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DIFFERENCE_DIFFERENCE_H
#define POLICIES_DIFFERENCE_DIFFERENCE_H

#include "policies/documents/manifest.h"
#include "policies/trust/class_rules.h"

/*
 * What a manifest and its sets change: told change by change, counted by kind,
 * classed, and written as a canonical text whose digest approvals carry, so that
 * who approves has signed what they saw.
 */

/* A manifest that is compared. Must not be moved once it is open. */
struct difference_side {
	struct statement statement; /* what is wrong with the payload is in its document */
	struct image_builder image;
	struct manifest manifest;
	struct digest digest; /* of the payload */
};

enum status difference_side_open(struct span payload, struct difference_side *out);
void difference_side_done(struct difference_side *side);

AUTO_RELEASE(difference_side, difference_side_done);

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

/*
 * before is NULL where there is nothing to compare with: a first release, which
 * always touches trust. Set files are read only where they differ, line by line;
 * memory follows the number of changes. STATUS_MALFORMED comes with *why.
 */
enum status difference_of(const struct difference_side *before, const struct difference_side *after,
			  const struct set_source *sets, const struct class_rules *rules,
			  const struct difference_listener *listener, struct difference *out,
			  struct set_fault *why);

#endif
