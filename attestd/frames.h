/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_FRAMES_H
#define ATTESTD_FRAMES_H

#include "daemon/channel.h"

/*
 * Frames between attestd's roles (daemon/channel.h). Bodies are fields in the
 * order given: uN and bN are big-endian integers, s16 and s32 sized bytes. A
 * frame with an id other than 0 is answered by FRAME_ANSWER or FRAME_REFUSED
 * with the same id. Receivers treat each other as hostile.
 */
enum frame_type {
	/* agent -> broker: want AK and EK u8: without, no key is touched
	 * answer: resetCount b32, restartCount b32, node id s16 (32 bytes, or empty), states b32, EK index b32, EK
	 * certificate s32, EK public s32, AK public s32, chain count u8, each s32 */
	FRAME_IDENTITY = 1,
	/* agent -> broker: nonce s16, bank b16, select b32, id object s16,
	 * encrypted secret s16
	 * answer: secret s16, attest s32, signature s32 */
	FRAME_ACTIVATE,
	/* agent -> broker: nonce s16, bank b16, select b32, policy PCRs b32, cap u8,
	 * next entry b64, want boot log u8, want certify u8, want SVID u8, SHA-256 of
	 * the entries' text that is held s16 (empty: none)
	 * answer: resetCount b32, restartCount b32, entry after a part of the IMA
	 * log b64 (0: all of it is there), body of the request s32 */
	FRAME_EVIDENCE,
	/* agent -> broker: verdict s32, signature s16, certificate s32
	 * answer: is granted u8, expires b64 */
	FRAME_VERDICT,
	/* agent -> broker: nothing; answer: nothing. The grant is given up; no PCR
	 * is extended */
	FRAME_DROP,
	/* mint -> broker: TBSCertificate s32, and whom it is for (subject.h): entry s16,
	 * has uid u8, uid b32, unit s16, executable's SHA-256 s16, reason s16
	 * answer: ECDSA-Sig-Value s16 */
	FRAME_MINT_SIGN,
	/* broker -> agent, id 0: the IMA log grew */
	FRAME_GROWTH,
	/* agent -> mint, id 0: verdict s32, signature s16, certificate s32, bundle
	 * s32, bundle signature s16, entries' text s32 */
	FRAME_RIGHT,
	/* agent -> mint, id 0: nothing; what was minted is removed */
	FRAME_RIGHT_ENDED,
	/* agent -> parent, id 0: ready */
	FRAME_READY,
	/* agent -> parent, id 0: a line for people, s16 */
	FRAME_STATE,
	FRAME_ANSWER,
	/* status b16, reason s16 */
	FRAME_REFUSED,
	/* mint -> broker: SHA-256 of a file s16, its path s16; answer: enum measured_state u8 */
	FRAME_MEASURED,
	/* mint -> broker: an identity ended with its job: SPIFFE ID s16, SHA-256 of its
	 * TBSCertificate s16, whom it was for as above; answer: nothing */
	FRAME_MINT_ENDED,
	/* mint -> broker: a JWT-SVID is wished for: ticket b64, entry s16, SPIFFE ID s16,
	 * recipient's point s16, count of audiences u8, each s16; answer: nothing */
	FRAME_JWT_REQUEST,
	/* broker -> agent, id 0: a workload waits for the next evidence: for what it wished,
	 * or since the TPM did not sign */
	FRAME_WISHED,
	/* agent -> mint, id 0: the ends of wishes under the right that was handed over last:
	 * count u8, each ticket b64, sealed token s16, refusal s16 (a code; one is empty) */
	FRAME_JWT_SVIDS,
};

/* The broker keeps a wish so long, unless a verdict answers it; nobody takes one back. */
#define WISH_LIFETIME_S 30

/* Does a file stand in the IMA log with that path and content? */
enum measured_state {
	MEASURED_NOT,
	MEASURED_SEARCHING, /* the log is long: ask again */
	MEASURED_NOT_QUOTED, /* no verdict of a trusted node covers that entry yet */
	MEASURED_QUOTED,
};

/* An answer carries a request body of docs/protocol.md at most. */
#define FRAME_LARGE_MAX (((size_t)32 << 20) + 4096)
#define FRAME_SMALL_MAX ((size_t)256 << 10)
#define FRAME_RIGHT_MAX (FRAME_SMALL_MAX * 3)

/* Descriptors that each role is given, from ROLE_FD_FIRST on. */
enum agent_fd { AGENT_BROKER, AGENT_MINT, AGENT_PARENT, AGENT_FDS };
enum broker_fd { BROKER_AGENT, BROKER_MINT, BROKER_FDS };
enum mint_fd { MINT_AGENT, MINT_BROKER, MINT_FDS };

#endif
