/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ROLLBACK_SCENE_H
#define TESTS_ROLLBACK_SCENE_H

#include "lifecycle_scene.h"

/* A release line that goes back. unit.h comes first. */
#define ROLLBACK_UNTIL (LINE_NOW + 3600)
/* What a declaration stands before. */
#define ROLLBACK_EVIDENCE "\"evidence\":{"

/* A rollback document, each field open to another value. */
struct way {
	unsigned from, to;
	const char *platform, *key;
	unsigned index;
	int64_t time;
};

/* From version 2 to version 1. */
extern const struct way rollback_usual;

/* Signed into the line; its digest. */
void rollback_document(struct lifecycle *s, const struct way *way, char document[HEX_MAX]);
/* The same, and the member of an index's cell that names them. */
void rollback_put(struct lifecycle *s, const struct way *way, char cell[128]);
void rollback_put_two(struct lifecycle *s, const struct way *first, const struct way *second,
		      char cell[256]);
/* Version 2 is in force, and declares the way back to what rollback_to lists. */
void rollback_begin(struct lifecycle *s, const char *rollback_to, const char *epoch);
/* An index that goes back to version 1. */
void rollback_publish(struct lifecycle *s, const char *cell);
/* revocations/2.json, which counts though no index names it yet. */
void rollback_revoke(struct lifecycle *s, const char *manifest);

#endif
