/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SUPERVISOR_H
#define VERIFIER_SUPERVISOR_H

#include "verifier/configuration.h"

/*
 * The parent of the roles: it holds the listening sockets, starts signer,
 * appraisers and front, all of them anew where one ends, and a loader at start,
 * when the release directory changes and on SIGHUP. It reads nothing that comes
 * from outside. Until SIGTERM or SIGINT (0), or where nothing can be started (1).
 */
int supervisor_run(const char *configuration_path, const struct configuration *configuration);

/* What a role finds: the parent's channel (the signer's, for the loader), then
 * as listed. */
#define SIGNER_APPRAISERS_AT 1 /* channels to appraisers */
#define APPRAISER_FRONT_AT 1
#define APPRAISER_SIGNER_AT 2
#define FRONT_LISTEN_AT 1
#define FRONT_ADMIN_AT 2 /* a copy of the former where there is none */
#define FRONT_APPRAISERS_AT 3

#endif
