/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "policies/artifacts/archive_list.h"
#include "policies/artifacts/package_text.h"
#include "tools/release/openpgp.h"
#include "tools/release/release.h"
#include "tools/options.h"
#include "tools/release/release_root.h"
#include "tools/release/vendor_delivery.h"

static const char help[] =
	"usage: attestctl release import DIR --vendor NAME=FILE --keyring KEYRING --key FILE|URI\n"
	"           --openpgp SIGNATURE\n"
	"       attestctl release import DIR --vendor NAME=FILE... --keyring KEYRING --key "
	"FILE|URI\n"
	"           --archive InRelease --index Packages\n"
	"\n"
	"Takes in what a vendor delivers with signatures in OpenPGP. gpgv verifies, the root says\n"
	"by whom: the vendor's fingerprints that both teams put there ('release root\n"
	"--vendor-openpgp'). Then the import key, one of the P-256 keys that the root has of this\n"
	"vendor, signs the same bytes into FILE.sig, which 'release collect --vendor' and every\n"
	"verifier check.\n"
	"\n"
	"  --vendor NAME=FILE   what was delivered, and whose it is; of an archive repeatable\n"
	"  --keyring KEYRING    the vendor's OpenPGP keys, in binary ('gpg --export')\n"
	"  --openpgp SIGNATURE  the vendor's signature over FILE, or, with --archive, over that\n"
	"                       (Release.gpg over Release)\n"
	"  --archive FILE       an archive's InRelease or Release: signed, it names --index, "
	"which\n"
	"                       names each FILE, by SHA-256. One past its Valid-Until is refused\n"
	"  --index FILE         the archive's Packages, unpacked\n"
	"  --key FILE|URI       the import key, a private key: PEM, or what OSSL_STORE knows\n"
	"  --root SHA256        the first root [the one that 'init' made, by DIR/line.json]\n"
	"\n"
	"Exit status: 0 taken in, 2 not signed by the vendor, wrong usage or failure.\n";

#define INDEX_MAX ((size_t)512 << 20) /* a distribution's Packages has 60 MB */
#define ARCHIVE_MAX ((size_t)16 << 20)

struct import {
	struct release_line line;
	struct vendor_deliveries deliveries;
	const char *keyring, *signature, *archive, *index, *key_name;
	struct digest pin;
	struct root root;
	const struct vendor *vendor;
	EVP_PKEY *key;
	struct bytes archive_text, index_text;
};

static void import_done(struct import *in)
{
	vendor_deliveries_done(&in->deliveries);
	EVP_PKEY_free(in->key);
	root_done(&in->root);
	bytes_done(&in->archive_text);
	bytes_done(&in->index_text);
}

AUTO_RELEASE(import, import_done);

static enum status append_archive(void *self, struct span block)
{
	struct bytes *text = self;

	return block.len > ARCHIVE_MAX - text->len ? STATUS_TOO_LARGE : bytes_append(text, block);
}

static enum status check_date(const struct import *in, struct span valid_until)
{
	AUTO(char) text = NULL;
	struct tm parts = { 0 };
	const char *end;

	if (valid_until.len == 0)
		return OK;
	if (bytes_text(valid_until, &text) != OK)
		return STATUS_NO_MEMORY;
	end = strptime(text, "%a, %d %b %Y %H:%M:%S", &parts);
	if (end != NULL && strcmp(end, " UTC") == 0 && timegm(&parts) > time(NULL))
		return OK;
	(void)unusable("%s: archive-expired: its Valid-Until has passed, %s: fetch the newest one",
		       in->archive, text);
	return STATUS_DENIED;
}

/* The signed list, and the index that it names. */
static enum status open_archive(struct import *in)
{
	AUTO_DONE(bytes) text = { 0 };
	const struct openpgp_document document = { .path = in->archive,
						   .keyring = in->keyring,
						   .signature = in->signature,
						   .pass = append_archive,
						   .self = &in->archive_text };
	struct archive_list list;
	struct span name;
	enum status status = openpgp_verify(&document, in->vendor, &text);

	if (status != OK)
		return status;
	/* Signed in the clear: what gpgv says was signed, and nothing around it. */
	if (in->signature == NULL) {
		bytes_done(&in->archive_text);
		in->archive_text = text;
		text = (struct bytes){ 0 };
	}
	if (archive_list_parse(span_of(&in->archive_text), &list) != OK) {
		(void)unusable("%s: not an archive's Release with SHA256 sums", in->archive);
		return STATUS_MALFORMED;
	}
	status = check_date(in, list.valid_until);
	if (status == OK)
		status = path_read(in->index, INDEX_MAX, &in->index_text);
	if (status != OK)
		return status;
	if (archive_list_find(&list, span_text(sha256_text_of(span_of(&in->index_text)).hex),
			      in->index_text.len, &name))
		return OK;
	(void)unusable("%s: digest-mismatch: %s names no such index", in->index, in->archive);
	return STATUS_MISMATCH;
}

