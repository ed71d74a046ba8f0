/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_line.h"

#include <errno.h>
#include <openssl/provider.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "daemon/file.h"
#include "tools/command.h"

#define DOCUMENT_MAX ((size_t)16 << 20)
#define ENVELOPES_MAX 16 /* policies/loading/loading.h, SIGNERS_MAX */

struct path_text line_path(const struct release_line *line, const char *format, ...)
{
	struct path_text path;
	va_list args;
	int used = snprintf(path.text, sizeof(path.text), "%s/", line->directory);

	va_start(args, format);
	if (used > 0 && (size_t)used < sizeof(path.text))
		(void)vsnprintf(path.text + used, sizeof(path.text) - (size_t)used, format, args);
	va_end(args);
	return path;
}

enum status statement_text(enum document_kind kind, json_t *subject, json_t *predicate,
			   struct bytes *out)
{
	AUTO(json_t)
	statement =
		json_pack("{s:s, s:o, s:s, s:o}", "_type", STATEMENT_TYPE, "subject", subject,
			  "predicateType", document_predicate_type(kind), "predicate", predicate);
	AUTO(char) text = statement == NULL ? NULL : json_dumps(statement, JSON_INDENT(2));

	if (text == NULL)
		return path_failed(STATUS_NO_MEMORY, document_predicate_type(kind));
	return bytes_copy(span_text(text), out);
}

void subject_add(json_t *subject, const char *name, const char *hex)
{
	(void)json_array_append_new(
		subject, json_pack("{s:s, s:{s:s}}", "name", name, "digest", "sha256", hex));
}

enum status line_signature(struct span pae, EVP_PKEY *key, struct bytes *out)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(key);
	const char *hash = EVP_PKEY_is_a(key, "EC") ? "SHA256" : NULL;
	size_t len = DSSE_SIGNATURE_MAX;
	char where[64];
	enum status status = bytes_reserve(out, DSSE_SIGNATURE_MAX);

	/* Where the key is: another provider has only its public half. */
	(void)snprintf(where, sizeof(where), "?provider=%s",
		       provider == NULL ? "default" : OSSL_PROVIDER_get0_name(provider));
	if (status == OK &&
	    (ctx == NULL || EVP_DigestSignInit_ex(ctx, NULL, hash, NULL, where, key, NULL) != 1 ||
	     EVP_DigestSign(ctx, out->data, &len, pae.data, pae.len) != 1))
		status = STATUS_UNSUPPORTED;
	if (status != OK)
		return path_failed(status, "the key does not sign");
	out->len = len;
	return OK;
}

enum status envelope_text(struct span payload, const char *keyid, struct span signature,
			  struct bytes *out)
{
	enum status status =
		bytes_printf(out, "{\"payloadType\":\"%s\",\n\"payload\":\"", DSSE_PAYLOAD_TYPE);

	if (status == OK)
		status = base64_append(out, payload);
	if (status == OK)
		status = bytes_printf(out, "\",\n\"signatures\":[{\"keyid\":\"%s\",\"sig\":\"",
				      keyid);
	if (status == OK)
		status = base64_append(out, signature);
	return status == OK ? bytes_printf(out, "\"}]}\n") : status;
}

enum status line_sign(const char *path, struct span payload, const char *keyid, EVP_PKEY *key)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) envelope = { 0 };
	AUTO_DONE(bytes) pae = { 0 };
	enum status status = dsse_pae(payload, &pae);

	if (status == OK)
		status = line_signature(span_of(&pae), key, &signature);
	if (status == OK)
		status = envelope_text(payload, keyid, span_of(&signature), &envelope);
	return status == OK ? path_write(path, span_of(&envelope), 0644)
			    : path_failed(status, path);
}

/* What path says below the release directory; NULL where it does not lead there. */
static const char *released_name(const char *release, const char *path)
{
	size_t len = strlen(release);

	return strncmp(path, release, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

enum status line_write_released(const struct release_line *line, const char *path,
				struct span content)
{
	struct path_text release = line_path(line, "release");
	const char *name = released_name(release.text, path);

	return name == NULL ? path_failed(STATUS_DENIED, path)
			    : path_write_beneath(release.text, name, content, 0644);
}

enum status line_next_envelope(const char *folder, struct path_text *out)
{
	for (int number = 1; number <= ENVELOPES_MAX; number++) {
		(void)snprintf(out->text, sizeof(out->text), "%s/%d.json", folder, number);
		if (!path_exists(out->text))
			return OK;
	}
	(void)unusable("%s: full: verifiers read no more than %d of them", folder, ENVELOPES_MAX);
	return STATUS_TOO_LARGE;
}

json_t *line_payload(const char *path, struct bytes *payload)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(strict_document) why = { 0 };

	if (path_read(path, DOCUMENT_MAX, &text) != OK)
		return NULL;
	if (dsse_parse(span_of(&text), DOCUMENT_MAX, &dsse, &why) != OK) {
		(void)unusable("%s: %s at %s", path, why.fault, why.path);
		return NULL;
	}

	json_t *statement = json_loadb((const char *)dsse.payload.data, dsse.payload.len,
				       JSON_REJECT_DUPLICATES, NULL);
	if (statement == NULL)
		(void)unusable("%s: its payload is no JSON", path);
	if (payload != NULL) {
		*payload = dsse.payload;
		dsse.payload = (struct bytes){ 0 };
	}
	return statement;
}

json_t *line_predicate(const char *path)
{
	AUTO(json_t) statement = line_payload(path, NULL);

	return json_incref(json_object_get(statement, "predicate"));
}

struct sha256_text sha256_hex(const struct digest *digest)
{
	AUTO_DONE(bytes) hex = { 0 };
	struct sha256_text out = { "" };

	if (digest->alg == DIGEST_SHA256 && hex_append(&hex, digest_span(digest)) == OK)
		memcpy(out.hex, hex.data, 2 * SHA256_SIZE);
	return out;
}

struct sha256_text sha256_text_of(struct span content)
{
	struct digest digest;

	if (digest_of(DIGEST_SHA256, content, &digest) != OK)
		return (struct sha256_text){ "" };
	return sha256_hex(&digest);
}

json_t *line_settings(const struct release_line *line)
{
	struct path_text path = line_path(line, "line.json");
	AUTO_DONE(bytes) text = { 0 };

	if (path_read(path.text, DOCUMENT_MAX, &text) != OK) {
		(void)unusable("%s is no release line: 'attestctl release init' makes one",
			       line->directory);
		return NULL;
	}

	json_t *settings =
		json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (settings == NULL)
		(void)unusable("%s: not JSON", path.text);
	return settings;
}

void print_refusal(FILE *to, const struct release_refusal *refusal)
{
	fprintf(to, "refused: %s\n", refusal->code == NULL ? "failure" : refusal->code);
	if (refusal->document[0] != '\0')
		fprintf(to, "  document  %s\n", refusal->document);
	if (refusal->field[0] != '\0')
		fprintf(to, "  field     %s\n", refusal->field);
	if (refusal->advice[0] != '\0')
		fprintf(to, "  advice    %s\n", refusal->advice);
}
