/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRAMES_H
#define VERIFIER_FRAMES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Frames between the verifier's roles (daemon/channel.h). Bodies are written
 * with base/writer.h and read with base/reader.h, field by field in the order
 * given beside each type: bN is a be-N integer, s16 and s32 are sized bytes.
 * The receiver treats each as hostile: caps first, then exact parse, a wrong
 * frame closes the channel. A wrong FRAME_REQUEST is answered 400 instead: its bytes come
 * from whoever asks the front, and others would lose their appraiser.
 */
enum frame_type {
	/* front -> appraiser: route u8, role u8, administrator s16, what the path names
	 * s16 (a node id in hex, a registration entry's name, or empty), query s16, received time b64, body s32 */
	FRAME_REQUEST = 1,
	/* appraiser -> front: HTTP status b16, retry-after b16, content type s16,
	 * class s16 (of evidence: the node's; of a change of registration entries: the
	 * one whose nodes are to hear of it; else empty), body s32 */
	FRAME_RESPONSE,

	/* appraiser -> signer, each answered with the same frame id, in any order.
	 * Requests and answers are the structs of verifier/signer_messages.h. An id
	 * names a conversation: a COMMIT bears its AUTHENTICATE's. CONVERSATIONS_MAX
	 * of them are under way at most, each in the place id % CONVERSATIONS_MAX. */
	FRAME_ENROL = 16,
	FRAME_ACTIVATE,
	FRAME_CHALLENGE,
	FRAME_AUTHENTICATE,
	FRAME_COMMIT,
	FRAME_ADMIN,
	FRAME_BUNDLE,
	FRAME_HEALTH,
	/* signer -> appraiser */
	FRAME_ANSWER = 32,
	/* signer -> appraiser, with the sealed memfd of the reference image */
	FRAME_REFERENCE,

	/* parent -> signer, with a descriptor: a loader's channel */
	FRAME_LOADER = 48,
	/* loader -> signer: nothing; answered by FRAME_MARKS */
	FRAME_MARKS_WANTED,
	/* signer -> loader: struct release_marks */
	FRAME_MARKS,
	/* loader -> signer, with the sealed memfd: struct release_marks; answered by
	 * FRAME_MARKS once it is in use, by the channel's end where it is not */
	FRAME_LOADED,
	/* loader -> signer: refusal (code, document, field, advice as s16) */
	FRAME_LOAD_REFUSED,
	/* loader -> signer: nothing; what was refused, or could not be reached, is no
	 * longer so, and what is in force is the newest */
	FRAME_LOAD_CURRENT,
	/* loader -> fetcher: struct fetch_request; answered by FRAME_FETCHED with the
	 * file, FRAME_FETCH_ABSENT, or FRAME_FETCH_FAILED: struct fetch_failure */
	FRAME_FETCH,
	FRAME_FETCHED,
	FRAME_FETCH_ABSENT,
	FRAME_FETCH_FAILED,
	/* loader -> fetcher: nothing; is anything else there than was adopted?
	 * Answered by FRAME_NEWS, FRAME_NO_NEWS or FRAME_FETCH_FAILED */
	FRAME_NEWS_WANTED,
	FRAME_NEWS,
	FRAME_NO_NEWS,
	/* loader -> fetcher: nothing; what was fetched is in force. Answered by
	 * FRAME_ADOPTED or FRAME_FETCH_FAILED */
	FRAME_ADOPT,
	FRAME_ADOPTED,
	/* any role -> parent: ready to serve */
	FRAME_READY,
	/* parent -> signer and front, with a descriptor: the channel to the appraiser
	 * whose number is the frame's id, in place of the one before */
	FRAME_APPRAISER,
	/* parent -> any role but the loader, and back with the same id: who does not
	 * answer hangs, and is replaced */
	FRAME_PING,
	FRAME_PONG,
};

#define CONVERSATIONS_MAX 64 /* of one appraiser with the signer */

/* Of FRAME_REQUEST, in bytes. One number for both sides: what the front let through and
 * no appraiser took, anybody could send. */
#define REQUEST_QUERY_MAX 4096
#define REQUEST_ADMINISTRATOR_MAX 256
/* Of FRAME_RESPONSE: what a frame has room for beside the other fields. */
#define RESPONSE_BODY_MAX (((size_t)48 << 20) - 256)

enum route {
	ROUTE_ENROL = 1,
	ROUTE_ACTIVATE,
	ROUTE_CHALLENGE,
	ROUTE_EVIDENCE,
	ROUTE_WAIT, /* the front's own */
	ROUTE_BUNDLE,
	ROUTE_HEALTH,
	ROUTE_METRICS,
	ROUTE_ADMIN_NODES,
	ROUTE_ADMIN_NODE,
	ROUTE_ADMIN_NODE_EVIDENCE,
	ROUTE_ADMIN_QUARANTINE,
	ROUTE_ADMIN_RETIRE,
	ROUTE_ADMIN_ACT,
	ROUTE_ADMIN_RELEASES,
	ROUTE_ADMIN_AUDIT,
	ROUTE_ADMIN_CANARY,
	ROUTE_ADMIN_ENTRIES,
	ROUTE_ADMIN_ENTRY,
	ROUTE_ADMIN_ENTRY_QUARANTINE,
	ROUTE_ADMIN_ENTRY_REMOVE,
};

#define ROUTE_LAST ROUTE_ADMIN_ENTRY_REMOVE

enum role {
	ROLE_NONE,
	ROLE_PLATFORM,
	ROLE_IDENTITY_SECURITY,
	ROLE_AUDITOR,
};

#endif
