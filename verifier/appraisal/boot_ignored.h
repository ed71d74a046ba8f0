/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_BOOT_IGNORED_H
#define VERIFIER_APPRAISAL_BOOT_IGNORED_H

#include "tpm/boot_log.h"

/*
 * Since the type is not measured, a host could call the digest of a program by
 * the type that a release ignores. So, outside the PCRs of configuration, only
 * what shows its whole content can be ignored: a text, or a variable.
 * text: what was hashed, where is_measured.
 */
bool boot_event_may_be_ignored(const struct boot_event *event, bool is_measured, struct span text);

#endif
