/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>

#include "emergency_scene.h"

const struct declared emergency_usual = { "plat-approve", EMERGENCY_SCOPE, LINE_NOW - HOUR,
					  LINE_NOW + 6 * HOUR };

void emergency_put(struct lifecycle *s, unsigned version, const struct declared *d,
		   char hex[HEX_MAX])
{
	char manifest[HEX_MAX], subject[160], predicate[1024];

	line_digest_hex(&s->manifest[version], manifest);
	(void)snprintf(subject, sizeof(subject),
		       "{\"name\":\"manifest\",\"digest\":{\"sha256\":\"%s\"}}", manifest);
	(void)snprintf(predicate, sizeof(predicate),
		       "\"manifest\":\"%s\",\"scope\":{%s},\"reason\":\"a hole\",\"time\":%" PRId64
		       ",\"expires\":%" PRId64,
		       manifest, d->scope, d->time, d->expires);
	lifecycle_put(s, "emergency", "emergencies", d->key, subject, predicate, hex);
}

/* What the index says of it: ",\"reviews\":[...]". */
static void pin_of(const char *text, const struct reviewed *r, char out[PINS_MAX])
{
	struct digest digest;
	char hex[HEX_MAX];

	assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), &digest), OK);
	line_digest_hex(&digest, hex);
	(void)snprintf(out, PINS_MAX,
		       ",\"reviews\":[{\"sha256\":\"%s\",\"finding\":\"%s\",\"time\":%" PRId64 "}]",
		       hex, r->finding, r->named);
	if (r->named == 0)
		out[0] = '\0';
}

void emergency_review(struct lifecycle *s, const char *emergency, const struct reviewed *r,
		      char pins[PINS_MAX])
{
	char subject[160], predicate[512], text[1024], path[160];

	(void)snprintf(subject, sizeof(subject),
		       "{\"name\":\"emergency\",\"digest\":{\"sha256\":\"%s\"}}", emergency);
	(void)snprintf(predicate, sizeof(predicate),
		       "\"emergency\":\"%s\",\"finding\":\"%s\",\"reason\":\"looked at it\","
		       "\"time\":%" PRId64,
		       emergency, r->finding, r->time);
	(void)snprintf(text, sizeof(text),
		       "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[%s],"
		       "\"predicateType\":\"https://attestd.dev/review/v1\",\"predicate\":{%s}}",
		       subject, predicate);
	(void)snprintf(path, sizeof(path), "reviews/%s/1.json", emergency);
	line_put_signed(&s->line, path, r->key, text);
	pin_of(text, r, pins);
}

void emergency_sign_only(struct lifecycle *s, unsigned version)
{
	char path[160], hex[HEX_MAX];

	s->line.manifest = s->manifest[version - 1];
	line_make_version(&s->line, version, NULL, 0);
	s->manifest[version] = s->line.manifest;
	line_digest_hex(&s->manifest[version], hex);
	(void)snprintf(path, sizeof(path), "approvals/%s/", hex);
	line_remove(&s->line, path);
}

void emergency_begin(struct lifecycle *s)
{
	lifecycle_init(s);
	emergency_sign_only(s, 2);
}

void emergency_publish_with(struct lifecycle *s, unsigned version, const char *emergency,
			    const char *pins)
{
	const struct entry entries[] = { { version, "canary", 0 }, { 1, "current", 0 } };
	char named[128 + PINS_MAX];

	(void)snprintf(named, sizeof(named), ",\"emergency\":\"%s\"%s", emergency, pins);
	lifecycle_publish(s, entries, 2, "", emergency[0] == '\0' ? "" : named);
}

void emergency_publish(struct lifecycle *s, unsigned version, const char *emergency)
{
	emergency_publish_with(s, version, emergency, "");
}

void emergency_expect_end(struct lifecycle *s, int64_t end)
{
	AUTO_DONE(outcome) out = { 0 };
	struct release release;

	lifecycle_load(s, &out);
	if (out.status != OK)
		fail_msg("%s at %s %s", out.refusal.code, out.refusal.document, out.refusal.field);
	assert_true(lifecycle_has(s, &out, 1, &release));
	assert_false(release.scope.is_emergency);
	assert_int_equal(lifecycle_has(s, &out, 2, &release), end > 0);
	if (end == 0)
		return;
	assert_true(release.scope.is_emergency);
	assert_int_equal(release.scope.most_nodes, 3);
	assert_int_equal(release.scope.classes.count, 1);
	assert_int_equal(release.accept_until, end);
}
