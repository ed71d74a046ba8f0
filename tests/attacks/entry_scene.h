/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ENTRY_SCENE_H
#define TESTS_ENTRY_SCENE_H

#include "attack_scene.h"
#include "messages/entries.h"

/* Registration entries of one workload, web. unit.h comes first. */
#define ENTRY_PROGRAM "/opt/web/bin/web server"
#define ENTRY_LOGGED "/opt/web/bin/web%20server"
#define ENTRY_ADD                                                                                  \
	"add-entry\nclass server\nentry web spiffe://prod.example/web " ENTRY_LOGGED " uid=1000"

/* The program with a digest of its own in a set of the release. */
struct digest entry_list_program(struct bytes *set, uint8_t fill);
void entry_load_again(struct signer_scene *s);
void entry_add(struct signer_scene *s, const char *act);
void entry_narrow_web(struct signer_scene *s, enum admin_verb verb, enum refusal wanted);
/* What the node is told with its next verdict; the text is the one that it names. */
void entries_told(struct signer_scene *s, struct entries *out);
size_t entries_count_told(struct signer_scene *s);

#endif
