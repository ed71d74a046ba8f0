/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "policies/documents/revocations.h"
#include "tools/options.h"
#include "tools/release/release.h"
#include "tools/release/release_directory.h"
#include "tools/release/release_document.h"
#include "tools/release/release_log.h"
#include "tools/release/release_memory.h"
#include "tools/release/release_root.h"
#include "tools/release/release_signing.h"

static const char help[] =
	"usage: attestctl release revoke DIR [--manifest SHA256] [--file SHA256]\n"
	"           [--signing-key SHA256] [--node ID] [--after SHA256] [OPTIONS]\n"
	"\n"
	"Writes the next version of the revocations, which counts as soon as a verifier sees\n"
	"it: what was revoked before stays so, what the options name is added (each option is\n"
	"repeatable). Without any it renews them: they live as long as the root lets them, seven\n"
	"days at most. A version that verifiers would refuse is not written.\n"
	"\n"
	"  --manifest SHA256     a manifest, by the digest that 'sign' printed\n"
	"  --file SHA256         a file, by its content\n"
	"  --signing-key SHA256  a key of the root, by its SubjectPublicKeyInfo (DER)\n"
	"  --node ID             a node, by its id\n"
	"  --after SHA256        the version before, as 'revoke' printed it, where the root's key\n"
	"                        for this has changed since; otherwise one that such a key signed\n"
	"  --state FILE          what this holder signed last, kept where nobody else writes: a\n"
	"                        version that was taken away is not signed again without what it\n"
	"                        revoked [DIR/keys/security-lead/revoked]\n"
	"  --key FILE|URI        private key [DIR/keys/security-lead/revoke.pem]\n"
	"  --key-name NAME       its name in the root [revoke]\n" SIGNING_HELP "\n"
	"Exit status: 0 written, 2 wrong usage or failure.\n";

#define DRAFT_REVOCATIONS "draft/revocations.json"

enum option_id {
	OPTION_MANIFEST = 256,
	OPTION_FILE,
	OPTION_SIGNING_KEY,
	OPTION_NODE,
	OPTION_AFTER,
	OPTION_STATE,
};

static const struct option options[] = {
	{ "manifest", required_argument, NULL, OPTION_MANIFEST },
	{ "file", required_argument, NULL, OPTION_FILE },
	{ "signing-key", required_argument, NULL, OPTION_SIGNING_KEY },
	{ "node", required_argument, NULL, OPTION_NODE },
	{ "after", required_argument, NULL, OPTION_AFTER },
	{ "state", required_argument, NULL, OPTION_STATE },
	SIGNING_OPTIONS,
	LAST_OPTIONS,
};

static const char *const lists[] = { "manifests", "files", "keys", "nodes" };

struct revoke_request {
	struct release_line line;
	json_t *added;
	const char *after; /* hexadecimal digits; NULL: not given */
	const char *state_file;
	struct signing signing;
	struct release_memory memory; /* the holder's own */
	uint64_t version; /* the newest that is there */
	int64_t lifetime; /* as the root caps it */
};

static struct path_text version_path(const struct revoke_request *request, uint64_t version)
{
	return line_path(&request->line, "release/revocations/%" PRIu64 ".json", version);
}

/* The newest version that is there; one that this holder signed has not gone. */
static bool find_newest(struct revoke_request *request)
{
	struct release_memory *m = &request->memory;
	struct path_text path = line_path(&request->line, "release/revocations");
	struct release_mark newest = { 0 };

	if (memory_read(&request->line, "security-lead/revoked", request->state_file, m) != OK ||
	    revocations_newest(&request->line, &newest) != OK)
		return false;
	/* The first one is by 'init'. */
	if (!m->is_there && newest.version > 1)
		memory_say_none(m, "revocations");
	request->version = newest.version;
	return memory_allows(m, path.text, &m->revocations, &newest);
}

static enum status remember(struct revoke_request *request, struct span payload)
{
	struct release_mark *mark = &request->memory.revocations;
	enum status status = digest_of(DIGEST_SHA256, payload, &mark->digest);

	mark->version = request->version + 1;
	return status == OK ? memory_write(&request->memory) : status;
}

/* Its signature by a key that may revoke; or, where that key has changed since, the
 * digest by which the caller knows it. */
