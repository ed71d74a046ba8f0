/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_AGENT_VERIFIER_CLIENT_H
#define ATTESTD_AGENT_VERIFIER_CLIENT_H

#include <poll.h>

#include "base/bytes.h"

/* HTTPS to one verifier over one kept connection, and a second one for requests while
 * the first is taken up by a wait; TLS 1.3, the configured CA and no other. */
struct verifier_client;

struct verifier_settings {
	const char *url; /* without a path */
	const char *ca_file;
	long timeout_s; /* and more for a long body */
};

struct verifier_answer {
	long code; /* HTTP status */
	uint32_t retry_after_s; /* 0 where it asks for nothing */
	struct bytes body;
};

/* Of ca_file: statuses as file_read_guarded(). */
enum status verifier_client_new(const struct verifier_settings *settings,
				struct verifier_client **out);
void verifier_client_free(struct verifier_client *client);
/* Why the last request did not get through. */
const char *verifier_client_reason(const struct verifier_client *client);
/* STATUS_UNAVAILABLE: nothing came back. Any HTTP status is an answer. */
enum status verifier_post(struct verifier_client *client, const char *path, struct span body,
			  struct verifier_answer *answer);

/*
 * A GET that the verifier answers when it likes, up to seconds from now; one at a time.
 * It goes on while others are asked, and moves on only inside these functions and
 * verifier_post().
 */
enum status verifier_wait_begin(struct verifier_client *client, const char *path, uint32_t seconds);
bool verifier_wait_is_under_way(const struct verifier_client *client);
/* What to poll for, at most max. */
size_t verifier_wait_fds(struct verifier_client *client, struct pollfd *fds, size_t max);
/* Its end: OK and the answer, STATUS_UNAVAILABLE where none came; STATUS_NOT_FOUND
 * while it has none. */
enum status verifier_wait_take(struct verifier_client *client, struct verifier_answer *answer);
void verifier_answer_done(struct verifier_answer *answer);

AUTO_FREE(verifier_client, struct verifier_client, verifier_client_free);
AUTO_RELEASE(verifier_answer, verifier_answer_done);

#endif
