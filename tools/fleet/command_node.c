/* SPDX-License-Identifier: Apache-2.0 */
/* attestctl node: the fleet, through a verifier's administration listener. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/file.h"
#include "messages/strict_json.h"
#include "tools/commands.h"
#include "tools/fleet/fleet_command.h"
#include "tools/fleet/node_text.h"
#include "tools/fleet/signed_act.h"

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
	"ID is 64 hex digits; for all but approve and release, which sign it, their beginning\n"
	"does where only one node has it. It comes from the host or its owner, not from this\n"
	"list: 'tpm2_nvread 0x1c0000a | attestctl ek verify - --roots DIR' says it there (an\n"
	"RSA EK is at 0x1c00002).\n"
	"\n"
	"Where the verifier is, and who you are (options, or the environment):\n"
	"  --verifier URL  ATTESTCTL_VERIFIER  https://127.0.0.1:8444, the admin listener\n"
	"  --ca FILE       ATTESTCTL_CA        PEM: whose certificates the verifier may show\n"
	"  --cert FILE     ATTESTCTL_CERT      PEM: your client certificate\n"
	"  --key FILE      ATTESTCTL_KEY       PEM: its key\n"
	"  --sign-key PEM                      key that signs the act (approve, release);\n"
	"                                      that of --key where it is left out\n"
	"  -v, --verbose                       say what else happens on the way\n"
	"\n"
	"Exit status: 0 done, and for show and explain: trusted; 1 show and explain: not\n"
	"trusted; the others: the verifier said no; 2 wrong usage or failure.\n";

struct options {
	struct fleet_request request;
	const char *state, *host, *class, *output;
	bool evidence;
	char full_id[NODE_ID_LEN + 1];
};

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

	json_array_foreach(nodes, i, node) fleet_print_line(node);
	return true;
}

static enum answer run_list(void *self)
{
	struct options *o = self;
	enum node_state state;

	if (o->state != NULL && node_state_named(span_text(o->state), &state) != OK)
		return unusable("--state %s: it is pending, trusted, warned, untrusted, stale, "
				"quarantined or retired",
				o->state);
	return verifier_nodes(&o->request.client, o->state,
			      o->request.json ? print_json_page : print_page, o);
}

static bool find_prefix(void *self, json_t *nodes)
{
	struct options *o = self;
	size_t i;
	json_t *node;

	json_array_foreach(nodes, i, node)
	{
		const char *id = node_text(node, "id");

		if (strncmp(id, o->request.object, strlen(o->request.object)) != 0 ||
		    strlen(id) != NODE_ID_LEN)
			continue;
		if (o->full_id[0] != '\0') {
			o->full_id[0] = '\0';
			o->request.object = "";
			return false;
		}
		memcpy(o->full_id, id, NODE_ID_LEN + 1);
	}
	return true;
}

static bool widens(const char *verb)
{
	return strcmp(verb, "approve") == 0 || strcmp(verb, "release") == 0;
}

/* Fills in full_id. What is signed is not for the verifier to complete: its front or its
 * appraiser, captured, would answer with a TPM of their own that has such an id. */
static enum answer resolve(void *self)
{
	struct options *o = self;
	const char *given = o->request.object;
	enum answer end;

	if (node_id_is_valid(span_text(o->request.object))) {
		memcpy(o->full_id, o->request.object, NODE_ID_LEN + 1);
		return ANSWER_YES;
	}
	if (widens(o->request.verb))
		return unusable("'%s' is not all 64 hex digits of a node id: by their beginning "
				"the verifier would choose the node that you sign for. Its host "
				"or the host's owner says the id: attestctl node --help",
				given);
	if (strlen(o->request.object) < 4 ||
	    strspn(o->request.object, "0123456789abcdef") != strlen(o->request.object))
		return unusable("'%s' is no node id: 64 hex digits, or at least the first 4",
				o->request.object);
	end = verifier_nodes(&o->request.client, NULL, find_prefix, o);
	if (end != ANSWER_YES)
		return end;
	if (o->full_id[0] == '\0')
		return unusable("'%s' is the beginning of %s", given,
				o->request.object[0] == '\0' ? "more than one id" : "no node's id");
	return ANSWER_YES;
}

static bool path_of(const struct options *o, const char *what, struct bytes *out)
{
	return bytes_printf(out, "/v1/admin/nodes/%s%s%c", o->full_id, what, '\0') == OK;
}

static enum answer run_evidence(void *self)
{
	struct options *o = self;
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	enum answer end;

