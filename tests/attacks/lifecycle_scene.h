/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LIFECYCLE_SCENE_H
#define TESTS_LIFECYCLE_SCENE_H

#include "policies/documents/canary.h"
#include "release_outcome.h"

/*
 * A line in which releases follow each other, and the verifier that has seen the
 * last one: manifest[N] is version N's. unit.h comes first.
 */
#define VERSIONS_MAX 8
#define HEX_MAX LINE_HEX_SIZE

struct lifecycle {
	struct line line;
	struct digest manifest[VERSIONS_MAX + 1];
	char matrix[HEX_MAX];
	unsigned index; /* the newest version */
	int64_t index_age_s; /* the next one's is older by that */
	struct release_marks marks; /* of the last load */
};

void lifecycle_init(struct lifecycle *s);
void lifecycle_done(struct lifecycle *s);
AUTO_RELEASE(lifecycle, lifecycle_done);

/* Version N by the usual way, one above the last, and loaded. */
void lifecycle_go_on(struct lifecycle *s, const struct line_edit *edits, size_t count);

/* For a line that a test made itself. */
void lifecycle_find_matrix(struct lifecycle *s);

/* An entry of the index, in its order; accept_until 0: left out. */
struct entry {
	unsigned version;
	const char *state;
	int64_t accept_until;
};

/* The next index: entries of the one cell and what else the cell and the index
 * say (",\"rollbacks\":[...]"), and its timestamp. */
void lifecycle_publish(struct lifecycle *s, const struct entry *entries, size_t count,
		       const char *cell, const char *index);
/* Signs predicate as a document of that kind; its folder is FOLDER/SHA256. Returns
 * the digest's hexadecimal in out. */
void lifecycle_put(struct lifecycle *s, const char *kind, const char *folder, const char *key,
		   const char *subject, const char *predicate, char out[HEX_MAX]);

/* One of each at most, in hexadecimal; NULL: none. */
struct revoked {
	unsigned version; /* of revocations/ */
	const char *manifest, *key, *node;
};

/* It counts though no index names it yet. */
void lifecycle_revoke(struct lifecycle *s, const char *signer, const struct revoked *revoked);

/* What a verifier states of that version: canaries/SHA256/NUMBER.json. Manifest, index (the
 * newest) and checkpoint are filled in where canary has none. */
void lifecycle_put_canary(struct lifecycle *s, unsigned version, int number, const char *key,
			  struct canary canary);

/* By the verifier that has seen what came before; on OK it has seen this too. */
void lifecycle_load(struct lifecycle *s, struct outcome *out);
/* The code that it refuses with. */
void lifecycle_expect(struct lifecycle *s, const char *code);
/* The manifest of that version in *out's image. */
bool lifecycle_has(const struct lifecycle *s, const struct outcome *out, unsigned version,
		   struct release *release);

#endif
