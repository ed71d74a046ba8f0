/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto_openssl.h"
#include "daemon/file.h"
#include "tools/release.h"
#include "tools/release_cells.h"
#include "tools/release_directory.h"
#include "tools/release_log.h"

static const char help[] =
	"usage: attestctl release publish DIR [--renew | --again | --canary | --emergency | "
	"--rollback]\n"
	"           [OPTIONS]\n"
	"\n"
	"Puts the manifest that was signed and approved last in force: a new index, in which it\n"
	"is current and the one before is accepted a while longer, and a new timestamp that\n"
	"names the index. The timestamp lives for 24 hours: when it has run out, verifiers give\n"
	"no new right. --renew, every few hours, is all it takes; it changes nothing else.\n"
	"What a verifier would refuse is not published: the release in force stays.\n"
	"\n"
	"  --renew              a new timestamp for the index in force\n"
	"  --canary             accept the manifest beside the current one, to try it out\n"
	"  --again              the manifests in force in a new index: after a new root or matrix\n"
	"  --emergency          as a canary, by the document of 'release emergency'\n"
	"  --rollback           back to where the document of 'release rollback' leads\n"
	"  --accept-previous S  how long the manifest before stays accepted [604800]\n"
	"  --lifetime S         of the timestamp, at most the root's cap [86400]\n"
	"  --key FILE           private key, PEM [DIR/keys/publisher/publish.pem]\n"
	"  --key-name NAME      its name in the root [publish]\n"
	"  --log-key FILE       the release log's key [DIR/keys/log-keeper/log.pem, where it is]\n"
	"\n"
	"Exit status: 0 published; 1 it would be refused, and why; 2 wrong usage or failure.\n";

#define DRAFT_TIMESTAMP "draft/timestamp.json"
#define DRAFT_ROLLBACK "draft/rollback.json"
#define DRAFT_EMERGENCY "draft/emergency.json"
#define DRAFT_MAX ((size_t)4 << 20)

#define ACCEPT_MAX_S (INT64_C(10) * 366 * 86400) /* the root's cap says less */

enum publish_action {
	PUBLISH_CURRENT,
	PUBLISH_RENEW,
	PUBLISH_CANARY,
	PUBLISH_ROLLBACK,
	PUBLISH_EMERGENCY,
	PUBLISH_AGAIN,
};

struct publish {
	struct release_line line;
	enum publish_action action;
	int64_t accept_previous, lifetime, now;
	const char *key_file, *key_name, *log_key_file;
	EVP_PKEY *key;
	json_t *settings;
	struct line_state state;
};

static void publish_done(struct publish *p)
{
	EVP_PKEY_free(p->key);
	json_decref(p->settings);
	line_state_done(&p->state);
}

AUTO_RELEASE(publish, publish_done);

/* The newest of FOLDER/N SUFFIX, as {"version", "sha256"}. */
static json_t *newest(const struct publish *p, const char *folder, const char *suffix)
{
	AUTO_DONE(bytes) payload = { 0 };
	uint64_t version = 1;

	while (line_has(
		line_path(&p->line, "release/%s/%" PRIu64 "%s", folder, version + 1, suffix).text))
		version++;

	AUTO(json_t)
	statement = line_payload(
		line_path(&p->line, "release/%s/%" PRIu64 "%s", folder, version, suffix).text,
		&payload);
	if (statement == NULL)
		return NULL;
	return json_pack("{s:I, s:s}", "version", (json_int_t)version, "sha256",
			 sha256_text_of(span_of(&payload)).hex);
}

