/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/grub_run.h"

static bool is_word(const struct bytes *word, const char *text)
{
	return span_equal(span_of(word), span_text(text));
}

static struct span from(struct span s, size_t offset)
{
	return (struct span){ s.data + offset, s.len - offset };
}

/* "(DEVICE)" in front, or none and the variable root. */
static struct span device_of(const struct grub_run *run, struct span name, struct span *path)
{
	const uint8_t *end;

	*path = name;
	if (!span_starts_with(name, "("))
		return grub_variable_get(run, span_text("root"));
	end = memchr(name.data, ')', name.len);
	if (end == NULL)
		return (struct span){ 0 };
	*path = from(name, (size_t)(end - name.data) + 1);
	return (struct span){ name.data + 1, (size_t)(end - name.data) - 1 };
}

struct span grub_path(struct grub_run *run, const struct grub_text *text, struct span name)
{
	struct span path;
	struct span device = device_of(run, name, &path);

	if (!span_equal(device, span_text(run->start->device)) || !span_starts_with(path, "/")) {
		grub_fail(run, text, "a file on another device than GRUB's own", name);
		return (struct span){ 0 };
	}
	return path;
}

static enum grub_file_kind kind_of(struct grub_run *run, const struct grub_text *text,
				   struct span name)
{
	struct span path = grub_path(run, text, name);

	return run->status == OK ? run->files->kind(run->files->context, path) : GRUB_NO_FILE;
}

static void require_file(struct grub_run *run, const struct grub_text *text, struct span name)
{
	enum grub_file_kind kind = kind_of(run, text, name);

	if (run->status == OK && kind != GRUB_PLAIN_FILE && kind != GRUB_EMPTY_FILE)
		grub_fail(run, text, "there is no such file", name);
}

/* One term of [: *used words of it. */
static enum grub_answer test_term(struct grub_run *run, struct grub_text *text,
				  const struct bytes *word, size_t left, size_t *used)
{
	static const char *const on_files[] = { "-e", "-f", "-s", "-d" };
	bool holds = false;

	*used = 2;
	for (size_t i = 0; i < 4; i++) {
		if (left < 2 || !is_word(&word[0], on_files[i]))
			continue;
		enum grub_file_kind kind = kind_of(run, text, span_of(&word[1]));

		holds = kind != GRUB_NO_FILE;
		if (i == 1)
			holds = kind == GRUB_PLAIN_FILE || kind == GRUB_EMPTY_FILE;
		/* GRUB opens it for its size, which measures it. */
		if (i == 2 && (kind == GRUB_PLAIN_FILE || kind == GRUB_EMPTY_FILE))
			grub_fail(run, text, "-s reads the whole file: use -e or -f",
				  span_of(&word[1]));
		if (i == 2)
			holds = false;
		if (i == 3)
			holds = kind == GRUB_DIRECTORY;
		return holds ? GRUB_TRUE : GRUB_FALSE;
	}
	if (left >= 3 &&
	    (is_word(&word[1], "=") || is_word(&word[1], "==") || is_word(&word[1], "!="))) {
		*used = 3;
		holds = span_equal(span_of(&word[0]), span_of(&word[2]));
		return holds == is_word(&word[1], "!=") ? GRUB_FALSE : GRUB_TRUE;
	}
	if (left >= 2 && (is_word(&word[0], "-n") || is_word(&word[0], "-z")))
		return (word[1].len == 0) == is_word(&word[0], "-z") ? GRUB_TRUE : GRUB_FALSE;
	*used = 1;
	if (word[0].len > 0 && (word[0].data[0] == '-' || word[0].data[0] == '('))
		return GRUB_UNSURE;
	return word[0].len > 0 ? GRUB_TRUE : GRUB_FALSE;
}

/* Terms joined by -a and -o, which binds less; "!" before a term. */
enum grub_answer grub_test(struct grub_run *run, struct grub_text *text,
			   const struct grub_words *words, size_t first, size_t end)
{
	bool any = false;
	bool all = true;

	for (size_t i = first; i < end;) {
		bool is_inverted = false;
		size_t used = 0;

		if (is_word(&words->word[i], "-o")) {
			any = any || all;
			all = true;
			i++;
			continue;
		}
		if (is_word(&words->word[i], "-a")) {
			i++;
			continue;
		}
		for (; i + 1 < end && is_word(&words->word[i], "!"); i++)
			is_inverted = !is_inverted;

		enum grub_answer answer = test_term(run, text, &words->word[i], end - i, &used);
		if (answer == GRUB_UNSURE)
			return GRUB_UNSURE;
		all = all && (answer == GRUB_TRUE) != is_inverted;
		i += used;
	}
	return any || (all && end > first) ? GRUB_TRUE : GRUB_FALSE;
}

