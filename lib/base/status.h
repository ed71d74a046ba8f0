/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

/*
 * A status says that the machinery failed; what is wrong with a host under
 * appraisal is a claim and never a status.
 */
/* clang-format off */
enum [[nodiscard]] status {
	OK = 0,
	STATUS_NO_MEMORY,
	STATUS_TRUNCATED,	/* bytes end before the structure does */
	STATUS_MALFORMED,	/* bytes contradict their format */
	STATUS_TOO_LARGE,	/* over a cap that was set beforehand */
	STATUS_UNSUPPORTED,	/* well formed, but not something we accept */
	STATUS_MISMATCH,	/* a comparison or a signature says no */
	STATUS_NOT_FOUND,
	STATUS_DENIED,		/* the caller may not do this, or not now */
	STATUS_IO,		/* file, socket, store or TPM failed */
	STATUS_UNAVAILABLE,	/* try again later */
};
/* clang-format on */

/* A lower-case phrase for logs, never NULL. */
const char *status_text(enum status status);

#endif
