/* SPDX-License-Identifier: Apache-2.0 */
/* The short text forms: hex, escapes, digests, numbers, node ids and names. */
#include <ctype.h>

#include "base/text.h"
#include "fuzz.h"
#include "messages/node.h"
#include "messages/spiffe_id.h"
#include "policies/documents/matrix.h"
#include "verifier/appraisal/authenticate.h"

/* The same but for the case of hex digits. */
static void must_be_lower(const struct bytes *spelt, struct span text)
{
	must(spelt->len == text.len);
	for (size_t i = 0; i < text.len; i++)
		must(spelt->data[i] == tolower(text.data[i]));
}

static void hex(struct span text)
{
	AUTO_DONE(bytes) value = { 0 };
	AUTO_DONE(bytes) again = { 0 };

	if (hex_decode(text, &value) != OK)
		return;
	must(value.len * 2 == text.len && hex_append(&again, span_of(&value)) == OK);
	must_be_lower(&again, text);
}

static void escaped(struct span text)
{
	AUTO_DONE(bytes) value = { 0 };
	AUTO_DONE(bytes) spelt = { 0 };
	AUTO_DONE(bytes) back = { 0 };

	if (text_unescape(text, &value) == OK)
		must(text_append_escaped(&spelt, span_of(&value)) == OK &&
		     span_equal(span_of(&spelt), text));
	bytes_done(&spelt);
	must(text_append_escaped(&spelt, text) == OK);
	must(text_unescape(span_of(&spelt), &back) == OK && span_equal(span_of(&back), text));
}

static void digest(struct span text)
{
	AUTO_DONE(bytes) again = { 0 };
	struct digest value;

	if (digest_text_parse(text, &value) != OK)
		return;
	must(digest_text_append(&again, &value) == OK);
	must_be_lower(&again, text);
}

static void number(struct span text)
{
	AUTO_DONE(bytes) again = { 0 };
	uint64_t value = 0;

	if (decimal_parse(text, UINT64_MAX, &value) == OK)
		must(bytes_printf(&again, "%llu", (unsigned long long)value) == OK &&
		     span_equal(span_of(&again), text));
	if (decimal_parse(text, 1000, &value) == OK)
		must(value <= 1000);
	(void)(firmware_version_parse(text, 0, &value) == OK);
}

static void node(struct span text)
{
	AUTO_DONE(bytes) again = { 0 };
	struct node_id id;
	enum node_state state;

	must((node_id_parse(text, &id) == OK) == node_id_is_valid(text));
	if (node_id_is_valid(text))
		must(node_id_append(&again, &id) == OK && span_equal(span_of(&again), text));
	if (node_state_named(text, &state) == OK)
		must(span_equal(text, span_text(node_state_name(state))));
}

static void names(struct span text)
{
	char vendor[5];

	if (hostname_is_valid(text))
		must(text.len <= HOSTNAME_MAX);
	if (class_name_is_valid(text))
		must(text.len <= CLASS_NAME_MAX);
	if (trust_domain_is_valid(text))
		must(text.len <= TRUST_DOMAIN_MAX);
	if (spiffe_id_is_valid(text)) {
		must(text.len <= SPIFFE_ID_MAX);
		must(trust_domain_is_valid(spiffe_id_trust_domain(text)));
	}
	(void)code_is_valid(text);
	(void)digest_alg_named(text);
	tpm_vendor_read(text, vendor);
	must(memchr(vendor, '\0', sizeof(vendor)) != NULL);
}

/* Lines and words give back every byte but the separators. */
static void lines(struct span text)
{
	struct span rest = text, line, word;
	size_t seen = 0;

	while (text_next_line(&rest, &line)) {
		must_lie_inside(line, text);
		seen += line.len;
		while (text_next_word(&line, ' ', &word))
			must_lie_inside(word, text);
	}
	must(seen <= text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = { data, len };

	hex(text);
	escaped(text);
	digest(text);
	number(text);
	node(text);
	names(text);
	lines(text);
	return 0;
}
