/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_FRONT_H
#define VERIFIER_FRONT_FRONT_H

#include "verifier/front/tls.h"

struct front_settings {
	const char *certificate, *key; /* PEM files */
	const struct administrator *administrators;
	size_t administrator_count;
	size_t connections_max;
	size_t connections_per_peer_max;
	size_t waiting_max; /* of them, nodes that wait to be named */
	unsigned enrolments_per_peer; /* requests a minute */
	size_t bodies_max; /* bytes of all large bodies held at once */
	unsigned handshake_s, head_s, idle_s, answer_s; /* absolute deadlines */
	unsigned body_s; /* of a body's pace (pace.h) */
};

/*
 * The role's whole life: says FRAME_READY to the parent, which hands it the
 * channels to appraisers, and serves until the parent's channel ends (0), or
 * where it can't (1). Owns the descriptors; admin_fd is -1 where there is no
 * administration listener.
 */
int front_run(const struct front_settings *settings, int parent_fd, int listen_fd, int admin_fd);

#endif
