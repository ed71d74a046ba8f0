/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "tools/release/release.h"
#include "tools/release/release_difference.h"
#include "tools/release/release_document.h"
#include "tools/release/release_manifest.h"
#include "tools/options.h"
#include "tools/release/release_signing.h"

static const char help[] =
	"usage: attestctl release sign DIR [--yes SHA256] [--manifest SHA256] [--key FILE|URI]\n"
	"           [--key-name NAME] [--print-pae | --signature SIG]\n"
	"\n"
	"Signs DIR/draft/manifest.json, byte for byte, with the release-sign key and puts it\n"
	"into DIR/release/manifests. It is what nodes will be held to: at a terminal its\n"
	"difference is shown, and these bytes are signed after a yes. It is not in force before\n"
	"it is approved and published.\n"
	"\n"
	"  --yes SHA256     do not ask: this draft was read, by the digest that 'release collect'\n"
	"                   and 'release diff' print; one that changed since is not signed. For\n"
	"                   pipelines, which sign what lies there where it is not given\n"
	"  --manifest SHA256  one that was signed before, again: where its key has changed\n"
	"  --key FILE|URI   private key: PEM, or what OSSL_STORE knows, such as\n"
	"                   pkcs11:object=NAME, handle:0x81000010 (a TPM's)\n"
	"                   [DIR/keys/release-signer/release-sign.pem]\n"
	"  --key-name NAME  its name in the root [release-sign]\n" SIGNING_HELP "\n"
	"Exit status: 0 signed, 2 wrong usage or failure.\n";

#define DRAFT_MAX ((size_t)4 << 20)

static const struct option options[] = {
	{ "yes", required_argument, NULL, 'y' },
	{ "manifest", required_argument, NULL, 'm' },
	SIGNING_OPTIONS,
	LAST_OPTIONS,
};

struct sign_request {
	struct release_line line;
	const char *seen; /* the draft that was read, by --yes; NULL: whoever is there is asked */
	const char *manifest; /* one of the release instead of the draft; NULL: the draft */
	struct signing signing;
};

/* Somebody else may have written another draft since it was read: what is signed is what
 * was shown, here or under this digest. Against what it is shown is asked in any case. */
static bool is_agreed(const struct sign_request *request, struct span draft, const char *digest)
{
	AUTO_DONE(comparison) c = { 0 };

	if (request->seen != NULL && strcmp(request->seen, digest) != 0) {
		(void)unusable(
			"digest-mismatch: the draft is sha256:%s, not the one that was read, "
			"sha256:%s",
			digest, request->seen);
		return false;
	}
	if (comparison_open(&c, &request->line, &request->signing.pin, draft) != OK)
		return false;
	if (request->seen != NULL || isatty(STDIN_FILENO) == 0)
		return true;
	return comparison_print(&c, request->signing.prints ? stderr : stdout, NULL) == OK &&
	       signing_agreed(&request->signing);
}

static enum status read_manifest(const struct sign_request *request, const char *path,
				 struct bytes *out)
{
	if (request->manifest != NULL)
		return manifest_named(line_path(&request->line, "release").text, request->manifest,
				      out);
	return path_read(path, DRAFT_MAX, out);
}

static enum answer sign(const struct sign_request *request)
{
	const struct release_line *line = &request->line;
	AUTO_DONE(bytes) draft = { 0 };
	struct path_text path = line_path(line, "draft/manifest.json");

	if (read_manifest(request, path.text, &draft) != OK)
		return unusable("nothing to sign: 'attestctl release collect' writes a draft");
	if (draft_check(path.text, span_of(&draft)) != OK)
		return ANSWER_UNUSABLE;

	struct sha256_text digest = sha256_text_of(span_of(&draft));
	if (!is_agreed(request, span_of(&draft), digest.hex))
		return ANSWER_UNUSABLE;
	if (request->signing.prints)
		return signing_print(line, &request->signing, span_of(&draft)) == OK
			       ? ANSWER_YES
			       : ANSWER_UNUSABLE;
	if (signing_envelope(line, &request->signing, span_of(&draft),
			     line_path(line, "release/manifests/%s.json", digest.hex).text) != OK)
		return ANSWER_UNUSABLE;
	printf("signed manifest sha256:%s\n", digest.hex);
	return ANSWER_YES;
}

static bool take_option(void *self, int option, const char *value)
{
	struct sign_request *request = self;

	if (option != 'y' && option != 'm')
		return signing_take(&request->signing, option, value);
	value = document_sha256(value);
	*(option == 'y' ? &request->seen : &request->manifest) = value;
	return value != NULL;
}

enum answer release_sign(int argc, char **argv)
{
	struct sign_request request = { .signing = { .role = ROLE_RELEASE_SIGN,
						     .usual = "release-signer/release-sign",
						     .key_name = "release-sign" } };
	const struct command_options command = {
		.usage = "release sign DIR [--yes SHA256] [--manifest SHA256] [--key FILE]",
		.help = help,
		.options = options,
		.take = take_option,
		.self = &request,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &request.line.directory, &answer))
		return answer;
	return sign(&request);
}
