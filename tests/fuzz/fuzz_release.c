/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole release directory, genuinely signed, which somebody changed: the input
 * is a list of changes. Who has no key can only take something away: what loads is
 * what was signed, to the byte. Who has one signs what he likes, and whatever
 * loads then can be opened.
 */
#include "unit.h"

#include "base/reader.h"
#include "fuzz.h"
#include "policies/envelope/dsse.h"
#include "release_line.h"

#define CHANGES_MAX 8
#define TEXT_MAX 8192

enum change { CHANGE_SPLICE, CHANGE_REMOVE, CHANGE_COPY, CHANGE_SIGN, CHANGES };

static struct line line;
static struct bytes signed_image;

static enum status load(struct bytes *image)
{
	struct release_trust trust = { .root = line.root, .now = LINE_NOW };
	struct release_refusal why = { 0 };
	struct release_marks marks = { 0 };
	enum status status = release_load(&trust, &line.source, image, &marks, &why);

	must(status == OK || why.code != NULL || status == STATUS_NO_MEMORY);
	must((status == OK) == (image->len > 0));
	return status;
}

/* As it was signed, once: a signature takes longer than all else here. */
static void make_anew(void)
{
	static struct line pristine;

	line_done(&line);
	if (pristine.count == 0)
		line_make(&pristine, NULL, 0);
	line.root = pristine.root;
	line.source = (struct document_source){ .read = pristine.source.read, .self = &line };
	for (size_t i = 0; i < pristine.count; i++)
		line_put(&line, pristine.file[i].path, span_of(&pristine.file[i].content));
	if (signed_image.len == 0)
		must(load(&signed_image) == OK);
}

/* Part of the content becomes what stands in the input; cut to what is there. */
static enum status splice(struct span content, struct reader *r, struct bytes *out)
{
	size_t at = reader_be16(r), cut = reader_be16(r);
	struct span put = reader_sized(r, TEXT_MAX);

	at = at < content.len ? at : content.len;
	cut = cut < content.len - at ? cut : content.len - at;

	enum status status = bytes_append(out, (struct span){ content.data, at });

	if (status == OK)
		status = bytes_append(out, put);
	return status == OK ? bytes_append(out, (struct span){ content.data + at + cut,
							       content.len - at - cut })
			    : status;
}

/* The payload, changed, and signed by somebody who has this key. */
static bool sign_anew(size_t file, const char *key, struct reader *r)
{
	AUTO_DONE(strict_document) why = { 0 };
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(bytes) text = { 0 };

	if (dsse_parse(span_of(&line.file[file].content), (size_t)1 << 16, &dsse, &why) != OK)
		return false;
	must(splice(span_of(&dsse.payload), r, &text) == OK);
	must(bytes_append_byte(&text, 0) == OK);
	line_put_signed(&line, line.file[file].path, key, (const char *)text.data);
	return true;
}

static void put(size_t file, struct span content)
{
	AUTO_DONE(bytes) copy = { 0 };

	must(bytes_copy(content, &copy) == OK);
	line_put(&line, line.file[file].path, span_of(&copy));
}

/* True where a key was used for it. */
static bool change(struct reader *r)
{
	static const char *const keys[] = { "plat-root",   "sec-root",	    "build",
					    "sign",	   "publish",	    "plat-approve",
					    "sec-approve", "plat-approve-2" };
	enum change what = reader_u8(r) % CHANGES;
	size_t file = reader_u8(r) % line.count;
	size_t other = reader_u8(r);
	AUTO_DONE(bytes) content = { 0 };

	if (r->status != OK || line.file[file].path[0] == '\0')
		return false;
	switch (what) {
	case CHANGE_REMOVE:
		line.file[file].path[0] = '\0';
		return false;
	case CHANGE_COPY:
		put(file, span_of(&line.file[other % line.count].content));
		return false;
	case CHANGE_SIGN:
		return sign_anew(file, keys[other % 8], r);
	case CHANGE_SPLICE:
	case CHANGES:
		must(splice(span_of(&line.file[file].content), r, &content) == OK);
		put(file, span_of(&content));
		return false;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_over((struct span){ data, len });
	AUTO_DONE(bytes) image = { 0 };
	struct reference reference;
	bool was_signed = false;

	make_anew();
	for (size_t i = 0; i < CHANGES_MAX && r.status == OK && r.rest.len > 0; i++)
		was_signed |= change(&r);
	if (load(&image) != OK)
		return 0;
	must(reference_open(span_of(&image), &reference) == OK);
	must(was_signed || span_equal(span_of(&image), span_of(&signed_image)));
	return 0;
}
