/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_LOADER_MESSAGES_H
#define VERIFIER_LOADER_MESSAGES_H

#include "policies/loading/release.h"
#include "verifier/frames.h"

/*
 * What loader and signer say to each other: the bodies of FRAME_MARKS,
 * FRAME_LOADED and FRAME_LOAD_REFUSED. Decoded spans borrow from the frame.
 */
#define LOADER_TEXT_MAX 256
#define LOADER_BODY_MAX ((size_t)4096)

struct load_refusal {
	struct span code, document, field, advice;
};

enum status release_marks_encode(const struct release_marks *marks, struct bytes *out);
enum status release_marks_decode(struct span body, struct release_marks *out);
/* Those of a store that an earlier version wrote, too. */
enum status release_marks_decode_stored(struct span stored, struct release_marks *out);
enum status load_refusal_encode(const struct load_refusal *refusal, struct bytes *out);
enum status load_refusal_decode(struct span body, struct load_refusal *out);

#endif
