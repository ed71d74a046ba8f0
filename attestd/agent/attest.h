/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_AGENT_ATTEST_H
#define ATTESTD_AGENT_ATTEST_H

#include "attestd/agent/agent.h"

/* One round: challenge, evidence, verdict; enrolment where it is needed. */
struct round agent_attest(struct agent *a);

#endif
