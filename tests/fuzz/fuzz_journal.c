/* SPDX-License-Identifier: Apache-2.0 */
/* What a broker may find in its directory after somebody was there: whatever it is, a
 * record can be added and reported, and the report is a chain of its own. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attestd/broker/journal.h"
#include "daemon/file.h"
#include "fuzz.h"

/* In place of the C library's: a disk would take a hundred times as long as all else here. */
int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

int fsync(int fd)
{
	(void)fd;
	return 0;
}

/* A journal wants it guarded; on a tmpfs, where it belongs, if there is one. */
static char on_tmpfs[] = "/dev/shm/attestd-fuzz-journal-XXXXXX";
static char on_disk[] = "/tmp/attestd-fuzz-journal-XXXXXX";
static const char *above;
static char directory[sizeof(on_tmpfs) + 8];

static void remove_all(void)
{
	char path[64];
	static const char *const names[] = { "records", "records.next", "damaged" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(directory);
	(void)rmdir(above);
}

static void start(struct span content)
{
	static bool is_made;
	char path[64];

	if (!is_made) {
		above = mkdtemp(on_tmpfs) != NULL ? on_tmpfs : mkdtemp(on_disk);
		must(above != NULL && atexit(remove_all) == 0);
		(void)snprintf(directory, sizeof(directory), "%s/journal", above);
		must(mkdir(directory, 0700) == 0);
		is_made = true;
	}
	(void)snprintf(path, sizeof(path), "%s/records", directory);

	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && file_write_fd(fd, content));
	(void)close(fd);
}

static void check(const struct report *report)
{
	AUTO_DONE(bytes) text = { 0 };
	struct report again;

	must(report->has_journal && report->issued_count <= REPORT_ISSUED_MAX);
	must(report->first + report->issued_count <= report->count);
	must(report_write(report, &text) == OK && report_parse(span_of(&text), &again) == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct report report;
	AUTO_DONE(bytes) lines = { 0 };
	AUTO_DONE(journal) journal = { .directory = -1, .file = -1 };
	const struct report_issued issued = {
		.tbs = digest_filled(DIGEST_SHA256, 1),
		.spiffe_id = span_text("spiffe://example.org/a"),
		.reason = span_text("asked"),
	};

	start((struct span){ data, len });
	must(journal_open(directory, (uid_t)-1, &journal) == OK);

	uint64_t before = journal.end.count;
	enum status status = journal_append(&journal, &issued);

	must(status == OK || status == STATUS_TOO_LARGE);
	must(journal.end.count == before + (status == OK));
	report_init(&report);
	must(journal_report(&journal, &lines, &report) == OK);
	check(&report);
	must(journal_collected(&journal, journal.end.count) == OK);
	must(journal.collected.count == journal.end.count);
	return 0;
}
