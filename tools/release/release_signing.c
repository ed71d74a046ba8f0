/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_signing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto_openssl.h"
#include "policies/documents/emergency.h"
#include "policies/documents/rollback.h"
#include "tools/command.h"
#include "tools/log_text.h"
#include "tools/release/release_root.h"

#define DRAFT_MAX ((size_t)8 << 20)

bool signing_take(struct signing *signing, int option, const char *value)
{
	switch (option) {
	case SIGNING_KEY:
		signing->key = value;
		return true;
	case SIGNING_KEY_NAME:
		signing->key_name = value;
		return true;
	case SIGNING_PRINT:
		signing->prints = true;
		return true;
	case SIGNING_SIGNATURE:
		signing->signature = value;
		return true;
	case SIGNING_ROOT:
		return pin_take(value, &signing->pin);
	default:
		return false;
	}
}

static bool is_named(const struct root *root, size_t key, const struct signing *signing)
{
	return span_equal(root->key[key].name, span_text(signing->key_name));
}

static bool has_role(const struct root *root, size_t key, const struct signing *signing)
{
	return (root->role[signing->role].keys >> key & 1) != 0;
}

/* Nothing is signed with a key that a root does not give the role. */
static enum status check_role(const struct signing *signing, const struct root *const roots[],
			      size_t root_count)
{
	bool is_known = false;

	for (size_t r = 0; r < root_count; r++)
		for (size_t i = 0; i < roots[r]->key_count; i++) {
			if (!is_named(roots[r], i, signing))
				continue;
			if (has_role(roots[r], i, signing))
				return OK;
			is_known = true;
		}
	if (is_known)
		(void)unusable("the root does not give '%s' the role %s", signing->key_name,
			       role_name(signing->role));
	else
		(void)unusable("the root knows no key '%s'", signing->key_name);
	return STATUS_DENIED;
}

static enum status check_signature(const struct signing *signing, const struct root *const roots[],
				   size_t root_count, struct span pae, struct span signature)
{
	for (size_t r = 0; r < root_count; r++)
		for (size_t i = 0; i < roots[r]->key_count; i++) {
			const struct root_key *key = &roots[r]->key[i];

			if (is_named(roots[r], i, signing) && has_role(roots[r], i, signing) &&
			    signing_key_verify(key->key, key->scheme, pae, signature) == OK)
				return OK;
		}
	(void)unusable("not the signature of the key that the root calls '%s' over this document",
		       signing->key_name);
	return STATUS_MISMATCH;
}

static enum status make_signature(const struct release_line *line, const struct signing *signing,
				  struct span pae, struct bytes *out)
{
	struct path_text usual = line_path(line, "keys/%s.pem", signing->usual);
	EVP_PKEY *loaded = NULL;
	enum status status;

	if (signing->signature != NULL)
		return path_read(signing->signature, DSSE_SIGNATURE_MAX, out);
	if (signing->loaded != NULL)
		return line_signature(pae, signing->loaded, out);
	status = line_key_load(signing->key != NULL ? signing->key : usual.text, &loaded);
	AUTO(EVP_PKEY) key = loaded;
	if (status == OK)
		status = line_signature(pae, key, out);
	return status;
}

enum status signing_print_by(const struct signing *signing, const struct root *const roots[],
			     size_t root_count, struct span payload)
{
	AUTO_DONE(bytes) pae = { 0 };
	enum status status = check_role(signing, roots, root_count);

	if (status == OK)
		status = dsse_pae(payload, &pae);
	if (status == OK && fwrite(pae.data, 1, pae.len, stdout) != pae.len)
		status = STATUS_IO;
	return status;
}

enum status signing_print(const struct release_line *line, const struct signing *signing,
			  struct span payload)
{
	AUTO_DONE(root) root = { 0 };
	const struct root *const roots[] = { &root };
	enum status status = line_root(line, &signing->pin, &root);

	return status == OK ? signing_print_by(signing, roots, 1, payload) : status;
}

/* All of it, where somebody else may have made it: whoever signs vouches for each member,
 * and verifiers refuse those that they don't know. */
static enum status read_whole(enum document_kind kind, struct statement *s)
{
	AUTO_DONE(image_builder) aside = { 0 };
	struct emergency emergency;
	struct rollback rollback;
	struct review review;
	enum status status = image_builder_init(&aside);

