/* SPDX-License-Identifier: Apache-2.0 */
/* attestctl mint: an SVID from the local Workload API, for scripts. */
#include <errno.h>
#include <jansson.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "daemon/file.h"
#include "tools/auto_jansson.h"
#include "tools/commands.h"
#include "tools/fleet/workload_client.h"
#include "tools/options.h"

#define SOCKET "/run/attestd/workload.sock"
#define TIMEOUT_S 30
#define AUDIENCES_MAX 8
/* Their numbers, 0 included. */
#define SVID_FIELDS 5

static const char help[] =
	"usage: attestctl mint --output DIR | --json [--spiffe-id ID] [--socket PATH]\n"
	"       attestctl mint --jwt --audience A [--audience B...] [--spiffe-id ID]\n"
	"                      [--json] [--socket PATH]\n"
	"\n"
	"An SVID for this process from the SPIFFE Workload API of this host: the first of its\n"
	"identities, or the one that is named. What may have one is registered by its\n"
	"executable, which here is attestctl itself.\n"
	"\n"
	"  --output DIR    svid.pem (with what leads to the root), svid_key.pem, bundle.pem,\n"
	"                  for this user alone, in a directory that is there\n"
	"  --json          one JSON object, the key in it\n"
	"  --jwt           a JWT-SVID instead, for these audiences; on its own, a line\n"
	"  --spiffe-id ID  this identity and no other\n"
	"  --socket PATH   instead of $SPIFFE_ENDPOINT_SOCKET or " SOCKET "\n"
	"\n"
	"Exit status: 0 it is there, 1 the node gives this process none (and why), 2 wrong\n"
	"usage or failure: there is no socket, or the node has no right now.\n";

struct request {
	const char *socket, *output, *spiffe_id;
	struct span audiences[AUDIENCES_MAX];
	size_t audience_count;
	bool is_json, is_jwt;
};

/* Fields of X509SVID; of JWTSVID the first two. */
struct svid {
	struct span spiffe_id, value, key, bundle;
};

static const char *default_socket(void)
{
	static const char scheme[] = "unix:";
	const char *address = getenv("SPIFFE_ENDPOINT_SOCKET");

	if (address == NULL)
		return SOCKET;
	if (strncmp(address, scheme, strlen(scheme)) != 0)
		return address;
	address += strlen(scheme);
	/* "unix:///path" and "unix:/path" are the same. */
	return strncmp(address, "//", 2) == 0 ? address + 2 : address;
}

static bool read_option(int option, const char *value, struct request *r)
{
	switch (option) {
	case 's':
		r->socket = value;
		return true;
	case 'o':
		r->output = value;
		return true;
	case 'i':
		r->spiffe_id = value;
		return true;
	case 'a':
		if (r->audience_count == AUDIENCES_MAX) {
			(void)unusable("mint: at most %d audiences", AUDIENCES_MAX);
			return false;
		}
		r->audiences[r->audience_count++] = span_text(value);
		return true;
	case 'w':
		r->is_jwt = true;
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
		{ "socket", required_argument, NULL, 's' },
		{ "output", required_argument, NULL, 'o' },
		{ "spiffe-id", required_argument, NULL, 'i' },
		{ "audience", required_argument, NULL, 'a' },
		{ "jwt", no_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	r->socket = default_socket();
	while ((option = options_next(argc, argv, "", options)) != -1)
		if (!read_option(option, optarg, r)) {
			(void)unusable("mint: an option is wrong: see --help");
			return false;
		}
	if (argc != optind) {
		(void)unusable("mint: '%s' is one argument too many", argv[optind]);
		return false;
	}
	if (r->is_jwt != (r->audience_count > 0)) {
		(void)unusable("mint: --jwt and --audience go together");
		return false;
	}
	if (r->is_jwt ? r->output != NULL : (r->output != NULL) == r->is_json) {
		(void)unusable(r->is_jwt ? "mint: --output is for X.509-SVIDs"
					 : "mint: --output DIR or --json");
		return false;
	}
	return true;
}

static enum status write_request(const struct request *r, struct bytes *out)
{
	enum status status = OK;

	if (!r->is_jwt)
		return OK;
	for (size_t i = 0; i < r->audience_count && status == OK; i++)
		status = protobuf_put(out, 1, r->audiences[i]);
	if (status == OK && r->spiffe_id != NULL)
		status = protobuf_put(out, 2, span_text(r->spiffe_id));
	return status;
}

static enum status read_svid(struct span message, struct svid *out)
{
	struct svid svid = { 0 };
	struct span *const fields[SVID_FIELDS] = { NULL, &svid.spiffe_id, &svid.value, &svid.key,
						   &svid.bundle };
	enum status status = OK;
	struct span value;
	unsigned number;

	while (protobuf_next(&message, &number, &value, &status)) {
		if (number < SVID_FIELDS && fields[number] != NULL)
			*fields[number] = value;
	}
	if (status == OK)
		*out = svid;
	return status;
}

/* The first one, or the one that is wanted. */
static enum status find_svid(struct span message, const char *wanted, struct svid *out)
{
	enum status status = OK;
	struct span value;
	unsigned number;

	while (protobuf_next(&message, &number, &value, &status)) {
		struct svid svid;

		if (number != 1)
			continue;
		status = read_svid(value, &svid);
		if (status != OK)
			return status;
		if (wanted == NULL || span_equal(svid.spiffe_id, span_text(wanted))) {
			*out = svid;
			return OK;
		}
	}
	return status == OK ? STATUS_NOT_FOUND : status;
}

/* DER after DER. */
static enum status certificates_pem(struct span der, struct bytes *out)
{
	AUTO(BIO) bio = BIO_new(BIO_s_mem());
	const uint8_t *p = der.data;
	char *text = NULL;

	while (bio != NULL && p != der.data + der.len) {
		AUTO(X509) x = d2i_X509(NULL, &p, (long)(der.data + der.len - p));

		if (x == NULL || PEM_write_bio_X509(bio, x) != 1)
			return STATUS_MALFORMED;
	}

	long len = bio == NULL ? 0 : BIO_get_mem_data(bio, &text);

	return len <= 0 ? STATUS_MALFORMED
			: bytes_copy((struct span){ (const uint8_t *)text, (size_t)len }, out);
}

static enum status key_pem(struct span der, struct bytes *out)
{
	const uint8_t *p = der.data;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.len);
	AUTO(BIO) bio = BIO_new(BIO_s_secmem());
	char *text = NULL;
	bool is_good =
		info != NULL && bio != NULL && PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info) == 1;
	long len = is_good ? BIO_get_mem_data(bio, &text) : 0;

	PKCS8_PRIV_KEY_INFO_free(info);
	return len <= 0 ? STATUS_MALFORMED
			: bytes_copy((struct span){ (const uint8_t *)text, (size_t)len }, out);
}

