/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/grub_run.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_special(uint8_t c)
{
	return memchr("{}|&;<>\n", c, 8) != NULL;
}

static bool is_name(uint8_t c, bool is_first)
{
	bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

	return is_letter || (!is_first && c >= '0' && c <= '9');
}

static bool at_end(const struct grub_text *text)
{
	return text->rest.len == 0;
}

static uint8_t peek(const struct grub_text *text)
{
	return text->rest.len == 0 ? 0 : text->rest.data[0];
}

static uint8_t advance(struct grub_text *text)
{
	uint8_t c = peek(text);

	if (text->rest.len == 0)
		return 0;
	text->rest.data++;
	text->rest.len--;
	if (c == '\n')
		text->line++;
	return c;
}

static void skip_comment(struct grub_text *text)
{
	while (!at_end(text) && peek(text) != '\n')
		(void)advance(text);
}

void grub_skip_blanks(struct grub_text *text)
{
	while (!at_end(text)) {
		bool is_continued =
			text->rest.len >= 2 && peek(text) == '\\' && text->rest.data[1] == '\n';

		if (is_continued)
			(void)advance(text);
		else if (peek(text) == '#')
			skip_comment(text);
		else if (!is_blank(peek(text)))
			return;
		if (!at_end(text) && (is_continued || is_blank(peek(text))))
			(void)advance(text);
	}
}

void grub_skip_separators(struct grub_text *text)
{
	grub_skip_blanks(text);
	while (peek(text) == '\n' || peek(text) == ';') {
		(void)advance(text);
		grub_skip_blanks(text);
	}
}

struct span grub_peek_word(const struct grub_text *text)
{
	struct span word = { text->rest.data, 0 };

	while (word.len < text->rest.len && !is_blank(word.data[word.len]) &&
	       !is_special(word.data[word.len]))
		word.len++;
	return word;
}

/* Words under way: one begins with its first character or an opening quote. */
struct reading {
	struct grub_run *run;
	struct grub_text *text;
	struct grub_words *out;
	bool is_live;
	bool has_word;
};

static struct bytes *current_word(struct reading *r)
{
	if (r->has_word)
		return &r->out->word[r->out->count - 1];
	if (r->out->count == GRUB_WORDS_MAX) {
		grub_fail(r->run, r->text, "a command of too many words", (struct span){ 0 });
		return NULL;
	}
	r->has_word = true;
	return &r->out->word[r->out->count++];
}

static void append(struct reading *r, struct span more)
{
	struct bytes *word = current_word(r);

	if (word == NULL || !r->is_live)
		return;
	if (word->len + more.len > GRUB_TEXT_MAX)
		grub_fail(r->run, r->text, "a word of too many letters", (struct span){ 0 });
	else
		grub_no_memory(r->run, bytes_append(word, more));
}

static void append_one(struct reading *r, uint8_t c)
{
	append(r, (struct span){ &c, 1 });
}

/* Between quotes a value stays one word; else its blanks separate words. */
static void append_value(struct reading *r, struct span value, bool is_quoted)
{
	for (size_t i = 0; i < value.len && r->run->status == OK; i++) {
		if (!is_quoted && (value.data[i] == ' ' || value.data[i] == '\t'))
			r->has_word = false;
		else
			append_one(r, value.data[i]);
	}
}

/* Variables whose values no artifact tells: of the menu's choice, of the file that
 * is run, of what shim said. */
static bool is_grubs_own(struct span name)
{
	static const char *const names[] = { "chosen", "config_directory", "config_file",
					     "lockdown", "shim_lock" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_equal(name, span_text(names[i])))
			return true;
	return false;
}

/* "$name" or "${name}"; the dollar has been read. */
static void read_variable(struct reading *r, bool is_quoted)
{
	struct grub_text *text = r->text;
	bool has_brace = peek(text) == '{';
	struct span name;

	if (has_brace)
		(void)advance(text);
	name = (struct span){ text->rest.data, 0 };
	while (name.len < text->rest.len && is_name(name.data[name.len], name.len == 0))
		name.len++;
	for (size_t i = 0; i < name.len; i++)
		(void)advance(text);
	if (name.len == 0 || (has_brace && advance(text) != '}') ||
	    (r->is_live && is_grubs_own(name)))
		grub_fail(r->run, text, "a variable that GRUB sets itself, or a lone dollar",
			  (struct span){ 0 });
	else if (r->is_live)
		append_value(r, grub_variable_get(r->run, name), is_quoted);
}

static void read_single_quotes(struct reading *r)
{
	(void)current_word(r);
	while (!at_end(r->text) && peek(r->text) != '\'')
		append_one(r, advance(r->text));
	if (advance(r->text) != '\'')
		grub_fail(r->run, r->text, "a quoting mark that nothing closes",
			  (struct span){ 0 });
}

