/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SUPERVISOR_H
#define VERIFIER_SUPERVISOR_H

#include "verifier/configuration.h"

/*
 * The parent of the roles: it holds the listening sockets, starts signer, front
 * and appraisers (verifier/role_set.h), and a loader at start, when the release
 * directory changes and on SIGHUP. It reads nothing that comes from outside.
 * Until SIGTERM or SIGINT (0), or where nothing can be started (1).
 */
int supervisor_run(const char *configuration_path, const struct configuration *configuration);

#endif
