/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/difference/difference.h"

#include "base/auto_openssl.h"
#include "base/text.h"
#include "policies/difference/differing.h"

/* Which manifests: "from 41 sha256:..." and "to 42 sha256:...". */
static void write_side(struct differing *d, const char *word, const struct difference_side *side)
{
	AUTO_DONE(bytes) line = { 0 };
	enum status status = OK;

	if (side == NULL)
		status = bytes_printf(&line, "%s nothing\n", word);
	else
		status = bytes_printf(&line, "%s %llu ", word,
				      (unsigned long long)side->manifest.release.version);
	if (side != NULL && status == OK)
		status = digest_text_append(&line, &side->digest);
	if (side != NULL && status == OK)
		status = bytes_append_byte(&line, '\n');
	if (status == OK)
		status = bytes_append(&d->text, span_of(&line));
	differing_fail(d, status);
}

static void compare(struct differing *d)
{
	const struct json_value *before =
		d->before == NULL ? NULL : d->before->statement.predicate.value;

	differing_fail(d, bytes_append(&d->text, span_text("attestd-difference/1\n")));
	write_side(d, "from", d->before);
	write_side(d, "to", d->after);
	if (d->before == NULL)
		differing_change(d, &(struct change){ .kind = CHANGE_FIRST_RELEASE });
	differing_values(d, before, d->after->statement.predicate.value);
	differing_sets(d);
	differing_flush(d);
}

static enum status finish(struct differing *d, struct difference *out)
{
	uint64_t kinds = 0;
	unsigned len = 0;

	if (d->status == OK && EVP_DigestFinal_ex(d->digest, d->result.digest.value, &len) != 1)
		differing_fail(d, STATUS_NO_MEMORY);
	d->result.digest.alg = DIGEST_SHA256;
	for (size_t i = 0; i < CHANGE_KINDS; i++)
		kinds |= d->result.count[i] > 0 ? UINT64_C(1) << i : 0;
	d->result.class = class_rules_judge(d->rules, kinds);
	if (d->status == OK)
		*out = d->result;
	return d->status;
}

enum status difference_of(const struct difference_side *before, const struct difference_side *after,
			  const struct set_source *sets, const struct class_rules *rules,
			  const struct difference_listener *listener, struct difference *out,
			  struct set_fault *why)
{
	AUTO(EVP_MD_CTX) digest = EVP_MD_CTX_new();
	struct differing d = { .before = before,
			       .after = after,
			       .sets = sets,
			       .rules = rules,
			       .listener = listener,
			       .why = why,
			       .digest = digest };

	if (digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
		return STATUS_NO_MEMORY;
	compare(&d);
	bytes_done(&d.field);
	bytes_done(&d.text);
	return finish(&d, out);
}
