/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/grub_image.h"

#include "policies/artifacts/fat_image.h"

#define MODULES_MAGIC 0x676d696du /* "mimg" */
#define OBJECTS_MAX 4096
#define SCRIPT_MAX ((size_t)64 << 10)

enum object_type { /* OBJ_TYPE_... */
		   OBJECT_MEMDISK = 1,
		   OBJECT_CONFIG = 2,
		   OBJECT_PREFIX = 3,
};

static struct span text_of(struct span content)
{
	const uint8_t *end = content.len == 0 ? NULL : memchr(content.data, 0, content.len);

	if (end != NULL)
		content.len = (size_t)(end - content.data);
	return content;
}

static void take_object(struct grub_image *grub, uint32_t type, struct span content)
{
	if (type == OBJECT_MEMDISK)
		grub->memdisk = content;
	if (type == OBJECT_CONFIG)
		grub->config = text_of(content);
	if (type == OBJECT_PREFIX)
		grub->prefix = text_of(content);
}

enum status grub_image_parse(const struct pe_image *image, struct grub_image *out)
{
	struct grub_image grub = { 0 };
	struct pe_section section;
	enum status status = pe_image_section(image, "mods", &section);

	if (status != OK)
		return status;

	struct reader r = reader_over(section.content);
	uint32_t magic = reader_le32(&r);
	reader_skip(&r, 4);
	uint64_t offset = reader_le64(&r);
	uint64_t size = reader_le64(&r); /* from the magic on */
	if (r.status == OK && (magic != MODULES_MAGIC || offset < r.offset || size < offset ||
			       size > section.content.len))
		return STATUS_MALFORMED;

	struct span objects = { section.content.data, r.status == OK ? (size_t)size : 0 };
	struct reader at = reader_over(objects);
	reader_fail(&at, r.status);
	reader_skip(&at, (size_t)offset);
	for (size_t count = 0; !reader_is_done(&at); count++) {
		uint32_t type = reader_le32(&at);
		uint32_t len = reader_le32(&at); /* of these two as well */

		if (len < 8 || count >= OBJECTS_MAX)
			reader_fail(&at, STATUS_MALFORMED);
		take_object(&grub, type, reader_take(&at, len - 8));
	}
	if (at.status == OK)
		*out = grub;
	return at.status;
}

enum status grub_image_script(const struct grub_image *grub, struct bytes *out)
{
	struct span first = grub->config;
	struct fat_image fat;
	enum status status;

	while (first.len > 0 && first.data[first.len - 1] == '\n')
		first.len--;
	if (first.len == 0)
		return STATUS_NOT_FOUND;
	if (!span_equal(first, span_text("normal (memdisk)/grub.cfg")) || grub->memdisk.len == 0)
		return STATUS_UNSUPPORTED;
	status = fat_image_open(grub->memdisk, &fat);
	return status == OK ? fat_image_read(&fat, "GRUB    CFG", SCRIPT_MAX, out) : status;
}
