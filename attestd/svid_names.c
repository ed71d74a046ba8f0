/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/svid_names.h"

#include "base/text.h"
#include "messages/spiffe_id.h"

static const char selector_scheme[] = "x509pop://";
#define SCHEME_LEN (sizeof(selector_scheme) - 1)

bool svid_names_next(struct span *names, struct span *uri)
{
	return text_next_word(names, ' ', uri);
}

/* What follows the scheme: its trust domain, and KEY/VALUE. */
static bool split(struct span uri, struct span *trust_domain, struct span *selector)
{
	if (!span_starts_with(uri, selector_scheme))
		return false;
	*selector = (struct span){ .data = uri.data + SCHEME_LEN, .len = uri.len - SCHEME_LEN };
	return text_next_word(selector, '/', trust_domain) && selector->len > 0;
}

/* The SPIFFE ID by which the release process entitles to a selector. */
static enum status entitlement_of(struct span uri, struct bytes *id)
{
	struct span trust_domain;
	struct span selector;
	struct span rest;
	struct span key;

	if (!split(uri, &trust_domain, &selector))
		return STATUS_MALFORMED;
	rest = selector;
	/* SPIRE makes a selector of two segments at least, and drops others. */
	if (!text_next_word(&rest, '/', &key) || rest.len == 0)
		return STATUS_MALFORMED;

	enum status status = bytes_append(id, span_text("spiffe://"));

	if (status == OK)
		status = bytes_append(id, trust_domain);
	if (status == OK)
		status = bytes_append(id, span_text("/x509pop/"));
	if (status == OK)
		status = bytes_append(id, selector);
	if (status == OK && !spiffe_id_is_valid(span_of(id)))
		status = STATUS_MALFORMED;
	return status;
}

static bool is_one_spiffe_id(struct span names)
{
	return spiffe_id_is_valid(names) && spiffe_pattern_is_valid(names);
}

/* SPIRE keeps the last value of a key: with two of them, who reads the certificate and
 * who signed it could mean different ones. */
static bool has_key_before(struct span names, struct span uri)
{
	struct span before;
	struct span domain[2];
	struct span selector[2];
	struct span key[2];

	if (!split(uri, &domain[0], &selector[0]) || !text_next_word(&selector[0], '/', &key[0]))
		return true;
	while (svid_names_next(&names, &before) && before.data != uri.data) {
		if (!split(before, &domain[1], &selector[1]) ||
		    !text_next_word(&selector[1], '/', &key[1]) || span_equal(key[0], key[1]) ||
		    !span_equal(domain[0], domain[1]))
			return true;
	}
	return false;
}

bool svid_names_are_valid(struct span names)
{
	struct span rest = names;
	struct span uri;
	size_t count = 0;

	if (is_one_spiffe_id(names))
		return true;
	while (svid_names_next(&rest, &uri)) {
		AUTO_DONE(bytes) id = { 0 };

		if (++count > SVID_SELECTORS_MAX || entitlement_of(uri, &id) != OK ||
		    has_key_before(names, uri))
			return false;
	}
	return count > 0;
}

bool svid_names_are_entitled(const struct grant *grant, struct span names)
{
	struct span rest = names;
	struct span uri;

	if (is_one_spiffe_id(names))
		return grant_entitles(grant, names);
	if (!svid_names_are_valid(names))
		return false;
	while (svid_names_next(&rest, &uri)) {
		AUTO_DONE(bytes) id = { 0 };

		if (entitlement_of(uri, &id) != OK || !grant_entitles(grant, span_of(&id)))
			return false;
	}
	return true;
}
