/* SPDX-License-Identifier: Apache-2.0 */
/* attestctl entry: registration entries, through a verifier's administration listener. */
#include <stdio.h>
#include <string.h>

#include "tools/commands.h"
#include "tools/fleet/fleet_command.h"
#include "tools/fleet/node_text.h"
#include "tools/fleet/signed_act.h"

static const char help[] =
	"usage: attestctl entry add NAME --class CLASS --spiffe-id ID --executable PATH\n"
	"                           [--uid N] [--gid N] [--unit UNIT] [--socket NAME]\n"
	"                           [--hint TEXT] [--owner TEXT] [--job] [--jwt]\n"
	"                           --reason TEXT --sign-key PEM\n"
	"       attestctl entry list [--class CLASS] [--json]\n"
	"       attestctl entry show NAME [--json]\n"
	"       attestctl entry quarantine NAME --reason TEXT\n"
	"       attestctl entry remove NAME --reason TEXT\n"
	"       attestctl entry release NAME --reason TEXT --sign-key PEM\n"
	"\n"
	"  add         on nodes of the class, the program at this path may have the identity:\n"
	"              a signed act, since it widens trust. Options narrow who it is\n"
	"  list        all entries: name, state, class, SPIFFE ID, executable\n"
	"  show        one, with the digests that its program may have now\n"
	"  quarantine  nodes lose it with their next attestation, until it is released\n"
	"  remove      the same, for good; another one may be added under the name\n"
	"  release     lifts a quarantine: signed as well\n"
	"\n"
	"What was issued already ends at its lifetime.\n"
	"\n"
	"Who may have it, beside the executable:\n"
	"  --uid N, --gid N  processes of this user, this group\n"
	"  --unit UNIT       of this systemd unit\n"
	"  --socket NAME     that come by this one of the node's sockets\n"
	"And what it is:\n"
	"  --job             it ends with the process that asked for it, or with the unit\n"
	"  --jwt             JWT-SVIDs as well\n"
	"  --hint TEXT       tells a workload its identities apart\n"
	"  --owner TEXT      whom a denial names\n"
	"\n"
	"Where the verifier is, and who you are (options, or the environment):\n" VERIFIER_HELP
	"  --sign-key PEM  key that signs the act (add, release); that of --key where it is\n"
	"                  left out\n"
	"  -v, --verbose   say what else happens on the way\n"
	"\n"
	"Exit status: 0 done, and for show: it is active and a release has its program; 1 show:\n"
	"not so, the others: the verifier said no; 2 wrong usage or failure.\n";

struct options {
	struct fleet_request request;
	const char *class, *spiffe_id, *executable, *uid, *gid, *unit, *socket, *hint, *owner;
	bool is_job, may_jwt;
};

static void print_entry(const struct options *o, json_t *entry)
{
	if (o->request.json) {
		fleet_print_line(entry);
		return;
	}
	printf("%-24s  %-11s  %-12s  ", node_text(entry, "name"), node_text(entry, "state"),
	       node_text(entry, "class"));
	node_text_put(node_text(entry, "spiffeId"));
	printf("  ");
	node_text_put(node_text(entry, "executable"));
	putchar('\n');
}

/* The last name of a page, which the next one is after; empty where there is none. */
static enum answer print_page(const struct options *o, json_t *page, char after[ENTRY_NAME_MAX + 1])
{
	json_t *entries = json_object_get(page, "entries");
	const char *last = "";
	json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		print_entry(o, entry);
		last = node_text(entry, "name");
	}
	if (!json_is_true(json_object_get(page, "more"))) {
		after[0] = '\0';
		return ANSWER_YES;
	}
	/* A verifier that repeats itself would keep us here. */
	if (!entry_name_is_valid(span_text(last)) || strcmp(last, after) <= 0)
		return unusable("the verifier's list does not go on after '%s'", after);
	(void)snprintf(after, ENTRY_NAME_MAX + 1, "%s", last);
	return ANSWER_YES;
}

static enum answer run_list(void *self)
{
	struct options *o = self;
	char after[ENTRY_NAME_MAX + 1] = "";
	enum answer end;

	if (o->class != NULL && !class_name_is_valid(span_text(o->class)))
		return unusable("'%s' is no class's name", o->class);
	do {
		AUTO_DONE(bytes) path = { 0 };

		if (bytes_printf(&path, "/v1/admin/entries?limit=100%s%s%s%s%c",
				 after[0] == '\0' ? "" : "&after=", after,
				 o->class == NULL ? "" : "&class=",
				 o->class == NULL ? "" : o->class, '\0') != OK)
			return unusable("no memory");

		AUTO(json_t) page = verifier_get(&o->request.client, (const char *)path.data, &end);

		if (page == NULL)
			return end;
		end = print_page(o, page, after);
	} while (end == ANSWER_YES && after[0] != '\0');
	return end;
}

