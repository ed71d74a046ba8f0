/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release_signing.h"

#include <string.h>

#include "base/auto_openssl.h"
#include "tools/command.h"
#include "tools/release_root.h"

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
	default:
		return false;
	}
}

enum status newest_root(const char *release, struct root *out)
{
	AUTO_DONE(root_origin) origin = { 0 };

	return verified_root(release, NULL, &origin, out);
}

/* The key by its name, if the root gives it the role. */
static const struct root_key *key_with_role(const struct root *root, const struct signing *signing)
{
	for (size_t i = 0; i < root->key_count; i++) {
		if (!span_equal(root->key[i].name, span_text(signing->key_name)))
			continue;
		if ((root->role[signing->role].keys >> i & 1) != 0)
			return &root->key[i];
		(void)unusable("the root does not give '%s' the role %s", signing->key_name,
			       role_name(signing->role));
		return NULL;
	}
	(void)unusable("the root knows no key '%s'", signing->key_name);
	return NULL;
}

static enum status make_signature(const struct release_line *line, const struct signing *signing,
				  struct span pae, struct bytes *out)
{
	struct line_path usual = line_path(line, "keys/%s.pem", signing->usual);
	EVP_PKEY *loaded = NULL;
	enum status status;

	if (signing->signature != NULL)
		return line_read(signing->signature, DSSE_SIGNATURE_MAX, out);
	status = line_key_load(signing->key != NULL ? signing->key : usual.text, &loaded);
	AUTO(EVP_PKEY) key = loaded;
	if (status == OK)
		status = line_signature(pae, key, out);
	return status;
}

enum status signing_print(struct span payload)
{
	AUTO_DONE(bytes) pae = { 0 };
	enum status status = dsse_pae(payload, &pae);

	if (status == OK && fwrite(pae.data, 1, pae.len, stdout) != pae.len)
		status = STATUS_IO;
	return status;
}

enum status signing_envelope(const struct release_line *line, const struct signing *signing,
			     struct span payload, const char *path)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) pae = { 0 };
	AUTO_DONE(root) root = { 0 };
	enum status status = newest_root(line_path(line, "release").text, &root);
	const struct root_key *key = status == OK ? key_with_role(&root, signing) : NULL;

	if (key == NULL)
		return STATUS_DENIED;
	status = dsse_pae(payload, &pae);
	if (status == OK)
		status = make_signature(line, signing, span_of(&pae), &signature);
	if (status != OK)
		return status;
	if (signing_key_verify(key->key, key->scheme, span_of(&pae), span_of(&signature)) == OK)
		return line_envelope(path, payload, signing->key_name, span_of(&signature));
	(void)unusable("not the signature of the key that the root calls '%s' over this document",
		       signing->key_name);
	return STATUS_MISMATCH;
}
