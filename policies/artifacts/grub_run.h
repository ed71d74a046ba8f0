/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_GRUB_RUN_H
#define POLICIES_ARTIFACTS_GRUB_RUN_H

#include "policies/artifacts/grub_script.h"

/* The insides of grub_predict(): what comes of it (grub_run.c), words, commands, and
 * the grammar on top (grub_script.c). */

#define GRUB_VARIABLES_MAX 256
#define GRUB_WORDS_MAX 256
#define GRUB_ENTRIES_MAX 64
#define GRUB_DEPTH_MAX 16 /* of scripts, and of ifs, in each other */
#define GRUB_TEXT_MAX ((size_t)64 << 10) /* a word's, a value's, a command's */
#define GRUB_COMMANDS_MAX 4096

struct grub_variable {
	struct bytes name, value;
};

struct grub_entry {
	struct bytes words; /* the title and what else setparams gets, joined by spaces */
	struct bytes title, id, body;
	size_t line; /* where the body begins */
};

/* A script that a command names: run once the command is done. path NULL: none. */
struct grub_source {
	struct bytes script;
	char *path;
	bool is_new; /* configfile: its menu comes next, and nothing after that */
};

void grub_source_done(struct grub_source *source);
AUTO_RELEASE(grub_source, grub_source_done);

/* One prediction under way. The first fault sticks. */
struct grub_run {
	const struct grub_start *start;
	const struct grub_files *files;
	struct grub_events *events;
	struct grub_fault *fault;
	enum status status;
	struct grub_variable variable[GRUB_VARIABLES_MAX];
	size_t variable_count;
	struct grub_entry entry[GRUB_ENTRIES_MAX];
	size_t entry_count;
	struct grub_source source;
	size_t commands; /* run so far: scripts could call themselves */
	size_t depth;
	bool has_kernel;
	bool has_booted;
};

/* One script being read. */
struct grub_text {
	struct span rest;
	size_t line;
	const char *path; /* for faults */
	size_t depth; /* of ifs */
};

/* The expanded words of a command. */
struct grub_words {
	size_t count;
	struct bytes word[GRUB_WORDS_MAX];
	bool has_block; /* the last word is one: "{...}" */
	size_t block_line;
	size_t line;
};

enum grub_answer {
	GRUB_TRUE,
	GRUB_FALSE,
	GRUB_UNSURE,
};

/* Sticks where nothing failed before. word may be empty. */
void grub_fail(struct grub_run *run, const struct grub_text *text, const char *what,
	       struct span word);
void grub_no_memory(struct grub_run *run, enum status status);

struct span grub_variable_get(const struct grub_run *run, struct span name);
void grub_variable_set(struct grub_run *run, struct span name, struct span value);

void grub_words_done(struct grub_words *words);
AUTO_RELEASE(grub_words, grub_words_done);

/* Over blanks, comments and, with them, separators of commands. */
void grub_skip_blanks(struct grub_text *text);
void grub_skip_separators(struct grub_text *text);
/* The characters up to the next blank or special one; text stays. */
struct span grub_peek_word(const struct grub_text *text);
/* The words of one command, up to its end. Not live: passed over unexpanded. */
void grub_read_words(struct grub_run *run, struct grub_text *text, bool is_live,
		     struct grub_words *out);

/* Runs a script to its end, or until something has booted. */
void grub_run_script(struct grub_run *run, struct span script, const char *path, size_t line);
/* Then the menu that it left, if it did. */
void grub_run_menu(struct grub_run *run);

enum grub_answer grub_command(struct grub_run *run, struct grub_text *text,
			      const struct grub_words *words);
enum grub_answer grub_test(struct grub_run *run, struct grub_text *text,
			   const struct grub_words *words, size_t first, size_t end);
/* "/x" for "(DEVICE)/x" and "/x" of the device that GRUB came from; empty and a
 * fault for any other. */
struct span grub_path(struct grub_run *run, const struct grub_text *text, struct span name);
void grub_measure(struct grub_run *run, enum grub_measured kind, struct span text);

#endif
