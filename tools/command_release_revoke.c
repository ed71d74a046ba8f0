/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/auto_openssl.h"
#include "policies/revocations.h"
#include "tools/release.h"
#include "tools/release_document.h"
#include "tools/release_log.h"
#include "tools/release_root.h"
#include "tools/release_signing.h"

static const char help[] =
	"usage: attestctl release revoke DIR [--manifest SHA256] [--file SHA256]\n"
	"           [--signing-key SHA256] [--node ID] [--after SHA256] [--key FILE] [--key-name "
	"NAME]\n"
	"\n"
	"Writes the next version of the revocations, which counts as soon as a verifier sees\n"
	"it: what was revoked before stays so, what the options name is added (each option is\n"
	"repeatable). Without any it renews them: they live for seven days.\n"
	"\n"
	"  --manifest SHA256     a manifest, by the digest that 'sign' printed\n"
	"  --file SHA256         a file, by its content\n"
	"  --signing-key SHA256  a key of the root, by its SubjectPublicKeyInfo (DER)\n"
	"  --node ID             a node, by its id\n"
	"  --after SHA256        the version before, as 'revoke' printed it, where the root's key\n"
	"                        for this has changed since; otherwise one that such a key signed\n"
	"  --key FILE            private key, PEM [DIR/keys/security-lead/revoke.pem]\n"
	"  --key-name NAME       its name in the root [revoke]\n"
	"\n"
	"Exit status: 0 written, 2 wrong usage or failure.\n";

enum option_id {
	OPTION_MANIFEST = 256,
	OPTION_FILE,
	OPTION_SIGNING_KEY,
	OPTION_NODE,
	OPTION_AFTER,
	OPTION_KEY,
	OPTION_KEY_NAME,
	OPTION_HELP,
};

static const struct option options[] = {
	{ "manifest", required_argument, NULL, OPTION_MANIFEST },
	{ "file", required_argument, NULL, OPTION_FILE },
	{ "signing-key", required_argument, NULL, OPTION_SIGNING_KEY },
	{ "node", required_argument, NULL, OPTION_NODE },
	{ "after", required_argument, NULL, OPTION_AFTER },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "key-name", required_argument, NULL, OPTION_KEY_NAME },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

static const char *const lists[] = { "manifests", "files", "keys", "nodes" };

/* 64 lower-case hexadecimal digits. */
static bool is_sha256(const char *text)
{
	return strlen(text) == 2 * SHA256_SIZE &&
	       strspn(text, "0123456789abcdef") == 2 * SHA256_SIZE;
}

struct revoke_request {
	struct release_line line;
	json_t *added;
	const char *key_file, *key_name;
	const char *after; /* hexadecimal digits; NULL: not given */
};

static struct line_path version_path(const struct revoke_request *request, uint64_t version)
{
	return line_path(&request->line, "release/revocations/%" PRIu64 ".json", version);
}

static uint64_t newest_version(const struct revoke_request *request)
{
	uint64_t version = 1;

	while (line_has(version_path(request, version + 1).text))
		version++;
	return version;
}

/* Its signature by a key that may revoke; or, where that key has changed since, the
 * digest by which the caller knows it. */
static bool is_believed(const struct revoke_request *request, const struct root *root,
			const char *path, struct dsse *dsse)
{
	size_t key;
	enum status status = verified_envelope(root, path, dsse, &key);

	if (status != OK && status != STATUS_NOT_FOUND && status != STATUS_MISMATCH)
		return false;
	if (request->after != NULL) {
		if (strcmp(request->after, sha256_text_of(span_of(&dsse->payload)).hex) == 0)
			return true;
		(void)unusable("%s: digest-mismatch: not what --after names", path);
		return false;
	}
	if (status == OK && (root->role[ROLE_REVOKE].keys >> key & 1) != 0)
		return true;

	const char *doubt = status == OK		 ? "wrong-role"
			    : status == STATUS_NOT_FOUND ? "unknown-key"
							 : "bad-signature";
	(void)unusable("%s: %s: nobody signed it who may revoke by root %" PRIu64
		       ": restore the file; if the root has another key for that since, --after "
		       "names the one that the release log has",
		       path, doubt, root->version);
	return false;
}

