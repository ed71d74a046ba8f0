/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISER_LOG_FRAME_H
#define VERIFIER_APPRAISER_LOG_FRAME_H

#include "base/bytes.h"

/* Logs as the store keeps them: one zstd frame a commit, appended. */
enum status log_frame_pack(struct span log, struct bytes *out);
/* All frames of a log, at most max bytes in all. */
enum status log_frame_unpack(struct span frames, size_t max, struct bytes *out);

#endif
