/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/text.h"
#include "policies/artifacts/grub_image.h"
#include "policies/artifacts/shim_image.h"
#include "tools/collect/release_artifacts.h"
#include "tools/command.h"

#define PCR_IMAGES 4
#define PCR_SECURE_BOOT 7
#define PCR_GRUB_TEXT 8
#define PCR_FILES 9
#define PCR_SHIM 14
#define NAME_MAX_LEN 96

static enum status parse_image(const char *name, const struct bytes *file, struct pe_image *out)
{
	enum status status = pe_image_parse(span_of(file), out);

	if (status != OK)
		(void)unusable("%s: no image that firmware could start: %s", name,
			       status_text(status));
	return status;
}

static enum status read_image(const struct boot_artifacts *artifacts, const char *path,
			      struct bytes *file, struct pe_image *out)
{
	struct boot_files files = { .directory = artifacts->esp };
	enum status status = boot_file_read(&files, span_text(path), file);

	if (status == STATUS_NOT_FOUND)
		(void)unusable("%s: there is no %s", artifacts->esp, path);
	return status == OK ? parse_image(path, file, out) : status;
}

/* For people: escaped, and not too long. */
static json_t *name_of(const char *what, struct span text)
{
	AUTO_DONE(bytes) name = { 0 };

	if (bytes_printf(&name, "%s", what) != OK)
		return NULL;
	for (size_t i = 0; i < text.len; i++) {
		bool is_plain = text.data[i] >= ' ' && text.data[i] < 0x7f;

		if (bytes_append_byte(&name, is_plain ? text.data[i] : (uint8_t)'?') != OK)
			return NULL;
	}
	return json_stringn((const char *)name.data,
			    name.len < NAME_MAX_LEN ? name.len : NAME_MAX_LEN);
}

static enum status add_image(struct boot_draft *d, const char *what, struct span path,
			     const struct pe_image *image)
{
	struct digest digest;
	enum status status = pe_image_authenticode(image, DIGEST_SHA256, &digest);

	if (status == OK)
		boot_draft_image(d, PCR_IMAGES, name_of(what, path), &digest);
	else
		(void)unusable("%.*s: no Authenticode digest: %s", (int)path.len,
			       (const char *)path.data, status_text(status));
	return status;
}

static enum status add_measured(struct boot_draft *d, unsigned pcr, uint32_t type, const char *name,
				struct span content, bool is_required)
{
	struct digest digest;
	enum status status = hasher_digest(&d->sha256, &content, 1, &digest);

	if (status == OK)
		boot_draft_event(d, pcr, type, json_string(name), &digest, is_required);
	return status;
}

/* Where shim found the vendor's certificate that verified what it started. */
static enum status add_authorities(struct boot_draft *d, const struct shim_image *shim)
{
	static const char *const names[] = { "MokListRT", "MokList", "Shim" };
	enum status status = OK;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && status == OK; i++) {
		AUTO_DONE(bytes) content = { 0 };

		status = shim_vendor_authority(shim, names[i], &content);
		if (status == OK)
			status = add_measured(d, PCR_SECURE_BOOT, EV_EFI_VARIABLE_AUTHORITY,
					      names[i], span_of(&content), false);
	}
	return status;
}

static enum status add_shim_measurements(struct boot_draft *d, const struct shim_image *shim)
{
	static const uint8_t one = 1; /* keys of MokList count: shim's default */
	AUTO_DONE(bytes) keys = { 0 };
	enum status status = shim_mok_list(shim, &keys);

	if (status == OK)
		status = add_measured(d, PCR_SHIM, EV_IPL, "MokList", span_of(&keys), true);
	if (status == OK && shim->vendor_forbidden.len > 0)
		status =
			add_measured(d, PCR_SHIM, EV_IPL, "MokListX", shim->vendor_forbidden, true);
	if (status == OK)
		status = add_measured(d, PCR_SHIM, EV_IPL, "MokListTrusted",
				      (struct span){ &one, 1 }, false);
	if (status == OK)
		status = add_authorities(d, shim);
	if (status == OK && shim->sbat_level.len > 0)
		status = bytes_text(shim->sbat_level, &d->sbat);
	if (status != OK)
		(void)unusable("shim: what it measures cannot be told: %s", status_text(status));
	return status;
}

/* "/EFI/BOOT" of "/EFI/BOOT/BOOTX64.EFI" */
static struct span directory_of(struct span path)
{
	while (path.len > 1 && path.data[path.len - 1] != '/')
		path.len--;
	if (path.len > 1)
		path.len--;
	return path;
}

static enum status beside(struct span directory, const char *name, struct bytes *out)
{
	return bytes_printf(out, "%.*s/%s", (int)directory.len, (const char *)directory.data, name);
}