struct texts {
	struct bytes svid, key, bundle; /* PEM */
};

static void texts_done(struct texts *t)
{
	bytes_done(&t->svid);
	bytes_wipe(&t->key);
	bytes_done(&t->bundle);
}

AUTO_RELEASE(texts, texts_done);

static enum status write_one(const char *directory, const char *name, const struct bytes *content)
{
	AUTO_DONE(bytes) path = { 0 };
	enum status status = bytes_printf(&path, "%s/%s%c", directory, name, '\0');

	return status == OK ? file_replace((const char *)path.data, span_of(content), 0600,
					   (uid_t)-1, (gid_t)-1)
			    : status;
}

/* The key first: a certificate whose key is not there yet is of no use to anybody. */
static enum answer write_files(const char *directory, const struct texts *t)
{
	if (write_one(directory, "svid_key.pem", &t->key) == OK &&
	    write_one(directory, "bundle.pem", &t->bundle) == OK &&
	    write_one(directory, "svid.pem", &t->svid) == OK)
		return ANSWER_YES;
	return unusable("%s: %s", directory, strerror(errno));
}

static enum answer print_json(const struct svid *svid, const struct texts *t)
{
	AUTO(json_t)
	json = t == NULL
		       ? json_pack("{s:s%, s:s%}", "spiffeId", svid->spiffe_id.data,
				   svid->spiffe_id.len, "token", svid->value.data, svid->value.len)
		       : json_pack("{s:s%, s:s%, s:s%, s:s%}", "spiffeId", svid->spiffe_id.data,
				   svid->spiffe_id.len, "svid", t->svid.data, t->svid.len, "key",
				   t->key.data, t->key.len, "bundle", t->bundle.data,
				   t->bundle.len);

	if (json == NULL || json_dumpf(json, stdout, JSON_COMPACT) != 0)
		return unusable("mint: the answer is no text");
	putchar('\n');
	return ANSWER_YES;
}

static enum answer show(const struct request *r, const struct svid *svid)
{
	AUTO_DONE(texts) t = { 0 };

	if (r->is_jwt && r->is_json)
		return print_json(svid, NULL);
	if (r->is_jwt) {
		printf("%.*s\n", (int)svid->value.len, (const char *)svid->value.data);
		return ANSWER_YES;
	}
	if (certificates_pem(svid->value, &t.svid) != OK || key_pem(svid->key, &t.key) != OK ||
	    certificates_pem(svid->bundle, &t.bundle) != OK)
		return unusable("mint: what came is no X.509-SVID");
	return r->is_json ? print_json(svid, &t) : write_files(r->output, &t);
}

static enum answer take_reply(const struct request *r, const struct workload_reply *reply)
{
	struct svid svid;

	if (reply->outcome == GRPC_PERMISSION_DENIED) {
		fprintf(stderr, "attestctl: mint: %s\n", reply->why);
		return ANSWER_NO;
	}
	if (reply->outcome != GRPC_OK)
		return unusable("mint: %s (gRPC status %d)", reply->why, reply->outcome);

	enum status status = find_svid(span_of(&reply->message), r->spiffe_id, &svid);

	if (status == OK)
		return show(r, &svid);
	if (status != STATUS_NOT_FOUND)
		return unusable("mint: the answer makes no sense");
	fprintf(stderr, "attestctl: mint: this process has other identities, and not that one\n");
	return ANSWER_NO;
}

enum answer command_mint(int argc, char **argv)
{
	AUTO_DONE(workload_reply) reply = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	struct request r = { 0 };

	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return ANSWER_YES;
	}
	if (!read_arguments(argc, argv, &r))
		return ANSWER_UNUSABLE;

	enum status status = write_request(&r, &body);

	if (status == OK)
		status = workload_call(r.socket, r.is_jwt ? "FetchJWTSVID" : "FetchX509SVID",
				       span_of(&body), TIMEOUT_S, &reply);
	if (status != OK)
		return unusable("mint: %s: %s", r.socket, status_text(status));
	return take_reply(&r, &reply);
}
