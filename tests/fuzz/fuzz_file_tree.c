/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of archives, a line each: what to do, name, tab, target. Whatever they are,
 * each file of the tree has one path, in the one spelling that paths have.
 */
#include "base/text.h"
#include "fuzz.h"
#include "policies/artifacts/file_tree.h"

static void take_line(struct file_tree *tree, struct span line, uint32_t source)
{
	static const uint8_t sha256[SHA256_SIZE];
	struct file_tree_change change;
	struct span name = { 0 };
	const char *fault = NULL;
	enum status status;

	if (line.len == 0)
		return;

	uint8_t verb = line.data[0];
	line = (struct span){ line.data + 1, line.len - 1 };
	(void)text_next_word(&line, '\t', &name);
	if (verb == 'w' || verb == 'o') {
		status = file_tree_remove(tree, name, source, verb == 'o', &fault);
	} else {
		const struct file_tree_member member = { .kind = (enum file_tree_kind)(verb % 4),
							 .name = name,
							 .target = line,
							 .sha256 = sha256,
							 .source = source };
		status = file_tree_add(tree, &member, &change, &fault);
	}
	must((status == STATUS_MALFORMED) == (fault != NULL));
	must(status == OK || status == STATUS_MALFORMED);
}

static void check(const struct file_tree *tree)
{
	struct file_tree_iterator iterator = { .tree = tree };
	struct file_tree_file file;

	while (file_tree_next(&iterator, &file)) {
		struct span path = file.path;
		struct span word;

		must(path.len > 1 && path.len < 4096 && path.data[0] == '/');
		path = (struct span){ path.data + 1, path.len - 1 };
		while (text_next_word(&path, '/', &word))
			must(word.len > 0 && !span_equal(word, span_text(".")) &&
			     !span_equal(word, span_text("..")));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = { data, len };
	AUTO(file_tree) tree = NULL;
	struct span line;
	uint32_t source = 0;

	if (file_tree_new(len % 2 == 0 ? TREE_PACKAGES : TREE_LAYERS, len, &tree) != OK)
		return 0;
	while (text_next_line(&text, &line))
		take_line(tree, line, source++);
	check(tree);
	return 0;
}
