/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_PACKAGE_TEXT_H
#define POLICIES_ARTIFACTS_PACKAGE_TEXT_H

#include "base/bytes.h"

/* One package, of a paragraph or a line of text; what is missing there is empty.
 * Spans borrow from the text. */
struct package_text {
	struct span name, version, architecture;
	struct span sha256; /* 64 digits */
	bool is_installed; /* in a status file; true elsewhere */
	size_t line; /* where it starts, or what is wrong with it; from 1 */
};

/* Texts of several packages, read one by one. */
struct package_reader {
	struct span rest;
	size_t line;
};

struct package_reader package_reader_over(struct span text);

/*
 * A control file, dpkg's status file or an archive's Packages: paragraphs of
 * "Field: value" (deb822(5)). STATUS_NOT_FOUND at the end; STATUS_MALFORMED with
 * out->line for a paragraph without a package, a field given twice or no field.
 */
enum status package_reader_paragraph(struct package_reader *reader, struct package_text *out);
/* "NAME VERSION ARCHITECTURE", a line each; '#' starts a comment. */
enum status package_reader_line(struct package_reader *reader, struct package_text *out);
/* Is the text made of paragraphs? */
bool package_text_is_paragraphs(struct span text);

/* Is it the package that a file's name says: "NAME_VERSION_ARCHITECTURE.deb", with
 * the version's epoch as "1%3a" or left out? */
bool package_text_is_file(const struct package_text *package, struct span file_name);

/* dpkg's diversions: what any package but this one has at `from` goes to `to`. */
struct diversion {
	struct span from, to;
	struct span package; /* ":" for one of the administrator: holds for every package */
};

/* Three lines each. STATUS_NOT_FOUND at the end. */
enum status diversion_next(struct package_reader *reader, struct diversion *out);

#endif
