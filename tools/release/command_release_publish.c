/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/auto_openssl.h"
#include "tools/release/release.h"
#include "tools/release/release_document.h"
#include "tools/release/release_log.h"
#include "tools/options.h"
#include "tools/release/release_publish.h"

static const char help[] =
	"usage: attestctl release publish DIR [--renew | --again | --canary | --emergency | "
	"--rollback]\n"
	"           [OPTIONS]\n"
	"\n"
	"Puts the manifest that was signed and approved last in force: a new index, in which it\n"
	"is current and the one before is accepted a while longer, and a new timestamp that\n"
	"names the index. The timestamp lives for 24 hours: when it has run out, verifiers give\n"
	"no new right. --renew, every few hours, is all it takes; it changes nothing else.\n"
	"What a verifier would refuse is not published: the release in force stays. So it does\n"
	"where the index in force is not one that a publisher signed.\n"
	"\n"
	"  --renew              a new timestamp for the index in force\n"
	"  --canary             accept the manifest beside the current one, to try it out\n"
	"  --again              the manifests in force in a new index: after a new root or matrix\n"
	"  --emergency          as a canary, by the document of 'release emergency'\n"
	"  --rollback           back to where the document of 'release rollback' leads\n"
	"  --accept-previous S  how long the manifest before stays accepted [604800]\n"
	"  --lifetime S         of the timestamp, at most the root's cap [86400]\n"
	"  --after SHA256       the index in force, as 'publish' printed it, where the root's key\n"
	"                       for this has changed since, or was revoked\n"
	"  --key FILE|URI       private key [DIR/keys/publisher/publish.pem]\n"
	"  --key-name NAME      its name in the root [publish]\n"
	"  --state FILE         what this publisher signed last, kept where nobody else writes: "
	"who\n"
	"                       puts an older timestamp back is told from a run that was\n"
	"                       interrupted [DIR/keys/publisher/published]\n"
	"  --log-key FILE       the release log's key [DIR/keys/log-keeper/log.pem, where it is]\n";

static const char help_elsewhere[] =
	"\nWith a key that is elsewhere there are two signatures, but with --renew "
	"one:\n" SIGNING_HELP
	"  --print-timestamp-pae      the same for the timestamp, after that of the index\n"
	"  --timestamp-signature SIG  and its signature\n"
	"\n"
	"Exit status: 0 published; 1 it would be refused, and why; 2 wrong usage or failure.\n";

#define ACCEPT_MAX_S (INT64_C(10) * 366 * 86400) /* the root's cap says less */

static bool is_renewal(const struct publish *p)
{
	return p->action == PUBLISH_RENEW;
}

/* Signed elsewhere: the timestamp's part of it. */
static struct signing timestamp_signing(const struct publish *p)
{
	struct signing signing = p->signing;

	signing.prints = p->prints_timestamp;
	signing.signature = p->timestamp_signature;
	return signing;
}

/* The timestamp goes with the index that was printed before it. */
static enum status kept_index(struct publish *p)
{
	struct path_text path = line_path(&p->line, DRAFT_INDEX);

	if (is_renewal(p))
		return OK;
	return path_read(path.text, document_max(DOCUMENT_INDEX), &p->index_payload);
}

static enum answer print(struct publish *p)
{
	const struct signing_draft index = { DOCUMENT_INDEX, DRAFT_INDEX, publish_make_index, p };
	const struct signing_draft timestamp = { DOCUMENT_TIMESTAMP, DRAFT_TIMESTAMP,
						 publish_make_timestamp, p };
	struct signing signing = timestamp_signing(p);
	AUTO_DONE(bytes) payload = { 0 };
	enum status status = OK;

	if (p->signing.prints && is_renewal(p))
		return unusable("--renew has no index: --print-timestamp-pae");
	if (p->signing.prints)
		status = signing_payload(&p->line, &p->signing, &index, &payload);
	else
		status = kept_index(p);
	if (status == OK && p->prints_timestamp)
		status = signing_payload(&p->line, &signing, &timestamp, &payload);
	return status == OK ? ANSWER_YES : ANSWER_UNUSABLE;
}

static enum status sign_both(struct publish *p)
{
	const struct signing_draft index = { DOCUMENT_INDEX, DRAFT_INDEX, publish_make_index, p };
	const struct signing_draft timestamp = { DOCUMENT_TIMESTAMP, DRAFT_TIMESTAMP,
						 publish_make_timestamp, p };
	const struct root *const roots[] = { &p->root };
	struct signing signing = timestamp_signing(p);
	AUTO_DONE(bytes) payload = { 0 };
	enum status status = OK;

	if (!is_renewal(p))
		status = signing_payload(&p->line, &p->signing, &index, &p->index_payload);
	if (status == OK && !is_renewal(p))
		status = signing_make(&p->line, &p->signing, roots, 1, span_of(&p->index_payload),
				      &p->index);
	if (status == OK)
		status = signing_payload(&p->line, &signing, &timestamp, &payload);
	return status == OK ? signing_make(&p->line, &signing, roots, 1, span_of(&payload),
					   &p->timestamp)
			    : status;
}

static void forget_drafts(const struct publish *p)
{
	const struct signing_draft index = { .path = DRAFT_INDEX };
	const struct signing_draft timestamp = { .path = DRAFT_TIMESTAMP };
	const struct signing signing = timestamp_signing(p);

	signing_forget(&p->line, &p->signing, &index);
	signing_forget(&p->line, &signing, &timestamp);
	/* It counts once. */
	if (p->action == PUBLISH_ROLLBACK)
		(void)unlink(line_path(&p->line, DRAFT_ROLLBACK).text);
}

