/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EMERGENCY_SCENE_H
#define TESTS_EMERGENCY_SCENE_H

#include "lifecycle_scene.h"

/*
 * A line whose version 2 is signed and approved by nobody, and what lets it in all the
 * same: an emergency, and reviews of it. unit.h comes first.
 */
#define HOUR INT64_C(3600)
#define REVIEW_CAP (2 * HOUR) /* of the line's root */
#define EMERGENCY_SCOPE "\"platforms\":[\"q35\"],\"classes\":[\"server\"],\"maximumNodes\":3"
#define PINS_MAX 512

/* An emergency, each field open to another value; version 2 is what it lets in. */
struct declared {
	const char *key, *scope;
	int64_t time, expires;
};

struct reviewed {
	const char *key, *finding;
	int64_t time, named; /* by an index, first at this time; 0: by none */
};

extern const struct declared emergency_usual;

void emergency_put(struct lifecycle *s, unsigned version, const struct declared *d,
		   char hex[HEX_MAX]);
/* Signed by its reviewer; pins is what an index says of it: ",\"reviews\":[...]". */
void emergency_review(struct lifecycle *s, const char *emergency, const struct reviewed *r,
		      char pins[PINS_MAX]);
/* Signed, and approved by nobody. */
void emergency_sign_only(struct lifecycle *s, unsigned version);
/* Version 1 is in force, version 2 is signed. */
void emergency_begin(struct lifecycle *s);
void emergency_publish_with(struct lifecycle *s, unsigned version, const char *emergency,
			    const char *pins);
void emergency_publish(struct lifecycle *s, unsigned version, const char *emergency);
void emergency_expect_end(struct lifecycle *s, int64_t end);

#endif
