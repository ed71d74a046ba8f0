/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EK_SCENE_H
#define TESTS_EK_SCENE_H

#include "certificate_maker.h"
#include "tpm/ek_certificate.h"

/* A root, and an EK certificate that is right under it. unit.h comes first. */
extern struct ek_scene {
	EVP_PKEY *root_key, *ek_key;
	struct ek_pool roots;
	struct bytes golden;
	struct ek_certificate result; /* of the last that was judged */
} ek;

#define PATCH(certificate, from, to)                                                               \
	maker_patch(certificate, (struct span){ from, sizeof(from) },                              \
		    (struct span){ to, sizeof(to) }, ek.root_key)

struct recipe ek_scene_recipe(void);
int ek_scene_begin(void **state);
int ek_scene_end(void **state);
enum ek_refusal ek_scene_judge(struct span bytes);

#endif
