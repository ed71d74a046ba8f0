/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/commands.h"

static const struct command commands[] = {
	{ "bootlog", "read and replay a firmware event log", command_bootlog },
	{ "imalog", "read and replay a list of IMA measurements", command_imalog },
	{ "ek", "is this EK certificate believed?", command_ek },
	{ "quote", "verify a TPM's quote: signature, nonce, PCR values", command_quote },
	{ "appraise", "would the verifier believe this evidence?", command_appraise },
	{ "release", "signed releases: who may change the golden values", command_release },
	{ "audit", "the release log and the verdict log: verify, export", command_audit },
	{ "bundle", "other trust domains' bundles, for federation: fetch", command_bundle },
	{ "entry", "which workload may have which identity: add, list, quarantine", command_entry },
	{ "mint", "an SVID from the Workload API of this host, for scripts", command_mint },
	{ "node", "the fleet: list, show, explain, approve, quarantine", command_node },
	{ NULL, NULL, NULL },
};

static void print_help(FILE *to)
{
	fputs("usage: attestctl COMMAND [ARGUMENTS]\n"
	      "       attestctl COMMAND --help\n\n",
	      to);
	for (const struct command *c = commands; c->name != NULL; c++)
		fprintf(to, "  %-10s %s\n", c->name, c->summary);
	fputs("\nExit status: 0 yes, 1 no (a negative verdict), 2 unusable input or failure.\n",
	      to);
}

static enum answer run(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return ANSWER_UNUSABLE;
	}
	if (strcmp(argv[1], "help") == 0 || (argv[1][0] == '-' && wants_help(argc, argv))) {
		print_help(stdout);
		return ANSWER_YES;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("attestctl " PACKAGE_VERSION);
		return ANSWER_YES;
	}
	for (const struct command *c = commands; c->name != NULL; c++)
		if (strcmp(argv[1], c->name) == 0)
			return command_run(c, argc, argv);
	return unusable("no command '%s': attestctl --help lists them", argv[1]);
}

int main(int argc, char **argv)
{
	enum answer answer = run(argc, argv);

	/* A full disk must not turn half an answer into a whole one. */
	if (fflush(stdout) != 0 || ferror(stdout))
		answer = unusable("standard output: %s", strerror(errno));
	return (int)answer;
}
