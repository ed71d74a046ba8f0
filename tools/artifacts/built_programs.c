/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/artifacts/built_programs.h"

#include <stdlib.h>
#include <string.h>

#define PROGRAM_MAX ((size_t)512 << 20)
#define TYPE_AT 16 /* e_type, after e_ident (System V ABI, chapter 4) */
#define ET_EXEC 2
#define ET_DYN 3

struct note {
	uint8_t sha256[SHA256_SIZE];
	enum status status; /* of reading it; nothing else is there but with OK */
	size_t text_at; /* interpreter, run path, names of libraries: each with a NUL */
	size_t needed_count;
};

struct built_programs {
	struct note *note;
	size_t count, capacity;
	bool is_sorted;
	struct bytes texts;
	struct bytes file; /* the one that passes by */
	bool is_over; /* larger than any program */
};

enum status built_programs_new(struct built_programs **out)
{
	*out = calloc(1, sizeof(**out));
	return *out == NULL ? STATUS_NO_MEMORY : OK;
}

void built_programs_free(struct built_programs *programs)
{
	if (programs == NULL)
		return;
	free(programs->note);
	bytes_done(&programs->texts);
	bytes_done(&programs->file);
	free(programs);
}

void built_programs_begin(struct built_programs *programs)
{
	programs->file.len = 0;
	programs->is_over = false;
}

/* A kernel module is an ELF file too, and has nothing loaded by a loader. */
static bool may_be_program(const struct bytes *file)
{
	if (file->len < TYPE_AT + 2)
		return memcmp(file->data, "\177ELF", file->len < 4 ? file->len : 4) == 0;
	return memcmp(file->data, "\177ELF", 4) == 0 && file->data[TYPE_AT + 1] == 0 &&
	       (file->data[TYPE_AT] == ET_EXEC || file->data[TYPE_AT] == ET_DYN);
}

enum status built_programs_add(struct built_programs *programs, struct span content)
{
	struct bytes *file = &programs->file;

	if (programs->is_over || content.len == 0 || (file->len > 0 && !may_be_program(file)))
		return OK;
	if (file->len == 0 && content.data[0] != '\177')
		content.len = 1;
	if (content.len > PROGRAM_MAX - file->len) {
		programs->is_over = true;
		return OK;
	}
	return bytes_append(file, content);
}

static enum status keep_text(struct built_programs *programs, struct span text)
{
	enum status status = bytes_append(&programs->texts, text);

	return status == OK ? bytes_append_byte(&programs->texts, 0) : status;
}

static enum status keep_image(struct built_programs *programs, const struct elf_image *image,
			      struct note *note)
{
	enum status status = keep_text(programs, image->interpreter);

	note->needed_count = image->needed_count;
	if (status == OK)
		status = keep_text(programs, image->run_path);
	for (size_t i = 0; i < image->needed_count && status == OK; i++)
		status = keep_text(programs, image->needed[i]);
	return status;
}

static enum status keep_note(struct built_programs *programs, const struct note *note)
{
	if (programs->count == programs->capacity) {
		size_t capacity = programs->capacity == 0 ? 256 : 2 * programs->capacity;
		struct note *grown = reallocarray(programs->note, capacity, sizeof(*grown));

		if (grown == NULL)
			return STATUS_NO_MEMORY;
		programs->note = grown;
		programs->capacity = capacity;
	}
	programs->note[programs->count++] = *note;
	programs->is_sorted = false;
	return OK;
}

enum status built_programs_end(struct built_programs *programs, const uint8_t *sha256)
{
	struct note note = { .text_at = programs->texts.len };
	struct elf_image image;
	enum status status = OK;

	if (programs->file.len < TYPE_AT + 2 || !may_be_program(&programs->file))
		return OK;
	note.status = programs->is_over ? STATUS_TOO_LARGE
					: elf_image_parse(span_of(&programs->file), &image);
	if (note.status == OK)
		status = keep_image(programs, &image, &note);
	memcpy(note.sha256, sha256, SHA256_SIZE);
	return status == OK ? keep_note(programs, &note) : status;
}

static int compare_notes(const void *a, const void *b)
{
	const struct note *one = a;
	const struct note *two = b;

	return memcmp(one->sha256, two->sha256, SHA256_SIZE);
}

static struct span next_text(const struct built_programs *programs, size_t *at)
{
	struct span text = span_text((const char *)programs->texts.data + *at);

	*at += text.len + 1;
	return text;
}

enum status built_programs_find(struct built_programs *programs, const uint8_t *sha256,
				struct elf_image *out)
{
	const struct note *found;
	struct note key = { 0 };
	size_t at;

	if (programs->count == 0)
		return STATUS_NOT_FOUND;
	if (!programs->is_sorted)
		qsort(programs->note, programs->count, sizeof(*programs->note), compare_notes);
	programs->is_sorted = true;
	memcpy(key.sha256, sha256, SHA256_SIZE);
	found = bsearch(&key, programs->note, programs->count, sizeof(key), compare_notes);
	if (found == NULL || found->status != OK)
		return found == NULL ? STATUS_NOT_FOUND : found->status;
	at = found->text_at;
	out->interpreter = next_text(programs, &at);
	out->run_path = next_text(programs, &at);
	out->needed_count = found->needed_count;
	for (size_t i = 0; i < found->needed_count; i++)
		out->needed[i] = next_text(programs, &at);
	return OK;
}
