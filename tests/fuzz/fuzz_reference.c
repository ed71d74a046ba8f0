/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "policies/reference/reference.h"

/* In the steps of who has many to look up: it must say the same. */
static void look_up(const struct reference *ref, uint32_t table, struct span path,
		    const struct digest *digest)
{
	enum status status = reference_file_lookup(ref, table, path, digest);
	struct file_lookup files;

	if (reference_files(ref, table, &files) != OK)
		return;

	struct file_place place = file_lookup_place(&files, path);
	file_lookup_fetch(&files, &place);
	must(file_lookup_find(&files, &place, path, digest) == status);

	struct digest found[4];
	size_t count = file_lookup_digests(&files, path, false, found, 4);
	must(count <= 4);
	for (size_t i = 0; i < count; i++)
		must(reference_file_lookup(ref, table, path, &found[i]) == OK);
	/* A slot may name what lies in no block, which then is in no block's digests. */
	(void)file_lookup_has_digest(&files, digest);
}

static void walk_release(const struct reference *ref, const struct release *release)
{
	struct boot_rule rule;
	struct digest digest = digest_filled(DIGEST_SHA256, 1);
	struct reference_set set;

	for (uint32_t i = 0; i < release->boot.events.count; i++)
		if (reference_boot_rule(ref, release->boot.events.first + i, &rule) == OK)
			(void)reference_range_has_digest(ref, rule.digests, &digest);
	(void)reference_range_has_text(ref, release->boot.cmdline, span_text("ro"));
	for (uint32_t i = 0; i < release->ima.sets.count; i++)
		if (reference_set(ref, release->ima.sets.first + i, &set) == OK)
			look_up(ref, set.table, span_text("/usr/bin/cat"), &digest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reference ref;
	struct release release;
	struct node_class class;

	if (reference_open((struct span){ data, len }, &ref) != OK)
		return 0;

	struct reference_facts facts = reference_facts(&ref);
	(void)reference_owner(&ref, LAYER_NODE);
	for (uint32_t i = 0; i < facts.class_count; i++)
		if (reference_class(&ref, i, &class) == OK)
			(void)reference_range_has_text(&ref, class.cells, span_text("a/b"));
	for (uint32_t i = 0; i < facts.release_count; i++)
		if (reference_release(&ref, i, &release) == OK)
			walk_release(&ref, &release);
	return 0;
}