	if (status != OK)
		return status;
	if (kind == DOCUMENT_EMERGENCY)
		return emergency_read(s, &aside, &emergency);
	if (kind == DOCUMENT_ROLLBACK)
		return rollback_read(s, &rollback);
	return kind == DOCUMENT_REVIEW ? review_read(s, &review) : OK;
}

enum status signing_check(enum document_kind kind, const char *path, struct span payload)
{
	AUTO_DONE(statement) statement = { 0 };

	if (statement_open(payload, kind, &statement) == OK && read_whole(kind, &statement) == OK)
		return OK;
	(void)unusable("%s: %s at %s: no document that is signed here", path,
		       statement.document.fault == NULL ? "no memory" : statement.document.fault,
		       statement.document.path);
	return STATUS_MALFORMED;
}

enum status signing_show(const struct signing *signing, struct span payload)
{
	AUTO(json_t) predicate = payload_predicate(payload);
	FILE *to = signing->prints ? stderr : stdout;
	const char *name;
	json_t *value;

	if (predicate == NULL)
		return STATUS_MALFORMED;
	json_object_foreach(predicate, name, value)
	{
		AUTO(char)
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);

		fprintf(to, "  %-8s  ", name);
		print_visible(to, text == NULL ? "?" : text);
		fputc('\n', to);
	}
	return fflush(to) == 0 ? OK : STATUS_IO;
}

bool signing_agreed(const struct signing *signing)
{
	char answer[8] = "";

	if (signing->prints || signing->signature != NULL || isatty(STDIN_FILENO) == 0)
		return true;
	(void)fflush(stdout);
	fprintf(stderr, "Sign this as %s? [yes/no] ", signing->key_name);
	if (fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0)
		return true;
	(void)unusable("not signed");
	return false;
}

enum status signing_payload(const struct release_line *line, const struct signing *signing,
			    const struct signing_draft *draft, struct bytes *out)
{
	struct path_text path = line_path(line, "%s", draft->path);
	bool is_kept = signing->signature != NULL;
	enum status status =
		is_kept ? path_read(path.text, DRAFT_MAX, out) : draft->make(draft->self, out);

	if (status != OK && is_kept)
		(void)unusable("--print-pae comes first");
	if (status == OK)
		status = signing_check(draft->kind, path.text, span_of(out));
	if (status != OK || is_kept || !signing->prints)
		return status;
	status = path_write(path.text, span_of(out), 0644);
	return status == OK ? signing_print(line, signing, span_of(out)) : status;
}

void signing_forget(const struct release_line *line, const struct signing *signing,
		    const struct signing_draft *draft)
{
	if (signing->signature != NULL)
		(void)unlink(line_path(line, "%s", draft->path).text);
}

enum status signing_make(const struct release_line *line, const struct signing *signing,
			 const struct root *const roots[], size_t root_count, struct span payload,
			 struct bytes *envelope)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) pae = { 0 };
	enum status status = check_role(signing, roots, root_count);

	if (status == OK)
		status = dsse_pae(payload, &pae);
	if (status == OK)
		status = make_signature(line, signing, span_of(&pae), &signature);
	if (status == OK)
		status = check_signature(signing, roots, root_count, span_of(&pae),
					 span_of(&signature));
	return status == OK
		       ? envelope_text(payload, signing->key_name, span_of(&signature), envelope)
		       : status;
}

enum status signing_envelope(const struct release_line *line, const struct signing *signing,
			     struct span payload, const char *path)
{
	AUTO_DONE(bytes) envelope = { 0 };
	AUTO_DONE(root) root = { 0 };
	const struct root *const roots[] = { &root };
	enum status status = line_root(line, &signing->pin, &root);

	if (status == OK)
		status = signing_make(line, signing, roots, 1, payload, &envelope);
	return status == OK ? line_write_released(line, path, span_of(&envelope)) : status;
}

enum status signing_envelope_in(const struct release_line *line, const struct signing *signing,
				struct span payload, const char *folder)
{
	struct path_text path;
	enum status status = line_next_envelope(folder, &path);

	return status == OK ? signing_envelope(line, signing, payload, path.text) : status;
}

enum status signing_add(const struct release_line *line, const struct signing *signing,
			const char *folder, struct span payload, struct sha256_text *digest)
{
	struct sha256_text sha256 = sha256_text_of(payload);
	enum status status = signing_envelope_in(
		line, signing, payload, line_path(line, "release/%s/%s", folder, sha256.hex).text);

	if (status == OK)
		*digest = sha256;
	return status;
}