static bool is_believed(const struct revoke_request *request, const struct root *root,
			const char *path, const struct dsse *dsse)
{
	key_mask signer;

	if (request->after != NULL) {
		if (strcmp(request->after, sha256_text_of(span_of(&dsse->payload)).hex) == 0)
			return true;
		(void)unusable("%s: digest-mismatch: not what --after names", path);
		return false;
	}

	const char *doubt = envelope_doubt(root, ROLE_REVOKE, dsse, &signer);
	if (doubt == NULL)
		return true;
	(void)unusable("%s: %s: nobody signed it who may revoke by root %" PRIu64
		       ": restore the file; if the root has another key for that since, --after "
		       "names the one that the release log has",
		       path, doubt, root->version);
	return false;
}

/* What was revoked before, as its holder signed it. */
static enum status read_previous(struct revoke_request *request, struct revocations *out,
				 json_t **predicate)
{
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(root) root = { 0 };
	AUTO_DONE(statement) statement = { 0 };
	struct path_text path = version_path(request, request->version);
	enum status status = line_root(&request->line, &request->signing.pin, &root);

	if (status == OK)
		status = envelope_open(path.text, &dsse);
	if (status != OK)
		return status;
	if (!is_believed(request, &root, path.text, &dsse))
		return STATUS_DENIED;
	request->lifetime = root.caps.revocations_s;
	status = statement_open(span_of(&dsse.payload), DOCUMENT_REVOCATIONS, &statement);
	if (status == OK)
		status = revocations_read(&statement, out);
	if (status != OK) {
		(void)unusable("%s: %s at %s", path.text, statement.document.fault,
			       statement.document.path);
		return status;
	}
	if (out->version != request->version) {
		(void)unusable("%s: it is version %" PRIu64 ": restore the file", path.text,
			       out->version);
		return STATUS_DENIED;
	}
	*predicate = payload_predicate(span_of(&dsse.payload));
	return *predicate != NULL ? OK : STATUS_MALFORMED;
}

/* Said before it is signed. */
static bool print_lists(FILE *to, const struct revocations *before, json_t *added)
{
	for (size_t i = 0; i < REVOKED_KINDS; i++) {
		json_t *list = json_object_get(added, lists[i]);
		json_t *digest;
		size_t j;

		fprintf(to, "%s: %zu as before, %zu added\n", lists[i],
			before->list[i].len / SHA256_SIZE, json_array_size(list));
		json_array_foreach(list, j, digest)
			fprintf(to, "  sha256:%s\n", json_string_value(digest));
	}
	return fflush(to) == 0;
}

static enum status make_document(void *self, struct bytes *payload)
{
	struct revoke_request *request = self;
	AUTO_DONE(revocations) before = { 0 };
	AUTO(json_t) predicate = NULL;
	int64_t now = time(NULL);
	enum status status = read_previous(request, &before, &predicate);

	if (status != OK)
		return status;
	/* What is to be signed has standard output to itself. */
	if (!print_lists(request->signing.prints ? stderr : stdout, &before, request->added))
		return STATUS_IO;
	for (size_t i = 0; i < REVOKED_KINDS; i++)
		(void)json_array_extend(json_object_get(predicate, lists[i]),
					json_object_get(request->added, lists[i]));
	(void)json_object_set_new(predicate, "version",
				  json_integer((json_int_t)request->version + 1));
	(void)json_object_set_new(predicate, "time", json_integer((json_int_t)now));
	(void)json_object_set_new(predicate, "expires",
				  json_integer((json_int_t)(now + request->lifetime)));
	return statement_text(DOCUMENT_REVOCATIONS, json_array(), json_incref(predicate), payload);
}

/* What was kept goes on from the version that is the newest now. */
static bool is_next(const struct revoke_request *request, struct span payload)
{
	AUTO(json_t) predicate = payload_predicate(payload);
	json_int_t version = json_integer_value(json_object_get(predicate, "version"));

	if (version == (json_int_t)request->version + 1)
		return true;
	(void)unusable("%s: not the next version any more; --print-pae again", DRAFT_REVOCATIONS);
	return false;
}

/* The directory as it will be. */
struct rehearsal {
	struct release_directory directory;
	char path[48];
	struct span envelope;
};

static enum status rehearsal_read(void *self, const char *path, size_t max, struct bytes *out)
{
	struct rehearsal *r = self;
	struct document_source source = release_directory_source(&r->directory);

	if (strcmp(path, r->path) == 0)
		return bytes_copy(r->envelope, out);
	return source.read(source.self, path, max, out);
}

/* As a verifier that has seen the version before. What else it would refuse is no reason
 * to wait; a version that it refuses keeps each later one from counting as well. */
