/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "core_scene.h"

#include <string.h>
#include <time.h>

#include "daemon/clock.h"
#include "daemon/file.h"

#define PROGRAM_MAX ((size_t)64 << 20)

struct core_scene scene;

struct entry *core_scene_add(const char *name, const char *program)
{
	struct entry *entry = &scene.entries[scene.right.entries.count++];
	AUTO_DONE(bytes) content = { 0 };
	struct digest digest;

	assert_int_equal(bytes_copy(span_text(name), &entry->name), OK);
	assert_int_equal(bytes_copy(span_text(CORE_ID), &entry->spiffe_id), OK);
	assert_int_equal(bytes_copy(span_text(workload_path(program)), &entry->executable), OK);
	assert_int_equal(file_read(workload_path(program), PROGRAM_MAX, &content), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&content), &digest), OK);
	assert_int_equal(bytes_copy(digest_span(&digest), &entry->digests), OK);
	return entry;
}

int core_scene_begin(void **state)
{
	AUTO_DONE(verdict) verdict = { 0 };
	int64_t now = (int64_t)time(NULL);

	(void)state;
	scene = (struct core_scene){ .right = { .entries.list = scene.entries,
						.has_entries = true,
						.ends_s = clock_boot_s() + LIFETIME_S } };
	granted_init_at(&scene.granted, now);
	granted_sign(&scene.granted, "trusted", now + LIFETIME_S, CORE_ID);
	mint_broker_begin(&scene.broker, &scene.signing, &scene.granted);
	(void)core_scene_add("first", "one");
	assert_int_equal(verdict_open(span_of(&scene.granted.text),
				      span_of(&scene.granted.signature), scene.granted.result,
				      &verdict),
			 OK);
	assert_int_equal(
		grant_take(&verdict, span_of(&scene.granted.certificate), now, &scene.right.grant),
		OK);
	assert_int_equal(core_init(&scene.core, &scene.right, &scene.signing), OK);
	core_serve(&scene.core, &scene.source);
	core_right_changed(&scene.core);
	return 0;
}

int core_scene_end(void **state)
{
	(void)state;
	core_done(&scene.core);
	mint_broker_done(&scene.broker);
	for (size_t i = 0; i < CORE_ENTRIES; i++)
		entry_done(&scene.entries[i]);
	grant_done(&scene.right.grant);
	bundle_done(&scene.right.bundle);
	granted_done(&scene.granted);
	return 0;
}

void core_scene_keep(void)
{
	const struct instant at = instant_now();

	core_keep(&scene.core, &at);
	mint_broker_settle(&scene.broker);
}

enum workload_outcome core_scene_ask(const struct workload *w, struct workload_x509 *out,
				     const char **why)
{
	enum workload_outcome outcome = scene.source.x509(scene.source.core, w->caller, out, why);

	while (outcome == WORKLOAD_AGAIN) {
		assert_true(mint_broker_answer(&scene.broker));
		mint_broker_settle(&scene.broker);
		outcome = scene.source.x509(scene.source.core, w->caller, out, why);
	}
	return outcome;
}
