/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_BROKER_LOGS_H
#define ATTESTD_BROKER_LOGS_H

#include "base/bytes.h"

/*
 * The kernel's copies of the boot log and the IMA log, opened once while the
 * role may; only what is new is read again.
 */
struct log_files {
	int boot_fd, ima_fd, count_fd; /* -1: there is none */
	const char *boot, *ima, *count; /* borrowed paths, NULL: none wanted */
	/* Where the last read began and ended: the next goes on from one of them. */
	struct log_mark {
		uint64_t entry; /* the one that starts at offset */
		uint64_t offset;
	} begin, end;
	uint64_t size; /* entries, or bytes where nothing counts them, when last asked */
};

/* A path that can't be opened is logged and left out, and tried again whenever
 * that log is read; "none" names none. The paths stay borrowed. */
void logs_open(const char *boot, const char *ima, const char *count, struct log_files *out);
void logs_done(struct log_files *logs);
/* STATUS_NOT_FOUND where there is none, or nothing in it. */
enum status logs_read_boot(struct log_files *logs, size_t max, struct bytes *out);
/* The verifier takes nothing smaller for a part of a log: where max is at least
 * this, so is what it cuts off. */
#define LOGS_PART_MIN ((size_t)64 << 10)
/*
 * Whole entries from number *first on, about max bytes; *goes_on_at is the entry
 * after them where max cut the log, else 0. Where the log is shorter than *first,
 * or another one than it was, from 0, and *first says so.
 */
enum status logs_read_ima(struct log_files *logs, size_t max, uint64_t *first, struct bytes *out,
			  uint64_t *goes_on_at);
/* Whole entries from the mark on, about max bytes and one at least where there is
 * any; the mark moves behind them. None of the above is changed by it. */
enum status logs_read_at(const struct log_files *logs, struct log_mark *mark, size_t max,
			 struct bytes *out);
/* Did the IMA log grow since this was last asked? One pread. */
bool logs_grew(struct log_files *logs);

AUTO_RELEASE(log_files, logs_done);

#endif
