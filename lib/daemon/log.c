/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *process_name = "attestd";
static enum log_level least_level = LOG_LEVEL_INFO;

void log_open(const char *name, enum log_level least)
{
	process_name = name;
	least_level = least;
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;

	if (level > least_level)
		return;

	int start = snprintf(line, sizeof(line) - 1, "<%d>%s: ", (int)level, process_name);
	if (start < 0 || (size_t)start >= sizeof(line) - 1)
		return;
	va_start(args, format);
	int len = vsnprintf(line + start, sizeof(line) - 1 - (size_t)start, format, args);
	va_end(args);
	if (len < 0)
		return;

	size_t end = (size_t)start + (size_t)len;
	if (end > sizeof(line) - 2)
		end = sizeof(line) - 2;
	for (size_t i = (size_t)start; i < end; i++)
		if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	line[end++] = '\n';
	/* One write, so that lines of several roles do not mix. */
	if (write(STDERR_FILENO, line, end) < 0)
		return;
}
