/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/reference/set_file.h"
#include "tools/collect/release_collect.h"
#include "tools/command.h"
#include "tools/release/release_root.h"

/* Where distributions keep code that runs in the kernel, or on devices beside it. */
static enum set_class usual_class(struct span path)
{
	static const char *const places[] = { "/usr/lib/modules", "/usr/lib/firmware",
					      "/lib/modules", "/lib/firmware" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (path_is_within(path, span_text(places[i])))
			return SET_KERNEL;
	return SET_BASE;
}

/* As the kernel logs the path, by which a verifier will ask. */
static enum set_class class_of(const struct collect *c, const struct class_rules *root,
			       struct span path)
{
	uint8_t logged[SET_PATH_MAX];
	enum set_class class;

	path_as_logged(path, logged);
	path.data = logged;
	class = class_rules_class(root, path);
	if (class == SET_BASE)
		class = class_rules_class(&c->classes, path);
	return class == SET_BASE ? usual_class(path) : class;
}

static enum status class_identity(struct collect *c, json_t *must_appear)
{
	(void)file_list_settle(&c->identity, NULL);
	for (size_t i = 0; i < c->identity.count; i++) {
		const char *path = c->identity.entry[i].path;
		const struct file_list_entry *found = file_list_find(&c->files, span_text(path));

		if (found == NULL) {
			(void)unusable("--identity %s: no list has this file", path);
			return STATUS_NOT_FOUND;
		}
		c->files.entry[found - c->files.entry].class = SET_IDENTITY;
		(void)json_array_append_new(must_appear, json_string(path));
	}
	return OK;
}

/* Of a file that a list has as well, the vendor's word counts. */
static void class_vendors(struct collect *c)
{
	for (size_t i = 0; i < c->vendors.count; i++) {
		const struct file_list *files = &c->vendors.delivery[i].files;

		for (size_t j = 0; j < files->count; j++) {
			const struct file_list_entry *found =
				file_list_find(&c->files, span_text(files->entry[j].path));

			if (found != NULL)
				c->files.entry[found - c->files.entry].class = SET_VENDOR;
		}
	}
}

enum status collect_vendors(struct collect *c)
{
	AUTO_DONE(root) root = { 0 };
	enum status status = c->vendors.count == 0 ? OK : line_root(&c->line, &c->pin, &root);

	for (size_t i = 0; i < c->vendors.count && status == OK; i++)
		status = vendor_delivery_take(&c->vendors.delivery[i], &root, c->is_split_usr,
					      &c->left_out);
	return status;
}

enum status collect_classes(struct collect *c, json_t *must_appear)
{
	AUTO_DONE(root) root = { 0 };
	enum status status = line_root(&c->line, &c->pin, &root);

	if (status != OK)
		return status;
	for (size_t i = 0; i < c->files.count; i++)
		c->files.entry[i].class =
			(uint8_t)class_of(c, &root.class_rules, span_text(c->files.entry[i].path));
	class_vendors(c);
	return class_identity(c, must_appear);
}
