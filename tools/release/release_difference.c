/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_difference.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policies/loading/refusal.h"
#include "tools/command.h"
#include "tools/release/release_baseline.h"
#include "tools/release/release_manifest.h"
#include "tools/release/release_root.h"

static struct path_text in_release(const struct comparison *c, const char *folder,
				   const struct digest *digest, const char *suffix)
{
	const struct release_line line = { .directory = c->release };

	return line_path(&line, "%s/%s%s", folder, sha256_hex(digest).hex, suffix);
}

/* Mapped and not read: half a million lines are the page cache's. */
static enum status map_file(const char *path, uint64_t size, struct span *out)
{
	struct stat found;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	void *map = NULL;

	if (fd < 0 || fstat(fd, &found) != 0) {
		(void)unusable("%s: %s", path, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return STATUS_IO;
	}
	bool fits = S_ISREG(found.st_mode) && (uint64_t)found.st_size == size;
	if (fits && size > 0)
		map = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	(void)close(fd);
	if (!fits || map == MAP_FAILED) {
		(void)unusable("%s: not of the size that the manifest says", path);
		return STATUS_MISMATCH;
	}
	*out = (struct span){ .data = map, .len = (size_t)size };
	return OK;
}

static void close_set(void *self, struct span file)
{
	(void)self;
	(void)munmap((void *)(uintptr_t)file.data, file.len);
}

static enum status open_set(void *self, const struct manifest_set *set, struct span *file)
{
	const struct comparison *c = self;
	struct path_text path = in_release(c, "sets", &set->digest, "");
	struct digest digest;
	enum status status = map_file(path.text, set->size, file);

	if (status != OK)
		return status;
	status = digest_of(DIGEST_SHA256, *file, &digest);
	if (status == OK && digest_equal(&digest, &set->digest))
		return OK;
	(void)unusable("%s: not the file that the manifest names", path.text);
	close_set(NULL, *file);
	return STATUS_MISMATCH;
}

static enum status open_side(const char *what, struct span payload, struct difference_side *out)
{
	struct release_refusal why = { 0 };
	enum status status = difference_side_open(payload, out);

	if (status == OK)
		return OK;
	if (out->statement.document.fault != NULL) {
		(void)refusal_of_document(&why, what, &out->statement.document);
		print_refusal(stderr, &why);
	} else {
		(void)unusable("%s: %s", what, status_text(status));
	}
	return status;
}

static enum status open_after(struct comparison *c, const char *release, const struct digest *pin,
			      struct span new)
{
	AUTO_DONE(root_origin) origin = { 0 };
	enum status status = bytes_copy(new, &c->new);

	(void)snprintf(c->release, sizeof(c->release), "%s", release);
	if (status == OK)
		status = open_side("the new manifest", span_of(&c->new), &c->after);
	if (status == OK)
		status = verified_root(c->release, pin, &origin, &c->root);
	c->first = origin.first;
	return status;
}

static enum status open_before(struct comparison *c)
{
	c->has_before = true;
	return open_side("the old manifest", span_of(&c->old), &c->before);
}

enum status comparison_open(struct comparison *c, const struct release_line *line,
			    const struct digest *pin, struct span new)
{
	struct digest first;
	enum status status = line_pin(line, pin, &first);

	if (status == OK)
		status = open_after(c, line_path(line, "release").text, &first, new);
	if (status != OK || !c->after.manifest.has_previous)
		return status;
	status = baseline_check(line, &c->first, &c->after.manifest.previous);
	if (status == OK)
		status = manifest_named(c->release, sha256_hex(&c->after.manifest.previous).hex,
					&c->old);
	return status == OK ? open_before(c) : status;
}

enum status comparison_open_both(struct comparison *c, const char *release,
				 const struct digest *pin, struct span old, struct span new)
{
	enum status status = open_after(c, release, pin, new);

	if (status == OK)
		status = bytes_copy(old, &c->old);
	return status == OK ? open_before(c) : status;
}

void comparison_done(struct comparison *c)
{
	difference_side_done(&c->before);
	difference_side_done(&c->after);
	root_done(&c->root);
	bytes_done(&c->old);
	bytes_done(&c->new);
}

enum status comparison_run(struct comparison *c, const struct difference_listener *listener)
{
	const struct set_source sets = { .open = open_set, .close = close_set, .self = c };
	struct set_fault why = { 0 };
	enum status status = difference_of(c->has_before ? &c->before : NULL, &c->after, &sets,
					   &c->root.class_rules, listener, &c->difference, &why);

	if (why.code != NULL)
		(void)unusable("%s: line %llu: %s", in_release(c, "sets", &why.set, "").text,
			       (unsigned long long)why.line, why.code);
	return status;
}

enum change_class comparison_class(const struct comparison *c)
{
	enum change_class declared = c->after.manifest.declared;

	return declared > c->difference.class ? declared : c->difference.class;
}

static enum status write_text(void *self, struct span text)
{
	return fwrite(text.data, 1, text.len, self) == text.len ? OK : STATUS_IO;
}

enum status comparison_print_canonical(struct comparison *c, FILE *to)
{
	const struct difference_listener listener = { .text = write_text, .self = to };

	return comparison_run(c, &listener);
}