static bool is_in_index(const struct import *in, const char *hex)
{
	struct package_reader reader = package_reader_over(span_of(&in->index_text));
	struct package_text package;

	while (package_reader_paragraph(&reader, &package) == OK)
		if (span_equal(package.sha256, span_text(hex)))
			return true;
	return false;
}

static enum status hash_block(void *self, struct span block)
{
	return hasher_add(self, block);
}

/* By the vendor's own signature over it: these bytes, as they went to gpgv. */
static enum status check_detached(struct import *in, struct vendor_delivery *delivery)
{
	struct hasher sha256 = { 0 };
	AUTO_DONE(bytes) none = { 0 };
	const struct openpgp_document document = { .path = delivery->path,
						   .keyring = in->keyring,
						   .signature = in->signature,
						   .pass = hash_block,
						   .self = &sha256 };
	enum status status = hasher_init(&sha256, DIGEST_SHA256);

	if (status == OK)
		status = hasher_begin(&sha256);
	if (status == OK)
		status = openpgp_verify(&document, in->vendor, &none);
	if (status == OK)
		status = hasher_end(&sha256, &delivery->origin.artifact);
	hasher_done(&sha256);
	return status;
}

static enum status check_listed(const struct import *in, struct vendor_delivery *delivery)
{
	enum status status = vendor_delivery_hash(delivery);

	if (status != OK || is_in_index(in, sha256_hex(&delivery->origin.artifact).hex))
		return status;
	(void)unusable("%s: digest-mismatch: no package of %s", delivery->path, in->index);
	return STATUS_MISMATCH;
}

static enum answer import_all(struct import *in)
{
	for (size_t i = 0; i < in->deliveries.count; i++) {
		struct vendor_delivery *delivery = &in->deliveries.delivery[i];
		enum status status = in->archive != NULL ? check_listed(in, delivery)
							 : check_detached(in, delivery);

		if (status == OK)
			status = vendor_delivery_sign(delivery, in->vendor, in->key);
		if (status != OK)
			return ANSWER_UNUSABLE;
		printf("%s: taken in as %.*s's, sha256:%s\n", delivery->path,
		       (int)in->vendor->name.len, (const char *)in->vendor->name.data,
		       sha256_hex(&delivery->origin.artifact).hex);
	}
	return ANSWER_YES;
}

/* All of one vendor, which the newest root has with fingerprints. */
static enum status find_vendor(struct import *in)
{
	struct span name = vendor_delivery_vendor(&in->deliveries.delivery[0]);
	size_t index;

	for (size_t i = 1; i < in->deliveries.count; i++) {
		if (span_equal(vendor_delivery_vendor(&in->deliveries.delivery[i]), name))
			continue;
		(void)unusable("--vendor: one vendor at a time");
		return STATUS_MALFORMED;
	}
	in->vendor = vendor_named(&in->root.vendors, name, &index);
	if (in->vendor != NULL && in->vendor->openpgp_count > 0)
		return OK;
	(void)unusable("vendor-unknown: the root has no OpenPGP fingerprint of %.*s: 'attestctl "
		       "release root --vendor-openpgp'",
		       (int)name.len, (const char *)name.data);
	return STATUS_DENIED;
}

static bool take_option(void *self, int option, const char *value)
{
	struct import *in = self;

	switch (option) {
	case 'v':
		return vendor_delivery_add(&in->deliveries, value);
	case 'k':
		in->keyring = value;
		return true;
	case 'o':
		in->signature = value;
		return true;
	case 'a':
		in->archive = value;
		return true;
	case 'i':
		in->index = value;
		return true;
	case 'p':
		in->key_name = value;
		return true;
	case 'r':
		return pin_take(value, &in->pin);
	default:
		return false;
	}
}

static bool is_whole(const void *self)
{
	const struct import *in = self;
	bool is_archive = in->archive != NULL;

	return in->deliveries.count > 0 && in->keyring != NULL && in->key_name != NULL &&
	       is_archive == (in->index != NULL) &&
	       (is_archive || (in->signature != NULL && in->deliveries.count == 1));
}

enum answer release_import(int argc, char **argv)
{
	static const struct option options[] = {
		{ "vendor", required_argument, NULL, 'v' },
		{ "keyring", required_argument, NULL, 'k' },
		{ "openpgp", required_argument, NULL, 'o' },
		{ "archive", required_argument, NULL, 'a' },
		{ "index", required_argument, NULL, 'i' },
		{ "key", required_argument, NULL, 'p' },
		{ "root", required_argument, NULL, 'r' },
		LAST_OPTIONS,
	};
	AUTO_DONE(import) in = { 0 };
	const struct command_options command = {
		.usage = "release import DIR --vendor NAME=FILE --keyring FILE --key FILE, and "
			 "--openpgp or --archive with --index",
		.help = help,
		.options = options,
		.take = take_option,
		.is_whole = is_whole,
		.self = &in,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &in.line.directory, &answer))
		return answer;
	if (line_root(&in.line, &in.pin, &in.root) != OK || find_vendor(&in) != OK ||
	    (in.archive != NULL && open_archive(&in) != OK) ||
	    line_key_load(in.key_name, &in.key) != OK)
		return ANSWER_UNUSABLE;
	return import_all(&in);
}
