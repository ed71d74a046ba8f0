/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraiser/query.h"

#include <string.h>

#include "base/text.h"

struct span query_value(struct span query, const char *name)
{
	struct span pair, key;

	while (text_next_word(&query, '&', &pair))
		if (text_next_word(&pair, '=', &key) && span_equal(key, span_text(name)))
			return pair;
	return (struct span){ 0 };
}

static bool is_known(struct span key, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++)
		if (span_equal(key, span_text(names[i])))
			return true;
	return false;
}

static size_t count_of(struct span query, struct span name)
{
	struct span pair, key;
	size_t count = 0;

	while (text_next_word(&query, '&', &pair))
		count += text_next_word(&pair, '=', &key) && span_equal(key, name);
	return count;
}

enum status query_check(struct span query, const char *const *names)
{
	struct span rest = query, pair, key;

	if (query.len > 0 &&
	    (memchr(query.data, '%', query.len) != NULL ||
	     memchr(query.data, '+', query.len) != NULL || query.data[query.len - 1] == '&'))
		return STATUS_MALFORMED;
	while (text_next_word(&rest, '&', &pair))
		if (!text_next_word(&pair, '=', &key) || pair.len == 0 || !is_known(key, names) ||
		    count_of(query, key) != 1)
			return STATUS_MALFORMED;
	return OK;
}
