/* SPDX-License-Identifier: Apache-2.0 */
/* The first documents of a release line. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/documents/matrix.h"
#include "policies/reference/image.h"
#include "policies/trust/root.h"
#include "tools/command.h"
#include "tools/release/release_init.h"
#include "tools/release/release_root.h"
#include "tools/release/root_keys.h"

const struct new_key new_keys[NEW_KEYS] = {
	{ "platform-root", "platform-lead", "platform" },
	{ "platform-approve", "platform-lead", "platform" },
	{ "build", "builder", "platform" },
	{ "release-sign", "release-signer", "platform" },
	{ "publish", "publisher", "platform" },
	{ "security-root", "security-lead", "identity-security" },
	{ "security-approve", "security-lead", "identity-security" },
	{ "revoke", "security-lead", "identity-security" },
	{ "log", "log-keeper", "platform" },
	{ "witness", "witness", "identity-security" },
};

static const struct {
	const char *role;
	const char *key[2];
} role_keys[] = {
	{ "root", { "platform-root", "security-root" } },
	{ "build", { "build" } },
	{ "release-sign", { "release-sign" } },
	{ "approve-platform", { "platform-approve" } },
	{ "approve-security", { "security-approve" } },
	{ "matrix", { "platform-approve", "security-approve" } },
	{ "revoke", { "revoke" } },
	{ "publish", { "publish" } },
	{ "log", { "log" } },
	{ "witness", { "witness" } },
	{ "rollback", { "platform-approve" } },
	{ "emergency", { "platform-approve" } },
	{ "review", { "security-approve" } },
};

static json_t *roles_json(const struct new_line *in)
{
	json_t *roles = json_object();

	for (size_t i = 0; i < sizeof(role_keys) / sizeof(role_keys[0]); i++) {
		json_t *keys = json_array();
		int count = 0;

		for (size_t j = 0; j < 2 && role_keys[i].key[j] != NULL; j++, count++)
			(void)json_array_append_new(keys, json_string(role_keys[i].key[j]));
		(void)json_object_set_new(
			roles, role_keys[i].role,
			json_pack("{s:o, s:i}", "keys", keys, "threshold", count));
	}
	if (in->verifier != NULL)
		(void)json_object_set_new(
			roles, "canary",
			json_pack("{s:[s], s:i}", "keys", "verifier", "threshold", 1));
	return roles;
}

static json_t *class_rules_json(const struct new_line *in)
{
	json_t *rules = json_pack("{s:O}", "lowRisk", in->low_risk);

	if (json_array_size(in->paths) > 0)
		(void)json_object_set(rules, "paths", in->paths);
	return rules;
}

static json_t *root_json(const struct new_line *in)
{
	json_t *keys = json_object();

	for (size_t i = 0; i < NEW_KEYS; i++)
		(void)json_object_set_new(
			keys, new_keys[i].name,
			root_key_json(in->key[i], new_keys[i].principal, new_keys[i].team));
	if (in->verifier != NULL)
		(void)json_object_set_new(
			keys, "verifier",
			root_key_json(in->verifier, "verifier", "identity-security"));
	json_t *root = json_pack(
		"{s:i, s:I, s:o, s:o, s:{s:{s:i,s:i}, s:{s:i,s:i}}, s:o, "
		"s:{s:i, s:i, s:i, s:i, s:i, s:i}, s:O, s:O, s:{s:I, s:i}, s:b, s:b}",
		"version", 1, "expires", (json_int_t)(in->now + 365 * INT64_C(86400)), "keys", keys,
		"roles", roles_json(in), "classes", "low-risk", "approve-platform", 1,
		"approve-security", 0, "trust-impacting", "approve-platform", 1, "approve-security",
		1, "classRules", class_rules_json(in), "caps", "timestamp", 86400, "revocations",
		604800, "acceptUntil", 30 * 86400, "manifest", 366 * 86400, "emergency", 86400,
		"review", 8 * 3600, "owners", in->owners, "builders", in->builders, "canary",
		"nodes", (json_int_t)in->canary_nodes, "window", 7 * 86400, "requireProvenance",
		json_array_size(in->builders) > 0, "requireProofs", in->requires_proofs);

	if (json_object_size(in->vendors) > 0)
		(void)json_object_set(root, "vendors", in->vendors);
	return root;
}

static json_t *pcrs_json(const char *text)
{
	struct span rest = span_text(text);
	struct span word;
	json_t *list = json_array();

	while (text_next_word(&rest, ',', &word)) {
		uint64_t pcr = 0;

		if (decimal_parse(word, 23, &pcr) != OK) {
			(void)unusable("'%s' is no list of PCRs", text);
			json_decref(list);
			return NULL;
		}
		(void)json_array_append_new(list, json_integer((json_int_t)pcr));
	}
	return list;
}

static json_t *matrix_json(const struct new_line *in)
{
	json_t *select = pcrs_json(in->select);
	json_t *policy = pcrs_json(in->policy_pcrs);
	AUTO_DONE(bytes) cell = { 0 };

	if (select == NULL || policy == NULL ||
	    bytes_printf(&cell, "%s/%s", in->platform, in->kernel) != OK) {
		json_decref(select);
		json_decref(policy);
		return NULL;
	}
	return json_pack(
		"{s:i, s:[{s:s, s:s, s:s}], s:[{s:s, s:s, s:O, s:[s%], s:I, s:I, "
		"s:{s:s, s:o, s:o, s:I, s:b, s:[]}}], s:[{s:s, s:s, s:s, s:s, s:s, s:I}]}",
		"version", 1, "cells", "platform", in->platform, "kernel", in->kernel, "state",
		"allow", "classes", "name", in->class, "trustDomain", in->trust_domain, "ids",
		in->ids, "cells", (const char *)cell.data, cell.len, "grantLifetime",
		(json_int_t)in->grant_lifetime, "attestInterval", (json_int_t)in->attest_interval,
		"tpm", "bank", "sha256", "select", select, "policyPcrs", policy, "cap",
		(json_int_t)in->cap, "requireSafe", 0, "firmwareDeny", "decisions", "platform",
		in->platform, "kernel", in->kernel, "state", "allow", "reason",
		"the first cell of the line", "by", "platform-lead", "time", (json_int_t)in->now);
}

/* A statement that was just made is judged as a verifier would. */
static enum status said_fault(const struct statement *s)
{
	(void)unusable("such a matrix could not work: %s at %s",
		       s->document.fault == NULL ? "no memory" : s->document.fault,
		       s->document.path);
	return STATUS_MALFORMED;
}

