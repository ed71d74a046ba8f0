/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_REFERENCE_FILE_LOOKUP_H
#define POLICIES_REFERENCE_FILE_LOOKUP_H

#include "base/digest.h"

/*
 * The files of one set, for looking up; borrows from the reference image. Each
 * look-up reads two places of memory, a slot and the block of the record that it
 * names, far from each other and from all others. Who has many to do takes the
 * places of all, then fetches the records of all: memory brings them at the same
 * time, and finding waits for none.
 */
struct file_lookup {
	uint64_t key;
	uint64_t mask; /* number of slots, less one */
	const uint8_t *slots;
	struct span records;
};

/* What is known of where a path stands. */
struct file_place {
	uint64_t hash;
	uint32_t record; /* of the first slot with its tag; 0: none, or not fetched */
};

/* Memory starts to bring the path's slot. */
struct file_place file_lookup_place(const struct file_lookup *files, struct span path);
/* Memory starts to bring the record that the slot names. */
void file_lookup_fetch(const struct file_lookup *files, struct file_place *place);
/* Both at once, for each of count sets: the path's slots, and the records of one
 * whose slots were fetched before. */
void file_lookup_ahead(const struct file_lookup *files, size_t count, struct span path,
		       struct file_place *now, struct file_place *before);
/* Is the path's fetched record in one of count sets its own, with this digest? False
 * says nothing: file_lookup_find() does. */
bool file_lookup_is_fetched(const struct file_lookup *files, size_t count,
			    const struct file_place *places, struct span path,
			    const struct digest *digest);
/* As reference_file_lookup(), of a path whose place was taken. */
enum status file_lookup_find(const struct file_lookup *files, const struct file_place *place,
			     struct span path, const struct digest *digest);
/* The digests that the set has for a path, at most max of them; how many. path is as
 * IMA logs it, had_space whether a '_' in it stands for a space. Constant time. */
size_t file_lookup_digests(const struct file_lookup *files, struct span path, bool had_space,
			   struct digest *out, size_t max);
/* As reference_set_has_digest(). */
bool file_lookup_has_digest(const struct file_lookup *files, const struct digest *digest);

/* One file, as the set has it: its path in the two parts in which it is stored. */
struct file_record {
	const uint8_t *digest; /* SHA256_SIZE bytes */
	struct span shared; /* with the first path of the block */
	struct span rest;
	bool had_space;
};

/* By the name that slots have for it; false where it lies outside, or there is none. */
bool file_lookup_record(const struct file_lookup *files, uint64_t name, struct file_record *out);
bool file_record_has_path(const struct file_record *record, struct span path);

#endif