static enum grub_answer run_test(struct grub_run *run, struct grub_text *text,
				 const struct grub_words *words, size_t first)
{
	size_t end = words->count;

	if (is_word(&words->word[first], "[")) {
		if (!is_word(&words->word[end - 1], "]"))
			return GRUB_UNSURE;
		end--;
	}
	return grub_test(run, text, words, first + 1, end);
}

/* NAME=VALUE */
static bool run_assignment(struct grub_run *run, struct span word)
{
	const uint8_t *equals = word.len == 0 ? NULL : memchr(word.data, '=', word.len);
	size_t name_len = equals == NULL ? 0 : (size_t)(equals - word.data);

	if (name_len == 0)
		return false;
	grub_variable_set(run, (struct span){ word.data, name_len }, from(word, name_len + 1));
	return true;
}

static enum grub_answer run_source(struct grub_run *run, struct grub_text *text, struct span name,
				   bool is_new)
{
	AUTO_DONE(bytes) script = { 0 };
	AUTO(char) shown = NULL;
	struct span path = grub_path(run, text, name);

	if (run->status != OK)
		return GRUB_UNSURE;
	if (run->files->read(run->files->context, path, &script) != OK) {
		grub_fail(run, text, "this script is not there", name);
		return GRUB_UNSURE;
	}
	grub_measure(run, GRUB_FILE, name);
	grub_no_memory(run, bytes_text(path, &shown));
	if (is_new && run->entry_count > 0)
		grub_fail(run, text, "configfile behind menu entries is not predicted", name);
	run->source = (struct grub_source){ .script = script, .path = shown, .is_new = is_new };
	script = (struct bytes){ 0 };
	shown = NULL;
	return GRUB_TRUE;
}

/* search [--no-floppy] --set=NAME --file PATH: it opens the file that it finds. */
static enum grub_answer run_search(struct grub_run *run, struct grub_text *text,
				   const struct grub_words *words, size_t first)
{
	AUTO_DONE(bytes) found = { 0 };
	struct span name = { 0 };
	struct span path = { 0 };
	bool is_for_file = false;

	for (size_t i = first; i < words->count; i++) {
		struct span word = span_of(&words->word[i]);

		if (span_starts_with(word, "--set="))
			name = from(word, 6);
		else if (is_word(&words->word[i], "--file") || is_word(&words->word[i], "-f"))
			is_for_file = true;
		else if (span_starts_with(word, "/") && path.len == 0)
			path = word;
		else if (!is_word(&words->word[i], "--no-floppy"))
			path = (struct span){ 0 };
	}
	if (!is_for_file || name.len == 0 || path.len == 0 ||
	    run->files->kind(run->files->context, path) == GRUB_NO_FILE) {
		grub_fail(run, text,
			  "what this finds depends on the machine's disks: name files by paths, or "
			  "search --set=root --file one of the ESP",
			  (struct span){ 0 });
		return GRUB_UNSURE;
	}
	grub_no_memory(run, bytes_printf(&found, "(%s)%.*s", run->start->device, (int)path.len,
					 (const char *)path.data));
	grub_measure(run, GRUB_FILE, span_of(&found));
	grub_variable_set(run, name, span_text(run->start->device));
	return GRUB_TRUE;
}

/* Under Secure Boot only the modules in its image are there; one on the ESP would
 * be opened, measured and refused. Which are there is not known. */
static enum grub_answer run_insmod(struct grub_run *run, struct grub_text *text, struct span name)
{
	AUTO_DONE(bytes) path = { 0 };

