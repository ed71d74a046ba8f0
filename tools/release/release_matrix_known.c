/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tools/command.h"
#include "tools/release/release_matrix.h"
#include "tools/release/release_state.h"

#define SIGNATURES_MAX 16

enum status matrix_signers(const struct release_line *line, const struct root *root,
			   const char *hex, key_mask *signers)
{
	for (int i = 1; i <= SIGNATURES_MAX; i++) {
		struct path_text path = line_path(line, "release/matrix/%s/%d.json", hex, i);
		AUTO_DONE(dsse) dsse = { 0 };
		key_mask signer = 0;
		enum status status;

		if (!path_exists(path.text))
			return OK;
		status = envelope_open(path.text, &dsse);
		if (status != OK)
			return status;
		if (strcmp(sha256_text_of(span_of(&dsse.payload)).hex, hex) == 0 &&
		    envelope_doubt(root, ROLE_MATRIX, &dsse, &signer) == NULL)
			*signers |= signer;
	}
	return OK;
}

static enum status check_signed(const struct release_line *line, const struct digest *pin,
				const char *hex, bool *is_signed)
{
	AUTO_DONE(root) root = { 0 };
	key_mask signers = 0, revoked = 0;
	enum status status = line_root(line, pin, &root);

	if (status == OK)
		status = matrix_signers(line, &root, hex, &signers);
	if (status == OK)
		status = revoked_keys(line_path(line, "release").text, &root, &revoked);
	*is_signed = status == OK && root_meets(&root, ROLE_MATRIX, signers & ~revoked);
	return status;
}

/* Its signers may have changed since: then the index that verifies stands for it. */
static enum status check_in_force(const struct release_line *line, const struct line_anchor *anchor,
				  const char *hex)
{
	AUTO_DONE(line_state) state = { 0 };
	enum status status = line_state_from(line, anchor, &state);
	const char *named = json_string_value(json_object_get(state.index, "matrix"));

	if (status == OK && named != NULL && strcmp(named, hex) == 0)
		return OK;
	if (status != OK)
		return status;
	(void)unusable("threshold-not-met: the matrix that line.json names, sha256:%s, is neither "
		       "signed by both teams nor the one in force%s%s: write the digest of the "
		       "one in force there",
		       hex, named == NULL ? "" : ", sha256:", named == NULL ? "" : named);
	return STATUS_DENIED;
}

static enum status read_named(const struct release_line *line, const char *hex,
			      struct bytes *payload)
{
	struct path_text path = line_path(line, "release/matrix/%s/1.json", hex);
	AUTO_DONE(dsse) dsse = { 0 };
	enum status status = envelope_open(path.text, &dsse);

	if (status != OK)
		return status;
	if (strcmp(sha256_text_of(span_of(&dsse.payload)).hex, hex) != 0) {
		(void)unusable("%s: not the matrix that line.json names", path.text);
		return STATUS_MISMATCH;
	}
	return bytes_copy(span_of(&dsse.payload), payload);
}

enum status matrix_known(const struct release_line *line, const struct line_anchor *anchor,
			 struct bytes *payload)
{
	AUTO(json_t) settings = line_settings(line);
	const char *hex = json_string_value(json_object_get(settings, "matrix"));
	bool is_signed = false;

	if (hex == NULL) {
		(void)unusable("%s: it names no matrix", line_path(line, "line.json").text);
		return STATUS_NOT_FOUND;
	}
	enum status status = check_signed(line, anchor->pin, hex, &is_signed);
	if (status == OK && !is_signed)
		status = check_in_force(line, anchor, hex);
	return status == OK ? read_named(line, hex, payload) : status;
}
