/* SPDX-License-Identifier: Apache-2.0 */
/* A process that ends at its Nth rename (RENAME_DIES), or whose Nth rename fails
 * (RENAME_FAILS): what it had written before that is what others find. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int is_due(const char *name, int count)
{
	const char *text = getenv(name);

	return text != NULL && atoi(text) == count;
}

/* Of both functions together. */
static int fails(void)
{
	static int count;

	count++;
	if (is_due("RENAME_DIES", count))
		_exit(137);
	if (!is_due("RENAME_FAILS", count))
		return 0;
	errno = EIO;
	return 1;
}

int rename(const char *from, const char *to)
{
	int (*real)(const char *, const char *) =
		(int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");

	return fails() ? -1 : real(from, to);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
	int (*real)(int, const char *, int, const char *) =
		(int (*)(int, const char *, int, const char *))dlsym(RTLD_NEXT, "renameat");

	return fails() ? -1 : real(from_directory, from, to_directory, to);
}
