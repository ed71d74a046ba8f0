/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fleet/fleet_command.h"

#include <stdio.h>
#include <string.h>

#include "tools/options.h"

void fleet_print(struct span body)
{
	(void)fwrite(body.data, 1, body.len, stdout);
	putchar('\n');
}

void fleet_print_line(const json_t *object)
{
	(void)json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
}

static bool take_option(const struct fleet_command *command, void *self,
			struct fleet_request *request, int option)
{
	if (option == '?')
		return false;
	if (verifier_take(&request->client, option, optarg))
		return true;
	switch (option) {
	case FLEET_REASON:
		request->reason = optarg;
		return true;
	case FLEET_SIGN_KEY:
		request->sign_key = optarg;
		return true;
	case FLEET_JSON:
		request->json = true;
		return true;
	case FLEET_VERBOSE:
		request->client.is_verbose = true;
		return true;
	default:
		return command->take(self, option, optarg);
	}
}

static bool read_options(const struct fleet_command *command, void *self,
			 struct fleet_request *request, int argc, char **argv)
{
	for (int option; (option = options_next(argc, argv, "v", command->options)) != -1;)
		if (!take_option(command, self, request, option))
			return false;
	request->verb = optind < argc ? argv[optind] : NULL;
	request->object = optind + 1 < argc ? argv[optind + 1] : NULL;
	return argc - optind <= 2 && request->verb != NULL;
}

static enum answer dispatch(const struct fleet_command *command, void *self,
			    const struct fleet_request *request)
{
	const struct fleet_verb *verb = command->verbs;
	enum answer end = ANSWER_YES;

	while (verb->name != NULL && strcmp(request->verb, verb->name) != 0)
		verb++;
	if (verb->name == NULL)
		return unusable("no '%s %s': attestctl %s --help", command->name, request->verb,
				command->name);
	if (verb->wants_object && request->object == NULL)
		return unusable("%s %s wants %s %s", command->name, request->verb, command->article,
				command->object);
	if (!verb->wants_object && request->object != NULL)
		return unusable("%s %s takes no %s", command->name, request->verb, command->object);
	if (verb->wants_object)
		end = command->check(self);
	return end == ANSWER_YES ? verb->run(self) : end;
}

enum answer fleet_run(const struct fleet_command *command, void *self,
		      struct fleet_request *request, int argc, char **argv)
{
	enum answer end;

	if (wants_help(argc, argv)) {
		fputs(command->help, stdout);
		return ANSWER_YES;
	}
	request->client = verifier_client();
	if (!read_options(command, self, request, argc, argv)) {
		fputs(command->help, stderr);
		return ANSWER_UNUSABLE;
	}
	end = dispatch(command, self, request);
	node_client_done(&request->client);
	return end;
}