/* Files that shim looks for first. */
static enum status refuse_beside_shim(const struct boot_artifacts *artifacts, struct span directory)
{
	static const char *const names[] = { "fbx64.efi", "fbaa64.efi", "revocations_sbat.efi",
					     "revocations_sku.efi", "shim_certificate.efi" };
	struct boot_files files = { .directory = artifacts->esp };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_DONE(bytes) path = { 0 };

		if (beside(directory, names[i], &path) != OK)
			return STATUS_NO_MEMORY;
		if (boot_file_kind(&files, span_of(&path)) == GRUB_NO_FILE)
			continue;
		(void)unusable("%.*s: what shim does with it is not predicted: start another "
			       "image with --boot-image, or remove it",
			       (int)path.len, (const char *)path.data);
		return STATUS_UNSUPPORTED;
	}
	return OK;
}

/* What starts the kernel, or is one. */
static enum status draft_last_image(struct boot_draft *d, const struct boot_artifacts *artifacts,
				    const char *path, const struct pe_image *image)
{
	enum status status = draft_uki(d, image, path);

	if (status != STATUS_NOT_FOUND)
		return status;
	return draft_grub(d, artifacts, directory_of(span_text(path)), image);
}

static enum status draft_second_image(struct boot_draft *d, const struct boot_artifacts *artifacts,
				      struct span directory)
{
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) file = { 0 };
	AUTO(char) name = NULL;
	struct pe_image image;
	enum status status = beside(directory, "grubx64.efi", &path);

	if (status == OK)
		status = bytes_text(span_of(&path), &name);
	if (status == OK)
		status = read_image(artifacts, name, &file, &image);
	if (status == OK)
		status = add_image(d, "", span_text(name), &image);
	return status == OK ? draft_last_image(d, artifacts, name, &image) : status;
}

/* Nothing but the image itself. */
static enum status draft_uki_file(struct boot_draft *d, const char *path)
{
	AUTO_DONE(bytes) file = { 0 };
	struct pe_image image;
	enum status status = path_read(path, BOOT_FILE_MAX, &file);

	if (status == OK)
		status = parse_image(path, &file, &image);
	if (status == OK)
		status = add_image(d, "", span_text(path), &image);
	if (status != OK)
		return status;
	status = draft_uki(d, &image, path);
	if (status == STATUS_NOT_FOUND)
		(void)unusable("%s: not a unified kernel image: it has no .linux", path);
	return status;
}

static enum status draft_images(struct boot_draft *d, const struct boot_artifacts *artifacts)
{
	AUTO_DONE(bytes) file = { 0 };
	const char *path = artifacts->image;
	struct span directory = directory_of(span_text(path));
	struct pe_image image;
	struct shim_image shim;
	enum status status;

	status = read_image(artifacts, path, &file, &image);
	if (status == OK)
		status = add_image(d, "", span_text(path), &image);
	if (status != OK)
		return status;
	status = shim_image_parse(&image, &shim);
	if (status == STATUS_NOT_FOUND)
		return draft_last_image(d, artifacts, path, &image);
	if (status == OK)
		status = refuse_beside_shim(artifacts, directory);
	if (status == OK)
		status = add_shim_measurements(d, &shim);
	return status == OK ? draft_second_image(d, artifacts, directory) : status;
}

/* The initramfs whose files are listed has to be the one that is loaded. */
static enum status check_initramfs(const struct boot_draft *d,
				   const struct boot_artifacts *artifacts)
{
	AUTO_DONE(bytes) content = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	struct digest digest;
	json_t *value;
	size_t i;
	enum status status;

	if (artifacts->initramfs == NULL)
		return OK;
	status = path_read(artifacts->initramfs, BOOT_FILE_MAX, &content);
	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&content), &digest);
	if (status == OK)
		status = digest_text_append(&text, &digest);
	if (status != OK)
		return status;
	json_array_foreach(d->initrd, i, value) if (span_equal(span_text(json_string_value(value)),
							       span_of(&text))) return OK;
	(void)unusable("%s: what is started loads no initrd with this content: give --initramfs "
		       "the file on the ESP, or the one in the unified kernel image",
		       artifacts->initramfs);
	return STATUS_MISMATCH;
}

enum status draft_boot_chain(struct boot_draft *d, const struct boot_artifacts *artifacts)
{
	enum status status = artifacts->uki != NULL ? draft_uki_file(d, artifacts->uki)
						    : draft_images(d, artifacts);

	return status == OK ? check_initramfs(d, artifacts) : status;
}

