/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_ADMISSION_ADMISSION_H
#define ATTESTD_MINT_ADMISSION_ADMISSION_H

#include "attestd/mint/caller/caller.h"
#include "messages/entries.h"

/*
 * Does a registration entry admit a caller? Pure. Later ones are nearer: of
 * several entries that do not, the greatest tells best what is missing.
 */
enum admission {
	ADMISSION_OTHER_EXECUTABLE,
	ADMISSION_OTHER_SOCKET,
	ADMISSION_OTHER_UNIT,
	ADMISSION_OTHER_GROUP,
	ADMISSION_OTHER_USER,
	/* All selectors fit; the executable's content does not. */
	ADMISSION_NONE_APPROVED,
	ADMISSION_NOT_APPROVED,
	ADMITTED,
};

/* For people: "another executable". */
const char *admission_text(enum admission admission);
/* By who it is alone: ADMITTED also where its content is not known yet. */
enum admission entry_selects(const struct entry *e, const struct caller_facts *f);
/* By that and its content: without a digest nobody is admitted. */
enum admission entry_admits(const struct entry *e, const struct caller_facts *f);

#endif
