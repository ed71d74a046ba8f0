/* SPDX-License-Identifier: Apache-2.0 */
/* A process that ends at its Nth rename (RENAME_DIES), or whose Nth rename fails
 * (RENAME_FAILS): what it had written before that is what others find. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int is_due(const char *name, int count)
{
	const char *text = getenv(name);

	return text != NULL && atoi(text) == count;
}

int rename(const char *from, const char *to)
{
	static int count;
	int (*real)(const char *, const char *) =
		(int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");

	count++;
	if (is_due("RENAME_DIES", count))
		_exit(137);
	if (is_due("RENAME_FAILS", count)) {
		errno = EIO;
		return -1;
	}
	return real(from, to);
}