	if (!path_of(o, "/evidence", &path))
		return unusable("no memory");
	if (!verifier_get_raw(&o->request.client, (const char *)path.data, &body, &end))
		return end;
	if (o->output == NULL) {
		fleet_print(span_of(&body));
		return ANSWER_YES;
	}
	if (file_replace(o->output, span_of(&body), 0644, (uid_t)-1, (gid_t)-1) != OK)
		return unusable("%s could not be written", o->output);
	return ANSWER_YES;
}

static enum answer run_show(void *self)
{
	struct options *o = self;
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	enum answer end;

	if (o->evidence)
		return run_evidence(o);
	if (!path_of(o, "", &path))
		return unusable("no memory");
	if (!verifier_get_raw(&o->request.client, (const char *)path.data, &body, &end))
		return end;

	AUTO(json_t) node = verifier_json(span_of(&body));
	if (node == NULL)
		return ANSWER_UNUSABLE;
	if (o->request.json)
		fleet_print(span_of(&body));
	else if (strcmp(o->request.verb, "explain") == 0)
		node_text_explain(node);
	else
		node_text_show(node);
	return strcmp(node_text(node, "state"), "trusted") == 0 ? ANSWER_YES : ANSWER_NO;
}

static enum answer run_narrow(void *self)
{
	struct options *o = self;
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	enum answer end;

	if (o->request.reason == NULL)
		return unusable("node %s wants --reason: it stands in the audit log",
				o->request.verb);
	if (!path_of(o, o->request.verb[0] == 'q' ? "/quarantine" : "/retire", &path))
		return unusable("no memory");
	end = narrowing_send(&o->request.client, (const char *)path.data, o->request.reason, &body);
	if (end == ANSWER_YES)
		printf("%s %s\n", o->full_id,
		       o->request.verb[0] == 'q' ? "quarantined" : "retired");
	return end;
}

static enum status fill_act(const struct options *o, struct act *act)
{
	bool is_approval = strcmp(o->request.verb, "approve") == 0;
	enum status status = node_id_parse(span_text(o->full_id), &act->node);

	act->verb = is_approval ? ACT_APPROVE : ACT_RELEASE;
	if (status == OK && is_approval)
		status = bytes_copy(span_text(o->host), &act->host);
	if (status == OK && is_approval)
		status = bytes_copy(span_text(o->class), &act->class);
	if (status == OK)
		status = bytes_copy(span_text(o->request.reason), &act->reason);
	return status;
}

/* approve, release: widens, so a key signs it and the verifier's signer checks. */
static enum answer run_act(void *self)
{
	struct options *o = self;
	AUTO_DONE(act) act = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	enum answer end;

	if (strcmp(o->request.verb, "approve") == 0 && (o->host == NULL || o->class == NULL))
		return unusable("node approve wants --host and --class");
	if (o->request.reason == NULL)
		o->request.reason = "approved by hand";
	if (fill_act(o, &act) != OK)
		return unusable("no memory");
	end = signed_act_send(&o->request.client, &act, o->request.sign_key, &body);
	if (end != ANSWER_YES)
		return end;
	if (o->request.json)
		fleet_print(span_of(&body));
	else
		printf("%s %s\n", o->full_id, o->request.verb[0] == 'a' ? "approved" : "released");
	return ANSWER_YES;
}

static const struct fleet_verb verbs[] = {
	{ "list", false, run_list },	{ "show", true, run_show },
	{ "explain", true, run_show },	{ "approve", true, run_act },
	{ "release", true, run_act },	{ "quarantine", true, run_narrow },
	{ "retire", true, run_narrow }, { NULL, false, NULL },
};

static const struct option known[] = {
	{ "class", required_argument, NULL, 'C' }, { "evidence", no_argument, NULL, 'e' },
	{ "host", required_argument, NULL, 'H' },  { "output", required_argument, NULL, 'o' },
	{ "state", required_argument, NULL, 'S' }, FLEET_OPTIONS,
};

static bool take_option(void *self, int option, const char *value)
{
	struct options *o = self;

	switch (option) {
	case 'C':
		o->class = value;
		return true;
	case 'e':
		o->evidence = true;
		return true;
	case 'H':
		o->host = value;
		return true;
	case 'o':
		o->output = value;
		return true;
	case 'S':
		o->state = value;
		return true;
	default:
		return false;
	}
}

enum answer command_node(int argc, char **argv)
{
	static const struct fleet_command command = {
		.name = "node",
		.article = "an",
		.object = "id",
		.help = help,
		.options = known,
		.take = take_option,
		.check = resolve,
		.verbs = verbs,
	};
	struct options o = { 0 };

	return fleet_run(&command, &o, &o.request, argc, argv);
}
