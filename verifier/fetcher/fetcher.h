/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FETCHER_FETCHER_H
#define VERIFIER_FETCHER_FETCHER_H

#include <stdbool.h>

#include "verifier/fetcher/https_client.h"

struct fetcher_settings {
	struct https_settings https;
	const char *directory; /* where releases are kept: verifier/fetcher/staging.h */
	uint64_t total_max; /* bytes of one pass */
	bool is_conditional; /* what has not changed is not fetched again */
};

/*
 * The process's whole life: fetches what the loader asks for, file by file, keeps it
 * beside the release in force, and puts it in its place when the loader says so. It
 * has the network and the directory, and reads nothing of what it fetches. Owns the
 * descriptor, and ends with it.
 */
int fetcher_run(const struct fetcher_settings *settings, int loader_fd);

#endif
