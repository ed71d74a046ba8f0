/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody who writes into a file between its two readings: a file that is read from its
 * start again (lseek(2)) has X in place of each letter of the text CHANGES, where that
 * comes first.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void change(int fd, const char *text)
{
	static char content[1 << 20], marks[64], path[64];
	size_t len = strlen(text);

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int file = open(path, O_RDWR | O_CLOEXEC);
	ssize_t got = file < 0 ? -1 : pread(file, content, sizeof(content), 0);
	const char *at = got < 0 ? NULL : memmem(content, (size_t)got, text, len);

	memset(marks, 'X', sizeof(marks));
	if (at != NULL && len <= sizeof(marks) &&
	    pwrite(file, marks, len, at - content) != (ssize_t)len)
		abort();
	if (file >= 0)
		(void)close(file);
}

off_t lseek(int fd, off_t offset, int whence)
{
	off_t (*real)(int, off_t, int) = (off_t(*)(int, off_t, int))dlsym(RTLD_NEXT, "lseek");
	const char *text = getenv("CHANGES");

	if (text != NULL && offset == 0 && whence == SEEK_SET)
		change(fd, text);
	return real(fd, offset, whence);
}