	grub_no_memory(run,
		       bytes_printf(&path, "%.*s/x86_64-efi/%.*s.mod", (int)run->start->prefix.len,
				    (const char *)run->start->prefix.data, (int)name.len,
				    (const char *)name.data));
	if (run->status == OK &&
	    run->files->kind(run->files->context, span_of(&path)) != GRUB_NO_FILE)
		grub_fail(run, text, "a module on the ESP: remove it, it is not signed", name);
	return GRUB_UNSURE;
}

/* The kernel's path and arguments as GRUB hands them on: blanks inside a word are
 * put between quotes, quoting marks escaped (GRUB, lib/cmdline.c). */
static void append_argument(struct grub_run *run, struct span word, struct bytes *line)
{
	bool has_space = word.len > 0 && memchr(word.data, ' ', word.len) != NULL;

	if (has_space)
		grub_no_memory(run, bytes_append_byte(line, '"'));
	for (size_t i = 0; i < word.len; i++) {
		if (memchr("\\'\"", word.data[i], 3) != NULL)
			grub_no_memory(run, bytes_append_byte(line, '\\'));
		grub_no_memory(run, bytes_append_byte(line, word.data[i]));
	}
	if (has_space)
		grub_no_memory(run, bytes_append_byte(line, '"'));
}

static enum grub_answer run_linux(struct grub_run *run, struct grub_text *text,
				  const struct grub_words *words, size_t first)
{
	AUTO_DONE(bytes) line = { 0 };

	if (first >= words->count) {
		grub_fail(run, text, "a kernel is missing", (struct span){ 0 });
		return GRUB_UNSURE;
	}
	require_file(run, text, span_of(&words->word[first]));
	grub_measure(run, GRUB_KERNEL, span_of(&words->word[first]));
	for (size_t i = first; i < words->count; i++) {
		struct span word = span_of(&words->word[i]);

		/* It leaves \xHH as it is, which other versions do not. */
		if (word.len > 0 && memmem(word.data, word.len, "\\x", 2) != NULL)
			grub_fail(run, text, "a backslash and x in an argument", word);
		if (i > first)
			grub_no_memory(run, bytes_append_byte(&line, ' '));
		append_argument(run, word, &line);
	}
	grub_measure(run, GRUB_COMMAND_LINE, span_of(&line));
	run->has_kernel = true;
	return GRUB_TRUE;
}

static enum grub_answer run_initrd(struct grub_run *run, struct grub_text *text,
				   const struct grub_words *words, size_t first)
{
	if (!run->has_kernel || first >= words->count)
		grub_fail(run, text, "an initrd without a kernel before it, or without a name",
			  (struct span){ 0 });
	for (size_t i = first; i < words->count; i++) {
		if (span_starts_with(span_of(&words->word[i]), "newc:"))
			grub_fail(run, text, "an initrd that GRUB packs itself",
				  span_of(&words->word[i]));
		require_file(run, text, span_of(&words->word[i]));
		grub_measure(run, GRUB_INITRD, span_of(&words->word[i]));
	}
	return GRUB_TRUE;
}

/* Options with a value of their own word, or behind '='. */
static bool takes_value(struct span option)
{
	static const char *const names[] = { "--class", "--users", "--hotkey", "--id", "--source" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_equal(option, span_text(names[i])))
			return true;
	return false;
}

static void read_entry(struct grub_run *run, struct grub_text *text, const struct grub_words *words,
		       size_t first, struct grub_entry *entry)
{
	for (size_t i = first; i + 1 < words->count; i++) {
		struct span word = span_of(&words->word[i]);

		if (takes_value(word) && i + 2 < words->count) {
			i++;
			if (span_equal(word, span_text("--id")))
				grub_no_memory(run,
					       bytes_append(&entry->id, span_of(&words->word[i])));
			continue;
		}
		if (span_starts_with(word, "--id="))
			grub_no_memory(run, bytes_append(&entry->id, from(word, 5)));
		else if (!span_starts_with(word, "--") && entry->title.len > 0)
			grub_fail(run, text, "a menu entry with arguments", word);
		else if (!span_starts_with(word, "--"))
			grub_no_memory(run, bytes_append(&entry->title, word));
	}
	grub_no_memory(run, bytes_append(&entry->words, span_of(&entry->title)));
}

