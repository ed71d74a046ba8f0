/* SPDX-License-Identifier: Apache-2.0 */
/* EFI_SIGNATURE_LIST: PK, KEK, db and dbx as a host sends them. */
#include "fuzz.h"
#include "tpm/boot_payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span content = { data, len };
	struct signature_list list = signature_list_over(content);
	struct signature_entry entry;
	size_t seen = 0;
	enum status status;

	taint(&entry, sizeof(entry));
	while ((status = signature_list_next(&list, &entry)) == OK) {
		must_lie_inside(entry.content, content);
		must(!signature_entry_is_sha256(&entry) || entry.content.len == SHA256_SIZE);
		seen += sizeof(entry.owner) + entry.content.len;
		must(seen <= len);
	}
	/* A refusal is final. */
	if (status != STATUS_NOT_FOUND)
		must(signature_list_next(&list, &entry) != OK);
	return 0;
}
