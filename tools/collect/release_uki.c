/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "policies/artifacts/uki_image.h"
#include "tools/collect/release_artifacts.h"
#include "tools/command.h"
#include "tools/release/release_command_line.h"

#define PCR_IMAGES 4
#define PCR_STUB 9 /* the kernel's own: what it is told, initrd */
#define PCR_KERNEL_IMAGE 11
/* The first to measure its sections; those after it measure more. */
#define STUB_PREDICTED 252

/* What the stub would add to what the image holds. */
static enum status refuse_unpredicted(const struct uki_image *uki, const char *name)
{
	if (uki->stub_version != STUB_PREDICTED) {
		(void)unusable("%s: what systemd-stub %u measures is not predicted, only %u", name,
			       uki->stub_version, STUB_PREDICTED);
		return STATUS_UNSUPPORTED;
	}
	if (uki->adds_to_initrd) {
		(void)unusable("%s: with .pcrsig or .pcrpkey the stub packs an initrd of its own, "
			       "which is not predicted: build it without",
			       name);
		return STATUS_UNSUPPORTED;
	}
	if (uki->command_line.len == 0) {
		(void)unusable("%s: without .cmdline the firmware's boot entry decides what the "
			       "kernel is told: build it with one",
			       name);
		return STATUS_UNSUPPORTED;
	}
	return OK;
}

/* The firmware loads the kernel for the stub and measures it once more; but with Secure Boot
 * the stub answers for it in the firmware's stead, whose verifying is also its measuring. */
static enum status add_kernel(struct boot_draft *d, struct span kernel, const char *name)
{
	struct pe_image image;
	struct digest digest;
	enum status status = pe_image_parse(kernel, &image);

	if (status == OK)
		status = pe_image_authenticode(&image, DIGEST_SHA256, &digest);
	if (status == OK)
		boot_draft_image(d, PCR_IMAGES, json_string(".linux"), &digest);
	else
		(void)unusable("%s: .linux: %s", name, status_text(status));
	return status;
}

/* As the kernel gets them, and measures them: UTF-16 with a NUL. */
static enum status add_load_options(struct boot_draft *d, struct span line)
{
	AUTO_DONE(bytes) wide = { 0 };
	struct digest digest;
	struct span whole;
	enum status status = OK;

	for (size_t i = 0; i <= line.len && status == OK; i++) {
		status = bytes_append_byte(&wide, i < line.len ? line.data[i] : 0);
		if (status == OK)
			status = bytes_append_byte(&wide, 0);
	}
	whole = span_of(&wide);
	if (status == OK)
		status = hasher_digest(&d->sha256, &whole, 1, &digest);
	if (status == OK)
		boot_draft_event(d, PCR_STUB, EV_EVENT_TAG, json_string("load options"), &digest,
				 false);
	return status;
}

static enum status add_initrd(struct boot_draft *d, struct span initrd)
{
	struct digest digest;
	enum status status = hasher_digest(&d->sha256, &initrd, 1, &digest);

	if (status == OK)
		boot_draft_initrd(d, &digest);
	return status;
}

static void say_section(const char *name, enum status status)
{
	if (status == STATUS_UNSUPPORTED)
		(void)unusable("%s: one of its sections is longer in memory than in the file, "
			       "which is not predicted: build it with whole sections",
			       name);
	else
		(void)unusable("%s: one of its sections stands there twice", name);
}

enum status draft_uki(struct boot_draft *d, const struct pe_image *image, const char *name)
{
	struct uki_image uki;
	struct uki_values values = { 0 };
	enum status status = uki_image_parse(image, &uki);

	if (status != OK && status != STATUS_NOT_FOUND)
		say_section(name, status);
	if (status == OK)
		status = refuse_unpredicted(&uki, name);
	if (status == OK && !d->secure_boot)
		status = add_kernel(d, uki.kernel, name);
	if (status == OK)
		status = add_load_options(d, uki.command_line);
	/* By its digest alone in the manifest: nobody could be told later. */
	if (status == OK)
		command_line_warn(stderr, uki.command_line);
	if (status == OK && uki.initrd.len > 0)
		status = add_initrd(d, uki.initrd);
	if (status == OK) {
		status = uki_predict(image, DIGEST_SHA256, &values);
		if (status != OK)
			say_section(name, status);
	}
	for (size_t i = 0; status == OK && i < values.count; i++)
		boot_draft_pcr(d, PCR_KERNEL_IMAGE, &values.value[i]);
	return status;
}

enum status uki_files(const char *path, struct file_list *out)
{
	AUTO_DONE(bytes) file = { 0 };
	struct pe_image image;
	struct uki_image uki;
	enum status status = path_read(path, BOOT_FILE_MAX, &file);

	if (status != OK)
		return status;
	status = pe_image_parse(span_of(&file), &image);
	if (status == OK)
		status = uki_image_parse(&image, &uki);
	if (status != OK) {
		(void)unusable("%s: not a unified kernel image: %s", path, status_text(status));
		return status;
	}
	return uki.initrd.len == 0 ? OK : initramfs_content_files(path, uki.initrd, out);
}
