/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_DOCUMENT_H
#define TOOLS_RELEASE_RELEASE_DOCUMENT_H

/* A digest as options take it: 64 lower-case hexadecimal digits, "sha256:" in front or not;
 * NULL where it is none. */
const char *document_sha256(const char *text);

#endif
