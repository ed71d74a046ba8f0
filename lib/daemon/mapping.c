/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/mapping.h"

#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* linux/mman.h since 6.1 */
#endif

/* Large pages need an address that is a multiple of their size: room for one that
 * is, less what stands before and behind it. */
static uint8_t *reserve(size_t len)
{
	uint8_t *room = mmap(NULL, len + LARGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		return NULL;

	size_t before = (LARGE_PAGE - (uintptr_t)room % LARGE_PAGE) % LARGE_PAGE;
	if (before > 0)
		(void)munmap(room, before);
	if (before < LARGE_PAGE)
		(void)munmap(room + before + len, LARGE_PAGE - before);
	/* Only its edges were given back. */
	/* cppcheck-suppress deallocret */
	return room + before;
}

enum status mapping_open(int fd, size_t len, struct span *out)
{
	/* Whole pages, so that what is cut off begins at one. */
	size_t whole = (len + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;

	if (len == 0 || len > SIZE_MAX / 2)
		return STATUS_MALFORMED;

	uint8_t *room = reserve(whole);
	if (room == NULL)
		return STATUS_NO_MEMORY;
	/* It goes to where room is. */
	/* cppcheck-suppress leakReturnValNotUsed */
	if (mmap(room, len, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		(void)munmap(room, whole);
		return STATUS_IO;
	}
	/* Only faster: where it fails, all is as right as before. */
	if (len >= LARGE_PAGE)
		(void)madvise(room, len / LARGE_PAGE * LARGE_PAGE, MADV_COLLAPSE);
	*out = (struct span){ room, len };
	return OK;
}

void mapping_close(struct span mapping)
{
	size_t whole = (mapping.len + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;

	if (mapping.len > 0)
		(void)munmap((void *)(uintptr_t)mapping.data, whole);
}
