/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_METRICS_H
#define VERIFIER_FRONT_METRICS_H

#include "verifier/front/routes.h"

/* Counts since this process started. */
struct metrics {
	uint64_t answers[ROUTES][6]; /* by route (0: none) and status / 100 */
	uint64_t connections; /* accepted */
	uint64_t connections_refused; /* too many */
	uint64_t handshakes_failed;
	uint64_t deadlines_missed;
	uint64_t open; /* now */
	uint64_t body_bytes; /* held now */
	uint64_t waiting; /* nodes, now, to be named */
	uint64_t told; /* nodes, to attest at once */
};

void metrics_count(struct metrics *metrics, enum route route, unsigned status);
/* Appends Prometheus text (exposition format 0.0.4). */
enum status metrics_write(const struct metrics *metrics, struct bytes *out);

#endif
