/* SPDX-License-Identifier: Apache-2.0 */
/* attestctl node: the fleet, through a verifier's administration listener. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "daemon/file.h"
#include "messages/strict_json.h"
#include "tools/commands.h"
#include "tools/fleet/node_text.h"
#include "tools/fleet/signed_act.h"
#include "tools/fleet/verifier_access.h"

static const char help[] =
	"usage: attestctl node list [--state STATE] [--json]\n"
	"       attestctl node show ID [--json | --evidence [--output FILE]]\n"
	"       attestctl node explain ID [--json]\n"
	"       attestctl node approve ID --host HOST --class CLASS --reason TEXT --sign-key PEM\n"
	"       attestctl node release ID --reason TEXT --sign-key PEM\n"
	"       attestctl node quarantine ID --reason TEXT\n"
	"       attestctl node retire ID --reason TEXT\n"
	"\n"
	"  list        all nodes: id, state, class, host\n"
	"  show        one node; with --evidence what attestctl appraise reads\n"
	"  explain     why a node is not trusted, who owns the layer, and what to do\n"
	"  approve     this EK is that host and class: a signed act, since it widens trust\n"
	"  release     lifts a quarantine: signed as well\n"
	"  quarantine  no more rights, until released\n"
	"  retire      no more rights, for good\n"
	"\n"
	"ID is 64 hex digits, or their beginning where only one node has it.\n"
	"\n"
	"Where the verifier is, and who you are (options, or the environment):\n"
	"  --verifier URL  ATTESTCTL_VERIFIER  https://127.0.0.1:8444, the admin listener\n"
	"  --ca FILE       ATTESTCTL_CA        PEM: whose certificates the verifier may show\n"
	"  --cert FILE     ATTESTCTL_CERT      PEM: your client certificate\n"
	"  --key FILE      ATTESTCTL_KEY       PEM: its key\n"
	"  --sign-key PEM                      key that signs the act (approve, release);\n"
	"                                      that of --key where it is left out\n"
	"\n"
	"Exit status: 0 done, and for show and explain: trusted; 1 show and explain: not\n"
	"trusted; the others: the verifier said no; 2 wrong usage or failure.\n";

struct options {
	struct node_client client;
	const char *verb, *id;
	const char *state, *host, *class, *reason, *sign_key, *output;
	bool json, evidence;
	char full_id[NODE_ID_LEN + 1];
};

static void print_raw(struct span body)
{
	(void)fwrite(body.data, 1, body.len, stdout);
	putchar('\n');
}

static bool print_page(void *self, json_t *nodes)
{
	size_t i;
	json_t *node;
	(void)self;

	json_array_foreach(nodes, i, node) node_text_line(node);
	return true;
}

static bool print_json_page(void *self, json_t *nodes)
{
	size_t i;
	json_t *node;
	(void)self;

	/* One object a line, so that pages need no joining. */
	json_array_foreach(nodes, i, node)
	{
		(void)json_dumpf(node, stdout, JSON_COMPACT);
		putchar('\n');
	}
	return true;
}

static enum answer run_list(struct options *o)
{
	return verifier_nodes(&o->client, o->state, o->json ? print_json_page : print_page, o);
}

static bool find_prefix(void *self, json_t *nodes)
{
	struct options *o = self;
	size_t i;
	json_t *node;

	json_array_foreach(nodes, i, node)
	{
		const char *id = node_text(node, "id");

		if (strncmp(id, o->id, strlen(o->id)) != 0 || strlen(id) != NODE_ID_LEN)
			continue;
		if (o->full_id[0] != '\0') {
			o->full_id[0] = '\0';
			o->id = "";
			return false;
		}
		memcpy(o->full_id, id, NODE_ID_LEN + 1);
	}
	return true;
}

/* Fills in full_id. */
static enum answer resolve(struct options *o)
{
	const char *given = o->id;
	enum answer end;

	if (node_id_is_valid(span_text(o->id))) {
		memcpy(o->full_id, o->id, NODE_ID_LEN + 1);
		return ANSWER_YES;
	}
	if (strlen(o->id) < 4 || strspn(o->id, "0123456789abcdef") != strlen(o->id))
		return unusable("'%s' is no node id: 64 hex digits, or at least the first 4",
				o->id);
	end = verifier_nodes(&o->client, NULL, find_prefix, o);
	if (end != ANSWER_YES)
		return end;
	if (o->full_id[0] == '\0')
		return unusable("'%s' is the beginning of %s", given,
				o->id[0] == '\0' ? "more than one id" : "no node's id");
	return ANSWER_YES;
}

static bool path_of(const struct options *o, const char *what, struct bytes *out)
{
	return bytes_printf(out, "/v1/admin/nodes/%s%s%c", o->full_id, what, '\0') == OK;
}

static enum answer run_evidence(struct options *o)
{
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	enum answer end;

	if (!path_of(o, "/evidence", &path))
		return unusable("no memory");
	if (!verifier_get_raw(&o->client, (const char *)path.data, &body, &end))
		return end;
	if (o->output == NULL) {
		print_raw(span_of(&body));
		return ANSWER_YES;
	}
	if (file_replace(o->output, span_of(&body), 0644, (uid_t)-1, (gid_t)-1) != OK)
		return unusable("%s could not be written", o->output);
	return ANSWER_YES;
}

static enum answer run_show(struct options *o)
{
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	enum answer end;

