/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVED_SCENE_H
#define TESTS_SERVED_SCENE_H

#include "golden_release.h"
#include "signer_process.h"
#include "verifier/loader_messages.h"

/* The signer's process, with one appraiser's channel and a loader's. unit.h comes first. */
struct served {
	struct signer_process process;
	struct channel appraiser, loader;
	struct golden golden;
};

void served_connect_appraiser(struct served *f, uint64_t number);
void served_start(struct served *f);
int served_stop(struct served *f);
void served_init(struct served *f);
void served_done(struct served *f);
/* Initialised and started; stopped as told to, and done. */
void served_begin(struct served *f);
void served_end(struct served *f);
void served_ask(struct served *f, const struct signer_request *request,
		struct signer_answer *answer);
enum health served_health(struct served *f);
/* Hands the signer a loader's channel and asks for the marks. */
void served_connect_loader(struct served *f, struct release_marks *marks);
void served_send_image(struct served *f, const struct release_marks *marks, bool is_sealed);

#endif
