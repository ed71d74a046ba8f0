/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tools/release.h"
#include "tools/release_options.h"
#include "tools/release_signing.h"

static const char help[] =
	"usage: attestctl release sign DIR [--key FILE|URI] [--key-name NAME]\n"
	"           [--print-pae | --signature SIG]\n"
	"\n"
	"Signs DIR/draft/manifest.json, byte for byte, with the release-sign key and puts it\n"
	"into DIR/release/manifests. Read the draft first ('release diff'): it is what nodes\n"
	"will be held to. It is not in force before it is approved and published.\n"
	"\n"
	"  --key FILE|URI   private key: PEM, or what OSSL_STORE knows, such as\n"
	"                   pkcs11:object=NAME, handle:0x81000010 (a TPM's)\n"
	"                   [DIR/keys/release-signer/release-sign.pem]\n"
	"  --key-name NAME  its name in the root [release-sign]\n" SIGNING_HELP "\n"
	"Exit status: 0 signed, 2 wrong usage or failure.\n";

#define DRAFT_MAX ((size_t)4 << 20)

static const struct option options[] = {
	SIGNING_OPTIONS,
	LAST_OPTIONS,
};

static enum answer sign(const struct release_line *line, const struct signing *signing)
{
	AUTO_DONE(bytes) draft = { 0 };
	struct line_path path = line_path(line, "draft/manifest.json");

	if (line_read(path.text, DRAFT_MAX, &draft) != OK)
		return unusable("nothing to sign: 'attestctl release collect' writes a draft");
	if (draft_check(path.text, span_of(&draft)) != OK)
		return ANSWER_UNUSABLE;
	if (signing->prints)
		return signing_print(span_of(&draft)) == OK ? ANSWER_YES : ANSWER_UNUSABLE;

	struct sha256_text digest = sha256_text_of(span_of(&draft));
	if (signing_envelope(line, signing, span_of(&draft),
			     line_path(line, "release/manifests/%s.json", digest.hex).text) != OK)
		return ANSWER_UNUSABLE;
	printf("signed manifest sha256:%s\n", digest.hex);
	return ANSWER_YES;
}

static bool take_option(void *self, int option, const char *value)
{
	return signing_take(self, option, value);
}

enum answer release_sign(int argc, char **argv)
{
	struct signing signing = { .role = ROLE_RELEASE_SIGN,
				   .usual = "release-signer/release-sign",
				   .key_name = "release-sign" };
	const struct command_options command = {
		.usage = "release sign DIR [--key FILE]",
		.help = help,
		.options = options,
		.take = take_option,
		.self = &signing,
	};
	struct release_line line;
	enum answer answer;

	if (!options_take(&command, argc, argv, &line.directory, &answer))
		return answer;
	return sign(&line, &signing);
}
