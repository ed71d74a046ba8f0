/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/command_line.h"

#include <string.h>

#include "base/text.h"

#define UUID_SIZE 36
#define WILDCARD "{uuid}"

bool command_line_is_one(struct span text)
{
	static const char first[] = "/('\"+ \t\n\r\v\f\\";

	return text.len > 0 && ((text.data[0] >= '0' && text.data[0] <= '9') ||
				memchr(first, text.data[0], sizeof(first) - 1) != NULL);
}

static struct span without(struct span text, size_t count)
{
	return (struct span){ .data = text.data + count, .len = text.len - count };
}

bool command_line_of_grub(struct span text, struct span *line)
{
	static const char *const commands[] = { "linux ", "linuxefi ", "linux16 " };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (span_starts_with(text, commands[i])) {
			*line = without(text, strlen(commands[i]));
			return true;
		}
	}
	return false;
}

/* "!" and "time" run what follows them. */
static struct span without_wrappers(struct span text)
{
	static const char *const wrappers[] = { "! ", "time " };
	bool is_wrapped = true;

	while (is_wrapped) {
		is_wrapped = false;
		for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
			if (!span_starts_with(text, wrappers[i]))
				continue;
			text = without(text, strlen(wrappers[i]));
			is_wrapped = true;
		}
	}
	return text;
}

/* "initrd newc:NAME:FILE" gives a measured file another name in the initramfs. */
static bool renames_files(struct span command)
{
	return span_starts_with(command, "initrd") &&
	       memmem(command.data, command.len, "newc:", 5) != NULL;
}

bool command_line_is_handed_on(struct span text)
{
	static const char *const commands[] = { "chainloader ", "legacy_kernel " };
	struct span command = without_wrappers(text);
	struct span line;

	if (command_line_of_grub(command, &line))
		return !command_line_is_one(line);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (span_starts_with(command, commands[i]))
			return true;
	return renames_files(command);
}

size_t command_line_initrds(struct span text)
{
	struct span rest = without_wrappers(text);
	struct span word;
	size_t count = 0;

	if (!text_next_word(&rest, ' ', &word) ||
	    !(span_equal(word, span_text("initrd")) || span_equal(word, span_text("initrdefi")) ||
	      span_equal(word, span_text("initrd16"))))
		return 0;
	while (text_next_word(&rest, ' ', &word))
		count++;
	return count;
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_uuid(struct span text)
{
	if (text.len < UUID_SIZE)
		return false;
	for (size_t i = 0; i < UUID_SIZE; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text.data[i] != '-' : !is_hex(text.data[i]))
			return false;
	}
	return true;
}

static bool fits(struct span pattern, struct span line)
{
	while (pattern.len > 0) {
		if (span_starts_with(pattern, WILDCARD)) {
			if (!is_uuid(line))
				return false;
			pattern = without(pattern, strlen(WILDCARD));
			line = without(line, UUID_SIZE);
			continue;
		}
		if (line.len == 0 || pattern.data[0] != line.data[0])
			return false;
		pattern = without(pattern, 1);
		line = without(line, 1);
	}
	return line.len == 0;
}

/*
 * The kernel's path names a file whose content PCR 4 and 9 hold. GRUB hands it
 * on in front of the arguments, so it must be one word to the kernel too: a tab
 * in it would start an argument, a quoting mark swallow all that follow (kernel:
 * lib/cmdline.c, next_arg).
 */
static bool skip_path(struct span line, struct span *arguments)
{
	const uint8_t *space;

	if (line.len == 0 || (line.data[0] != '/' && line.data[0] != '('))
		return false;
	space = memchr(line.data, ' ', line.len);
	size_t path_len = space == NULL ? line.len : (size_t)(space - line.data);

	for (size_t i = 0; i < path_len; i++)
		if (line.data[i] < ' ' || line.data[i] > '~' ||
		    memchr("\"'\\", line.data[i], 3) != NULL)
			return false;
	*arguments =
		space == NULL ? (struct span){ 0 } : without(line, (size_t)(space - line.data) + 1);
	return true;
}

bool command_line_is_allowed(const struct reference *ref, struct ref_range texts, struct span line)
{
	struct span arguments;
	bool has_path = skip_path(line, &arguments);

	for (uint32_t i = 0; i < texts.count; i++) {
		struct span pattern = reference_text(ref, texts.first + i);

		if (fits(pattern, line) || (has_path && fits(pattern, arguments)))
			return true;
	}
	return false;
}

struct lockdown_words command_line_lockdown(struct span line)
{
	struct lockdown_words words = { 0 };
	struct span rest = line;
	struct span word;

	while (text_next_word(&rest, ' ', &word)) {
		if (!span_starts_with(word, "lockdown="))
			continue;
		words.is_named = true;
		words.level = LOCKDOWN_NONE;
		if (span_equal(word, span_text("lockdown=integrity")))
			words.level = LOCKDOWN_INTEGRITY;
		if (span_equal(word, span_text("lockdown=confidentiality")))
			words.level = LOCKDOWN_CONFIDENTIALITY;
	}
	return words;
}
