/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/open_files.h"

#include <sys/resource.h>

#include "daemon/log.h"

/* Listeners, channels, keys, the event loop's own, and what libraries open. */
#define BESIDE_CONNECTIONS 64

bool open_files_raise(size_t connections_max)
{
	const rlim_t wanted = connections_max + BESIDE_CONNECTIONS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return false;
	if (limit.rlim_cur >= wanted)
		return true;
	limit.rlim_cur = wanted;
	if (wanted <= limit.rlim_max && setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return true;
	log_line(LOG_LEVEL_ERROR,
		 "[server] connections_max = %zu wants %llu open files, and the limit is %llu: "
		 "lower it, or raise LimitNOFILE= (ulimit -Hn)",
		 connections_max, (unsigned long long)wanted, (unsigned long long)limit.rlim_max);
	return false;
}
