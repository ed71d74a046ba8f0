/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tools/commands.h"
#include "tools/release/release.h"

static const struct command subcommands[] = {
	{ "init", "make a release line: keys, root, matrix, revocations", release_init },
	{ "import", "take in what a vendor signed in OpenPGP, for 'collect --vendor'",
	  release_import },
	{ "collect", "golden values of a reference machine: sets and a draft manifest",
	  release_collect },
	{ "diff", "what the draft changes, in words, and the class that comes of it",
	  release_diff },
	{ "check", "replay a validation machine's boot against the draft", release_check },
	{ "provenance", "state who built the draft's files from what (build)", release_provenance },
	{ "sign", "sign the draft (release-sign)", release_sign },
	{ "approve", "show what it changes, ask, and approve it for a team (approve-platform ...)",
	  release_approve },
	{ "canary", "fetch what a verifier saw of the release that is tried out (canary)",
	  release_canary },
	{ "publish", "put it in force, or renew the timestamp (publish)", release_publish },
	{ "rollback", "a document that leads back to an earlier version (rollback)",
	  release_rollback },
	{ "matrix", "platforms and kernels that count, and who decided it (matrix, by both)",
	  release_matrix },
	{ "emergency", "let the signed manifest in before it is approved (emergency)",
	  release_emergency },
	{ "review", "say what another person found about the emergency (review)", release_review },
	{ "revoke", "revoke manifests, files, keys or nodes, or renew (revoke)", release_revoke },
	{ "witness", "cosign the release log, and write its proofs (witness)", release_witness },
	{ "root", "the next root: keys and roles exchanged (root, by both)", release_root },
	{ "status", "verify everything, as a verifier does, and say what is in force",
	  release_status },
	{ NULL, NULL, NULL },
};

static void print_help(FILE *to)
{
	fputs("usage: attestctl release SUBCOMMAND DIR [OPTIONS]\n"
	      "       attestctl release SUBCOMMAND --help\n"
	      "\n"
	      "A release says which values a good node has, and two teams sign it. DIR is a\n"
	      "working directory; DIR/release is what a verifier loads, with the SHA-256 of the\n"
	      "first root that 'init' prints pinned in its configuration.\n\n",
	      to);
	for (const struct command *c = subcommands; c->name != NULL; c++)
		fprintf(to, "  %-10s %s\n", c->name, c->summary);
	fputs("\n"
	      "From nothing to a release in force:\n"
	      "  attestctl release init line --trust-domain prod.example --platform q35 \\\n"
	      "      --kernel 6.1.0-56-cloud-amd64\n"
	      "  attestctl release collect line --boot-log boot.bin --ima-log ima.bin \\\n"
	      "      --files artifacts.sha256 --ima-policy-file ima-policy\n"
	      "  attestctl release sign line\n"
	      "  attestctl release diff line\n"
	      "  attestctl release approve line --team platform --reason 'first release'\n"
	      "  attestctl release approve line --team identity-security --reason 'reviewed'\n"
	      "  attestctl release publish line\n"
	      "  attestctl release status line\n"
	      "\n"
	      "Every day:             attestctl release publish line --renew\n"
	      "Every week:            attestctl release revoke line\n"
	      "More files allowed:    attestctl release collect line --previous --files "
	      "more.sha256\n"
	      "\n"
	      "Exit status: 0 yes, 1 no (a negative verdict), 2 unusable input or failure.\n",
	      to);
}

enum answer command_release(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return ANSWER_UNUSABLE;
	}
	if (strcmp(argv[1], "help") == 0 || (argv[1][0] == '-' && wants_help(argc, argv))) {
		print_help(stdout);
		return ANSWER_YES;
	}
	for (const struct command *c = subcommands; c->name != NULL; c++)
		if (strcmp(argv[1], c->name) == 0)
			return command_run(c, argc, argv);
	return unusable("no subcommand 'release %s': attestctl release --help lists them", argv[1]);
}