static void read_double_quotes(struct reading *r)
{
	struct grub_text *text = r->text;

	(void)current_word(r);
	while (!at_end(text) && peek(text) != '"' && r->run->status == OK) {
		uint8_t c = advance(text);

		if (c == '$') {
			read_variable(r, true);
			continue;
		}
		if (c == '\\' && !at_end(text) && memchr("$\"\\\n", peek(text), 4) != NULL) {
			c = advance(text);
			if (c == '\n')
				continue;
		}
		append_one(r, c);
	}
	if (advance(text) != '"')
		grub_fail(r->run, text, "a quoting mark that nothing closes", (struct span){ 0 });
}

static void read_escape(struct reading *r)
{
	uint8_t c = at_end(r->text) ? '\n' : advance(r->text);

	if (c != '\n')
		append_one(r, c);
}

/* Over one piece of a block that may hold braces without meaning them. */
static void skip_in_block(struct grub_text *text, uint8_t opened, bool *is_word)
{
	bool was_word = *is_word;

	*is_word = !is_blank(opened) && !is_special(opened);
	if (opened == '#' && !was_word) {
		skip_comment(text);
		return;
	}
	if (opened == '\\')
		(void)advance(text);
	if (opened == '$' && peek(text) == '{')
		while (!at_end(text) && peek(text) != '\n' && advance(text) != '}')
			continue;
	if (opened != '\'' && opened != '"')
		return;
	while (!at_end(text) && peek(text) != opened)
		if (advance(text) == '\\' && opened == '"')
			(void)advance(text);
	(void)advance(text);
}

/* A menu entry's block, measured as it is written. */
static void read_block(struct reading *r)
{
	struct grub_text *text = r->text;
	struct span block = { text->rest.data, 0 };
	const size_t before = text->rest.len;
	size_t depth = 0;
	bool is_word = false;

	r->out->block_line = text->line;
	do {
		uint8_t c = advance(text);

		if (c == '{')
			depth++;
		if (c == '}')
			depth--;
		skip_in_block(text, c, &is_word);
	} while (depth > 0 && !at_end(text));
	block.len = before - text->rest.len;
	if (depth > 0)
		grub_fail(r->run, text, "a block that nothing closes", (struct span){ 0 });
	r->has_word = false;
	append(r, block);
	r->out->has_block = true;
	r->has_word = false;
}

static void read_plain(struct reading *r)
{
	uint8_t c = advance(r->text);

	/* GRUB would look for files that fit. */
	if (r->is_live && (c == '*' || c == '?'))
		grub_fail(r->run, r->text, "a pattern for names of files: quote it",
			  (struct span){ 0 });
	append_one(r, c);
}

static void read_piece(struct reading *r)
{
	switch (peek(r->text)) {
	case '\'':
		(void)advance(r->text);
		read_single_quotes(r);
		return;
	case '"':
		(void)advance(r->text);
		read_double_quotes(r);
		return;
	case '\\':
		(void)advance(r->text);
		read_escape(r);
		return;
	case '$':
		(void)advance(r->text);
		read_variable(r, false);
		return;
	default:
		read_plain(r);
	}
}

void grub_read_words(struct grub_run *run, struct grub_text *text, bool is_live,
		     struct grub_words *out)
{
	struct reading r = { .run = run, .text = text, .out = out, .is_live = is_live };

	grub_skip_blanks(text);
	out->line = text->line;
	while (run->status == OK && !at_end(text) && peek(text) != '\n' && peek(text) != ';') {
		if (is_blank(peek(text))) {
			r.has_word = false;
			grub_skip_blanks(text);
		} else if (peek(text) == '{' && out->count > 0 && !r.has_word && !out->has_block) {
			read_block(&r);
		} else if (is_special(peek(text)) || out->has_block) {
			grub_fail(run, text, "a character with a meaning that is not known here",
				  (struct span){ text->rest.data, 1 });
		} else {
			read_piece(&r);
		}
	}
}

void grub_words_done(struct grub_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		bytes_done(&words->word[i]);
	words->count = 0;
}

struct span grub_variable_get(const struct grub_run *run, struct span name)
{
	for (size_t i = 0; i < run->variable_count; i++)
		if (span_equal(span_of(&run->variable[i].name), name))
			return span_of(&run->variable[i].value);
	return (struct span){ 0 };
}

void grub_variable_set(struct grub_run *run, struct span name, struct span value)
{
	struct grub_variable *variable = NULL;

	for (size_t i = 0; i < run->variable_count; i++)
		if (span_equal(span_of(&run->variable[i].name), name))
			variable = &run->variable[i];
	if (variable == NULL) {
		if (run->variable_count == GRUB_VARIABLES_MAX) {
			grub_fail(run, NULL, "more variables than any boot has", name);
			return;
		}
		variable = &run->variable[run->variable_count++];
		grub_no_memory(run, bytes_append(&variable->name, name));
	}

	AUTO_DONE(bytes) copy = { 0 };
	grub_no_memory(run, bytes_append(&copy, value));
	bytes_done(&variable->value);
	variable->value = copy;
	copy = (struct bytes){ 0 };
}