static bool path_of(const struct options *o, const char *what, struct bytes *out)
{
	return bytes_printf(out, "/v1/admin/entries/%s%s%c", o->request.object, what, '\0') == OK;
}

static void print_number(const char *name, json_t *entry, const char *member)
{
	json_t *number = json_object_get(entry, member);

	if (json_is_integer(number))
		printf("  %-14s%lld\n", name, (long long)json_integer_value(number));
}

static void print_digests(json_t *digests)
{
	json_t *digest;
	size_t i;

	if (json_array_size(digests) == 0)
		printf("  %-14snone: no release in force has the program, nobody is admitted\n",
		       "digests");
	json_array_foreach(digests, i, digest)
	{
		printf("  %-14s", i == 0 ? "digests" : "");
		node_text_put(json_string_value(digest) == NULL ? "" : json_string_value(digest));
		putchar('\n');
	}
}

static void print_whole(json_t *entry)
{
	node_text_put(node_text(entry, "name"));
	putchar('\n');
	node_text_field("state", node_text(entry, "state"));
	node_text_field("note", node_text(entry, "note"));
	node_text_field("class", node_text(entry, "class"));
	node_text_field("SPIFFE ID", node_text(entry, "spiffeId"));
	node_text_field("executable", node_text(entry, "executable"));
	print_number("uid", entry, "uid");
	print_number("gid", entry, "gid");
	node_text_field("unit", node_text(entry, "unit"));
	node_text_field("socket", node_text(entry, "socket"));
	node_text_field("hint", node_text(entry, "hint"));
	node_text_field("owner", node_text(entry, "owner"));
	node_text_field("job", json_is_true(json_object_get(entry, "job")) ? "yes" : "");
	node_text_field("JWT-SVIDs", json_is_true(json_object_get(entry, "jwt")) ? "yes" : "");
	print_digests(json_object_get(entry, "digests"));
	node_text_time("added", entry, "added");
}

static enum answer run_show(void *self)
{
	struct options *o = self;
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	enum answer end;

	if (!path_of(o, "", &path))
		return unusable("no memory");
	if (!verifier_get_raw(&o->request.client, (const char *)path.data, &body, &end))
		return end;

	AUTO(json_t) entry = verifier_json(span_of(&body));
	if (entry == NULL)
		return ANSWER_UNUSABLE;
	if (o->request.json)
		fleet_print(span_of(&body));
	else
		print_whole(entry);
	return strcmp(node_text(entry, "state"), "active") == 0 &&
			       json_array_size(json_object_get(entry, "digests")) > 0
		       ? ANSWER_YES
		       : ANSWER_NO;
}

static enum answer run_narrow(void *self)
{
	struct options *o = self;
	bool is_removing = strcmp(o->request.verb, "remove") == 0;
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	enum answer end;

	if (o->request.reason == NULL)
		return unusable("entry %s wants --reason: it stands in the audit log",
				o->request.verb);
	if (!path_of(o, is_removing ? "/remove" : "/quarantine", &path))
		return unusable("no memory");
	end = narrowing_send(&o->request.client, (const char *)path.data, o->request.reason, &body);
	if (end == ANSWER_YES)
		printf("%s %s\n", o->request.object, is_removing ? "removed" : "quarantined");
	return end;
}

static bool take_id(const char *option, const char *text, bool *has, uint32_t *out)
{
	int64_t number = 0;

	if (text == NULL)
		return true;
	*has = option_number(option, text, 0, UINT32_MAX - 1, &number);
	*out = (uint32_t)number;
	return *has;
}

static enum status fill_entry(const struct options *o, struct entry *e)
{
	const struct {
		const char *value;
		struct bytes *out;
	} texts[] = {
		{ o->spiffe_id, &e->spiffe_id }, { o->executable, &e->executable },
		{ o->unit, &e->unit },		 { o->socket, &e->socket },
		{ o->hint, &e->hint },		 { o->owner, &e->owner },
	};
	enum status status = OK;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && status == OK; i++)
		status = bytes_copy(span_text(texts[i].value), texts[i].out);
	e->is_job = o->is_job;
	e->may_jwt = o->may_jwt;
	return status;
}

static enum answer fill_act(const struct options *o, struct act *act)
{
	bool is_adding = act->verb == ACT_ADD_ENTRY;
	enum status status = bytes_copy(span_text(o->request.object), &act->entry.name);

