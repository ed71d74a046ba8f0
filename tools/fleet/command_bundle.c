/* SPDX-License-Identifier: Apache-2.0 */
/* attestctl bundle: other trust domains' bundles, for verifierd's federation. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/file.h"
#include "tools/commands.h"
#include "tools/fleet/node_client.h"
#include "tools/fleet/spiffe_bundle.h"
#include "tools/options.h"

static const char help[] =
	"usage: attestctl bundle fetch TRUST-DOMAIN --url URL [--ca FILE] --output DIR\n"
	"       attestctl bundle fetch TRUST-DOMAIN --file FILE --output DIR\n"
	"\n"
	"Brings DIR/TRUST-DOMAIN up to date with that trust domain's SPIFFE bundle, for\n"
	"verifierd.conf's [authority NAME] federated = DIR. Prints what it holds, and changes\n"
	"nothing where that is what is there, or the bundle's sequence is lower.\n"
	"\n"
	"  --url URL     the bundle endpoint (profile https_web): TLS proves whose it is\n"
	"  --ca FILE     PEM: who may have issued the endpoint's certificate; the system's\n"
	"                authorities where it is left out\n"
	"  --file FILE   a bundle that came another way; - is standard input\n"
	"  --output DIR  the directory; the file is replaced in one step\n"
	"\n"
	"Exit status: 0 it holds the bundle, 1 the bundle is older than what is there, 2 wrong\n"
	"usage, no answer, or no bundle.\n";

struct options {
	const char *trust_domain, *url, *ca, *file, *output;
};

static enum answer get(const struct options *o, struct bytes *json)
{
	struct node_client client = { .verifier = o->url, .ca = o->ca };
	enum answer answer = node_client_get(&client, "", json);

	node_client_done(&client);
	if (answer != ANSWER_YES)
		return answer;
	if (client.http_status != 200)
		return unusable("%s: HTTP status %ld", o->url, client.http_status);
	if (json->len > SPIFFE_BUNDLE_MAX)
		return unusable("%s: more than %zu KiB", o->url, SPIFFE_BUNDLE_MAX >> 10);
	return ANSWER_YES;
}

static enum answer bring(const struct options *o, struct bytes *json)
{
	if (o->url != NULL)
		return get(o, json);

	enum status status = file_read(o->file, SPIFFE_BUNDLE_MAX, json);

	return status == OK ? ANSWER_YES : unusable("%s: %s", o->file, status_text(status));
}

static void print_digest(const char *what, struct span der)
{
	struct digest digest;
	AUTO_DONE(bytes) text = { 0 };

	if (digest_of(DIGEST_SHA256, der, &digest) == OK &&
	    digest_text_append(&text, &digest) == OK)
		printf("%-8s  %.*s\n", what, (int)text.len, (const char *)text.data);
}

static void print_bundle(const struct bundle *bundle)
{
	printf("sequence  %" PRIu64 "\n", bundle->sequence);
	for (size_t i = 0; i < bundle->own.certificate_count; i++)
		print_digest("root", span_of(&bundle->own.certificates[i]));
	for (size_t i = 0; i < bundle->own.jwt_key_count; i++)
		printf("jwt-key   %.*s\n", (int)bundle->own.jwt_keys[i].kid.len,
		       (const char *)bundle->own.jwt_keys[i].kid.data);
}

/* A bundle of before may hold a root that was taken out since. */
static enum answer compare(const char *path, const struct bundle *bundle, struct span text,
			   bool *is_there)
{
	AUTO_DONE(bytes) old = { 0 };
	AUTO_DONE(bundle) before = { 0 };
	enum status status = file_read(path, STATEMENT_MAX, &old);

	if (status == STATUS_NOT_FOUND)
		return ANSWER_YES;
	if (status != OK || bundle_parse(span_of(&old), &before) != OK)
		return unusable("%s: what is there is no bundle; look at it, and remove it", path);
	*is_there = span_equal(span_of(&old), text);
	if (bundle->sequence >= before.sequence)
		return ANSWER_YES;
	fprintf(stderr, "attestctl: %s has sequence %" PRIu64 ": the bundle is older\n", path,
		before.sequence);
	return ANSWER_NO;
}

static enum answer keep(const struct options *o, const struct bundle *bundle)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) path = { 0 };
	bool is_there = false;
	enum status status = bundle_write(bundle, &text);

	if (status == OK)
		status = bytes_printf(&path, "%s/%s%c", o->output, o->trust_domain, '\0');
	if (status != OK)
		return unusable("%s", status_text(status));

	const char *name = (const char *)path.data;
	enum answer answer = compare(name, bundle, span_of(&text), &is_there);

	if (answer != ANSWER_YES || is_there)
		return answer;
	status = file_replace(name, span_of(&text), 0644, (uid_t)-1, (gid_t)-1);
	if (status == OK)
		return ANSWER_YES;
	return unusable("%s: it can't be written: %s; --output is a directory that is there", name,
			strerror(errno));
}

static enum answer fetch(const struct options *o)
{
	AUTO_DONE(bytes) json = { 0 };
	AUTO_DONE(bundle) bundle = { 0 };
	const char *fault = "";
	enum answer answer = bring(o, &json);

	if (answer != ANSWER_YES)
		return answer;
	if (spiffe_bundle_read(span_of(&json), o->trust_domain, &bundle, &fault) != OK)
		return unusable("%s: no bundle: %s", o->url != NULL ? o->url : o->file, fault);
	answer = keep(o, &bundle);
	if (answer == ANSWER_YES)
		print_bundle(&bundle);
	return answer;
}

static enum answer check(const struct options *o)
{
	if (o->trust_domain == NULL || o->output == NULL || (o->url == NULL) == (o->file == NULL))
		return unusable(
			"fetch wants a trust domain, --output, and one of --url and --file");
	/* It becomes a file's name. */
	if (!trust_domain_is_valid(span_text(o->trust_domain)))
		return unusable("%s is no trust domain", o->trust_domain);
	if (o->url != NULL && strncmp(o->url, "https://", 8) != 0)
		return unusable("--url: only https:// proves whose bundle it is");
	if (o->ca != NULL && o->url == NULL)
		return unusable("--ca goes with --url");
	return ANSWER_YES;
}

enum answer command_bundle(int argc, char **argv)
{
	static const struct option options[] = {
		{ "url", required_argument, NULL, 'u' },
		{ "ca", required_argument, NULL, 'c' },
		{ "file", required_argument, NULL, 'f' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { 0 };
	int option;

	while ((option = options_next(argc, argv, "h", options)) != -1) {
		/* clang-format off */
		switch (option) {
		case 'u': o.url = optarg; break;
		case 'c': o.ca = optarg; break;
		case 'f': o.file = optarg; break;
		case 'o': o.output = optarg; break;
		case 'h': fputs(help, stdout); return ANSWER_YES;
		default: fputs(help, stderr); return ANSWER_UNUSABLE;
		}
		/* clang-format on */
	}
	if (argc - optind != 2 || strcmp(argv[optind], "fetch") != 0) {
		fputs(help, stderr);
		return ANSWER_UNUSABLE;
	}
	o.trust_domain = argv[optind + 1];

	enum answer answer = check(&o);

	return answer == ANSWER_YES ? fetch(&o) : answer;
}
