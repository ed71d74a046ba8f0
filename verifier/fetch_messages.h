/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FETCH_MESSAGES_H
#define VERIFIER_FETCH_MESSAGES_H

#include "base/bytes.h"
#include "verifier/frames.h"

/*
 * What loader and fetcher say to each other: the bodies of FRAME_FETCH and
 * FRAME_FETCH_FAILED. Decoded spans borrow from the frame.
 */
#define FETCH_PATH_MAX 192
#define FETCH_TEXT_MAX 256
#define FETCH_BODY_MAX ((size_t)1024)

struct fetch_request {
	struct span path; /* within the release directory */
	uint64_t most; /* bytes */
};

enum fetch_cause {
	FETCH_UNREACHABLE = 1,
	FETCH_NOT_TRUSTED, /* the server's certificate */
	FETCH_REDIRECTED,
	FETCH_SERVER_ERROR,
	FETCH_TOO_LARGE, /* more than was asked for */
	FETCH_OVER_TOTAL, /* more than one release may be */
	FETCH_DAMAGED, /* another digest than its name says */
	FETCH_NAME, /* no name of a release */
	FETCH_NOT_KEPT, /* here, on disk */
	FETCH_CAUSES,
};

struct fetch_failure {
	enum fetch_cause cause;
	struct span text; /* for people: URL and what went wrong */
};

/* A name that a release directory may hold: the top-level names, then what documents
 * are called, never a way out or a hidden file. */
bool fetch_path_is_valid(struct span path);
/* Stable, as in refusals. */
const char *fetch_cause_code(enum fetch_cause cause);

enum status fetch_request_encode(const struct fetch_request *request, struct bytes *out);
/* STATUS_DENIED for a path that is not valid. */
enum status fetch_request_decode(struct span body, struct fetch_request *out);
enum status fetch_failure_encode(const struct fetch_failure *failure, struct bytes *out);
enum status fetch_failure_decode(struct span body, struct fetch_failure *out);

#endif
