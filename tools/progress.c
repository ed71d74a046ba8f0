/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/clock.h"

#define TERMINAL_MS 250
#define LOG_MS 30000
#define FILES_A_LOOK 256 /* between two looks at the clock */

struct progress progress_begin(const char *what)
{
	int64_t now = clock_monotonic_ms();

	return (struct progress){ .what = what,
				  .is_terminal = isatty(STDERR_FILENO) == 1,
				  .started_ms = now,
				  .shown_ms = now };
}

static void show(struct progress *p)
{
	int64_t now = clock_monotonic_ms();
	int64_t took_s = (now - p->started_ms) / 1000;

	if (now - p->shown_ms < (p->is_terminal ? TERMINAL_MS : LOG_MS))
		return;
	p->shown_ms = now;
	p->was_shown = true;
	fprintf(stderr, "%s%s: %zu files, %" PRIu64 " MiB, %" PRId64 " s%s",
		p->is_terminal ? "\r" : "", p->what, p->files, p->bytes >> 20, took_s,
		p->is_terminal ? "\033[K" : "\n");
}

void progress_bytes(struct progress *p, size_t len)
{
	uint64_t before = p->bytes;

	p->bytes += len;
	if (before >> 24 != p->bytes >> 24)
		show(p);
}

void progress_file(struct progress *p)
{
	if (++p->files % FILES_A_LOOK == 0)
		show(p);
}

void progress_end(struct progress *p)
{
	if (p->is_terminal && p->was_shown)
		fputs("\r\033[K", stderr);
	p->was_shown = false;
}
