/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_PUBLISH_H
#define TOOLS_RELEASE_RELEASE_PUBLISH_H

#include "tools/release/release_memory.h"
#include "tools/release/release_signing.h"
#include "tools/release/release_state.h"

/*
 * What 'release publish' puts in force: an index and the timestamp that names it, or the
 * timestamp alone. Both are signed, and tried as a verifier would load them, before either
 * is written: whoever reads the directory meanwhile, or after an interruption, finds the
 * old state or the new one.
 */
enum publish_action {
	PUBLISH_CURRENT,
	PUBLISH_RENEW,
	PUBLISH_CANARY,
	PUBLISH_ROLLBACK,
	PUBLISH_EMERGENCY,
	PUBLISH_AGAIN,
};

struct publish {
	struct release_line line;
	enum publish_action action;
	int64_t accept_previous, lifetime, now;
	const char
		*after; /* SHA-256 of the index in force; NULL: its publisher has the role still */
	const char *log_key_file, *state_file;
	struct signing signing; /* of the index */
	bool prints_timestamp;
	const char *timestamp_signature;
	json_t *settings;
	struct root root;
	struct line_state state;
	struct release_memory memory; /* the publisher's own */
	uint64_t index_version; /* as it will be */
	struct bytes index_payload, index, timestamp; /* the last two are envelopes */
};

void publish_done(struct publish *p);
AUTO_RELEASE(publish, publish_done);

#define DRAFT_ROLLBACK "draft/rollback.json"
#define DRAFT_EMERGENCY "draft/emergency.json"
#define DRAFT_INDEX "draft/index.json"
#define DRAFT_TIMESTAMP "draft/timestamp.json"

/* The documents as they will be signed; the timestamp names the index in index_payload.
 * self is a struct publish. */
enum status publish_make_index(void *self, struct bytes *payload);
enum status publish_make_timestamp(void *self, struct bytes *payload);

/* Would a verifier take it? Says why not. */
bool publish_rehearse(const struct publish *p);
/* Is what lies there what this publisher signed last, or later? Says what is not. */
bool publish_recall(struct publish *p);
/* The index first: no timestamp ever names one that is not there. */
enum status publish_write(struct publish *p);
/* An index that an interrupted run left was never in force, and no verifier saw it: it goes
 * to draft/. One that this publisher did not begin was: then the timestamp was put back. */
enum status publish_set_aside(const struct publish *p);

#endif