	if (is_adding && (!take_id("uid", o->uid, &act->entry.has_uid, &act->entry.uid) ||
			  !take_id("gid", o->gid, &act->entry.has_gid, &act->entry.gid)))
		return ANSWER_UNUSABLE;
	if (status == OK)
		status = bytes_copy(span_text(o->request.reason), &act->reason);
	if (status == OK && is_adding)
		status = bytes_copy(span_text(o->class), &act->class);
	if (status == OK && is_adding)
		status = fill_entry(o, &act->entry);
	return status == OK ? ANSWER_YES : unusable("no memory");
}

/* add, release: widens, so a key signs it and the verifier's signer checks. */
static enum answer run_act(void *self)
{
	struct options *o = self;
	bool is_adding = strcmp(o->request.verb, "add") == 0;
	AUTO_DONE(act) act = { .verb = is_adding ? ACT_ADD_ENTRY : ACT_RELEASE_ENTRY };
	AUTO_DONE(bytes) body = { 0 };
	enum answer end;

	if (is_adding && (o->class == NULL || o->spiffe_id == NULL || o->executable == NULL))
		return unusable("entry add wants --class, --spiffe-id and --executable");
	if (o->request.reason == NULL)
		return unusable("entry %s wants --reason: it stands in the audit log",
				o->request.verb);
	end = fill_act(o, &act);
	if (end == ANSWER_YES)
		end = signed_act_send(&o->request.client, &act, o->request.sign_key, &body);
	if (end != ANSWER_YES)
		return end;
	if (o->request.json)
		fleet_print(span_of(&body));
	else
		printf("%s %s\n", o->request.object, is_adding ? "added" : "released");
	return ANSWER_YES;
}

static const struct fleet_verb verbs[] = {
	{ "add", true, run_act },	{ "list", false, run_list },
	{ "show", true, run_show },	{ "quarantine", true, run_narrow },
	{ "remove", true, run_narrow }, { "release", true, run_act },
	{ NULL, false, NULL },
};

enum {
	OPTION_CLASS = 1,
	OPTION_SPIFFE_ID,
	OPTION_EXECUTABLE,
	OPTION_UID,
	OPTION_GID,
	OPTION_UNIT,
	OPTION_SOCKET,
	OPTION_HINT,
	OPTION_OWNER,
	OPTION_JOB,
	OPTION_JWT,
};

static const struct option known[] = {
	{ "class", required_argument, NULL, OPTION_CLASS },
	{ "spiffe-id", required_argument, NULL, OPTION_SPIFFE_ID },
	{ "executable", required_argument, NULL, OPTION_EXECUTABLE },
	{ "uid", required_argument, NULL, OPTION_UID },
	{ "gid", required_argument, NULL, OPTION_GID },
	{ "unit", required_argument, NULL, OPTION_UNIT },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "hint", required_argument, NULL, OPTION_HINT },
	{ "owner", required_argument, NULL, OPTION_OWNER },
	{ "job", no_argument, NULL, OPTION_JOB },
	{ "jwt", no_argument, NULL, OPTION_JWT },
	FLEET_OPTIONS,
};

static bool take_option(void *self, int option, const char *value)
{
	struct options *o = self;
	const char **const texts[] = {
		[OPTION_CLASS] = &o->class,
		[OPTION_SPIFFE_ID] = &o->spiffe_id,
		[OPTION_EXECUTABLE] = &o->executable,
		[OPTION_UID] = &o->uid,
		[OPTION_GID] = &o->gid,
		[OPTION_UNIT] = &o->unit,
		[OPTION_SOCKET] = &o->socket,
		[OPTION_HINT] = &o->hint,
		[OPTION_OWNER] = &o->owner,
	};

	if (option >= OPTION_CLASS && option <= OPTION_OWNER)
		*texts[option] = value;
	o->is_job = o->is_job || option == OPTION_JOB;
	o->may_jwt = o->may_jwt || option == OPTION_JWT;
	return option >= OPTION_CLASS && option <= OPTION_JWT;
}

static enum answer check_name(void *self)
{
	const struct options *o = self;

	return entry_name_is_valid(span_text(o->request.object))
		       ? ANSWER_YES
		       : unusable("'%s' is no entry's name: a-z, 0-9 and '-', at most 63",
				  o->request.object);
}

enum answer command_entry(int argc, char **argv)
{
	static const struct fleet_command command = {
		.name = "entry",
		.article = "a",
		.object = "name",
		.help = help,
		.options = known,
		.take = take_option,
		.check = check_name,
		.verbs = verbs,
	};
	struct options o = { 0 };

	return fleet_run(&command, &o, &o.request, argc, argv);
}
