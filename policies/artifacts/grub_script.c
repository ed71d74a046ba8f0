/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/grub_script.h"

#include <stdlib.h>

#include "base/text.h"
#include "policies/artifacts/grub_run.h"

static bool is_word(struct span word, const char *text)
{
	return span_equal(word, span_text(text));
}

static void skip_word(struct grub_text *text, struct span word)
{
	text->rest.data += word.len;
	text->rest.len -= word.len;
}

static enum grub_answer run_list(struct grub_run *run, struct grub_text *text, bool is_live);

static bool take_word(struct grub_run *run, struct grub_text *text, const char *wanted)
{
	grub_skip_separators(text);

	struct span word = grub_peek_word(text);

	if (is_word(word, wanted)) {
		skip_word(text, word);
		return true;
	}
	if (run->status == OK)
		grub_fail(run, text, "this word is missing", span_text(wanted));
	return false;
}

/* The condition, "then" and what is done: was this branch taken? */
static bool run_branch(struct grub_run *run, struct grub_text *text, bool is_live)
{
	enum grub_answer answer = run_list(run, text, is_live);

	if (is_live && answer == GRUB_UNSURE)
		grub_fail(run, text, "whether this condition holds cannot be known from artifacts",
			  (struct span){ 0 });
	bool is_taken = is_live && answer == GRUB_TRUE && run->status == OK;
	if (take_word(run, text, "then"))
		(void)run_list(run, text, is_taken);
	return is_taken;
}

/* if LIST; then LIST; [elif LIST; then LIST;]... [else LIST;] fi */
static void run_if(struct grub_run *run, struct grub_text *text, bool is_live)
{
	bool is_open = is_live; /* no branch was taken yet */

	if (++text->depth > GRUB_DEPTH_MAX)
		grub_fail(run, text, "conditions too deep in each other", (struct span){ 0 });
	if (run->status == OK && run_branch(run, text, is_open))
		is_open = false;
	while (run->status == OK && is_word(grub_peek_word(text), "elif")) {
		skip_word(text, span_text("elif"));
		if (run_branch(run, text, is_open))
			is_open = false;
	}
	if (run->status == OK && is_word(grub_peek_word(text), "else")) {
		skip_word(text, span_text("else"));
		(void)run_list(run, text, is_open);
	}
	if (run->status == OK && !run->has_booted)
		(void)take_word(run, text, "fi");
	text->depth--;
}

/* Each measured text is kept, and variables make long ones of short ones. */
static void join(struct grub_run *run, const struct grub_text *text, const struct grub_words *words,
		 struct bytes *line)
{
	const struct grub_text start = { .line = words->line, .path = text->path };

	for (size_t i = 0; i < words->count && run->status == OK; i++) {
		if (i > 0)
			grub_no_memory(run, bytes_append_byte(line, ' '));
		grub_no_memory(run, bytes_append(line, span_of(&words->word[i])));
		if (line->len > GRUB_TEXT_MAX)
			grub_fail(run, &start, "a command of too many letters", (struct span){ 0 });
	}
}

/* What the command named, if it did. */
static void run_source(struct grub_run *run)
{
	AUTO_DONE(grub_source) source = run->source;

	run->source = (struct grub_source){ 0 };
	if (run->status != OK || source.path == NULL)
		return;
	grub_run_script(run, span_of(&source.script), source.path, 1);
	if (!source.is_new)
		return;
	grub_run_menu(run);
	if (run->status == OK)
		run->has_booted = true;
}

static enum grub_answer run_command(struct grub_run *run, struct grub_text *text, bool is_live)
{
	AUTO_DONE(grub_words) words = { 0 };
	AUTO_DONE(bytes) line = { 0 };

	grub_read_words(run, text, is_live, &words);
	if (!is_live || run->status != OK || words.count == 0)
		return GRUB_TRUE;
	if (++run->commands > GRUB_COMMANDS_MAX) {
		grub_fail(run, text, "more commands than any boot has", (struct span){ 0 });
		return GRUB_UNSURE;
	}
	join(run, text, &words, &line);
	grub_measure(run, GRUB_COMMAND, span_of(&line));

	struct grub_text start = { .line = words.line, .path = text->path };
	if (run->status != OK)
		return GRUB_UNSURE;

	enum grub_answer answer = grub_command(run, &start, &words);

	run_source(run);
	return answer;
}

/* Commands up to a word that ends the list; the last one's answer counts. */
static enum grub_answer run_list(struct grub_run *run, struct grub_text *text, bool is_live)
{
	static const char *const ends[] = { "then", "elif", "else", "fi" };
	static const char *const others[] = {
		"for", "while", "until", "function", "case", "select"
	};
	enum grub_answer answer = GRUB_TRUE;

	for (;;) {
		grub_skip_separators(text);
		if (run->status != OK || run->has_booted || text->rest.len == 0)
			return answer;

		struct span word = grub_peek_word(text);
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			if (is_word(word, ends[i]))
				return answer;
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			if (is_word(word, others[i]))
				grub_fail(run, text, "loops and functions are not predicted", word);
		if (is_word(word, "if")) {
			skip_word(text, word);
			run_if(run, text, is_live);
			answer = GRUB_UNSURE;
		} else {
			answer = run_command(run, text, is_live);
		}
	}
}

void grub_run_script(struct grub_run *run, struct span script, const char *path, size_t line)
{
	struct grub_text text = { .rest = script, .line = line, .path = path };

	if (++run->depth > GRUB_DEPTH_MAX)
		grub_fail(run, &text, "scripts too deep in each other", (struct span){ 0 });
	if (run->status == OK)
		(void)run_list(run, &text, true);
	if (run->status == OK && !run->has_booted && text.rest.len > 0)
		grub_fail(run, &text, "a word out of place", grub_peek_word(&text));
	run->depth--;
}

