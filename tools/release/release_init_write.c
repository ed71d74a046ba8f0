/* SPDX-License-Identifier: Apache-2.0 */
/* A release line comes to be: wholly, or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/command.h"
#include "tools/release/release_init.h"

/* What a line is made of. Who finds line.json finds the rest. */
static const char *const parts[] = { "keys", "release", "line.json" };

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static EVP_PKEY *key_named(const struct new_line *in, const char *name)
{
	for (size_t i = 0; i < NEW_KEYS; i++)
		if (strcmp(new_keys[i].name, name) == 0)
			return in->key[i];
	return NULL;
}

static enum status write_keys(const struct new_line *in, const struct release_line *to)
{
	/* Holders may have all of theirs elsewhere. */
	enum status status = mkdir(line_path(to, "keys").text, 0755) == 0 ? OK : STATUS_IO;

	for (size_t i = 0; i < NEW_KEYS && status == OK; i++)
		if (in->key_file[i] == NULL)
			status = line_key_write(line_path(to, "keys/%s/%s.pem",
							  new_keys[i].principal, new_keys[i].name)
							.text,
						in->key[i]);
	return status;
}

/* Signs one payload with each of two keys: FOLDER/1.json and 2.json. */
static enum status sign_by_both(const struct new_line *in, struct path_text folder,
				struct span payload, const char *const keys[2])
{
	enum status status = OK;

	for (size_t i = 0; i < 2 && status == OK; i++) {
		struct path_text path;

		status = line_next_envelope(folder.text, &path);
		if (status == OK)
			status = line_sign(path.text, payload, keys[i], key_named(in, keys[i]));
	}
	return status;
}

static enum status write_all(const struct new_line *in, const struct init_documents *documents,
			     const struct release_line *to)
{
	static const char *const roots[] = { "platform-root", "security-root" };
	static const char *const approvers[] = { "platform-approve", "security-approve" };
	struct sha256_text matrix = sha256_text_of(span_of(&documents->matrix));
	enum status status = write_keys(in, to);

	if (status == OK)
		status = sign_by_both(in, line_path(to, "release/root/1"),
				      span_of(&documents->root), roots);
	if (status == OK)
		status = sign_by_both(in, line_path(to, "release/matrix/%s", matrix.hex),
				      span_of(&documents->matrix), approvers);
	if (status == OK)
		status = line_sign(line_path(to, "release/revocations/1.json").text,
				   span_of(&documents->revocations), "revoke",
				   key_named(in, "revoke"));
	return status == OK ? path_write(line_path(to, "line.json").text,
					 span_of(&documents->settings), 0644)
			    : status;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *at)
{
	(void)found;
	(void)kind;
	(void)at;
	return remove(path);
}

/* What is there already stays: a key is never overwritten. */
static enum status move_part(const struct release_line *from, const struct release_line *to,
			     const char *part)
{
	struct path_text target = line_path(to, "%s", part);

	if (renameat2(AT_FDCWD, line_path(from, "%s", part).text, AT_FDCWD, target.text,
		      RENAME_NOREPLACE) == 0)
		return OK;
	(void)unusable("%s: %s", target.text, strerror(errno));
	return STATUS_IO;
}

static enum status move_all(const struct release_line *from, const struct release_line *to)
{
	enum status status = OK;
	size_t moved = 0;

	while (status == OK && moved < PARTS) {
		status = move_part(from, to, parts[moved]);
		moved += status == OK;
	}
	for (; status != OK && moved > 0; moved--)
		(void)!move_part(to, from, parts[moved - 1]);
	return status;
}

enum status init_write(const struct new_line *in, const struct init_documents *documents)
{
	struct path_text unfinished = line_path(&in->line, ".unfinished.XXXXXX");
	struct release_line aside = { unfinished.text };
	bool is_new = !path_exists(in->line.directory);
	enum status status = path_make_directories(unfinished.text);

	if (status != OK)
		return status;
	if (mkdtemp(unfinished.text) == NULL) {
		(void)unusable("%s: %s", in->line.directory, strerror(errno));
		return STATUS_IO;
	}
	status = write_all(in, documents, &aside);
	if (status == OK)
		status = move_all(&aside, &in->line);
	(void)nftw(unfinished.text, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	if (status != OK && is_new)
		(void)rmdir(in->line.directory);
	return status;
}
