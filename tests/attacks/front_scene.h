/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FRONT_SCENE_H
#define TESTS_FRONT_SCENE_H

#include "daemon/channel.h"
#include "service_scene.h"
#include "verifier/front/front.h"

/*
 * The front as a process, whose parent and whose one appraiser we are; its administrator is
 * that of client_init(). attacks.h comes first.
 */
struct front_scene {
	struct service service; /* its keys; not started */
	pid_t pid;
	struct channel parent, appraiser;
};

/* As they are where a test is about something else. */
struct front_settings front_scene_settings(void);
/* With these, but for its keys and administrators. */
void front_scene_init(struct front_scene *f, const struct front_settings *settings);
/* As the parent asks it to; 0 for an orderly end. */
int front_scene_end(struct front_scene *f);

#endif
