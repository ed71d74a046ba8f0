/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ATTACK_SCENE_H
#define TESTS_ATTACK_SCENE_H

#include "signer_scene.h"

/*
 * The signer with its real store, a node that is trusted already, and the
 * question that matters after each attack: what changed? unit.h comes first.
 */

/* All rows of nodes, sessions and their logs, and audit, digested. Facts are
 * left out: the high-water time moves with every request. */
struct digest store_picture(struct signer_scene *s);
/* The refusal, and a store in which nothing changed. */
void expect_refused_unchanged(struct signer_scene *s, enum frame_type type, enum refusal refusal);
/* A final verdict of untrusted for this reason: the right is gone, on record. */
void expect_right_ended(struct signer_scene *s, const char *reason);
enum node_state state_in_store(struct signer_scene *s);

/* A scene in which the node holds a grant: release loaded, approved, trusted. */
void attack_scene_init(struct signer_scene *s);

/* A copy of s->request that lasts as long as the scene: an attacker's recording. */
struct signer_request scene_record(struct signer_scene *s, enum frame_type type);

/* Evidence whose quote says what *quote says, signed by the AK. */
struct made_attest scene_quote(struct signer_scene *s);
/* Signs s->attest as it stands now, spoiled as it may be. */
void scene_resign(struct signer_scene *s);
void scene_send_quote(struct signer_scene *s, const struct made_attest *quote);
void scene_send_certify(struct signer_scene *s, const struct made_attest *certify);
struct made_attest scene_certify(struct signer_scene *s);

#endif
