/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_MAPPING_H
#define DAEMON_MAPPING_H

#include "base/bytes.h"

/*
 * The first len bytes of a memory file, mapped read-only, in pages of 2 MiB where
 * the kernel has them to give (Linux 6.1, MADV_COLLAPSE) and in usual ones else:
 * tables of tens of megabytes that are read at random spend more on walks through
 * page tables than on anything else. All who map the file share them.
 */
enum status mapping_open(int fd, size_t len, struct span *out);
/* Takes the empty span too. */
void mapping_close(struct span mapping);

#endif
