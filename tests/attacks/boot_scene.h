/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BOOT_SCENE_H
#define TESTS_BOOT_SCENE_H

#include "appraisal_scene.h"

/* An appraisal's scene whose boot log is altered. attacks.h comes first. */

/* Refused for this reason first, and nothing carries on. */
void boot_expect_refused(struct scene *s, const char *code);
/* After a change to the log that the TPM's values bear out. */
void boot_expect_told_refused(struct scene *s, const char *code);
/* A log that cannot be read leads to no values. */
void boot_expect_unreadable(struct scene *s);

/* A rule of the release that takes events of this type as they come. */
void boot_ignore(struct scene *s, uint8_t pcr, uint32_t type);
struct made_event *boot_event_of(struct scene *s, uint32_t type, const char *text);

#endif
