/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

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
			(void)reference_file_lookup(ref, set.table, span_text("/usr/bin/cat"),
						    &digest);
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
