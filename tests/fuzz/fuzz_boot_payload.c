/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tpm/boot_payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_list(struct span content)
{
	struct signature_list list = signature_list_over(content);
	struct signature_entry entry;
	size_t seen = 0;

	while (signature_list_next(&list, &entry) == OK) {
		(void)signature_entry_is_sha256(&entry);
		seen += 16 + entry.content.len;
	}
	if (seen > content.len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span payload = { .data = data, .len = len };
	struct uefi_variable variable;
	struct uefi_image image;

	read_list(payload);
	if (uefi_variable_parse(payload, &variable) == OK) {
		if (32 + variable.name.len + variable.content.len != len)
			abort();
		(void)uefi_variable_is_named(&variable, "SecureBoot");
		read_list(variable.content);
	}
	if (uefi_image_parse(payload, &image) == OK && 32 + image.device_path.len != len)
		abort();
	return 0;
}
