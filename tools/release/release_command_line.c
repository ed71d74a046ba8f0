/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_command_line.h"

#include "base/text.h"
#include "policies/artifacts/rescue_shell.h"
#include "tools/log_text.h"
#include "tools/release/release_root.h"

static json_t *shells_left(struct span line)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < RESCUE_SHELLS; i++)
		if (rescue_shell_is_left((enum rescue_shell)i, line))
			(void)json_array_append_new(
				list, json_string(rescue_shell_code((enum rescue_shell)i)));
	return list;
}

void command_line_warn(FILE *to, struct span line)
{
	const char *heading = "the command line ";

	for (unsigned i = 0; i < RESCUE_SHELLS; i++) {
		enum rescue_shell shell = (enum rescue_shell)i;

		if (!rescue_shell_is_left(shell, line))
			continue;
		if (heading != NULL) {
			fputs(heading, to);
			print_escaped(to, line, line.len);
			fputc('\n', to);
			heading = NULL;
		}
		fprintf(to, "  warning: %s: %s\n", rescue_shell_code(shell),
			rescue_shell_advice(shell));
	}
}

/* The new manifest's, where who reads them may be another one; NULL elsewhere. */
static json_t *changed_lines(const struct comparison *c)
{
	if (c->difference.count[CHANGE_COMMAND_LINE] + c->difference.count[CHANGE_INITRD] == 0)
		return NULL;
	AUTO(json_t) predicate = payload_predicate(span_of(&c->new));

	return json_incref(json_object_get(json_object_get(predicate, "boot"), "cmdline"));
}

json_t *comparison_shells_json(const struct comparison *c)
{
	AUTO(json_t) lines = changed_lines(c);
	json_t *list = json_array();
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		json_t *shells = shells_left(span_text(json_string_value(line)));

		if (json_array_size(shells) > 0)
			(void)json_array_append_new(
				list, json_pack("{s:O, s:O}", "cmdline", line, "shells", shells));
		json_decref(shells);
	}
	return list;
}

void comparison_print_shells(const struct comparison *c, FILE *to)
{
	AUTO(json_t) left = comparison_shells_json(c);
	json_t *one;
	size_t i;

	json_array_foreach(left, i, one)
	{
		fputc('\n', to);
		command_line_warn(to,
				  span_text(json_string_value(json_object_get(one, "cmdline"))));
	}
}
