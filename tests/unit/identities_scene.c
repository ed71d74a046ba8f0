/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "daemon/clock.h"
#include "identities_scene.h"

struct identities_scene scene;

static const struct job shared;

static void on_news(void *context, enum identity_news news, const void *user)
{
	(void)context;
	assert_true(user == &scene.one || user == &scene.other);
	*(news == IDENTITY_LOST ? &scene.lost : &scene.made) += 1;
}

void scene_grant_until(int64_t seconds)
{
	AUTO_DONE(verdict) verdict = { 0 };

	granted_sign(&scene.granted, "trusted", NOW + seconds, "spiffe://example.org/web/*");
	assert_int_equal(verdict_open(span_of(&scene.granted.text),
				      span_of(&scene.granted.signature), scene.granted.result,
				      &verdict),
			 OK);
	grant_done(&scene.right.grant);
	assert_int_equal(
		grant_take(&verdict, span_of(&scene.granted.certificate), NOW, &scene.right.grant),
		OK);
}

int scene_begin(void **state)
{
	(void)state;
	scene = (struct identities_scene){ 0 };
	granted_init(&scene.granted);
	mint_broker_begin(&scene.broker, &scene.signing, &scene.granted);
	scene.right = (struct right){ .ends_s = clock_boot_s() + 10000 };
	scene_grant_until(200);
	scene.ids = (struct identities){ .signing = &scene.signing,
					 .right = &scene.right,
					 .tell = on_news };
	assert_int_equal(jobs_new(&scene.ids.jobs), OK);
	scene.entry = (struct entry){ 0 };
	assert_int_equal(bytes_copy(span_text("web"), &scene.entry.name), OK);
	assert_int_equal(bytes_copy(span_text(ID), &scene.entry.spiffe_id), OK);
	assert_int_equal(bytes_copy(span_text("/usr/bin/web"), &scene.entry.executable), OK);
	return 0;
}

int scene_end(void **state)
{
	(void)state;
	identities_done(&scene.ids);
	mint_broker_done(&scene.broker);
	entry_done(&scene.entry);
	grant_done(&scene.right.grant);
	granted_done(&scene.granted);
	return 0;
}

struct instant scene_after(int64_t seconds)
{
	return (struct instant){ .now = NOW + seconds, .boot = 1000 + seconds };
}

/* Without waiting for the scene.broker. */
enum status scene_ask(const void *user, int64_t seconds, const struct held_identity **held)
{
	const struct subject subject = { .entry = span_of(&scene.entry.name) };
	const struct instant at = scene_after(seconds);

	return identities_use(&scene.ids, &scene.entry, &subject, &shared, user, &at, held);
}

enum status scene_use(const void *user, int64_t seconds, const struct held_identity **held)
{
	enum status status = scene_ask(user, seconds, held);

	if (status != OK || *held != NULL)
		return status;
	mint_broker_settle(&scene.broker);
	return scene_ask(user, seconds, held);
}

bool scene_keep_at(const struct instant *at)
{
	unsigned before = scene.made + scene.lost;

	identities_keep(&scene.ids, at);
	mint_broker_settle(&scene.broker);
	return scene.made + scene.lost > before;
}

bool scene_keep(int64_t seconds)
{
	const struct instant at = scene_after(seconds);

	return scene_keep_at(&at);
}

void scene_match(const struct entries *entries)
{
	const struct instant at = scene_after(0);

	identities_match(&scene.ids, entries, &at);
}

int64_t scene_wait_at(int64_t seconds)
{
	const struct instant at = scene_after(seconds);

	return identities_wait_s(&scene.ids, &at, 1000);
}