static const char *text_of(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

/* The manifest that was signed last. */
static enum status find_draft(const struct publish *p, struct sha256_text *out)
{
	AUTO_DONE(bytes) draft = { 0 };
	enum status status =
		line_read(line_path(&p->line, "draft/manifest.json").text, DRAFT_MAX, &draft);

	if (status == OK)
		*out = sha256_text_of(span_of(&draft));
	return status;
}

/* The document that 'rollback' wrote last, and where it leads. */
static enum status find_rollback(const struct publish *p, struct sha256_text *document,
				 struct sha256_text *out)
{
	AUTO_DONE(bytes) draft = { 0 };
	enum status status = line_read(line_path(&p->line, DRAFT_ROLLBACK).text, DRAFT_MAX, &draft);

	if (status != OK)
		return status;
	*document = sha256_text_of(span_of(&draft));

	AUTO(json_t)
	predicate = line_predicate(
		line_path(&p->line, "release/rollbacks/%s/1.json", document->hex).text);
	json_t *to = json_object_get(predicate, "to");
	if (!json_is_string(json_object_get(to, "sha256")))
		return STATUS_NOT_FOUND;
	(void)snprintf(out->hex, sizeof(out->hex), "%s", text_of(to, "sha256"));
	return OK;
}

static json_t *next_cells(const struct publish *p)
{
	struct sha256_text manifest = { "" }, document = { "" };
	struct cell_change change = {
		.platform = text_of(p->settings, "platform"),
		.kernel = text_of(p->settings, "kernel"),
		.manifest = manifest.hex,
		.is_canary = p->action == PUBLISH_CANARY || p->action == PUBLISH_EMERGENCY,
		.rollback = p->action == PUBLISH_ROLLBACK ? document.hex : NULL,
		.now = p->now,
		.accept_previous = p->accept_previous,
	};

	if (p->action == PUBLISH_AGAIN)
		return json_incref(json_object_get(p->state.index, "cells"));

	enum status status = p->action == PUBLISH_ROLLBACK ? find_rollback(p, &document, &manifest)
							   : find_draft(p, &manifest);

	return status == OK ? cells_after(&p->line, p->state.index, &change) : NULL;
}

/* The emergency that was declared last: the index keeps naming it. */
static enum status name_emergency(const struct publish *p, json_t *predicate)
{
	AUTO_DONE(bytes) draft = { 0 };
	json_t *named = json_object_get(p->state.index, "emergency");

	if (p->action != PUBLISH_EMERGENCY) {
		if (named != NULL)
			(void)json_object_set(predicate, "emergency", named);
		return OK;
	}
	enum status status =
		line_read(line_path(&p->line, DRAFT_EMERGENCY).text, DRAFT_MAX, &draft);

	if (status == OK)
		(void)json_object_set_new(predicate, "emergency",
					  json_string(sha256_text_of(span_of(&draft)).hex));
	return status;
}

static enum status write_index(struct publish *p, uint64_t version)
{
	AUTO_DONE(bytes) payload = { 0 };
	json_t *cells = next_cells(p);
	json_t *root = newest(p, "root", "/1.json");
	json_t *revocations = newest(p, "revocations", ".json");
	if (cells == NULL || root == NULL || revocations == NULL) {
		json_decref(cells);
		json_decref(root);
		json_decref(revocations);
		return STATUS_NOT_FOUND;
	}
	json_t *predicate = json_pack("{s:I, s:I, s:o, s:s, s:o, s:o}", "version",
				      (json_int_t)version, "time", (json_int_t)p->now, "root", root,
				      "matrix", text_of(p->settings, "matrix"), "revocations",
				      revocations, "cells", cells);
	enum status status = name_emergency(p, predicate);
	if (status == OK)
		status = statement_text(DOCUMENT_INDEX, cells_subjects(cells), predicate, &payload);
	else
		json_decref(predicate);
	if (status != OK)
		return status;
	return line_sign(line_path(&p->line, "release/index/%" PRIu64 ".json", version).text,
			 span_of(&payload), p->key_name, p->key);
}

static enum status write_timestamp(struct publish *p, uint64_t index_version)
{
	AUTO_DONE(bytes) index = { 0 };
	AUTO_DONE(bytes) payload = { 0 };
	AUTO(json_t)
	statement = line_payload(
		line_path(&p->line, "release/index/%" PRIu64 ".json", index_version).text, &index);
	json_t *subject = json_array();

	if (statement == NULL) {
		json_decref(subject);
		return STATUS_MALFORMED;
	}
	struct sha256_text digest = sha256_text_of(span_of(&index));
	subject_add(subject, "index", digest.hex);
	enum status status = statement_text(
		DOCUMENT_TIMESTAMP, subject,
		json_pack("{s:I, s:I, s:I, s:{s:I, s:s}}", "version",
			  (json_int_t)(p->state.timestamp_version + 1), "time", (json_int_t)p->now,
			  "expires", (json_int_t)(p->now + p->lifetime), "index", "version",
			  (json_int_t)index_version, "sha256", digest.hex),
		&payload);
	if (status != OK)
		return status;
	return line_sign(line_path(&p->line, DRAFT_TIMESTAMP).text, span_of(&payload), p->key_name,
			 p->key);
}

/* The directory as it will be, with the timestamp that is not in it yet. */
struct rehearsal {
	struct release_directory directory;
	struct line_path timestamp;
};

static enum status rehearsal_read(void *self, const char *path, size_t max, struct bytes *out)
{
	struct rehearsal *r = self;
	struct document_source source = release_directory_source(&r->directory);

	if (strcmp(path, "timestamp.json") == 0)
		return file_read(r->timestamp.text, max, out);
	return source.read(source.self, path, max, out);
}

/* As a verifier that follows this line remembers what is in force. */
static enum status remember_index(const struct publish *p, struct release_mark *out)
{
	AUTO_DONE(bytes) payload = { 0 };

	if (p->state.index_version == 0)
		return OK;

	AUTO(json_t)
	statement = line_payload(
		line_path(&p->line, "release/index/%" PRIu64 ".json", p->state.index_version).text,
		&payload);
	out->version = p->state.index_version;
	return statement == NULL ? STATUS_MALFORMED
				 : digest_of(DIGEST_SHA256, span_of(&payload), &out->digest);
}

/* Would a verifier take it? One refused document refuses the whole release. */
static bool rehearse(const struct publish *p)
{
	AUTO_DONE(bytes) image = { 0 };
	struct line_path path = line_path(&p->line, "release");
	struct rehearsal r = { .directory = { .path = path.text },
			       .timestamp = line_path(&p->line, DRAFT_TIMESTAMP) };
	const struct document_source source = { .read = rehearsal_read, .self = &r };
	struct release_trust trust = { .now = p->now };
	struct release_refusal refusal = { 0 };
	struct release_marks marks;
	enum status status = release_directory_root(&r.directory, &trust.root);

	if (status == OK)
		status = remember_index(p, &trust.marks.index);
	if (status == OK)
		status = release_load(&trust, &source, &image, &marks, &refusal);
	if (status != OK)
		(void)unusable("not published, verifiers would refuse it: %s: %s %s: %s",
			       refusal.code == NULL ? status_text(status) : refusal.code,
			       refusal.document, refusal.field, refusal.advice);
	return status == OK;
}

/* Readers see the old timestamp with the old index, or the new with the new. */
static bool put_in_force(const struct publish *p)
{
	struct line_path draft = line_path(&p->line, DRAFT_TIMESTAMP);
	struct line_path final = line_path(&p->line, "release/timestamp.json");

	if (rename(draft.text, final.text) == 0)
		return true;
	(void)unusable("%s: %s", final.text, strerror(errno));
	return false;
}

static enum answer publish(struct publish *p)
{
	bool is_renewal = p->action == PUBLISH_RENEW;
	uint64_t index_version = p->state.index_version + (is_renewal ? 0 : 1);

	if (is_renewal && p->state.index_version == 0)
		return unusable("nothing is in force yet: publish without --renew");
	/* What is to be proven has to stand in the log first. */
	if (release_log_catch_up(&p->line, p->log_key_file) != OK)
		return ANSWER_UNUSABLE;
	if (!is_renewal && write_index(p, index_version) != OK)
		return unusable(p->action == PUBLISH_ROLLBACK
					? "not published: 'release rollback' comes first"
					: "not published: collect, sign and approve first");
	if (write_timestamp(p, index_version) != OK)
		return ANSWER_UNUSABLE;
	if (!rehearse(p)) {
		(void)unlink(line_path(&p->line, DRAFT_TIMESTAMP).text);
		if (!is_renewal)
			(void)unlink(
				line_path(&p->line, "release/index/%" PRIu64 ".json", index_version)
					.text);
		return ANSWER_NO;
	}
	if (!put_in_force(p))
		return ANSWER_UNUSABLE;
	/* It counts once. */
	if (p->action == PUBLISH_ROLLBACK)
		(void)unlink(line_path(&p->line, DRAFT_ROLLBACK).text);
	printf("index %" PRIu64 ", timestamp %" PRIu64 ", for %" PRId64 " seconds from now\n",
	       index_version, p->state.timestamp_version + 1, p->lifetime);
	if (release_log_catch_up(&p->line, p->log_key_file) != OK)
		return unusable("it is in force, but not in the log yet: publish --renew");
	return ANSWER_YES;
}

enum option_id {
	OPTION_RENEW = 256,
	OPTION_AGAIN,
	OPTION_CANARY,
	OPTION_EMERGENCY,
	OPTION_ROLLBACK,
	OPTION_ACCEPT,
	OPTION_LIFETIME,
	OPTION_KEY,
	OPTION_KEY_NAME,
	OPTION_LOG_KEY,
	OPTION_HELP,
};

static const struct option options[] = {
	{ "renew", no_argument, NULL, OPTION_RENEW },
	{ "again", no_argument, NULL, OPTION_AGAIN },
	{ "canary", no_argument, NULL, OPTION_CANARY },
	{ "emergency", no_argument, NULL, OPTION_EMERGENCY },
	{ "rollback", no_argument, NULL, OPTION_ROLLBACK },
	{ "accept-previous", required_argument, NULL, OPTION_ACCEPT },
	{ "lifetime", required_argument, NULL, OPTION_LIFETIME },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "key-name", required_argument, NULL, OPTION_KEY_NAME },
	{ "log-key", required_argument, NULL, OPTION_LOG_KEY },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

/* One of them. */
static bool take_action(struct publish *p, enum publish_action action)
{
	if (p->action != PUBLISH_CURRENT)
		return false;
	p->action = action;
	return true;
}

static bool take_option(struct publish *p, int option, const char *value)
{
	switch (option) {
	case OPTION_RENEW:
		return take_action(p, PUBLISH_RENEW);
	case OPTION_AGAIN:
		return take_action(p, PUBLISH_AGAIN);
	case OPTION_CANARY:
		return take_action(p, PUBLISH_CANARY);
	case OPTION_EMERGENCY:
		return take_action(p, PUBLISH_EMERGENCY);
	case OPTION_ROLLBACK:
		return take_action(p, PUBLISH_ROLLBACK);
	case OPTION_ACCEPT:
		return option_number("accept-previous", value, 0, ACCEPT_MAX_S,
				     &p->accept_previous);
	case OPTION_LIFETIME:
		return option_number("lifetime", value, 1, 86400, &p->lifetime);
	case OPTION_KEY:
		p->key_file = value;
		return true;
	case OPTION_LOG_KEY:
		p->log_key_file = value;
		return true;
	case OPTION_KEY_NAME:
		p->key_name = value;
		return true;
	default:
		return false;
	}
}

enum answer release_publish(int argc, char **argv)
{
	AUTO_DONE(publish)
	p = { .accept_previous = 7 * 86400,
	      .lifetime = 86400,
	      .now = time(NULL),
	      .key_name = "publish" };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == OPTION_HELP) {
			fputs(help, stdout);
			return ANSWER_YES;
		}
		if (!take_option(&p, option, optarg))
			return unusable("release publish: an option is wrong%s%s: see --help",
					optarg == NULL ? "" : ": ", optarg == NULL ? "" : optarg);
	}
	if (optind != argc - 1)
		return unusable("release publish DIR [--renew]: see --help");
	p.line.directory = argv[optind];

	struct line_path usual = line_path(&p.line, "keys/publisher/publish.pem");
	p.settings = line_settings(&p.line);
	if (p.settings == NULL || line_state_read(&p.line, &p.state) != OK ||
	    line_key_load(p.key_file != NULL ? p.key_file : usual.text, &p.key) != OK)
		return ANSWER_UNUSABLE;
	return publish(&p);
}