/* By number from 0, by id, or by title. */
static const struct grub_entry *default_entry(const struct grub_run *run)
{
	struct span wanted = grub_variable_get(run, span_text("default"));
	uint64_t number = 0;

	if (wanted.len == 0 || decimal_parse(wanted, GRUB_ENTRIES_MAX, &number) == OK)
		return number < run->entry_count ? &run->entry[number] : NULL;
	for (size_t i = 0; i < run->entry_count; i++)
		if (span_equal(span_of(&run->entry[i].id), wanted) ||
		    span_equal(span_of(&run->entry[i].title), wanted))
			return &run->entry[i];
	return NULL;
}

void grub_run_menu(struct grub_run *run)
{
	AUTO_DONE(bytes) line = { 0 };
	const struct grub_entry *entry;

	if (run->status != OK || run->has_booted)
		return;
	if (run->entry_count == 0) {
		grub_fail(run, NULL, "the script neither boots nor has a menu", (struct span){ 0 });
		return;
	}
	entry = default_entry(run);
	if (entry == NULL) {
		grub_fail(run, NULL, "no entry of the menu is the default one",
			  grub_variable_get(run, span_text("default")));
		return;
	}
	grub_no_memory(run, bytes_append(&line, span_text("setparams ")));
	grub_no_memory(run, bytes_append(&line, span_of(&entry->words)));
	grub_measure(run, GRUB_COMMAND, span_of(&line));
	grub_run_script(run, span_of(&entry->body), "menu entry", entry->line);
	/* An entry ends with a boot of its own, which is no command. */
	if (run->status == OK && !run->has_kernel)
		grub_fail(run, NULL, "the menu's default entry starts no kernel",
			  span_of(&entry->title));
}

static void set_variables(struct grub_run *run)
{
	static const char *const constant[][2] = {
		{ "grub_cpu", "x86_64" },
		{ "grub_platform", "efi" },
		{ "feature_200_final", "y" },
		{ "feature_all_video_module", "y" },
		{ "feature_chainloader_bpb", "y" },
		{ "feature_default_font_path", "y" },
		{ "feature_menuentry_id", "y" },
		{ "feature_menuentry_options", "y" },
		{ "feature_nativedisk_cmd", "y" },
		{ "feature_ntldr", "y" },
		{ "feature_platform_search_hint", "y" },
		{ "feature_timeout_style", "y" },
	};
	AUTO_DONE(bytes) prefix = { 0 };
	AUTO_DONE(bytes) directory = { 0 };
	const struct grub_start *start = run->start;

	grub_no_memory(run, bytes_printf(&prefix, "(%s)%.*s", start->device, (int)start->prefix.len,
					 (const char *)start->prefix.data));
	grub_no_memory(run, bytes_printf(&directory, "(%s)%s", start->device, start->directory));
	grub_variable_set(run, span_text("root"), span_text(start->device));
	grub_variable_set(run, span_text("prefix"), span_of(&prefix));
	grub_variable_set(run, span_text("cmdpath"), span_of(&directory));
	for (size_t i = 0; i < sizeof(constant) / sizeof(constant[0]); i++)
		grub_variable_set(run, span_text(constant[i][0]), span_text(constant[i][1]));
}

static void run_done(struct grub_run *run)
{
	for (size_t i = 0; i < run->variable_count; i++) {
		bytes_done(&run->variable[i].name);
		bytes_done(&run->variable[i].value);
	}
	for (size_t i = 0; i < run->entry_count; i++) {
		bytes_done(&run->entry[i].words);
		bytes_done(&run->entry[i].title);
		bytes_done(&run->entry[i].id);
		bytes_done(&run->entry[i].body);
	}
	free(run);
}

/* Without a script of its own: "normal" with grub.cfg of the prefix. */
static void run_first(struct grub_run *run)
{
	AUTO_DONE(bytes) script = { 0 };
	AUTO_DONE(bytes) path = { 0 };

	if (run->start->script.len > 0) {
		grub_run_script(run, run->start->script, "the script in the GRUB image", 1);
		return;
	}
	grub_no_memory(run, bytes_append(&path, grub_variable_get(run, span_text("prefix"))));
	grub_no_memory(run, bytes_append(&path, span_text("/grub.cfg")));

	struct span file = grub_path(run, NULL, span_of(&path));
	if (run->status == OK && run->files->read(run->files->context, file, &script) != OK)
		grub_fail(run, NULL, "GRUB's configuration is not there", file);
	grub_measure(run, GRUB_FILE, span_of(&path));
	grub_run_script(run, span_of(&script), "grub.cfg", 1);
}

enum status grub_predict(const struct grub_start *start, const struct grub_files *files,
			 struct grub_events *events, struct grub_fault *fault)
{
	struct grub_run *run = calloc(1, sizeof(*run));
	enum status status;

	*fault = (struct grub_fault){ 0 };
	*events =
		(struct grub_events){ .event = calloc(GRUB_EVENTS_MAX, sizeof(struct grub_event)) };
	if (run == NULL || events->event == NULL) {
		free(run);
		return STATUS_NO_MEMORY;
	}
	run->start = start;
	run->files = files;
	run->events = events;
	run->fault = fault;
	set_variables(run);
	run_first(run);
	grub_run_menu(run);
	status = run->status;
	run_done(run);
	return status;
}

void grub_events_done(struct grub_events *events)
{
	for (size_t i = 0; i < events->count; i++)
		bytes_done(&events->event[i].text);
	free(events->event);
	*events = (struct grub_events){ 0 };
}
