/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRANSPARENCY_RELEASE_LOG_H
#define POLICIES_TRANSPARENCY_RELEASE_LOG_H

#include "base/digest.h"

/* Where a release directory has its log, and proofs: RELEASE_PROOFS/SHA256/KEY,
 * of the document with this payload, signed by this key of the root. */
#define RELEASE_LOG "log"
#define RELEASE_LOG_CHECKPOINT RELEASE_LOG "/checkpoint" /* the newest, by the log alone */
#define RELEASE_LOG_WITNESSED RELEASE_LOG "/witnessed" /* the newest that is cosigned */
#define RELEASE_LOG_UNFINISHED RELEASE_LOG "/unfinished" /* by fewer witnesses than it takes */
#define RELEASE_PROOFS "proofs"

/* There is one log for each first root: "attestd.dev/release-log/HEX". */
enum status release_log_origin(const struct digest *first_root, struct bytes *out);

#endif
