/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "daemon/directory.h"
#include "daemon/file.h"
#include "tools/commands.h"
#include "tools/options.h"
#include "tools/path.h"
#include "tpm/ek_certificate.h"

#define CERTIFICATE_FILE_MAX 65536
#define POOL_FILE_MAX (16 << 20)

static const char help[] =
	"usage: attestctl ek verify CERT --roots DIR [--intermediates DIR] [--crls DIR]\n"
	"                 [--at UNIXTIME] [--allow-sha1] [--json]\n"
	"\n"
	"Would this EK certificate be believed? CERT is DER as read from NV, header and\n"
	"padding included, or PEM; '-' is standard input. Nothing is fetched: the path is\n"
	"built from the files given, and must end at one of the roots.\n"
	"\n"
	"  --roots DIR          pinned roots, PEM or DER (a file does too; may be repeated)\n"
	"  --intermediates DIR  CA certificates that help to get there; not trusted. The\n"
	"                       chain in NV 0x01c00100 (DER after DER) is such a file\n"
	"  --crls DIR           revocation lists; a stale one of an issuer is a refusal\n"
	"  --at UNIXTIME        verification time, instead of now\n"
	"  --allow-sha1         accept SHA-1 signatures below the root (older TPMs)\n"
	"  --json               one JSON object\n"
	"\n"
	"Exit status: 0 believed, 1 not believed (and why), 2 unusable input.\n";

struct request {
	const char *certificate;
	struct ek_pool roots, intermediates, crls;
	int64_t at;
	bool allow_sha1, is_json;
};

static void request_done(struct request *r)
{
	ek_pool_done(&r->roots);
	ek_pool_done(&r->intermediates);
	ek_pool_done(&r->crls);
}

AUTO_RELEASE(request, request_done);

static enum status add_certificates(void *pool, const char *path, enum status read,
				    struct span content)
{
	enum status status = read == OK ? ek_pool_add_certificates(pool, content) : read;

	if (status == OK || status == STATUS_NO_MEMORY)
		return status;
	/* Less trust, never more: a note will do. */
	if (read != OK)
		fprintf(stderr, "attestctl: %s: passed over: %s\n", path, status_text(read));
	else
		fprintf(stderr, "attestctl: %s: %s\n", path,
			status == STATUS_NOT_FOUND ? "passed over, no certificate in it"
						   : "a damaged certificate in it is passed over");
	return OK;
}

/* A list that is passed over would be revocations that are passed over. */
static enum status add_crls(void *pool, const char *path, enum status read, struct span content)
{
	enum status status = read == OK ? ek_pool_add_crls(pool, content) : read;

	if (status != OK)
		fprintf(stderr, "attestctl: %s: %s\n", path,
			read == OK ? "no CRL in it, or a damaged one" : status_text(read));
	return status;
}

static bool read_pool(const char *path, directory_visitor add, struct ek_pool *pool)
{
	enum status status = directory_read(path, POOL_FILE_MAX, add, pool);

	if (status != OK)
		(void)unusable("%s: %s", path, status_text(status));
	return status == OK;
}

static bool read_option(int option, const char *value, struct request *r)
{
	uint64_t at = 0;

	switch (option) {
	case 'r':
		return read_pool(value, add_certificates, &r->roots);
	case 'i':
		return read_pool(value, add_certificates, &r->intermediates);
	case 'c':
		return read_pool(value, add_crls, &r->crls);
	case 't':
		if (decimal_parse(span_text(value), INT64_MAX, &at) == OK) {
			r->at = (int64_t)at;
			return true;
		}
		(void)unusable("--at %s: seconds since 1970 are wanted", value);
		return false;
	case 's':
		r->allow_sha1 = true;
		return true;
	case 'j':
		r->is_json = true;
		return true;
	default:
		return false;
	}
}

