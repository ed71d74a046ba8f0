/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_LOADING_RELEASE_H
#define POLICIES_LOADING_RELEASE_H

#include "policies/reference/reference.h"

/* Where documents come from; the loader reads files, tests a table. path is
 * relative, such as "manifests/SHA256.json". */
struct document_source {
	enum status (*read)(void *self, const char *path, size_t max, struct bytes *out);
	void *self;
};

/* High-water marks: what was seen may not be unseen. All zero at first. */
struct release_mark {
	uint64_t version;
	struct digest digest; /* DIGEST_NONE: none seen */
};

struct release_marks {
	struct release_mark root, timestamp, index, revocations;
	struct release_mark log; /* size and root of its tree; size 0: none seen */
	int64_t time; /* the latest time a load was fixed at */
	/* SHA-256 of the payload of the last emergency that was seen rejected. */
	struct digest rejected;
};

struct release_trust {
	struct digest root; /* SHA-256 of the first root document, pinned */
	struct release_marks marks;
	int64_t now; /* fixed once for the whole load */
};

/* Why nothing was loaded: which document, which field, a stable code, and what
 * to do about it. */
struct release_refusal {
	const char *code; /* "threshold-not-met" ... ; static */
	char document[160];
	char field[96];
	char advice[256];
};

/*
 * Verifies a release directory completely and compiles it (RELEASES.md,
 * Loading). On OK *image is the reference image and *marks what to persist
 * afterwards. Anything else changes nothing; STATUS_MISMATCH, _MALFORMED,
 * _DENIED and _NOT_FOUND come with *refusal filled. So does OK, where what was in force
 * goes on though not all is as it has to be: keys that signed it were revoked, or the log is
 * in disorder beside a newer revocation, and the image gives no new right; or there is a
 * newer root and no index under it, and it gives them as long as the timestamp lives that
 * was seen before, if that is the one there.
 */
enum status release_load(const struct release_trust *trust, const struct document_source *source,
			 struct bytes *image, struct release_marks *marks,
			 struct release_refusal *refusal);

/* The newest root alone, by the chain from the pinned one: its version and digest.
 * For who looks back: it may have expired since trust->now. */
enum status release_newest_root(const struct release_trust *trust,
				const struct document_source *source, struct release_mark *out,
				struct release_refusal *refusal);

/*
 * May a manifest name this one as previous? It is signed, and approved as its class asks
 * for, back to one that both teams approved; proven where the root asks for it, and by keys
 * that no revocation of the directory takes back, unless it is history: then source shows
 * the roots of its day. They may have expired. Whether it is current is the index's to say.
 * Of trust's marks those of the revocations count alone, which an index in force names: up to
 * them all have to be there, whoever signed. Anything but OK comes with *refusal filled;
 * "source-failed" says nothing of the manifest.
 */
enum status release_baseline(const struct release_trust *trust,
			     const struct document_source *source, const struct digest *manifest,
			     bool is_history, struct release_refusal *refusal);

#endif
