/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's logs as the broker reads them: a file that grows while it is
 * read, entry by entry. The first half of the input is there at first. */
#include <sys/mman.h>
#include <unistd.h>

#include "attestd/broker/logs.h"
#include "fuzz.h"
#include "tpm/ima_log.h"

#define INPUT_MAX 8192

static int memory_file(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("ima", MFD_CLOEXEC);
	must(fd >= 0);
	return fd;
}

static uint64_t count(struct span entries)
{
	struct ima_log log;
	struct ima_entry entry;

	must(ima_log_open(entries, DIGEST_SHA1, 0, &log) == OK);
	while (ima_log_next(&log, &entry) == OK)
		continue;
	/* Whole entries only, to the last byte. */
	must(log.reader.rest.len == 0);
	return log.next_index;
}

/* From entry number *next, which starts at byte *taken of file. */
static void read_more(struct log_files *logs, struct span file, uint64_t *next, size_t *taken)
{
	AUTO_DONE(bytes) entries = { 0 };
	uint64_t first = *next, goes_on_at = 0;

	if (logs_read_ima(logs, INPUT_MAX, &first, &entries, &goes_on_at) != OK)
		return;
	must(first == *next || first == 0);
	if (first != *next)
		*taken = 0;
	must(entries.len <= file.len - *taken);
	must(entries.len == 0 || memcmp(entries.data, file.data + *taken, entries.len) == 0);
	*next = first + count(span_of(&entries));
	must(goes_on_at == 0 || goes_on_at == *next);
	*taken += entries.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memory_file();
	struct log_files logs = { .boot_fd = -1, .ima_fd = fd, .count_fd = -1 };
	uint64_t next = 0;
	size_t taken = 0;

	if (len > INPUT_MAX)
		return 0;
	must(ftruncate(fd, 0) == 0 && pwrite(fd, data, len / 2, 0) == (ssize_t)(len / 2));
	read_more(&logs, (struct span){ data, len / 2 }, &next, &taken);
	must(pwrite(fd, data + len / 2, len - len / 2, (off_t)(len / 2)) ==
	     (ssize_t)(len - len / 2));
	read_more(&logs, (struct span){ data, len }, &next, &taken);
	return 0;
}