static bool read_arguments(int argc, char **argv, struct request *r)
{
	static const struct option options[] = {
		{ "roots", required_argument, NULL, 'r' },
		{ "intermediates", required_argument, NULL, 'i' },
		{ "crls", required_argument, NULL, 'c' },
		{ "at", required_argument, NULL, 't' },
		{ "allow-sha1", no_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	r->at = (int64_t)time(NULL);
	while ((option = options_next(argc, argv, "", options)) != -1)
		if (!read_option(option, optarg, r))
			return false;
	if (argc - optind != 1) {
		(void)unusable("ek verify: one certificate is wanted");
		return false;
	}
	r->certificate = argv[optind];
	if (r->roots.count == 0) {
		(void)unusable("ek verify: no root certificate: --roots DIR");
		return false;
	}
	return true;
}

static const char *explanation(enum ek_refusal refusal)
{
	static const char *const texts[] = {
		[EK_ACCEPTED] = "believed",
		[EK_MALFORMED] = "it is not a certificate we can read",
		[EK_NO_PATH] = "no path to a pinned root",
		[EK_BAD_SIGNATURE] = "not signed by the issuer it names",
		[EK_NOT_YET_VALID] = "not yet valid at that time (--at)",
		[EK_EXPIRED] = "expired at that time (--at)",
		[EK_ISSUER_NOT_CA] = "the issuer may not issue certificates",
		[EK_PATH_TOO_LONG] = "the path is longer than its issuer allows",
		[EK_WRONG_USAGE] = "not for an endorsement key by its key usage",
		[EK_UNKNOWN_CRITICAL_EXTENSION] = "a critical extension that we do not know",
		[EK_WEAK_KEY] = "key too weak or of an unknown kind",
		[EK_WEAK_SIGNATURE] = "signature algorithm not on the list",
		[EK_SHA1] = "a SHA-1 signature, which only --allow-sha1 accepts",
		[EK_REVOKED] = "revoked",
		[EK_CRL_STALE] = "the issuer's revocation list is stale or unusable",
		[EK_IS_CA] = "it is a CA's certificate, not an endorsement key's",
	};

	return texts[refusal];
}

/* Text that lives as long as its room does. */
static const char *hex(struct bytes *room, struct span s)
{
	if (hex_append(room, s) != OK || bytes_append_byte(room, '\0') != OK)
		return "";
	return (const char *)room->data;
}

static json_t *json_chain(const struct ek_certificate *c)
{
	json_t *chain = json_array();

	for (size_t i = 0; i < c->chain_len; i++) {
		AUTO_DONE(bytes) digest = { 0 };

		json_array_append_new(
			chain, json_pack("{s:s, s:s}", "subject", c->chain[i].subject, "sha256",
					 hex(&digest, digest_span(&c->chain[i].sha256))));
	}
	return chain;
}

static json_t *json_quirks(unsigned quirks)
{
	json_t *names = json_array();

	for (unsigned bit = 1; bit < 1u << EK_QUIRKS; bit <<= 1)
		if ((quirks & bit) != 0)
			json_array_append_new(names, json_string(ek_quirk_name(bit)));
	return names;
}

static bool print_json(const struct ek_certificate *c)
{
	AUTO_DONE(bytes) serial = { 0 };
	AUTO_DONE(bytes) node_id = { 0 };
	bool is_believed = c->refusal == EK_ACCEPTED;
	json_t *root = json_pack(
		"{s:b, s:s, s:o, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:I}",
		"believed", is_believed, "reason", ek_refusal_name(c->refusal), "refused_depth",
		is_believed ? json_null() : json_integer((json_int_t)c->refused_depth), "node_id",
		hex(&node_id, digest_span(&c->spki_sha256)), "subject", c->subject, "issuer",
		c->issuer, "serial", hex(&serial, span_of(&c->serial)), "not_before",
		(json_int_t)c->not_before, "not_after", (json_int_t)c->not_after, "key",
		c->key_type, "tpm_manufacturer", c->manufacturer, "tpm_model", c->model,
		"tpm_version", c->version, "quirks", json_quirks(c->quirks), "chain", json_chain(c),
		"revocation_checked", (json_int_t)c->revocation_checked);

	if (root == NULL)
		return false;

	bool is_printed = json_dumpf(root, stdout, JSON_INDENT(1)) == 0 && putchar('\n') != EOF;
	json_decref(root);
	return is_printed;
}

static void print_time(const char *label, int64_t seconds)
{
	char text[64];
	time_t t = (time_t)seconds;
	struct tm parts;

	if (gmtime_r(&t, &parts) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts) > 0)
		printf("%-14s%s\n", label, text);
}

static void print_text(const char *label, const char *text)
{
	if (text[0] != '\0')
		printf("%-14s%s\n", label, text);
}

static void print_human(const struct ek_certificate *c)
{
	AUTO_DONE(bytes) serial = { 0 };
	AUTO_DONE(bytes) node_id = { 0 };

	print_text("subject", c->subject);
	print_text("issuer", c->issuer);
	print_text("serial", hex(&serial, span_of(&c->serial)));
	print_time("not before", c->not_before);
	print_time("not after", c->not_after);
	print_text("key", c->key_type);
	print_text("node id", hex(&node_id, digest_span(&c->spki_sha256)));
	print_text("manufacturer", c->manufacturer);
	print_text("model", c->model);
	print_text("version", c->version);
	for (unsigned bit = 1; bit < 1u << EK_QUIRKS; bit <<= 1)
		if ((c->quirks & bit) != 0)
			print_text("quirk", ek_quirk_name(bit));
	for (size_t i = 0; i < c->chain_len; i++)
		print_text(i + 1 == c->chain_len ? "root" : "issued by", c->chain[i].subject);
	if (c->refusal == EK_ACCEPTED)
		printf("believed; revocation checked for %zu of %zu certificates\n",
		       c->revocation_checked, c->chain_len);
	else
		printf("NOT believed: %s: %s (certificate %u of the path)\n",
		       ek_refusal_name(c->refusal), explanation(c->refusal), c->refused_depth);
}

static enum answer verify(int argc, char **argv)
{
	AUTO_DONE(request) request = { 0 };
	AUTO_DONE(bytes) file = { 0 };
	AUTO_DONE(ek_certificate) certificate = { 0 };

	if (!read_arguments(argc, argv, &request))
		return ANSWER_UNUSABLE;

	enum status status = path_read(request.certificate, CERTIFICATE_FILE_MAX, &file);
	if (status != OK)
		return ANSWER_UNUSABLE;

	struct ek_trust trust = {
		.roots = &request.roots,
		.intermediates = &request.intermediates,
		.crls = &request.crls,
		.at = request.at,
		.allow_sha1 = request.allow_sha1,
	};
	status = ek_certificate_verify(span_of(&file), &trust, &certificate);
	if (status != OK)
		return unusable("%s: %s", request.certificate, status_text(status));
	if (certificate.refusal == EK_MALFORMED)
		return unusable("%s: %s", request.certificate, explanation(EK_MALFORMED));
	if (!request.is_json)
		print_human(&certificate);
	else if (!print_json(&certificate))
		return unusable("out of memory");
	return certificate.refusal == EK_ACCEPTED ? ANSWER_YES : ANSWER_NO;
}

enum answer command_ek(int argc, char **argv)
{
	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return ANSWER_YES;
	}
	if (argc >= 2 && strcmp(argv[1], "verify") == 0) {
		argv[1] = argv[0];
		return verify(argc - 1, argv + 1);
	}
	return unusable("ek %s: the one thing to do is verify: attestctl ek --help",
			argc < 2 ? "" : argv[1]);
}
