/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_LOADING_H
#define VERIFIER_SIGNER_LOADING_H

#include "daemon/channel.h"
#include "verifier/signer/core.h"

/*
 * What a loader says on its channel: the marks it may not go back behind, an
 * image that it verified, or why there is none. A loader lives for one load; the
 * image that it brought stays in use until the next.
 */
struct loading {
	struct channel channel;
	bool is_open;
	bool has_loaded; /* an image of this loader is in use: what it refuses now is about that */
	struct span image; /* mapped */
	int image_fd; /* sealed; -1: none */
	bool is_new; /* the image changed: the caller hands it on, and clears this */
};

void loading_init(struct loading *l);
void loading_done(struct loading *l);
/* A loader began; what the one before has said already still counts. */
void loading_begin(struct loading *l, const struct turn *turn, int fd);
/* One frame; false where none is complete, or the loader is done. */
bool loading_serve(struct loading *l, const struct turn *turn);

#endif
