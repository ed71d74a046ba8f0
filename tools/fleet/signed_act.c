/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fleet/signed_act.h"

#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <time.h>

#include "base/auto_openssl.h"
#include "daemon/file.h"
#include "messages/json_writer.h"
#include "tools/fleet/verifier_access.h"

#define KEY_FILE_MAX ((size_t)64 << 10)
#define NANOSECONDS 1000000000L

static EVP_PKEY *read_key(const char *path)
{
	AUTO_DONE(bytes) pem = { 0 };
	enum status status = file_read_guarded(path, KEY_FILE_MAX, true, &pem);
	EVP_PKEY *key = NULL;

	if (status == OK) {
		AUTO(BIO) bio = BIO_new_mem_buf(pem.data, (int)pem.len);

		key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
		OPENSSL_cleanse(pem.data, pem.len);
	}
	if (key == NULL)
		(void)unusable("%s: %s", path,
			       status == STATUS_DENIED ? "readable by others, or no file"
			       : status == OK	       ? "no private key in PEM"
						       : status_text(status));
	return key;
}

/* ECDSA with SHA-256, or Ed25519, which hashes itself. */
static enum status sign(EVP_PKEY *key, struct span text, struct bytes *out)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	bool is_ed25519 = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
	size_t len = 0;

	if (ctx == NULL ||
	    EVP_DigestSignInit(ctx, NULL, is_ed25519 ? NULL : EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, NULL, &len, text.data, text.len) != 1)
		return STATUS_UNSUPPORTED;

	enum status status = bytes_reserve(out, len);
	if (status != OK)
		return status;
	if (EVP_DigestSign(ctx, out->data, &len, text.data, text.len) != 1)
		return STATUS_UNSUPPORTED;
	out->len = len;
	return OK;
}

static enum answer send_text(struct node_client *client, struct span text, EVP_PKEY *key,
			     struct bytes *body)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) json = { 0 };
	struct json_writer w = json_to(&json);

	if (sign(key, text, &signature) != OK)
		return unusable("the key can't sign: P-256 or Ed25519 is wanted");
	json_open(&w, NULL, '{');
	json_uint(&w, "version", 1);
	json_base64(&w, "act", text);
	json_base64(&w, "signature", span_of(&signature));
	json_close(&w, '}');
	if (json_end(&w) != OK)
		return unusable("no memory");
	return node_client_post(client, "/v1/admin/acts", span_of(&json), body);
}

static enum answer send_now(struct node_client *client, struct act *act, EVP_PKEY *key,
			    struct bytes *body)
{
	AUTO_DONE(bytes) text = { 0 };
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	act->time = (int64_t)now.tv_sec;
	if (act_write(act, &text) != OK)
		return unusable("a value is not well formed: docs/protocol.md says what is");
	bytes_done(body);
	return send_text(client, span_of(&text), key, body);
}

/* In this second, or in the one before. */
static bool was_signed_just_now(const struct act *act)
{
	return (int64_t)time(NULL) - act->time <= 1;
}

static void await_next_second(void)
{
	struct timespec now, rest = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	rest.tv_nsec = NANOSECONDS - now.tv_nsec;
	if (rest.tv_nsec == NANOSECONDS)
		rest = (struct timespec){ .tv_sec = 1 };
	while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
		;
}

enum answer signed_act_send(struct node_client *client, struct act *act, const char *key_path,
			    struct bytes *body)
{
	const char *path = key_path == NULL ? client->key : key_path;

	if (path == NULL)
		return unusable("an act is signed: --sign-key");

	AUTO(EVP_PKEY) key = read_key(path);
	enum answer end = key == NULL ? ANSWER_UNUSABLE : send_now(client, act, key, body);

	/* Acts are told apart by their second, and the last one about this node or entry may
	 * be of the same one. Once: whatever else makes ours late does not end with a second. And
	 * at once: whoever sits in between could hold ours back until somebody has quarantined
	 * again, say this, and have it dated after that. */
	if (end == ANSWER_YES && was_signed_just_now(act) &&
	    verifier_refuses_as(client, span_of(body), "act-replayed")) {
		if (client->is_verbose)
			fprintf(stderr,
				"attestctl: act-replayed: signed again in the next second\n");
		await_next_second();
		end = send_now(client, act, key, body);
	}
	return end == ANSWER_YES ? verifier_answered(client, span_of(body)) : end;
}

enum answer narrowing_send(struct node_client *client, const char *path, const char *reason,
			   struct bytes *body)
{
	AUTO_DONE(bytes) json = { 0 };
	struct json_writer w = json_to(&json);
	enum answer end = ANSWER_YES;

	json_open(&w, NULL, '{');
	json_uint(&w, "version", 1);
	json_text(&w, "reason", span_text(reason));
	json_close(&w, '}');
	if (json_end(&w) != OK)
		return unusable("no memory");
	return verifier_post_raw(client, path, span_of(&json), body, &end) ? ANSWER_YES : end;
}