static void print_published(const struct publish *p)
{
	printf("index %" PRIu64 ", timestamp %" PRIu64 ", for %" PRId64 " seconds from now\n",
	       p->index_version, p->state.timestamp_version + 1, p->lifetime);
	printf("index sha256:%s\n", is_renewal(p) ? sha256_hex(&p->state.index_digest).hex
						  : sha256_text_of(span_of(&p->index_payload)).hex);
}

static enum answer publish(struct publish *p)
{
	if (publish_set_aside(p) != OK)
		return ANSWER_UNUSABLE;
	if (p->signing.prints || p->prints_timestamp)
		return print(p);
	/* What is to be proven has to stand in the log first. */
	if (release_log_catch_up(&p->line, &p->signing.pin, p->log_key_file) != OK)
		return ANSWER_UNUSABLE;
	if (sign_both(p) != OK)
		return unusable("not published%s",
				p->action == PUBLISH_ROLLBACK ? ": 'release rollback' comes first"
				: is_renewal(p)		      ? ""
						: ": collect, sign and approve first");
	if (!publish_rehearse(p))
		return ANSWER_NO;
	if (publish_write(p) != OK)
		return unusable(
			"not published, or not remembered: 'release status' says what is in "
			"force");
	forget_drafts(p);
	print_published(p);
	if (release_log_catch_up(&p->line, &p->signing.pin, p->log_key_file) != OK)
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
	OPTION_AFTER,
	OPTION_LOG_KEY,
	OPTION_STATE,
	OPTION_PRINT_TIMESTAMP,
	OPTION_TIMESTAMP_SIGNATURE,
};

static const struct option options[] = {
	{ "renew", no_argument, NULL, OPTION_RENEW },
	{ "again", no_argument, NULL, OPTION_AGAIN },
	{ "canary", no_argument, NULL, OPTION_CANARY },
	{ "emergency", no_argument, NULL, OPTION_EMERGENCY },
	{ "rollback", no_argument, NULL, OPTION_ROLLBACK },
	{ "accept-previous", required_argument, NULL, OPTION_ACCEPT },
	{ "lifetime", required_argument, NULL, OPTION_LIFETIME },
	{ "after", required_argument, NULL, OPTION_AFTER },
	{ "log-key", required_argument, NULL, OPTION_LOG_KEY },
	{ "state", required_argument, NULL, OPTION_STATE },
	{ "print-timestamp-pae", no_argument, NULL, OPTION_PRINT_TIMESTAMP },
	{ "timestamp-signature", required_argument, NULL, OPTION_TIMESTAMP_SIGNATURE },
	SIGNING_OPTIONS,
	LAST_OPTIONS,
};

/* One of them. */
static bool take_action(struct publish *p, enum publish_action action)
{
	if (p->action != PUBLISH_CURRENT)
		return false;
	p->action = action;
	return true;
}

static bool take_option(void *self, int option, const char *value)
{
	struct publish *p = self;

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
	case OPTION_AFTER:
		p->after = document_sha256(value);
		return p->after != NULL;
	case OPTION_LOG_KEY:
		p->log_key_file = value;
		return true;
	case OPTION_STATE:
		p->state_file = value;
		return true;
	case OPTION_PRINT_TIMESTAMP:
		p->prints_timestamp = true;
		return true;
	case OPTION_TIMESTAMP_SIGNATURE:
		p->timestamp_signature = value;
		return true;
	default:
		return signing_take(&p->signing, option, value);
	}
}

/* Both signatures are made elsewhere, or neither. */
static bool is_whole(const void *self)
{
	const struct publish *p = self;
	bool has_index = p->signing.signature != NULL;
	bool has_timestamp = p->timestamp_signature != NULL;

	if (p->signing.prints && p->prints_timestamp)
		return false;
	return is_renewal(p) ? !has_index : has_index == has_timestamp;
}

/* One at a time: two would each build on the index in force. Held until the end. */
static bool take_lock(const struct publish *p)
{
	int folder = open(p->line.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) == 0)
		return true;
	(void)unusable("%s: %s", p->line.directory,
		       errno == EWOULDBLOCK ? "somebody else publishes there" : strerror(errno));
	return false;
}

/* What is in force, and the key: asked for once where it is in a token. */
static bool prepare(struct publish *p)
{
	const struct line_anchor anchor = { .pin = &p->signing.pin, .after = p->after };
	struct path_text usual = line_path(&p->line, "keys/%s.pem", p->signing.usual);
	bool is_here = !p->signing.prints && !p->prints_timestamp && p->timestamp_signature == NULL;

	p->settings = line_settings(&p->line);
	if (p->settings == NULL || !take_lock(p) ||
	    line_root(&p->line, &p->signing.pin, &p->root) != OK ||
	    line_state_from(&p->line, &anchor, &p->state) != OK)
		return false;
	p->index_version = p->state.index_version + (is_renewal(p) ? 0 : 1);
	if (p->index_version == 0) {
		(void)unusable("nothing is in force yet: publish without --renew");
		return false;
	}
	if (!publish_recall(p))
		return false;
	return !is_here || line_key_load(p->signing.key != NULL ? p->signing.key : usual.text,
					 &p->signing.loaded) == OK;
}

enum answer release_publish(int argc, char **argv)
{
	AUTO_DONE(publish)
	p = { .accept_previous = 7 * 86400,
	      .lifetime = 86400,
	      .now = time(NULL),
	      .signing = {
		      .role = ROLE_PUBLISH, .usual = "publisher/publish", .key_name = "publish" } };
	const struct command_options command = {
		.usage = "release publish DIR [--renew]",
		.help = help,
		.more_help = help_elsewhere,
		.options = options,
		.take = take_option,
		.is_whole = is_whole,
		.self = &p,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &p.line.directory, &answer))
		return answer;
	return prepare(&p) ? publish(&p) : ANSWER_UNUSABLE;
}
