/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIGNER_SCENE_H
#define TESTS_SIGNER_SCENE_H

#include "evidence_maker.h"
#include "golden_release.h"
#include "signer_files.h"
#include "verifier/signer/core.h"

/*
 * A signer in memory and a host whose TPM is software: enrolment, approval and
 * attestation as one call each, with everything that a test may want to spoil
 * in between. unit.h comes first.
 */
struct signer_scene {
	struct golden golden;
	struct signer_files files; /* keys alone */
	struct signer signer;
	EVP_PKEY *ek;
	struct bytes ek_public, spki;
	struct software_key ak, minting;
	EVP_PKEY *act_key; /* identity-security */
	int64_t now;
	random_source random;
	uint64_t clock; /* of the TPM, rises with each quote */
	uint32_t reset_count, restart_count;
	struct node_id node;
	struct span report; /* beside the next quotes; empty: none */
	struct keep keep; /* of all answers */
	struct pending pending; /* of the one channel */
	/* of the last exchange */
	struct signer_request request;
	struct signer_answer answer;
	struct challenge challenge;
	struct bytes attest, signature, certify, certify_signature, pcrs;
};

void signer_scene_init(struct signer_scene *s);
/* The same with a release loaded and the host approved. */
void signer_scene_approved(struct signer_scene *s);
void signer_scene_done(struct signer_scene *s);
AUTO_RELEASE(signer_scene, signer_scene_done);

/* What the process around the signer hands to each request. */
struct turn scene_turn(struct signer_scene *s);
/* Answers s->request in a group of its own. Somebody asks as an administrator where the
 * test does not say who. */
void scene_ask(struct signer_scene *s, enum frame_type type);
/* The same, and wants this refusal. */
void scene_expect(struct signer_scene *s, enum frame_type type, enum refusal refusal);

void scene_load_release(struct signer_scene *s);
/* What it did so far stands in a verdict log. */
void scene_keep_log(struct signer_scene *s);
/* Entries of this kind among the first 64 of the audit log, and the last one. */
size_t scene_noted(struct signer_scene *s, const char *kind, struct audit_row *last);
/* FRAME_ENROL, then a filled but unsent FRAME_ACTIVATE in s->request. */
void scene_enrol(struct signer_scene *s);
void scene_prepare_activation(struct signer_scene *s);
/* As the signer makes one now, issued when the test likes. */
struct nonce scene_nonce(struct signer_scene *s, enum nonce_purpose purpose,
			 const struct node_id *node, int64_t issued);
/* Enrols and activates. */
void scene_join(struct signer_scene *s);
/* Joins, and is approved by a signed act as "server". */
void scene_join_approved(struct signer_scene *s);
/* A signed act in s->request; text may be changed before it is signed. */
void scene_prepare_act(struct signer_scene *s, const char *verb, const char *class_name,
		       int64_t time);
/* The same about a registration entry: "release-entry\nentry web". */
void scene_prepare_entry_act(struct signer_scene *s, const char *verb_and_entry, int64_t time);
/* FRAME_CHALLENGE; s->challenge is what came. */
void scene_challenge(struct signer_scene *s);
/* An honest FRAME_AUTHENTICATE in s->request, not sent. */
void scene_prepare_evidence(struct signer_scene *s);
/* Challenge, and honest evidence for it in s->request, not sent. */
void scene_evidence(struct signer_scene *s);
/* A FRAME_COMMIT in s->request; its claims affirm all that an appraiser speaks about. */
void scene_prepare_commit(struct signer_scene *s);
/* That commit, which the signer takes. */
void scene_commit(struct signer_scene *s);
/* Challenge and honest evidence, which the signer authenticates. */
void scene_authenticate(struct signer_scene *s);
/* Challenge, evidence, commit. */
void scene_attest(struct signer_scene *s);
/* Counters, and a minting key, of another boot. */
void scene_reboot(struct signer_scene *s);

/* Does the verdict have this line ("\nstate trusted\n")? */
bool scene_result_says(const struct result *r, const char *line);
/* A verdict in this state, whose first reason this is; NULL: that has none. */
void scene_expect_result(const struct result *r, const char *state, const char *reason);

#endif