static bool would_count(const struct revoke_request *request, struct span envelope)
{
	AUTO_DONE(dsse) before = { 0 };
	AUTO_DONE(bytes) image = { 0 };
	struct path_text release = line_path(&request->line, "release");
	struct rehearsal r = { .directory = { .path = release.text }, .envelope = envelope };
	const struct document_source source = { .read = rehearsal_read, .self = &r };
	struct release_trust trust = { .now = (int64_t)time(NULL),
				       .marks.revocations.version = request->version };
	struct release_refusal refusal = { 0 };
	struct release_marks marks;
	enum status status = line_pin(&request->line, &request->signing.pin, &trust.root);

	(void)snprintf(r.path, sizeof(r.path), "revocations/%" PRIu64 ".json",
		       request->version + 1);
	if (status == OK && trust.root.alg == DIGEST_NONE)
		status = release_directory_root(&r.directory, &trust.root);
	if (status == OK)
		status = envelope_open(version_path(request, request->version).text, &before);
	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&before.payload),
				   &trust.marks.revocations.digest);
	if (status != OK)
		return false;
	status = release_load(&trust, &source, &image, &marks, &refusal);
	if (status == OK || refusal.code == NULL ||
	    strncmp(refusal.document, "revocations", strlen("revocations")) != 0)
		return status != STATUS_NO_MEMORY;
	(void)unusable("not written, verifiers would refuse it and all that comes after it: %s: "
		       "%s %s: %s",
		       refusal.code, refusal.document, refusal.field, refusal.advice);
	return false;
}

static enum status sign_and_write(const struct revoke_request *request, struct span payload)
{
	AUTO_DONE(bytes) envelope = { 0 };
	AUTO_DONE(root) root = { 0 };
	const struct root *const roots[] = { &root };
	enum status status = line_root(&request->line, &request->signing.pin, &root);

	if (status == OK)
		status = signing_make(&request->line, &request->signing, roots, 1, payload,
				      &envelope);
	if (status == OK && !would_count(request, span_of(&envelope)))
		status = STATUS_DENIED;
	return status == OK ? line_write_released(&request->line,
						  version_path(request, request->version + 1).text,
						  span_of(&envelope))
			    : status;
}

static enum answer revoke(struct revoke_request *request)
{
	const struct signing_draft draft = { DOCUMENT_REVOCATIONS, DRAFT_REVOCATIONS, make_document,
					     request };
	AUTO_DONE(bytes) payload = { 0 };

	if (!find_newest(request) ||
	    signing_payload(&request->line, &request->signing, &draft, &payload) != OK)
		return ANSWER_UNUSABLE;
	if (request->signing.prints)
		return ANSWER_YES;
	if (!is_next(request, span_of(&payload)) ||
	    sign_and_write(request, span_of(&payload)) != OK)
		return ANSWER_UNUSABLE;
	signing_forget(&request->line, &request->signing, &draft);
	if (remember(request, span_of(&payload)) != OK)
		return unusable("they count, and are not remembered");
	printf("revocations %" PRIu64 " sha256:%s\n", request->version + 1,
	       sha256_text_of(span_of(&payload)).hex);
	return release_log_catch_up(&request->line, &request->signing.pin, NULL) == OK
		       ? ANSWER_YES
		       : ANSWER_UNUSABLE;
}

static bool take_option(void *self, int option, const char *value)
{
	struct revoke_request *request = self;

	switch (option) {
	case OPTION_MANIFEST:
	case OPTION_FILE:
	case OPTION_SIGNING_KEY:
	case OPTION_NODE:
		return document_sha256(value) != NULL &&
		       json_array_append_new(
			       json_object_get(request->added, lists[option - OPTION_MANIFEST]),
			       json_string(document_sha256(value))) == 0;
	case OPTION_STATE:
		request->state_file = value;
		return true;
	case OPTION_AFTER:
		request->after = document_sha256(value);
		return request->after != NULL;
	default:
		return signing_take(&request->signing, option, value);
	}
}

enum answer release_revoke(int argc, char **argv)
{
	AUTO(json_t)
	added = json_pack("{s:[], s:[], s:[], s:[]}", lists[0], lists[1], lists[2], lists[3]);
	struct revoke_request request = { .added = added,
					  .signing = { .role = ROLE_REVOKE,
						       .usual = "security-lead/revoke",
						       .key_name = "revoke" } };
	const struct command_options command = {
		.usage = "release revoke DIR [--manifest SHA256] ...",
		.help = help,
		.options = options,
		.take = take_option,
		.self = &request,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &request.line.directory, &answer))
		return answer;
	return revoke(&request);
}
