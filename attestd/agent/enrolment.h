/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_AGENT_ENROLMENT_H
#define ATTESTD_AGENT_ENROLMENT_H

#include "attestd/agent/agent.h"

/* Enrols: challenge of the AK by the EK. */
struct round agent_enrol(struct agent *a);

#endif
