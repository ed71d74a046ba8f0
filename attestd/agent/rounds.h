/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_AGENT_ROUNDS_H
#define ATTESTD_AGENT_ROUNDS_H

/* The role: round after round, each when it is due. The exit status of its process. */
int agent_run(const char *configuration_path);

#endif
