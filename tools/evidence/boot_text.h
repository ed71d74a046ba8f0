/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EVIDENCE_BOOT_TEXT_H
#define TOOLS_EVIDENCE_BOOT_TEXT_H

#include <stdio.h>

#include "tpm/boot_log.h"

/* One line, without a newline, of what an event's payload seems to say. */
void print_boot_payload(FILE *to, const struct boot_event *event);

#endif
