/* SPDX-License-Identifier: Apache-2.0 */
/* PE images: sections, Authenticode digest, and what shim, GRUB or a unified
 * kernel keep in them. */
#include "fuzz.h"
#include "policies/artifacts/grub_image.h"
#include "policies/artifacts/shim_image.h"
#include "policies/artifacts/uki_image.h"

#define SCRIPT_MAX ((size_t)64 << 10)

static void read_shim(const struct pe_image *image)
{
	AUTO_DONE(bytes) list = { 0 };
	AUTO_DONE(bytes) authority = { 0 };
	struct shim_image shim;

	taint(&shim, sizeof(shim));
	if (shim_image_parse(image, &shim) != OK) {
		must_be_tainted(&shim, sizeof(shim));
		return;
	}
	must_lie_inside(shim.vendor_keys, image->file);
	must_lie_inside(shim.vendor_forbidden, image->file);
	must_lie_inside(shim.sbat_level, image->file);
	if (shim_mok_list(&shim, &list) == OK)
		must(list.len >= shim.vendor_keys.len);
	if (shim_vendor_authority(&shim, "Shim", &authority) == OK)
		must(authority.len == shim.vendor_keys.len + 16 + 16 + 8 + 16);
}

static void read_grub(const struct pe_image *image)
{
	AUTO_DONE(bytes) script = { 0 };
	struct grub_image grub;

	taint(&grub, sizeof(grub));
	if (grub_image_parse(image, &grub) != OK) {
		must_be_tainted(&grub, sizeof(grub));
		return;
	}
	must_lie_inside(grub.prefix, image->file);
	must_lie_inside(grub.config, image->file);
	must_lie_inside(grub.memdisk, image->file);
	if (grub_image_script(&grub, &script) == OK)
		must(script.len <= SCRIPT_MAX);
}

static void read_uki(const struct pe_image *image)
{
	struct uki_image uki;
	struct uki_values values;

	taint(&uki, sizeof(uki));
	if (uki_image_parse(image, &uki) != OK) {
		must_be_tainted(&uki, sizeof(uki));
		return;
	}
	must_lie_inside(uki.kernel, image->file);
	must_lie_inside(uki.initrd, image->file);
	must_lie_inside(uki.command_line, image->file);
	if (uki_predict(image, DIGEST_SHA256, &values) == OK)
		must(values.count > 0 && values.count <= UKI_PHASES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span file = { data, len };
	struct pe_image image;
	struct digest digest;

	taint(&image, sizeof(image));
	if (pe_image_parse(file, &image) != OK) {
		must_be_tainted(&image, sizeof(image));
		return 0;
	}
	must(image.section_count <= PE_SECTIONS_MAX);
	must(image.header_len + image.signatures_len <= len);
	for (size_t i = 0; i < image.section_count; i++) {
		must_lie_inside(image.section[i].name, file);
		must_lie_inside(image.section[i].content, file);
		must(image.section[i].content.len <= image.section[i].raw_size);
	}
	taint(&digest, sizeof(digest));
	if (pe_image_authenticode(&image, DIGEST_SHA256, &digest) != OK)
		must_be_tainted(&digest, sizeof(digest));
	read_shim(&image);
	read_grub(&image);
	read_uki(&image);
	return 0;
}
