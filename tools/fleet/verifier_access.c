/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fleet/verifier_access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages/node.h"

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

struct node_client verifier_client(void)
{
	const char *url = environment("ATTESTCTL_VERIFIER");

	return (struct node_client){ .verifier = url == NULL ? "https://127.0.0.1:8444" : url,
				     .ca = environment("ATTESTCTL_CA"),
				     .certificate = environment("ATTESTCTL_CERT"),
				     .key = environment("ATTESTCTL_KEY") };
}

bool verifier_take(struct node_client *client, int option, const char *value)
{
	switch (option) {
	case VERIFIER_URL:
		client->verifier = value;
		return true;
	case VERIFIER_CA:
		client->ca = value;
		return true;
	case VERIFIER_CERT:
		client->certificate = value;
		return true;
	case VERIFIER_KEY:
		client->key = value;
		return true;
	default:
		return false;
	}
}

json_t *verifier_json(struct span body)
{
	json_t *root = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);

	if (root == NULL || !json_is_object(root)) {
		json_decref(root);
		(void)unusable("the verifier's answer is no JSON object");
		return NULL;
	}
	return root;
}

/* "error": what the verifier said, for people. */
static enum answer say_refusal(const struct node_client *client, struct span body)
{
	AUTO(json_t) root = json_loadb((const char *)body.data, body.len, 0, NULL);
	const json_t *error = json_object_get(root, "error");
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *advice = json_string_value(json_object_get(error, "advice"));

	(void)unusable("the verifier says %ld %s%s%s", client->http_status,
		       code == NULL ? "" : code, advice == NULL || *advice == '\0' ? "" : ": ",
		       advice == NULL ? "" : advice);
	return client->http_status >= 500 ? ANSWER_UNUSABLE : ANSWER_NO;
}

enum answer verifier_answered(const struct node_client *client, struct span body)
{
	return client->http_status == 200 ? ANSWER_YES : say_refusal(client, body);
}

bool verifier_refuses_as(const struct node_client *client, struct span body, const char *code)
{
	AUTO(json_t)
	root = client->http_status == 200 ? NULL
					  : json_loadb((const char *)body.data, body.len, 0, NULL);
	const char *given =
		json_string_value(json_object_get(json_object_get(root, "error"), "code"));

	return given != NULL && strcmp(given, code) == 0;
}

static bool is_answered(const struct node_client *client, struct span body, enum answer *end)
{
	if (*end == ANSWER_YES)
		*end = verifier_answered(client, body);
	return *end == ANSWER_YES;
}

bool verifier_get_raw(struct node_client *client, const char *path, struct bytes *body,
		      enum answer *end)
{
	*end = node_client_get(client, path, body);
	return is_answered(client, span_of(body), end);
}

bool verifier_post_raw(struct node_client *client, const char *path, struct span json,
		       struct bytes *body, enum answer *end)
{
	*end = node_client_post(client, path, json, body);
	return is_answered(client, span_of(body), end);
}

static json_t *read_answer(bool is_there, struct span body, enum answer *end)
{
	json_t *root = is_there ? verifier_json(body) : NULL;

	if (is_there && root == NULL)
		*end = ANSWER_UNUSABLE;
	return root;
}

json_t *verifier_get(struct node_client *client, const char *path, enum answer *end)
{
	AUTO_DONE(bytes) body = { 0 };
	bool is_there = verifier_get_raw(client, path, &body, end);

	return read_answer(is_there, span_of(&body), end);
}

json_t *verifier_post(struct node_client *client, const char *path, struct span json,
		      enum answer *end)
{
	AUTO_DONE(bytes) body = { 0 };
	bool is_there = verifier_post_raw(client, path, json, &body, end);

	return read_answer(is_there, span_of(&body), end);
}

enum answer verifier_nodes(struct node_client *client, const char *state, nodes_visitor see,
			   void *self)
{
	char after[NODE_ID_LEN + 1] = "";

	for (;;) {
		AUTO_DONE(bytes) path = { 0 };
		enum answer end;

		if (bytes_printf(&path, "/v1/admin/nodes?limit=100%s%s%s%s%c",
				 after[0] == '\0' ? "" : "&after=", after,
				 state == NULL ? "" : "&state=", state == NULL ? "" : state,
				 '\0') != OK)
			return unusable("no memory");

		AUTO(json_t) root = verifier_get(client, (const char *)path.data, &end);
		const char *next = json_string_value(json_object_get(root, "next"));

		if (root == NULL)
			return end;
		if (!see(self, json_object_get(root, "nodes")) ||
		    !json_is_true(json_object_get(root, "more")))
			return ANSWER_YES;
		if (next == NULL || !node_id_is_valid(span_text(next)) || strcmp(next, after) <= 0)
			return unusable("the verifier's pages do not go on");
		(void)snprintf(after, sizeof(after), "%s", next);
	}
}
