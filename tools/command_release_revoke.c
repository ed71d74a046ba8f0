/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/auto_openssl.h"
#include "tools/release.h"
#include "tools/release_log.h"

static const char help[] =
	"usage: attestctl release revoke DIR [--manifest SHA256] [--file SHA256]\n"
	"           [--signing-key SHA256] [--node ID] [--key FILE] [--key-name NAME]\n"
	"\n"
	"Writes the next version of the revocations, which counts as soon as a verifier sees\n"
	"it: what was revoked before stays so, what the options name is added (each option is\n"
	"repeatable). Without any it renews them: they live for seven days.\n"
	"\n"
	"  --manifest SHA256     a manifest, by the digest that 'sign' printed\n"
	"  --file SHA256         a file, by its content\n"
	"  --signing-key SHA256  a key of the root, by its SubjectPublicKeyInfo (DER)\n"
	"  --node ID             a node, by its id\n"
	"  --key FILE            private key, PEM [DIR/keys/security-lead/revoke.pem]\n"
	"  --key-name NAME       its name in the root [revoke]\n"
	"\n"
	"Exit status: 0 written, 2 wrong usage or failure.\n";

enum option_id {
	OPTION_MANIFEST = 256,
	OPTION_FILE,
	OPTION_SIGNING_KEY,
	OPTION_NODE,
	OPTION_KEY,
	OPTION_KEY_NAME,
	OPTION_HELP,
};

static const struct option options[] = {
	{ "manifest", required_argument, NULL, OPTION_MANIFEST },
	{ "file", required_argument, NULL, OPTION_FILE },
	{ "signing-key", required_argument, NULL, OPTION_SIGNING_KEY },
	{ "node", required_argument, NULL, OPTION_NODE },
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

static enum answer revoke(const struct release_line *line, json_t *added, const char *key_file,
			  const char *key_name)
{
	AUTO_DONE(bytes) payload = { 0 };
	AUTO(EVP_PKEY) key = NULL;
	struct line_path usual = line_path(line, "keys/security-lead/revoke.pem");
	uint64_t version = 1;
	int64_t now = time(NULL);

	while (line_has(line_path(line, "release/revocations/%" PRIu64 ".json", version + 1).text))
		version++;
	json_t *predicate = line_predicate(
		line_path(line, "release/revocations/%" PRIu64 ".json", version).text);
	if (predicate == NULL ||
	    line_key_load(key_file != NULL ? key_file : usual.text, &key) != OK) {
		json_decref(predicate);
		return ANSWER_UNUSABLE;
	}
	for (size_t i = 0; i < 4; i++)
		(void)json_array_extend(json_object_get(predicate, lists[i]),
					json_object_get(added, lists[i]));
	(void)json_object_set_new(predicate, "version", json_integer((json_int_t)version + 1));
	(void)json_object_set_new(predicate, "time", json_integer((json_int_t)now));
	(void)json_object_set_new(predicate, "expires",
				  json_integer((json_int_t)(now + 7 * INT64_C(86400))));
	if (statement_text(DOCUMENT_REVOCATIONS, json_array(), predicate, &payload) != OK ||
	    line_sign(line_path(line, "release/revocations/%" PRIu64 ".json", version + 1).text,
		      span_of(&payload), key_name, key) != OK)
		return ANSWER_UNUSABLE;
	printf("revocations %" PRIu64 "\n", version + 1);
	return release_log_catch_up(line, NULL) == OK ? ANSWER_YES : ANSWER_UNUSABLE;
}

enum answer release_revoke(int argc, char **argv)
{
	AUTO(json_t)
	added = json_pack("{s:[], s:[], s:[], s:[]}", lists[0], lists[1], lists[2], lists[3]);
	const char *key_file = NULL;
	const char *key_name = "revoke";
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
		else if (option == OPTION_KEY)
			key_file = optarg;
		else if (option == OPTION_KEY_NAME)
			key_name = optarg;
		else
			return unusable("release revoke: an option is wrong: see --help");
	}
	if (optind != argc - 1)
		return unusable("release revoke DIR [--manifest SHA256] ...: see --help");
	return revoke(&(struct release_line){ .directory = argv[optind] }, added, key_file,
		      key_name);
}
