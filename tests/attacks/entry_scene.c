/* SPDX-License-Identifier: Apache-2.0 */
#include "attacks.h"

#include "base/text.h"
#include "entry_scene.h"

struct digest entry_list_program(struct bytes *set, uint8_t fill)
{
	struct digest digest = digest_filled(DIGEST_SHA256, fill);

	golden_set_add(set, &digest, ENTRY_PROGRAM);
	return digest;
}

void entry_load_again(struct signer_scene *s)
{
	golden_build(&s->golden);
	scene_load_release(s);
}

void entry_add(struct signer_scene *s, const char *act)
{
	s->now++;
	scene_prepare_entry_act(s, act, s->now);
	scene_expect(s, FRAME_ADMIN, REFUSAL_NONE);
}

void entry_narrow_web(struct signer_scene *s, enum admin_verb verb, enum refusal wanted)
{
	s->request.admin = (struct admin_request){ .verb = verb,
						   .role = ROLE_PLATFORM,
						   .entry = span_text("web"),
						   .reason = span_text("seen elsewhere"),
						   .administrator = span_text("anybody") };
	scene_expect(s, FRAME_ADMIN, wanted);
}

void entries_told(struct signer_scene *s, struct entries *out)
{
	AUTO_DONE(bytes) line = { 0 };
	struct digest digest;
	const struct result *r = &s->answer.commit;

	s->now++;
	scene_attest(s);
	assert_int_not_equal(r->entries.len, 0);
	assert_int_equal(digest_of(DIGEST_SHA256, r->entries, &digest), OK);
	assert_int_equal(bytes_append(&line, span_text("\nentries ")), OK);
	assert_int_equal(digest_text_append(&line, &digest), OK);
	assert_int_equal(bytes_append(&line, (struct span){ (const uint8_t *)"\n", 2 }), OK);
	assert_true(scene_result_says(r, (const char *)line.data));
	assert_int_equal(entries_parse(r->entries, out), OK);
}

size_t entries_count_told(struct signer_scene *s)
{
	AUTO_DONE(entries) entries = { 0 };

	entries_told(s, &entries);
	return entries.count;
}