/* A file that GRUB opens: measured as it is; a kernel is started, too. */
static enum status add_file(struct boot_draft *d, const struct boot_artifacts *artifacts,
			    const struct grub_event *event)
{
	AUTO_DONE(bytes) content = { 0 };
	struct boot_files files = { .directory = artifacts->esp };
	struct span name = span_of(&event->text);
	struct span path = name;
	struct digest digest;
	enum status status;

	if (span_starts_with(path, "(")) {
		const uint8_t *end = memchr(path.data, ')', path.len);

		path = (struct span){ end + 1, path.len - (size_t)(end + 1 - path.data) };
	}
	status = boot_file_read(&files, path, &content);
	if (status == OK) {
		struct span whole = span_of(&content);

		status = hasher_digest(&d->sha256, &whole, 1, &digest);
	}
	if (status != OK)
		return status;
	/* "initrd" alone means any of them, and GRUB boots without any where one is missing. */
	if (event->kind == GRUB_INITRD)
		boot_draft_initrd(d, &digest);
	boot_draft_event(d, PCR_FILES, EV_IPL, name_of("", name), &digest, true);
	if (event->kind != GRUB_KERNEL)
		return OK;

	struct pe_image image;
	status = pe_image_parse(span_of(&content), &image);
	if (status == OK)
		return add_image(d, "", path, &image);
	(void)unusable("%.*s: no kernel that shim could verify: %s", (int)path.len,
		       (const char *)path.data, status_text(status));
	return status;
}

/* Arguments only: the path before them is PCR 9's. */
static enum status add_command_line(struct boot_draft *d, struct span line)
{
	const uint8_t *space = memchr(line.data, ' ', line.len);
	size_t skipped = space == NULL ? line.len : (size_t)(space - line.data) + 1;

	if (skipped == line.len) {
		(void)unusable("the kernel has no arguments: IMA needs ima_policy=tcb, and root=");
		return STATUS_UNSUPPORTED;
	}
	boot_draft_cmdline(d, (struct span){ line.data + skipped, line.len - skipped });
	return OK;
}

static enum status add_grub_event(struct boot_draft *d, const struct boot_artifacts *artifacts,
				  const struct grub_event *event)
{
	struct span text = span_of(&event->text);
	struct digest digest;
	enum status status;

	switch (event->kind) {
	case GRUB_COMMAND:
		status = hasher_digest(&d->sha256, &text, 1, &digest);
		if (status == OK)
			boot_draft_event(d, PCR_GRUB_TEXT, EV_IPL, name_of("", text), &digest,
					 true);
		return status;
	case GRUB_FILE:
	case GRUB_KERNEL:
	case GRUB_INITRD:
		return add_file(d, artifacts, event);
	case GRUB_COMMAND_LINE:
		return add_command_line(d, text);
	}
	return STATUS_UNSUPPORTED;
}

static enum status take_grub_events(struct boot_draft *d, const struct boot_artifacts *artifacts,
				    const struct grub_start *start)
{
	AUTO_DONE(grub_events) events = { 0 };
	struct boot_files directory = { .directory = artifacts->esp };
	const struct grub_files files = { .context = &directory,
					  .kind = boot_file_kind,
					  .read = boot_file_read };
	struct grub_fault fault;
	enum status status = grub_predict(start, &files, &events, &fault);

	if (status == STATUS_UNSUPPORTED) {
		(void)unusable("%s%s%.0zu: %s", fault.script, fault.line > 0 ? ", line " : "",
			       fault.line, fault.text);
		return status;
	}
	for (size_t i = 0; i < events.count && status == OK; i++)
		status = add_grub_event(d, artifacts, &events.event[i]);
	return status;
}

enum status draft_grub(struct boot_draft *d, const struct boot_artifacts *artifacts,
		       struct span directory, const struct pe_image *image)
{
	AUTO_DONE(bytes) script = { 0 };
	AUTO(char) directory_text = NULL;
	struct grub_start start = { .device = artifacts->device };
	struct grub_image grub;
	enum status status = grub_image_parse(image, &grub);

	if (status == STATUS_NOT_FOUND) {
		(void)unusable("the image that is started is neither shim, GRUB nor a unified "
			       "kernel: what it measures is not predicted");
		return STATUS_UNSUPPORTED;
	}
	/* It then starts kernels past their EFI stub, and no boot log reaches them. */
	if (!d->secure_boot) {
		(void)unusable("GRUB without Secure Boot leaves no boot log: switch it on in the "
			       "firmware, or boot a unified kernel image");
		return STATUS_UNSUPPORTED;
	}
	if (status == OK)
		status = grub_image_script(&grub, &script);
	if (status == STATUS_NOT_FOUND)
		status = OK;
	if (status == OK)
		status = bytes_text(directory, &directory_text);
	if (status != OK) {
		(void)unusable("GRUB: what it starts with cannot be told: %s", status_text(status));
		return status;
	}
	start.prefix = grub.prefix;
	start.directory = directory_text;
	start.script = span_of(&script);
	return take_grub_events(d, artifacts, &start);
}
