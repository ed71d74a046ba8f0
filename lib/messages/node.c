/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/node.h"

#include <string.h>

#include "base/text.h"

static bool is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

bool node_id_is_valid(struct span text)
{
	if (text.len != NODE_ID_LEN)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!is_digit(text.data[i]) && (text.data[i] < 'a' || text.data[i] > 'f'))
			return false;
	return true;
}

enum status node_id_parse(struct span text, struct node_id *out)
{
	AUTO_DONE(bytes) raw = { 0 };

	if (!node_id_is_valid(text))
		return STATUS_MALFORMED;

	enum status status = hex_decode(text, &raw);
	if (status == OK)
		memcpy(out->value, raw.data, sizeof(out->value));
	return status;
}

enum status node_id_append(struct bytes *out, const struct node_id *id)
{
	return hex_append(out, node_id_span(id));
}

/* From 1 to max bytes of one alphabet, the first a letter or a digit. */
static bool is_name(struct span text, size_t max, bool upper, const char *others)
{
	if (text.len == 0 || text.len > max)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		bool is_alphanumeric = is_lower(c) || is_digit(c) || (upper && is_upper(c));

		if (!is_alphanumeric && (i == 0 || c == '\0' || strchr(others, c) == NULL))
			return false;
	}
	return true;
}

bool hostname_is_valid(struct span text)
{
	return is_name(text, HOSTNAME_MAX, true, ".-_");
}

bool class_name_is_valid(struct span text)
{
	return is_name(text, CLASS_NAME_MAX, false, ".-_");
}

static bool is_label_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool label_is_valid(struct span label)
{
	if (label.len == 0 || label.len > 63)
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!is_label_byte(label.data[i]))
			return false;
	return label.data[0] != '-' && label.data[label.len - 1] != '-';
}

bool trust_domain_is_valid(struct span name)
{
	struct span label;

	if (name.len == 0 || name.len > TRUST_DOMAIN_MAX || name.data[name.len - 1] == '.')
		return false;
	while (text_next_word(&name, '.', &label))
		if (!label_is_valid(label))
			return false;
	return true;
}

bool code_is_valid(struct span text)
{
	return is_name(text, 64, false, "-");
}

static const char *const state_names[NODE_STATES] = {
	"pending", "trusted", "warned", "untrusted", "stale", "quarantined", "retired",
};

const char *node_state_name(enum node_state state)
{
	return (size_t)state < NODE_STATES ? state_names[state] : NULL;
}

enum status node_state_named(struct span name, enum node_state *out)
{
	for (size_t i = 0; i < NODE_STATES; i++) {
		if (!span_equal(name, span_text(state_names[i])))
			continue;
		*out = (enum node_state)i;
		return OK;
	}
	return STATUS_MALFORMED;
}
