/* SPDX-License-Identifier: Apache-2.0 */
/* The list of which EK belongs to which host. */
#include "fuzz.h"
#include "verifier/signer/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(bytes) text = { 0 };
	struct inventory inventory;
	size_t line = 0;

	if (bytes_copy((struct span){ data, len }, &text) != OK)
		return 0;
	taint(&inventory, sizeof(inventory));
	if (inventory_parse(&text, &inventory, &line) != OK) {
		must_be_tainted(&inventory, sizeof(inventory));
		return 0;
	}
	for (size_t i = 0; i < inventory.count; i++) {
		const struct inventory_entry *entry = &inventory.entries[i];

		/* Each id once: it finds its own entry. */
		must(inventory_find(&inventory, &entry->node) == entry);
		must(hostname_is_valid(entry->host) && class_name_is_valid(entry->class_name));
		must_lie_inside(entry->host, span_of(&inventory.text));
	}
	inventory_done(&inventory);
	return 0;
}
