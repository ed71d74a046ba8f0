/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI_IMAGE_LOAD_EVENT */
#include "fuzz.h"
#include "tpm/boot_payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span payload = { data, len };
	struct uefi_image image;

	taint(&image, sizeof(image));
	if (uefi_image_parse(payload, &image) != OK) {
		must_be_tainted(&image, sizeof(image));
		return 0;
	}
	must(32 + image.device_path.len == len);
	must_lie_inside(image.device_path, payload);
	return 0;
}
