/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_ADMISSION_EXECUTABLE_H
#define ATTESTD_MINT_ADMISSION_EXECUTABLE_H

#include "attestd/mint/caller/caller.h"

/*
 * What callers' executables contain (SHA-256). Each file is hashed once in each
 * state of it, a large one in steps, so that nobody else waits for it; one that changed
 * a moment ago each time, or, if it is large, a moment later; one whose state does not tell
 * of its content (file_times.h) each time, and a large one not at all. Decision 108 says why it is
 * not asked of IMA or fs-verity.
 */
struct executables;

#define EXECUTABLE_MAX ((off_t)2 << 30)
/* Hashed while the caller waits: about ten milliseconds. */
#define EXECUTABLE_AT_ONCE ((off_t)8 << 20)
/* Files that are remembered; the one that nobody asked for longest goes first. */
#define EXECUTABLES_MAX 512

enum status executables_new(struct executables **out);
void executables_free(struct executables *x);
/*
 * Fills in the caller's digest. Ask only where an entry names the path: that is
 * opened, as this process sees it, and must be the very file that the caller runs.
 * STATUS_UNAVAILABLE: it is being hashed, or so much was hashed for its user that others
 * would wait; STATUS_DENIED: it is another file, or
 * too large, or so for where it is. Both with why_not.
 */
enum status executable_digest(struct executables *x, struct caller_facts *facts,
			      const char **why_not);
/* The file at a path, before anybody who runs it asks; but for one that somebody may be
 * writing. Leases are taken for that: SIGIO is not to end the process. */
void executable_expect(struct executables *x, struct span path);
/* Hashes on, for about a millisecond. False: nothing is waiting. */
bool executables_step(struct executables *x);

AUTO_FREE(executables, struct executables, executables_free);

#endif
