/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOKEN_SCENE_H
#define TESTS_TOKEN_SCENE_H

#include "core_scene.h"
#include "jwt_scene.h"
#include "messages/sealed.h"

/*
 * A workload that wishes for JWT-SVIDs, between the mint's core and a verifier that this
 * process is. unit.h comes first.
 */
#define KID "one"
#define FOREIGN_KID "theirs"
#define TICKET 7 /* the API's */

/* What a token says; the test changes what it is about. */
struct minted {
	EVP_PKEY *key;
	const char *kid, *subject, *audience;
	int64_t expires;
	uint64_t ticket; /* that it is sealed for */
};

struct wish {
	uint64_t ticket;
	struct span entry, spiffe_id, point, audience;
	uint8_t audience_count;
};

extern struct token_scene {
	EVP_PKEY *own, *foreign;
	struct workload one;
	unsigned senders;
	/* What the API was told last. */
	struct {
		unsigned times;
		uint64_t ticket;
		enum workload_outcome outcome;
		size_t count;
		char token[JWT_SVID_MAX], why[256];
	} told;
} token_scene;

int token_scene_begin(void **state);
int token_scene_end(void **state);
enum workload_outcome token_scene_ask(const char *audience, const char *spiffe_id, uint64_t ticket);
/* For each of several, as token_scene_ask(). */
enum workload_outcome token_scene_ask_for(const struct span *audiences, size_t count,
					  uint64_t ticket);
/* One wish with the broker. */
struct wish token_scene_wish(void);
struct minted token_scene_good(const struct wish *w);
void token_scene_make(const struct minted *m, struct bytes *token);
/* For whoever wished, as the verifier seals. */
void token_scene_seal(const struct minted *m, const struct wish *w, struct span token,
		      struct bytes *sealed);
enum status token_scene_take(uint64_t ticket, struct span sealed, const char *code);
void token_scene_bring(const struct minted *m, const struct wish *w);
void token_scene_assert_told(enum workload_outcome outcome, const char *why);

#endif