static enum grub_answer run_menuentry(struct grub_run *run, struct grub_text *text,
				      const struct grub_words *words, size_t first)
{
	struct grub_entry *entry = &run->entry[run->entry_count];

	if (!words->has_block || run->entry_count == GRUB_ENTRIES_MAX) {
		grub_fail(run, text, "a menu entry without a block, or too many of them",
			  (struct span){ 0 });
		return GRUB_UNSURE;
	}
	*entry = (struct grub_entry){ .line = words->block_line };
	run->entry_count++;
	read_entry(run, text, words, first, entry);

	struct span block = span_of(&words->word[words->count - 1]);
	grub_no_memory(run,
		       bytes_append(&entry->body, (struct span){ block.data + 1, block.len - 2 }));
	return GRUB_TRUE;
}

static bool is_one_of(const struct bytes *name, const char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_word(name, names[i]))
			return true;
	return false;
}

/* Commands that open nothing. */
static bool is_silent(const struct bytes *name, enum grub_answer *answer)
{
	static const char *const sure[] = { "echo", "true", "export", "unset", "sleep", "clear" };
	/* They succeed where the hardware is there. */
	static const char *const others[] = { "serial", "terminal_output", "terminal_input",
					      "terminal" };
	bool is_sure = is_one_of(name, sure, sizeof(sure) / sizeof(sure[0]));

	*answer = is_sure ? GRUB_TRUE : GRUB_UNSURE;
	return is_sure || is_one_of(name, others, sizeof(others) / sizeof(others[0]));
}

static enum grub_answer run_one_file(struct grub_run *run, struct grub_text *text,
				     const struct grub_words *words, size_t at)
{
	if (at + 2 != words->count) {
		grub_fail(run, text, "one name is wanted", (struct span){ 0 });
		return GRUB_UNSURE;
	}
	struct span name = span_of(&words->word[at + 1]);

	if (is_word(&words->word[at], "insmod"))
		return run_insmod(run, text, name);
	return run_source(run, text, name, is_word(&words->word[at], "configfile"));
}

static void run_unset(struct grub_run *run, const struct grub_words *words, size_t at)
{
	for (size_t i = at + 1; i < words->count; i++)
		grub_variable_set(run, span_of(&words->word[i]), (struct span){ 0 });
}

static enum grub_answer run_named(struct grub_run *run, struct grub_text *text,
				  const struct grub_words *words, size_t at)
{
	const struct bytes *name = &words->word[at];
	enum grub_answer answer;

	if (is_word(name, "[") || is_word(name, "test"))
		return run_test(run, text, words, at);
	if (is_word(name, "false"))
		return GRUB_FALSE;
	if (is_word(name, "unset"))
		run_unset(run, words, at);
	if (is_silent(name, &answer))
		return answer;
	if (is_word(name, "source") || is_word(name, ".") || is_word(name, "configfile") ||
	    is_word(name, "insmod"))
		return run_one_file(run, text, words, at);
	if (is_word(name, "search") || is_word(name, "search.file"))
		return run_search(run, text, words, at + 1);
	if (is_word(name, "linux") || is_word(name, "linuxefi"))
		return run_linux(run, text, words, at + 1);
	if (is_word(name, "initrd") || is_word(name, "initrdefi"))
		return run_initrd(run, text, words, at + 1);
	if (is_word(name, "menuentry"))
		return run_menuentry(run, text, words, at + 1);
	if (is_word(name, "set") && at + 2 == words->count &&
	    run_assignment(run, span_of(&words->word[at + 1])))
		return GRUB_TRUE;
	if (at + 1 == words->count && run_assignment(run, span_of(name)))
		return GRUB_TRUE;
	grub_fail(run, text, "what this command reads is not known", span_of(name));
	return GRUB_UNSURE;
}

enum grub_answer grub_command(struct grub_run *run, struct grub_text *text,
			      const struct grub_words *words)
{
	bool is_inverted = is_word(&words->word[0], "!") && words->count > 1;

	if (is_word(&words->word[0], "boot")) {
		if (!run->has_kernel)
			grub_fail(run, text, "boot without a kernel", (struct span){ 0 });
		run->has_booted = true;
		return GRUB_TRUE;
	}

	enum grub_answer answer = run_named(run, text, words, is_inverted ? 1 : 0);
	if (!is_inverted || answer == GRUB_UNSURE)
		return answer;
	return answer == GRUB_TRUE ? GRUB_FALSE : GRUB_TRUE;
}
