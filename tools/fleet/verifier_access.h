/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FLEET_VERIFIER_ACCESS_H
#define TOOLS_FLEET_VERIFIER_ACCESS_H

#include <getopt.h>

#include "tools/auto_jansson.h"
#include "tools/fleet/node_client.h"

/*
 * Where the verifier is and who asks, in options or in the environment, and what it
 * answers: JSON, or a refusal that is said to people.
 */
enum verifier_option {
	VERIFIER_URL = 640,
	VERIFIER_CA,
	VERIFIER_CERT,
	VERIFIER_KEY,
};

/* clang-format off */
#define VERIFIER_OPTIONS                                                                           \
	{ "verifier", required_argument, NULL, VERIFIER_URL },                                     \
	{ "ca", required_argument, NULL, VERIFIER_CA },                                            \
	{ "cert", required_argument, NULL, VERIFIER_CERT },                                        \
	{ "key", required_argument, NULL, VERIFIER_KEY }
/* clang-format on */

#define VERIFIER_HELP                                                                              \
	"  --verifier URL  its administration listener [ATTESTCTL_VERIFIER, "                      \
	"https://127.0.0.1:8444]\n"                                                                \
	"  --ca FILE       PEM: whose certificates it may show [ATTESTCTL_CA]\n"                   \
	"  --cert FILE     PEM: your client certificate [ATTESTCTL_CERT]\n"                        \
	"  --key FILE      PEM: its key [ATTESTCTL_KEY]\n"

/* As the environment says. */
struct node_client verifier_client(void);
/* False: the option is none of these. */
bool verifier_take(struct node_client *client, int option, const char *value);

/* What became of a request that node_client sent: ANSWER_YES, or the refusal, said. */
enum answer verifier_answered(const struct node_client *client, struct span body);
/* Was it refused by this code? Says nothing. */
bool verifier_refuses_as(const struct node_client *client, struct span body, const char *code);

/* The answer's body; false after saying why not: *end is ANSWER_NO where it refused. */
bool verifier_get_raw(struct node_client *client, const char *path, struct bytes *body,
		      enum answer *end);
bool verifier_post_raw(struct node_client *client, const char *path, struct span json,
		       struct bytes *body, enum answer *end);
/* The same as an object; NULL after saying why not. */
json_t *verifier_get(struct node_client *client, const char *path, enum answer *end);
json_t *verifier_post(struct node_client *client, const char *path, struct span json,
		      enum answer *end);
/* The answer's body as JSON, or NULL after saying what is wrong. */
json_t *verifier_json(struct span body);

/* Calls see with every page of nodes, until it says false; state NULL: in any. */
typedef bool (*nodes_visitor)(void *self, json_t *nodes);
enum answer verifier_nodes(struct node_client *client, const char *state, nodes_visitor see,
			   void *self);

#endif
