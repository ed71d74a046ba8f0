/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FLEET_NODE_CLIENT_H
#define TOOLS_FLEET_NODE_CLIENT_H

#include "base/bytes.h"
#include "tools/command.h"

/* One connection to a verifier's administration listener: TLS 1.3 with a
 * client certificate. */
struct node_client {
	const char *verifier; /* "https://127.0.0.1:8444" */
	const char *ca, *certificate, *key; /* PEM files; NULL: the system's, none */
	void *handle;
	long http_status; /* of the last answer */
	bool is_verbose; /* says what else happens on the way */
};

/* Says what went wrong, unless there was an answer (of whatever status). */
enum answer node_client_get(struct node_client *client, const char *path, struct bytes *body);
enum answer node_client_post(struct node_client *client, const char *path, struct span json,
			     struct bytes *body);
void node_client_done(struct node_client *client);

#endif
