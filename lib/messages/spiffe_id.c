/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/spiffe_id.h"

#include "base/text.h"

static const char scheme[] = "spiffe://";
#define SCHEME_LEN (sizeof(scheme) - 1)

static bool is_segment_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-' || c == '_';
}

static bool segment_is_valid(struct span segment)
{
	for (size_t i = 0; i < segment.len; i++)
		if (!is_segment_byte(segment.data[i]))
			return false;
	/* SPIFFE-ID 2.2: no relative segments, none empty. */
	return segment.len > 0 && !span_equal(segment, span_text(".")) &&
	       !span_equal(segment, span_text(".."));
}

/* The path without its first slash; the trust domain apart. */
static bool split(struct span id, struct span *trust_domain, struct span *path)
{
	if (id.len > SPIFFE_ID_MAX || !span_starts_with(id, scheme))
		return false;
	*path = (struct span){ .data = id.data + SCHEME_LEN, .len = id.len - SCHEME_LEN };
	/* "a slash at the end" is an empty last segment. */
	return text_next_word(path, '/', trust_domain) && trust_domain_is_valid(*trust_domain) &&
	       id.data[id.len - 1] != '/';
}

struct span spiffe_id_trust_domain(struct span id)
{
	struct span trust_domain;
	struct span path;

	return split(id, &trust_domain, &path) ? trust_domain : (struct span){ 0 };
}

bool spiffe_id_is_valid(struct span id)
{
	struct span trust_domain;
	struct span path;
	struct span segment;

	if (!split(id, &trust_domain, &path))
		return false;
	while (text_next_word(&path, '/', &segment))
		if (!segment_is_valid(segment))
			return false;
	return true;
}

static bool is_star(struct span segment)
{
	return span_equal(segment, span_text("*"));
}

static bool is_two_stars(struct span segment)
{
	return span_equal(segment, span_text("**"));
}

bool spiffe_pattern_is_valid(struct span pattern)
{
	struct span trust_domain;
	struct span path;
	struct span segment;

	/* Without a path it would entitle to the trust domain's own name, which
	 * only signing certificates bear. */
	if (!split(pattern, &trust_domain, &path) || path.len == 0)
		return false;
	while (text_next_word(&path, '/', &segment)) {
		bool is_wild = is_star(segment) || (is_two_stars(segment) && path.len == 0);

		if (!is_wild && !segment_is_valid(segment))
			return false;
	}
	return true;
}

bool spiffe_id_matches(struct span pattern, struct span id)
{
	struct span domain[2];
	struct span wanted;
	struct span segment;

	if (!spiffe_pattern_is_valid(pattern) || !spiffe_id_is_valid(id))
		return false;
	if (!split(pattern, &domain[0], &pattern) || !split(id, &domain[1], &id) ||
	    !span_equal(domain[0], domain[1]))
		return false;
	while (text_next_word(&pattern, '/', &wanted)) {
		if (!text_next_word(&id, '/', &segment))
			return false;
		if (is_two_stars(wanted))
			return true;
		if (!is_star(wanted) && !span_equal(wanted, segment))
			return false;
	}
	return id.len == 0;
}
