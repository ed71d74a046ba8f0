/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FLEET_FLEET_COMMAND_H
#define TOOLS_FLEET_FLEET_COMMAND_H

#include "tools/command.h"
#include "tools/fleet/verifier_access.h"

/* attestctl node VERB [ID], attestctl entry VERB [NAME]: verbs about one thing, through a
 * verifier's administration listener. */
struct fleet_request {
	struct node_client client;
	const char *verb;
	const char *object; /* NULL where the verb takes none */
	const char *reason, *sign_key;
	bool json;
};

struct fleet_verb {
	const char *name;
	bool wants_object;
	enum answer (*run)(void *self);
};

struct fleet_command {
	const char *name; /* "node" */
	const char *article, *object; /* "an", "id" */
	const char *help;
	const struct option *options; /* FLEET_OPTIONS among them */
	/* Of its own options; false: the value is wrong. */
	bool (*take)(void *self, int option, const char *value);
	enum answer (*check)(void *self); /* its object, where one is given */
	const struct fleet_verb *verbs; /* NULL behind the last */
};

enum fleet_option {
	FLEET_REASON = 660,
	FLEET_SIGN_KEY,
	FLEET_JSON,
	FLEET_VERBOSE = 'v',
};

/* clang-format off */
#define FLEET_OPTIONS                                                                              \
	VERIFIER_OPTIONS,                                                                          \
	{ "reason", required_argument, NULL, FLEET_REASON },                                       \
	{ "sign-key", required_argument, NULL, FLEET_SIGN_KEY },                                   \
	{ "json", no_argument, NULL, FLEET_JSON },                                                 \
	{ "verbose", no_argument, NULL, FLEET_VERBOSE },                                           \
	{ 0 }
/* clang-format on */

/* Reads options and runs the verb. request is a part of self. */
enum answer fleet_run(const struct fleet_command *command, void *self,
		      struct fleet_request *request, int argc, char **argv);
/* The verifier's answer as it came. */
void fleet_print(struct span body);
/* One object a line, so that pages need no joining. */
void fleet_print_line(const json_t *object);

#endif
