/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/collect/boot_files.h"

#include <dirent.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/text.h"
#include "tools/command.h"
#include "tools/release/release_line.h"

/* The name in directory as it is written there: path grows by it. What FAT could
 * not hold, names that differ in case alone, is no file. */
static bool append_name(struct bytes *path, struct span wanted)
{
	AUTO(char) directory = NULL;
	AUTO(char) name = NULL;
	const size_t before = path->len;
	size_t found = 0;

	if (bytes_text(span_of(path), &directory) != OK || bytes_text(wanted, &name) != OK)
		return false;

	DIR *open_directory = opendir(directory);
	if (open_directory == NULL)
		return false;
	for (const struct dirent *entry = readdir(open_directory); entry != NULL;
	     entry = readdir(open_directory)) {
		if (strcasecmp(entry->d_name, name) != 0)
			continue;
		path->len = before;
		if (bytes_printf(path, "/%s", entry->d_name) == OK)
			found++;
	}
	(void)closedir(open_directory);
	if (found > 1)
		(void)unusable("%s: %s stands there more than once, in other letters", directory,
			       name);
	return found == 1;
}

/* False where there is no such file. */
static bool find(const struct boot_files *files, struct span path, struct path_text *out)
{
	AUTO_DONE(bytes) found = { 0 };
	struct span word;

	if (bytes_append(&found, span_text(files->directory)) != OK)
		return false;
	while (text_next_word(&path, '/', &word)) {
		if (word.len == 0 || span_equal(word, span_text(".")))
			continue;
		if (span_equal(word, span_text("..")) || !append_name(&found, word))
			return false;
	}
	if (found.len >= sizeof(out->text))
		return false;
	memcpy(out->text, found.data, found.len);
	out->text[found.len] = '\0';
	return true;
}

enum grub_file_kind boot_file_kind(void *files, struct span path)
{
	struct path_text file;
	struct stat st;

	if (!find(files, path, &file) || lstat(file.text, &st) != 0)
		return GRUB_NO_FILE;
	if (S_ISDIR(st.st_mode))
		return GRUB_DIRECTORY;
	if (!S_ISREG(st.st_mode))
		return GRUB_NO_FILE;
	return st.st_size > 0 ? GRUB_PLAIN_FILE : GRUB_EMPTY_FILE;
}

enum status boot_file_read(void *files, struct span path, struct bytes *out)
{
	struct path_text file;

	if (!find(files, path, &file))
		return STATUS_NOT_FOUND;
	return path_read(file.text, BOOT_FILE_MAX, out);
}
