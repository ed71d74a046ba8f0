/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_AGENT_WAIT_H
#define ATTESTD_AGENT_WAIT_H

#include "attestd/agent/agent.h"

/* Between rounds: asks to be told where the next one should be earlier, and hears what
 * is said. */
void agent_ask_to_be_told(struct agent *a, int64_t now, int64_t next);
void agent_hear(struct agent *a, int64_t now);

#endif
