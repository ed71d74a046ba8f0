/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_REFERENCE_SET_FILE_H
#define POLICIES_REFERENCE_SET_FILE_H

#include "base/digest.h"

/*
 * A set: what sha256sum prints, a file a line, in LC_ALL=C order of the lines,
 * a path once. Half a million files never pass through a JSON parser, and a
 * person can make or check one with coreutils.
 */
#define SET_FILE_MAX ((size_t)1 << 30) /* five million files have room in it */
#define SET_PATH_MAX 4096

/* One line. The path borrows from the file. */
struct set_entry {
	uint8_t digest[SHA256_SIZE];
	struct span path;
};

struct set_reader {
	struct span rest;
	struct span last; /* the line before: order is strict */
	uint64_t line; /* of the last line read, from 1 */
	const char *fault; /* static: what was wrong with it */
};

struct set_reader set_reader_over(struct span file);
/*
 * STATUS_NOT_FOUND at the end, else STATUS_MALFORMED with fault and line.
 * Refused: another order, a digest in upper case, names that sha256sum would
 * escape, relative paths, "." and ".." and empty components, and what kexec would
 * load, so that this never looks normal. That a path stands there
 * once is checked where paths are looked up: image_file_table().
 */
enum status set_reader_next(struct set_reader *reader, struct set_entry *out);

/* An absolute path in its one spelling: what a set may list. */
bool set_path_is_valid(struct span path);
/* Of what kexec loads: all of /boot, and a kernel that lies beside its modules. */
bool set_path_is_of_kexec(struct span path);
/* As IMA logs it: the kernel writes '_' for each space (ima_write_template_field_data(),
 * ima_template_lib.c). Into out, of path.len bytes. */
void path_as_logged(struct span path, uint8_t *out);
/* path is prefix or below it, in whole components; prefix ends without '/'. */
bool path_is_within(struct span path, struct span prefix);

#endif