	if (o->evidence)
		return run_evidence(o);
	if (!path_of(o, "", &path))
		return unusable("no memory");
	if (!verifier_get_raw(&o->client, (const char *)path.data, &body, &end))
		return end;

	AUTO(json_t) node = verifier_json(span_of(&body));
	if (node == NULL)
		return ANSWER_UNUSABLE;
	if (o->json)
		print_raw(span_of(&body));
	else if (strcmp(o->verb, "explain") == 0)
		node_text_explain(node);
	else
		node_text_show(node);
	return strcmp(node_text(node, "state"), "trusted") == 0 ? ANSWER_YES : ANSWER_NO;
}

static enum answer run_narrow(struct options *o)
{
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	enum answer end;

	if (o->reason == NULL)
		return unusable("node %s wants --reason: it stands in the audit log", o->verb);
	if (!path_of(o, o->verb[0] == 'q' ? "/quarantine" : "/retire", &path))
		return unusable("no memory");
	end = narrowing_send(&o->client, (const char *)path.data, o->reason, &body);
	if (end == ANSWER_YES)
		printf("%s %s\n", o->full_id, o->verb[0] == 'q' ? "quarantined" : "retired");
	return end;
}

static enum status fill_act(const struct options *o, struct act *act)
{
	bool is_approval = strcmp(o->verb, "approve") == 0;
	enum status status = node_id_parse(span_text(o->full_id), &act->node);

	act->verb = is_approval ? ACT_APPROVE : ACT_RELEASE;
	act->time = (int64_t)time(NULL);
	if (status == OK && is_approval)
		status = bytes_copy(span_text(o->host), &act->host);
	if (status == OK && is_approval)
		status = bytes_copy(span_text(o->class), &act->class);
	if (status == OK)
		status = bytes_copy(span_text(o->reason), &act->reason);
	return status;
}

/* approve, release: widens, so a key signs it and the verifier's signer checks. */
static enum answer run_act(struct options *o)
{
	AUTO_DONE(act) act = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	enum answer end;

	if (strcmp(o->verb, "approve") == 0 && (o->host == NULL || o->class == NULL))
		return unusable("node approve wants --host and --class");
	if (o->reason == NULL)
		o->reason = "approved by hand";
	if (fill_act(o, &act) != OK)
		return unusable("no memory");
	end = signed_act_send(&o->client, &act, o->sign_key, &body);
	if (end != ANSWER_YES)
		return end;
	if (o->json)
		print_raw(span_of(&body));
	else
		printf("%s %s\n", o->full_id, o->verb[0] == 'a' ? "approved" : "released");
	return ANSWER_YES;
}

static const struct {
	const char *name;
	bool wants_id;
	enum answer (*run)(struct options *o);
} verbs[] = {
	{ "list", false, run_list },	{ "show", true, run_show },
	{ "explain", true, run_show },	{ "approve", true, run_act },
	{ "release", true, run_act },	{ "quarantine", true, run_narrow },
	{ "retire", true, run_narrow },
};

static bool read_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "ca", required_argument, NULL, 'a' },
		{ "cert", required_argument, NULL, 'c' },
		{ "class", required_argument, NULL, 'C' },
		{ "evidence", no_argument, NULL, 'e' },
		{ "host", required_argument, NULL, 'H' },
		{ "json", no_argument, NULL, 'j' },
		{ "key", required_argument, NULL, 'k' },
		{ "output", required_argument, NULL, 'o' },
		{ "reason", required_argument, NULL, 'r' },
		{ "sign-key", required_argument, NULL, 's' },
		{ "state", required_argument, NULL, 'S' },
		{ "verifier", required_argument, NULL, 'v' },
		{ 0 },
	};
	struct {
		int option;
		const char **value;
	} texts[] = {
		{ 'a', &o->client.ca },	 { 'c', &o->client.certificate },
		{ 'C', &o->class },	 { 'H', &o->host },
		{ 'k', &o->client.key }, { 'o', &o->output },
		{ 'r', &o->reason },	 { 's', &o->sign_key },
		{ 'S', &o->state },	 { 'v', &o->client.verifier },
	};

	for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
		if (option == '?')
			return false;
		o->json = o->json || option == 'j';
		o->evidence = o->evidence || option == 'e';
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			if (texts[i].option == option)
				*texts[i].value = optarg;
	}
	o->verb = optind < argc ? argv[optind] : NULL;
	o->id = optind + 1 < argc ? argv[optind + 1] : NULL;
	return argc - optind <= 2;
}

static enum answer dispatch(struct options *o)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		enum answer end = ANSWER_YES;

		if (strcmp(o->verb, verbs[i].name) != 0)
			continue;
		if (verbs[i].wants_id != (o->id != NULL))
			return unusable("node %s %s", o->verb,
					o->id == NULL ? "wants an id" : "takes no id");
		if (verbs[i].wants_id)
			end = resolve(o);
		return end == ANSWER_YES ? verbs[i].run(o) : end;
	}
	return unusable("no 'node %s': attestctl node --help", o->verb);
}

enum answer command_node(int argc, char **argv)
{
	struct options o = { .client = verifier_client() };
	enum answer end;

	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return ANSWER_YES;
	}
	if (!read_options(argc, argv, &o) || o.verb == NULL) {
		fputs(help, stderr);
		return ANSWER_UNUSABLE;
	}
	end = dispatch(&o);
	node_client_done(&o.client);
	return end;
}
