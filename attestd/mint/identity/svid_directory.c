/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/svid_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/file.h"
#include "daemon/trusted_path.h"

#define CURRENT ".current"
#define CURRENT_NEXT ".current-next"
#define SET_PREFIX ".svid-"
#define SET_TEMPLATE SET_PREFIX "XXXXXX"
/* Of what else is there, its owner may have put it there: everybody waits meanwhile. */
#define NAMES_READ_MAX 1024
#define STRAYS_MAX 64

static const char *const names[] = { "svid.pem", "svid_key.pem", "bundle.pem" };
#define NAMES (sizeof(names) / sizeof(*names))

#define OPEN_DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int close_and_give(int above, int directory)
{
	int saved = errno;

	(void)close(above);
	errno = saved;
	return directory;
}

/* Everything goes by this descriptor: a path that is changed under us leads nowhere else,
 * one that is a link leads nowhere, and on the way to it no link of whoever owns a part of it
 * chooses another's directory. -1 with errno. */
static int open_directory(const struct identity_settings *identity)
{
	char name[NAME_MAX + 1];
	int above = trusted_path_open_above(identity->directory, name);
	int directory;

	if (above < 0)
		return -1;
	directory = openat(above, name, OPEN_DIRECTORY);
	return close_and_give(above, directory);
}

/* Workloads come by it to files whose own modes say who may read them; the service makes
 * everything else for itself alone. */
static int make_directory(const struct identity_settings *identity)
{
	char name[NAME_MAX + 1];
	int above = trusted_path_open_above(identity->directory, name);
	int directory = -1;

	if (above < 0)
		return -1;
	if (directory_make(above, name, 0755) == OK)
		directory = openat(above, name, OPEN_DIRECTORY);
	return close_and_give(above, directory);
}

/* Who may write the directory can put another key into it. */
static bool is_guarded(int directory, const struct identity_settings *identity)
{
	struct stat st;

	return fstat(directory, &st) == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
	       (st.st_uid == 0 || st.st_uid == geteuid() || st.st_uid == identity->owner);
}

static bool write_file(int set, const char *name, struct span content,
		       const struct identity_settings *identity)
{
	int fd = openat(set, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;

	/* Owner before mode: nobody else may open it in between. */
	bool is_written = file_write_fd(fd, content) &&
			  (geteuid() != 0 || fchown(fd, identity->owner, identity->group) == 0) &&
			  fchmod(fd, identity->mode) == 0;

	return close(fd) == 0 && is_written;
}

static void remove_set(int directory, const char *name)
{
	int set = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (set < 0)
		return;
	for (size_t i = 0; i < NAMES; i++)
		(void)unlinkat(set, names[i], 0);
	(void)close(set);
	(void)unlinkat(directory, name, AT_REMOVEDIR);
}

static bool is_set(const char *name)
{
	return strncmp(name, SET_PREFIX, strlen(SET_PREFIX)) == 0 && strchr(name, '/') == NULL;
}

/* The one in force, as its link says; "": none, or no name of a set. */
static void current_set(int directory, char name[sizeof(SET_TEMPLATE)])
{
	ssize_t len = readlinkat(directory, CURRENT, name, sizeof(SET_TEMPLATE));

	name[len > 0 && (size_t)len < sizeof(SET_TEMPLATE) ? len : 0] = '\0';
	if (!is_set(name))
		name[0] = '\0';
}

/* Sets that a run left which was killed, but not kept, which may be NULL. */
static void remove_strays(int directory, const char *kept)
{
	int listed = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = listed < 0 ? NULL : fdopendir(listed);
	const struct dirent *entry;
	unsigned read = 0, strays = 0;

	if (entries == NULL) {
		if (listed >= 0)
			(void)close(listed);
		return;
	}
	while (read++ < NAMES_READ_MAX && strays < STRAYS_MAX &&
	       (entry = readdir(entries)) != NULL) {
		if (!is_set(entry->d_name) || (kept != NULL && strcmp(entry->d_name, kept) == 0))
			continue;
		remove_set(directory, entry->d_name);
		strays++;
	}
	(void)closedir(entries);
}

static bool make_set(int directory, const struct identity_settings *identity,
		     const struct svid_files *files, char name[sizeof(SET_TEMPLATE)])
{
	const struct span contents[NAMES] = { files->svid, files->key, files->bundle };
	char path[64];
	int set;

	/* mkdtemp() knows no descriptors; /proc does. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", directory, SET_TEMPLATE);
	if (mkdtemp(path) == NULL)
		return false;
	memcpy(name, strrchr(path, '/') + 1, sizeof(SET_TEMPLATE));
	set = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (set < 0)
		return false;

	bool is_made = true;

	for (size_t i = 0; i < NAMES && is_made; i++)
		is_made = write_file(set, names[i], contents[i], identity);
	is_made = is_made && fchmod(set, 0755) == 0;
	return close(set) == 0 && is_made;
}

/* The names at the top, which never change again. */
static bool link_names(int directory)
{
	for (size_t i = 0; i < NAMES; i++) {
		char target[64];

		(void)snprintf(target, sizeof(target), CURRENT "/%s", names[i]);
		if (symlinkat(target, directory, names[i]) != 0 && errno != EEXIST)
			return false;
	}
	return true;
}

static bool switch_set(int directory, const char *name)
{
	(void)unlinkat(directory, CURRENT_NEXT, 0);
	return symlinkat(name, directory, CURRENT_NEXT) == 0 &&
	       renameat(directory, CURRENT_NEXT, directory, CURRENT) == 0;
}

enum status svid_directory_write(const struct identity_settings *identity,
				 const struct svid_files *files)
{
	char name[sizeof(SET_TEMPLATE)] = "", before[sizeof(SET_TEMPLATE)];

	int directory = make_directory(identity);

	if (directory < 0)
		return STATUS_IO;
	if (!is_guarded(directory, identity)) {
		(void)close(directory);
		return STATUS_DENIED;
	}

	current_set(directory, before);

	bool is_written = make_set(directory, identity, files, name) && link_names(directory) &&
			  switch_set(directory, name);
	int saved = errno;

	if (is_written && before[0] != '\0')
		remove_set(directory, before);
	if (is_written)
		remove_strays(directory, name);
	else if (name[0] != '\0')
		remove_set(directory, name);
	(void)close(directory);
	errno = saved;
	return is_written ? OK : STATUS_IO;
}

enum status svid_directory_remove(const struct identity_settings *identity)
{
	int directory = open_directory(identity);
	char current[sizeof(SET_TEMPLATE)];

	if (directory < 0)
		return errno == ENOENT ? OK : STATUS_IO;
	current_set(directory, current);

	/* First the one link, by which all three are gone. */
	bool is_removed = unlinkat(directory, CURRENT, 0) == 0 || errno == ENOENT;
	int saved = errno;

	for (size_t i = 0; i < NAMES; i++)
		(void)unlinkat(directory, names[i], 0);
	(void)unlinkat(directory, CURRENT_NEXT, 0);
	if (current[0] != '\0')
		remove_set(directory, current);
	remove_strays(directory, NULL);
	(void)close(directory);
	errno = saved;
	return is_removed ? OK : STATUS_IO;
}