/* What was revoked before, as its holder signed it. */
static enum status read_previous(const struct revoke_request *request, uint64_t version,
				 struct revocations *out, json_t **predicate)
{
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(root) root = { 0 };
	AUTO_DONE(statement) statement = { 0 };
	struct line_path path = version_path(request, version);
	enum status status = newest_root(line_path(&request->line, "release").text, &root);

	if (status != OK)
		return status;
	if (!is_believed(request, &root, path.text, &dsse))
		return STATUS_DENIED;
	status = statement_open(span_of(&dsse.payload), DOCUMENT_REVOCATIONS, &statement);
	if (status == OK)
		status = revocations_read(&statement, out);
	if (status != OK) {
		(void)unusable("%s: %s at %s", path.text, statement.document.fault,
			       statement.document.path);
		return status;
	}
	if (out->version != version) {
		(void)unusable("%s: it is version %" PRIu64 ": restore the file", path.text,
			       out->version);
		return STATUS_DENIED;
	}
	*predicate = payload_predicate(span_of(&dsse.payload));
	return *predicate != NULL ? OK : STATUS_MALFORMED;
}

/* Said before it is signed. */
static bool print_lists(const struct revocations *before, json_t *added)
{
	for (size_t i = 0; i < REVOKED_KINDS; i++) {
		json_t *list = json_object_get(added, lists[i]);
		json_t *digest;
		size_t j;

		printf("%s: %zu as before, %zu added\n", lists[i],
		       before->list[i].len / SHA256_SIZE, json_array_size(list));
		json_array_foreach(list, j, digest)
			printf("  sha256:%s\n", json_string_value(digest));
	}
	return fflush(stdout) == 0;
}

static enum answer revoke(const struct revoke_request *request)
{
	AUTO_DONE(revocations) before = { 0 };
	AUTO_DONE(bytes) payload = { 0 };
	AUTO(EVP_PKEY) key = NULL;
	AUTO(json_t) predicate = NULL;
	struct line_path usual = line_path(&request->line, "keys/security-lead/revoke.pem");
	uint64_t version = newest_version(request);
	int64_t now = time(NULL);

	if (read_previous(request, version, &before, &predicate) != OK ||
	    !print_lists(&before, request->added) ||
	    line_key_load(request->key_file != NULL ? request->key_file : usual.text, &key) != OK)
		return ANSWER_UNUSABLE;
	for (size_t i = 0; i < REVOKED_KINDS; i++)
		(void)json_array_extend(json_object_get(predicate, lists[i]),
					json_object_get(request->added, lists[i]));
	(void)json_object_set_new(predicate, "version", json_integer((json_int_t)version + 1));
	(void)json_object_set_new(predicate, "time", json_integer((json_int_t)now));
	(void)json_object_set_new(predicate, "expires",
				  json_integer((json_int_t)(now + 7 * INT64_C(86400))));
	if (statement_text(DOCUMENT_REVOCATIONS, json_array(), json_incref(predicate), &payload) !=
		    OK ||
	    line_sign(version_path(request, version + 1).text, span_of(&payload), request->key_name,
		      key) != OK)
		return ANSWER_UNUSABLE;
	printf("revocations %" PRIu64 " sha256:%s\n", version + 1,
	       sha256_text_of(span_of(&payload)).hex);
	return release_log_catch_up(&request->line, NULL) == OK ? ANSWER_YES : ANSWER_UNUSABLE;
}

enum answer release_revoke(int argc, char **argv)
{
	AUTO(json_t)
	added = json_pack("{s:[], s:[], s:[], s:[]}", lists[0], lists[1], lists[2], lists[3]);
	struct revoke_request request = { .added = added, .key_name = "revoke" };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == OPTION_HELP) {
			fputs(help, stdout);
			return ANSWER_YES;
		}
		if (option >= OPTION_MANIFEST && option <= OPTION_NODE && is_sha256(optarg))
			(void)json_array_append_new(
				json_object_get(added, lists[option - OPTION_MANIFEST]),
				json_string(optarg));
		else if (option == OPTION_AFTER && document_sha256(optarg) != NULL)
			request.after = document_sha256(optarg);
		else if (option == OPTION_KEY)
			request.key_file = optarg;
		else if (option == OPTION_KEY_NAME)
			request.key_name = optarg;
		else
			return unusable("release revoke: an option is wrong: see --help");
	}
	if (optind != argc - 1)
		return unusable("release revoke DIR [--manifest SHA256] ...: see --help");
	request.line.directory = argv[optind];
	return revoke(&request);
}
