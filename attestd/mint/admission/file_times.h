/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_ADMISSION_FILE_TIMES_H
#define ATTESTD_MINT_ADMISSION_FILE_TIMES_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/*
 * Whether an executable that has the times it had has the content it had: where its file
 * system notes each store through a mapping, or where nobody but root may store in it, by
 * the kernel's own word. What is not known to be so is not (decision 108). Pure.
 */
bool file_times_tell(const struct stat *file, const struct statfs *where);

#endif