static enum status check_root(struct span payload)
{
	AUTO_DONE(root) root = { 0 };

	return next_root_open(payload, &root) ? OK : STATUS_MALFORMED;
}

static enum status check_matrix(struct span payload)
{
	AUTO_DONE(image_builder) aside = { 0 };
	AUTO_DONE(statement) s = { 0 };
	struct matrix *matrix = malloc(sizeof(*matrix));
	enum status status = matrix == NULL ? STATUS_NO_MEMORY : image_builder_init(&aside);

	if (status == OK && (statement_open(payload, DOCUMENT_MATRIX, &s) != OK ||
			     matrix_read(&s, &aside, matrix) != OK))
		status = said_fault(&s);
	free(matrix);
	return status;
}

static enum status make_root(const struct new_line *in, struct bytes *out)
{
	enum status status = statement_text(DOCUMENT_ROOT, json_array(), root_json(in), out);

	return status == OK ? check_root(span_of(out)) : status;
}

static enum status make_matrix(const struct new_line *in, struct bytes *out)
{
	json_t *matrix = matrix_json(in);
	enum status status = matrix == NULL
				     ? STATUS_MALFORMED
				     : statement_text(DOCUMENT_MATRIX, json_array(), matrix, out);

	return status == OK ? check_matrix(span_of(out)) : status;
}

static enum status make_revocations(const struct new_line *in, struct bytes *out)
{
	return statement_text(DOCUMENT_REVOCATIONS, json_array(),
			      json_pack("{s:i, s:I, s:I, s:[], s:[], s:[], s:[]}", "version", 1,
					"time", (json_int_t)in->now, "expires",
					(json_int_t)(in->now + 7 * INT64_C(86400)), "manifests",
					"files", "keys", "nodes"),
			      out);
}

/* line.json: names, and by which digests the commands know root and matrix. */
static enum status make_settings(const struct new_line *in, struct init_documents *out)
{
	AUTO(json_t)
	settings =
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "line", in->name, "platform", in->platform,
			  "kernel", in->kernel, "matrix", sha256_text_of(span_of(&out->matrix)).hex,
			  "root", sha256_text_of(span_of(&out->root)).hex);
	AUTO(char) text = settings == NULL ? NULL : json_dumps(settings, JSON_INDENT(2));

	return text == NULL ? STATUS_NO_MEMORY : bytes_copy(span_text(text), &out->settings);
}

void init_documents_done(struct init_documents *documents)
{
	bytes_done(&documents->root);
	bytes_done(&documents->matrix);
	bytes_done(&documents->revocations);
	bytes_done(&documents->settings);
}

enum status init_make_documents(const struct new_line *in, struct init_documents *out)
{
	enum status status = make_root(in, &out->root);

	if (status == OK)
		status = make_matrix(in, &out->matrix);
	if (status == OK)
		status = make_revocations(in, &out->revocations);
	return status == OK ? make_settings(in, out) : status;
}
