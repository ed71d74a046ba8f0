/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/collect/set_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "policies/reference/set_file.h"
#include "tools/command.h"

/* Order of lines: the digest in hexadecimal sorts as its bytes do. */
static int compare_lines(const void *a, const void *b, void *files)
{
	const struct file_list_entry *entries = ((const struct file_list *)files)->entry;
	const struct file_list_entry *one = &entries[*(const uint32_t *)a];
	const struct file_list_entry *two = &entries[*(const uint32_t *)b];
	int order = memcmp(one->sha256, two->sha256, SHA256_SIZE);

	return order != 0 ? order : strcmp(one->path, two->path);
}

static enum status put_line(FILE *file, const struct hasher *sha256,
			    const struct file_list_entry *entry, uint64_t *size)
{
	char text[2 * SHA256_SIZE + 2 + SET_PATH_MAX + 2];
	int len = snprintf(text, sizeof(text), "%s  %s\n", file_list_hex(entry).text, entry->path);

	if (len < 0 || (size_t)len >= sizeof(text))
		return STATUS_TOO_LARGE;
	if (fwrite(text, 1, (size_t)len, file) != (size_t)len)
		return STATUS_IO;
	*size += (uint64_t)len;
	return hasher_add(sha256, (struct span){ (const uint8_t *)text, (size_t)len });
}

static enum status put_lines(FILE *file, const struct file_list *files, enum set_class class,
			     struct written_set *out)
{
	AUTO_DONE(hasher) sha256 = { 0 };
	AUTO_DONE(bytes) hex = { 0 };
	struct digest digest;
	uint32_t *order = reallocarray(NULL, files->count + 1, sizeof(*order));
	enum status status = order == NULL ? STATUS_NO_MEMORY : hasher_init(&sha256, DIGEST_SHA256);

	*out = (struct written_set){ 0 };
	for (uint32_t i = 0; i < files->count && status == OK; i++)
		if (files->entry[i].class == class)
			order[out->files++] = i;
	if (status == OK) {
		qsort_r(order, out->files, sizeof(*order), compare_lines, (void *)(uintptr_t)files);
		status = hasher_begin(&sha256);
	}
	for (size_t i = 0; i < out->files && status == OK; i++)
		status = put_line(file, &sha256, &files->entry[order[i]], &out->size);
	free(order);
	if (status == OK)
		status = hasher_end(&sha256, &digest);
	if (status == OK)
		status = hex_append(&hex, digest_span(&digest));
	if (status == OK)
		(void)snprintf(out->sha256.hex, sizeof(out->sha256.hex), "%.*s", (int)hex.len,
			       (const char *)hex.data);
	return status;
}

/* Readers see the whole set under its name, or nothing. */
static enum status finish(FILE *file, const char *from, const char *to)
{
	bool is_written = fflush(file) == 0 && fsync(fileno(file)) == 0;

	if (fclose(file) != 0 || !is_written || rename(from, to) != 0)
		return STATUS_IO;
	return OK;
}

/* A name that nobody else has, and nobody prepared: two runs write beside each other. */
static FILE *open_unfinished(struct path_text *path)
{
	int fd = mkostemp(path->text, O_CLOEXEC);
	FILE *file = fd < 0 || fchmod(fd, 0644) != 0 ? NULL : fdopen(fd, "w");

	if (file == NULL && fd >= 0)
		(void)close(fd);
	return file;
}

/* Through no link: others write that directory too, and would choose the file written over. */
enum status set_write(const struct release_line *line, const struct file_list *files,
		      enum set_class class, struct written_set *out)
{
	struct path_text release = line_path(line, "release");
	struct path_text unfinished, finished;
	int folder = path_open_beneath(release.text, "sets/.unfinished.XXXXXX", &unfinished);
	FILE *file = folder < 0 ? NULL : open_unfinished(&unfinished);
	enum status status = file == NULL ? STATUS_IO : put_lines(file, files, class, out);

	if (status == OK) {
		(void)snprintf(finished.text, sizeof(finished.text), "/proc/self/fd/%d/%s", folder,
			       out->sha256.hex);
		status = finish(file, unfinished.text, finished.text);
		file = NULL;
	}
	if (file != NULL)
		(void)fclose(file);
	if (status != OK && folder >= 0) {
		(void)unusable("%s/sets: %s", release.text,
			       status == STATUS_IO ? strerror(errno) : status_text(status));
		(void)unlink(unfinished.text);
	}
	if (folder >= 0)
		(void)close(folder);
	return status;
}
