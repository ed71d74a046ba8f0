/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/caller/cgroup.h"

#include "base/text.h"

/* systemd.unit(5): types of units that have processes. */
static const char *const with_processes[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

static bool ends_with(struct span s, const char *suffix)
{
	size_t len = strlen(suffix);

	return s.len > len && memcmp(s.data + s.len - len, suffix, len) == 0;
}

/* systemd.unit(5): letters, digits, ":-_.\@"; no instance of nothing. */
static bool is_unit_name(struct span s)
{
	if (s.len == 0 || s.len > UNIT_NAME_MAX || s.data[0] == '@')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.data[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') &&
		    (c == '\0' || strchr(":-_.\\@", c) == NULL))
			return false;
	}
	return true;
}

static bool has_processes(struct span name)
{
	for (size_t i = 0; i < sizeof(with_processes) / sizeof(*with_processes); i++) {
		if (ends_with(name, with_processes[i]))
			return true;
	}
	return false;
}

/* systemd puts '_' before a name that the kernel or another unit could take for
 * something else. */
static struct span unescaped(struct span component)
{
	if (component.len > 0 && component.data[0] == '_')
		return (struct span){ component.data + 1, component.len - 1 };
	return component;
}

/* The first component that is no slice; with no unit's name there is none. */
static void find_unit(struct span path, struct cgroup_place *out)
{
	struct span rest = { path.data + 1, path.len - 1 };
	struct span component;

	while (text_next_word(&rest, '/', &component)) {
		struct span name = unescaped(component);

		if (!is_unit_name(name))
			return;
		if (ends_with(name, ".slice"))
			continue;
		if (!has_processes(name))
			return;
		out->unit = name;
		out->path = (struct span){ path.data,
					   (size_t)(component.data - path.data) + component.len };
		return;
	}
}

/* "HIERARCHY:CONTROLLERS:PATH"; of a path, nothing but the first byte is the
 * kernel's alone. */
static enum status take_line(struct span line, struct cgroup_place *unified,
			     struct cgroup_place *named)
{
	struct span rest = line;
	struct span number, controllers;
	uint64_t hierarchy;

	if (!text_next_word(&rest, ':', &number) || !text_next_word(&rest, ':', &controllers) ||
	    decimal_parse(number, UINT32_MAX, &hierarchy) != OK || rest.len == 0 ||
	    rest.data[0] != '/')
		return STATUS_MALFORMED;
	if (hierarchy == 0 && controllers.len == 0)
		find_unit(rest, unified);
	if (hierarchy != 0 && span_equal(controllers, span_text("name=systemd")))
		find_unit(rest, named);
	return OK;
}

enum status cgroup_unit(struct span text, struct cgroup_place *out)
{
	struct cgroup_place unified = { .is_unified = true };
	struct cgroup_place named = { 0 };
	struct span rest = text;
	struct span line;
	enum status status = OK;

	if (text.len == 0 || text.len > CGROUP_TEXT_MAX || text.data[text.len - 1] != '\n')
		return STATUS_MALFORMED;
	while (status == OK && text_next_line(&rest, &line))
		status = take_line(line, &unified, &named);
	if (status != OK)
		return status;
	/* Where systemd uses both, it says the same in both. */
	if (unified.unit.len > 0 && named.unit.len > 0 && !span_equal(unified.unit, named.unit))
		return STATUS_MALFORMED;
	*out = unified.unit.len > 0 ? unified : named;
	return OK;
}
